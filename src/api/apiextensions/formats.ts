// The string formats of JSON Schema that Kubernetes checks; others say nothing.
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { parseGoDuration } from '../../base/go-duration.ts'
import { parseRfc3339 } from '../../base/rfc3339.ts'
import { checkDns1123Label, checkDns1123Subdomain } from '../../meta/names.ts'

type Test = (text: string) => boolean

const matches =
  (pattern: RegExp): Test =>
  text =>
    pattern.test(text)

const uuid = (version: string, variant: string) =>
  matches(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i'))
const any = '[0-9a-f]'

const hostnamePattern =
  /^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z0-9\p{S}\p{L}])(-?[a-zA-Z0-9\p{S}\p{L}]){1,62})$/u

function isHostname(text: string): boolean {
  return Buffer.byteLength(text) <= 255 && text.split('.').every(part => Buffer.byteLength(part) <= 63) && hostnamePattern.test(text)
}

function isCidr(text: string): boolean {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const version = isIP(address)
  return version !== 0 && Number(length) <= (version === 4 ? 32 : 128) && String(Number(length)) === length
}

const macForms = [
  /^([0-9a-f]{2}([:-]))([0-9a-f]{2}\2){4}[0-9a-f]{2}$/i,
  /^([0-9a-f]{2}([:-]))([0-9a-f]{2}\2){6}[0-9a-f]{2}$/i,
  /^([0-9a-f]{2}([:-]))([0-9a-f]{2}\2){18}[0-9a-f]{2}$/i,
  /^([0-9a-f]{4}\.)([0-9a-f]{4}\.){1,2}[0-9a-f]{4}$/i,
  /^([0-9a-f]{4}\.){9}[0-9a-f]{4}$/i,
]

/** As a request line has it: an absolute address, or an absolute path. */
function isRequestUri(text: string): boolean {
  if (text === '' || /[\s\p{Cc}]/u.test(text)) return false
  return text.startsWith('/')
    ? URL.canParse(text, 'http://host')
    : /^[a-z][a-z0-9+.-]*:./i.test(text) && /%(?![0-9a-f]{2})/i.test(text) === false
}

const word = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const address = new RegExp(`^(?:${word}(?:\\.${word})*|"(?:[^"\\\\\\r\\n]|\\\\.)*")@[^\\s@<>()]+$`)
function isEmail(text: string): boolean {
  const [, inner] = /^[^<>]*<([^<>]+)>$/.exec(text.trim()) ?? []
  return address.test(inner ?? text.trim())
}

function sum(digits: string, weight: (i: number) => number): number {
  return [...digits].reduce((total, digit, i) => total + weight(i) * (digit === 'X' ? 10 : Number(digit)), 0)
}
const withoutDashes = (text: string) => text.replace(/[\s-]+/g, '')
function isIsbn10(text: string): boolean {
  const digits = withoutDashes(text)
  return /^\d{9}[\dX]$/.test(digits) && sum(digits, i => 10 - i) % 11 === 0
}
function isIsbn13(text: string): boolean {
  const digits = withoutDashes(text)
  return /^\d{13}$/.test(digits) && sum(digits, i => (i % 2 === 0 ? 1 : 3)) % 10 === 0
}

const cardPattern =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11}|6[27]\d{14})$/
function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D+/g, '')
  if (!cardPattern.test(digits)) return false
  const doubled = [...digits].reverse().map((digit, i) => (i % 2 === 0 ? Number(digit) : Number(digit) * 2))
  return doubled.reduce((total, n) => total + (n > 9 ? n - 9 : n), 0) % 10 === 0
}

function isDate(text: string): boolean {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []
  const parsed = new Date(`${year}-${month}-${day}T00:00:00Z`)
  return !Number.isNaN(parsed.getTime()) && parsed.getUTCDate() === Number(day)
}

/** Go's durations, and a number with a unit in words. */
function isDuration(text: string): boolean {
  return (
    parseGoDuration(text).ok ||
    /^\d+(\.\d+)?\s*(ns|nanos?|us|micros?|ms|millis?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)$/i.test(text)
  )
}

const byte = '(?:\\d{1,2}|1\\d\\d|2[0-4]\\d|25[0-5])'
const tests: Readonly<Record<string, Test>> = {
  bsonobjectid: matches(/^[0-9a-f]{24}$/i),
  byte: matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  cidr: isCidr,
  creditcard: isCreditCard,
  date: isDate,
  datetime: text => parseRfc3339(text.toUpperCase(), 'seconds').ok,
  duration: isDuration,
  email: isEmail,
  hexcolor: matches(/^#?([0-9a-f]{3}|[0-9a-f]{6})$/i),
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: isIPv6,
  isbn: text => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  k8slongname: text => checkDns1123Subdomain(text).length === 0,
  k8sshortname: text => checkDns1123Label(text).length === 0,
  mac: text => macForms.some(form => form.test(text)),
  password: () => true,
  rgbcolor: matches(new RegExp(`^rgb\\(\\s*${byte}\\s*,\\s*${byte}\\s*,\\s*${byte}\\s*\\)$`)),
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  uri: isRequestUri,
  uuid: uuid(any, any),
  uuid3: uuid('3', any),
  uuid4: uuid('4', '[89ab]'),
  uuid5: uuid('5', '[89ab]'),
}

/** Whether texts are checked for the format. */
export function isKnownFormat(format: string): boolean {
  return Object.hasOwn(tests, format.replaceAll('-', ''))
}

/** Whether the text is of the format; true of formats that are not known. Dashes in a format's name do not count. */
export function hasFormat(format: string, text: string): boolean {
  const name = format.replaceAll('-', '')
  return Object.hasOwn(tests, name) ? (tests[name]?.(text) ?? true) : true
}
