// Functions of strings: the standard ones and cel-go's string extension. Places in a string count code points.
import { EvaluationError, noSuchOverload } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import { codePoints, List } from '../values.ts'
import { format } from './string-format.ts'

const { fn, method } = declarations()

const traversal = (text: string): number => Math.ceil(text.length * 0.1)
const twice = (text: string): number => Math.ceil(text.length * 2 * 0.1)

const outOfRange = (index: bigint | number): EvaluationError => new EvaluationError(`index out of range: ${index}`)

function slice(text: string, from: bigint, to: bigint | undefined): string {
  const size = codePoints(text)
  const [start, end] = [Number(from), to === undefined ? size : Number(to)]
  if (to !== undefined && start > end) throw new EvaluationError(`invalid substring range. start: ${from}, end: ${to}`)
  if (start < 0 || start > size) throw outOfRange(from)
  if (end < 0 || end > size) throw outOfRange(end)
  return size === text.length ? text.slice(start, end) : [...text].slice(start, end).join('')
}

function charAt(text: string, index: bigint): string {
  const at = Number(index)
  const size = codePoints(text)
  if (at < 0 || at > size) throw outOfRange(index)
  return (size === text.length ? text[at] : [...text][at]) ?? ''
}

/** The place of `found` UTF-16 units, in code points. */
const place = (text: string, found: number): bigint => BigInt(found < 0 ? -1 : codePoints(text.slice(0, found)))

function indexOf(text: string, search: string, offset: bigint): bigint {
  const from = Number(offset)
  const size = codePoints(text)
  if (from < 0 || from > size) throw outOfRange(offset)
  const units = size === text.length ? from : [...text].slice(0, from).join('').length
  return place(text, text.indexOf(search, units))
}

function lastIndexOf(text: string, search: string, offset: bigint): bigint {
  const from = Number(offset)
  const size = codePoints(text)
  if (from < 0 || from > size) throw outOfRange(offset)
  const units = size === text.length ? from : [...text].slice(0, from).join('').length
  return place(text, text.lastIndexOf(search, units))
}

/** No string grows past what a request may hold many times over. */
const maxLength = 1 << 26

function replace(text: string, from: string, to: string, limit: bigint): string {
  const times = limit < 0n ? Number.POSITIVE_INFINITY : Number(limit)
  const parts = from === '' ? [...text] : text.split(from)
  const gaps = Math.min(from === '' ? parts.length + 1 : parts.length - 1, times)
  if (text.length + gaps * to.length > maxLength) throw new EvaluationError('string is too long')
  if (from === '') return parts.map((char, i) => (i < gaps ? to + char : char)).join('') + (gaps > parts.length ? to : '')
  return [...parts.slice(0, gaps), parts.slice(gaps).join(from)].join(to)
}

function split(text: string, separator: string, limit: bigint): List {
  if (limit === 0n) return List.of([])
  const parts = separator === '' ? [...text] : text.split(separator)
  const count = Number(limit)
  if (count < 0 || parts.length <= count) return List.of(parts)
  return List.of([...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)])
}

function strings(list: List): readonly string[] {
  const texts = list.toArray()
  return texts.map(text => {
    if (typeof text !== 'string') throw noSuchOverload()
    return text
  })
}
/** More than any budget pays for. */
const mostItems = 10_000_000

/** All that is joined is paid for before it is put together. */
const joinCost = (list: List, separator = ''): number => {
  if (list.size > mostItems) return list.size
  let length = list.size * separator.length
  for (let i = 0; i < list.size; i++) {
    const text = list.at(i)
    length += typeof text === 'string' ? text.length : 0
  }
  return Math.ceil(length * 2 * 0.1) + Math.ceil(list.size * 0.1)
}
function join(list: List, separator: string): string {
  return strings(list).join(separator)
}

// Upstream trims and folds by its own tables: Unicode's White_Space, and ASCII letters.
const whiteSpace = '[\\u0009-\\u000d\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const leading = new RegExp(`^${whiteSpace}`)
const isSpace = new RegExp(`^${whiteSpace}$`)
function trim(text: string): string {
  let end = text.length
  while (end > 0 && isSpace.test(text[end - 1]!)) end--
  return text.slice(0, end).replace(leading, '')
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
const quote = (text: string): string => `"${text.toWellFormed().replace(/[\x07\b\f\n\r\t\v\\"]/g, char => escapes[char] ?? char)}"`

export const stringFunctions: readonly Overload[] = [
  method(
    'string',
    'startsWith',
    ['string'],
    'bool',
    (text, prefix) => text.startsWith(prefix),
    (_, prefix) => traversal(prefix),
  ),
  method(
    'string',
    'endsWith',
    ['string'],
    'bool',
    (text, suffix) => text.endsWith(suffix),
    (_, suffix) => traversal(suffix),
  ),
  method(
    'string',
    'contains',
    ['string'],
    'bool',
    (text, part) => text.includes(part),
    (text, part) => traversal(text) * traversal(part),
  ),
  method('string', 'charAt', ['int'], 'string', charAt),
  method('string', 'indexOf', ['string'], 'int', (text, search) => place(text, text.indexOf(search)), traversal),
  method('string', 'indexOf', ['string', 'int'], 'int', indexOf, traversal),
  method('string', 'lastIndexOf', ['string'], 'int', (text, search) => place(text, text.lastIndexOf(search)), traversal),
  method('string', 'lastIndexOf', ['string', 'int'], 'int', lastIndexOf, traversal),
  method('string', 'lowerAscii', [], 'string', text => text.replace(/[A-Z]+/g, part => part.toLowerCase()), traversal),
  method('string', 'upperAscii', [], 'string', text => text.replace(/[a-z]+/g, part => part.toUpperCase()), traversal),
  method('string', 'replace', ['string', 'string'], 'string', (text, from, to) => replace(text, from, to, -1n), twice),
  method('string', 'replace', ['string', 'string', 'int'], 'string', replace, twice),
  method('string', 'split', ['string'], 'list(string)', (text, separator) => split(text, separator, -1n), twice),
  method('string', 'split', ['string', 'int'], 'list(string)', split, twice),
  method('string', 'substring', ['int'], 'string', (text, from) => slice(text, from, undefined), traversal),
  method('string', 'substring', ['int', 'int'], 'string', slice, traversal),
  method('string', 'trim', [], 'string', trim, traversal),
  method('string', 'reverse', [], 'string', text => [...text].reverse().join(''), traversal),
  method('list(string)', 'join', [], 'string', list => join(list, ''), joinCost),
  method('list(string)', 'join', ['string'], 'string', join, joinCost),
  method('string', 'format', ['list(dyn)'], 'string', format, (text, args) => 1 + traversal(text) + args.size),
  fn('strings.quote', ['string'], 'string', quote, traversal),
]
