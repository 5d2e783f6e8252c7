// CEL's types as the checker sees them. A type that stems from a schema also carries how large its values may be, for
// the static estimate, and how its JSON is read; two types are the same whatever their sizes.

export type Type = SimpleType | ListType | MapType | ObjectType | OpaqueType | TypeOfType | ParamType

/** Bounds that a schema puts on a value: elements, characters or entries; and bytes of its shortest JSON. */
export interface Bounds {
  readonly maxElements?: number
  readonly minBytes?: number
}
export type SimpleKind = 'dyn' | 'any' | 'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration'
export interface SimpleType extends Bounds {
  readonly kind: SimpleKind
  /** How a `timestamp` is written in JSON; `date` is a day alone. */
  readonly format?: 'date'
}
/** How two lists of a `set` or `map` list are added and compared. */
export type ListSemantics = { readonly kind: 'set' } | { readonly kind: 'map'; readonly keys: readonly string[] }
export interface ListType extends Bounds {
  readonly kind: 'list'
  readonly item: Type
  readonly semantics?: ListSemantics
}
export interface MapType extends Bounds {
  readonly kind: 'map'
  readonly key: Type
  readonly value: Type
}
export interface ObjectField {
  /** The key in JSON, which is not always an identifier. */
  readonly json: string
  readonly type: Type
}
export interface ObjectType extends Bounds {
  readonly kind: 'object'
  readonly name: string
  /** A declared field by the name that expressions use. */
  readonly field: (name: string) => ObjectField | undefined
  readonly fieldNames: () => readonly string[]
}
/** A type of a library, such as `kubernetes.Quantity`, or `optional_type(T)`. */
export interface OpaqueType extends Bounds {
  readonly kind: 'opaque'
  readonly name: string
  readonly params: readonly Type[]
}
export interface TypeOfType extends Bounds {
  readonly kind: 'type'
  readonly of?: Type
}
export interface ParamType extends Bounds {
  readonly kind: 'param'
  readonly name: string
}

const simple = (kind: SimpleKind): SimpleType => ({ kind })
export const dyn = simple('dyn')
/** Of unknown type as dyn is, but nothing that a comprehension ranges over. */
export const any = simple('any')
export const nullType = simple('null')
export const bool = simple('bool')
export const int = simple('int')
export const uint = simple('uint')
export const double = simple('double')
export const string = simple('string')
export const bytes = simple('bytes')
export const timestamp = simple('timestamp')
export const duration = simple('duration')
export const typeType: TypeOfType = { kind: 'type' }

export const listOf = (item: Type): ListType => ({ kind: 'list', item })
export const mapOf = (key: Type, value: Type): MapType => ({ kind: 'map', key, value })
export const optionalOf = (of: Type): OpaqueType => ({ kind: 'opaque', name: 'optional_type', params: [of] })
export const opaque = (name: string): OpaqueType => ({ kind: 'opaque', name, params: [] })
export const param = (name: string): ParamType => ({ kind: 'param', name })

/** An object whose fields are all known. */
export function objectOf(name: string, fields: Readonly<Record<string, Type>>): ObjectType {
  return {
    kind: 'object',
    name,
    field: key => (Object.hasOwn(fields, key) ? { json: key, type: fields[key]! } : undefined),
    fieldNames: () => Object.keys(fields),
  }
}

export const isOptional = (type: Type): type is OpaqueType => type.kind === 'opaque' && type.name === 'optional_type'
/** Whether only a value can tell what it is. */
export const isDynamic = (type: Type): boolean => type.kind === 'dyn' || type.kind === 'any'
/** What the optional may hold. */
export const heldBy = (type: OpaqueType): Type => type.params[0] ?? dyn

const simpleByName: ReadonlyMap<string, Type> = new Map<string, Type>([
  ...[dyn, bool, int, uint, double, string, bytes, timestamp, duration].map(type => [type.kind, type] as const),
  ['null', nullType],
  ['type', typeType],
])

/** Reads `list(string)`, `map(string, T)`, `optional_type(A)`, `kubernetes.IP`: how the libraries write their signatures. */
export function parseType(text: string): Type {
  const known = simpleByName.get(text)
  if (known) return known
  const [, head = text, inner] = /^([\w.]+)\((.*)\)$/.exec(text) ?? []
  if (inner !== undefined) {
    const params = splitArguments(inner).map(parseType)
    if (head === 'list') return listOf(params[0] ?? dyn)
    if (head === 'map') return mapOf(params[0] ?? dyn, params[1] ?? dyn)
    return { kind: 'opaque', name: head, params }
  }
  return /^[A-Z]$/.test(head) ? param(head) : opaque(head)
}

function splitArguments(text: string): string[] {
  const parts: string[] = []
  let [depth, start] = [0, 0]
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')') depth--
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  return [...parts, text.slice(start).trim()]
}

/** As upstream's messages write a type. */
export function formatType(type: Type): string {
  switch (type.kind) {
    case 'list':
      return `list(${formatType(type.item)})`
    case 'map':
      return `map(${formatType(type.key)}, ${formatType(type.value)})`
    case 'object':
    case 'param':
      return type.name
    case 'opaque':
      return type.params.length > 0 ? `${type.name}(${type.params.map(formatType).join(', ')})` : type.name
    case 'type':
      return type.of ? `type(${formatType(type.of)})` : 'type'
    default:
      return type.kind
  }
}

/** What `type(x)` is called: parameters do not count. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case 'null':
      return 'null_type'
    case 'any':
      return 'google.protobuf.Any'
    case 'timestamp':
      return 'google.protobuf.Timestamp'
    case 'duration':
      return 'google.protobuf.Duration'
    case 'object':
    case 'opaque':
    case 'param':
      return type.name
    default:
      return type.kind
  }
}

/** The name with parameters, as messages about the type of a whole expression write it. */
export function declaredName(type: Type): string {
  const params = paramsOf(type)
  return params.length > 0 ? `${typeName(type)}(${params.map(declaredName).join(', ')})` : typeName(type)
}

function paramsOf(type: Type): readonly Type[] {
  switch (type.kind) {
    case 'list':
      return [type.item]
    case 'map':
      return [type.key, type.value]
    case 'opaque':
      return type.params
    case 'type':
      return type.of ? [type.of] : []
    default:
      return []
  }
}

export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true
  if (a.kind === 'list' && b.kind === 'list') return sameType(a.item, b.item)
  if (a.kind === 'map' && b.kind === 'map') return sameType(a.key, b.key) && sameType(a.value, b.value)
  if ((a.kind === 'object' && b.kind === 'object') || (a.kind === 'param' && b.kind === 'param')) return a.name === b.name
  if (a.kind === 'opaque' && b.kind === 'opaque')
    return a.name === b.name && a.params.length === b.params.length && a.params.every((p, i) => sameType(p, b.params[i] ?? dyn))
  return a.kind === b.kind
}
