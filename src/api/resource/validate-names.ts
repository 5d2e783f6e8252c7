// Names and lists as they are throughout dynamic resource allocation.
import { duplicateValue, invalidValue, requiredValue, tooLong, tooMany } from '../../meta/field-error.ts'
import { checkCIdentifier, checkDns1123Subdomain } from '../../meta/names.ts'
import { type Errors, each, must, shaped, subdomain, unique } from '../validation.ts'

const maxDriverBytes = 63
const maxPoolBytes = 253
const maxIdBytes = 32

export function driverName(name: string | undefined, field: string): Errors {
  if (!name) return [requiredValue(field)]
  return [
    ...must(name.length <= maxDriverBytes, () => tooLong(field, maxDriverBytes)),
    ...checkDns1123Subdomain(name.toLowerCase()).map(reason => invalidValue(field, name, reason)),
  ]
}

/** Parts separated by slashes, each a DNS subdomain. */
export function poolName(name: string | undefined, field: string): Errors {
  if (!name) return [requiredValue(field)]
  return [
    ...must(name.length <= maxPoolBytes, () => tooLong(field, maxPoolBytes)),
    ...name.split('/').flatMap(part => subdomain(part, field)),
  ]
}

/** `name`, or `domain/name`. More slashes are let through, as upstream does. */
export function qualifiedName(name: string, field: string): Errors {
  const [first = '', second, ...more] = name.split('/')
  if (second === undefined) return identifier(first, field)
  if (more.length > 0) return []
  return [
    ...(first === '' ? [invalidValue(field, '', 'the domain must not be empty')] : driverName(first, field)),
    ...(second === '' ? [invalidValue(field, '', 'the name must not be empty')] : identifier(second, field)),
  ]
}

export function fullyQualifiedName(name: string, field: string): Errors {
  return [
    ...qualifiedName(name, field),
    ...must(name.includes('/'), () => invalidValue(field, name, 'a fully qualified name must be a domain and a name separated by a slash')),
  ]
}

function identifier(id: string, field: string): Errors {
  return [...must(id.length <= maxIdBytes, () => tooLong(field, maxIdBytes)), ...shaped(id, field, checkCIdentifier)]
}

const normalForm = 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'

/** Forms that are read are plain, in braces or after `urn:uuid:`, or without hyphens; only one of them is let through. */
export function uid(value: string, field: string): Errors {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) return []
  const wrong = wrongUuid(value)
  return [invalidValue(field, value, wrong === undefined ? normalForm : `error validating uid: ${wrong}`)]
}

function wrongUuid(value: string): string | undefined {
  const plain = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
  const invalid = 'invalid UUID format'
  switch (Buffer.byteLength(value)) {
    case 32:
      return /^[0-9a-f]*$/i.test(value) ? undefined : invalid
    case 36:
      return plain.test(value) ? undefined : invalid
    case 38:
      if (!value.startsWith('{') || !value.endsWith('}')) return 'invalid bracketed UUID format'
      return plain.test(value.slice(1, -1)) ? undefined : invalid
    case 45:
      if (!/^urn:uuid:/i.test(value)) return `invalid urn prefix: ${JSON.stringify(value.slice(0, 9))}`
      return plain.test(value.slice(9)) ? undefined : invalid
    default:
      return `invalid UUID length: ${Buffer.byteLength(value)}`
  }
}

/** At most so many items: more are not looked at one by one. */
export function upTo<T>(
  max: number,
  items: readonly T[] | undefined,
  field: string,
  check: (item: T, field: string, index: number) => Errors,
): Errors {
  const size = items?.length ?? 0
  return size > max ? [tooMany(field, size, max)] : each(items, field, check)
}

/** The same, of unlike items. */
export function setUpTo<T>(
  max: number,
  items: readonly T[] | undefined,
  field: string,
  check: (item: T, field: string, index: number) => Errors,
  key: (item: T) => string,
): Errors {
  if ((items?.length ?? 0) > max) return upTo(max, items, field, check)
  return [...each(items, field, check), ...unique(items, key, (item, i) => duplicateValue(`${field}[${i}]`, key(item)))]
}

/** A map of up to so many entries; long keys are cut in the middle in paths. */
export function mapUpTo<V>(
  max: number,
  longestKey: number,
  entries: Readonly<Record<string, V>> | undefined = {},
  field: string,
  check: (value: V, key: string, field: string) => Errors,
): Errors {
  const size = Object.keys(entries).length
  if (size > max) return [tooMany(field, size, max)]
  return Object.entries(entries).flatMap(([key, value]) => check(value, key, `${field}[${shortened(key, longestKey)}]`))
}

function shortened(text: string, max: number): string {
  if (text.length <= max) return text
  const rest = max - '...'.length
  return `${text.slice(0, Math.ceil(rest / 2))}...${text.slice(text.length - Math.floor(rest / 2))}`
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Any object, of up to so many bytes of JSON; of any size where none are told. */
export function rawObject(value: unknown, maxBytes: number | undefined, field: string): Errors {
  if (value === undefined || value === null) return [requiredValue(field)]
  if (maxBytes !== undefined && Buffer.byteLength(JSON.stringify(value)) > maxBytes) return [tooLong(field, maxBytes)]
  return must(isObject(value), () => invalidValue(field, '<value omitted>', 'must be a valid JSON object'))
}
