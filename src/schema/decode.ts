// Turns JSON into the stored form of a schema: checks types, drops nulls and unknown fields, and puts times, quantities and
// base64 into canonical form. Errors are worded as Go's JSON decoder does, since clients show them as they are.
// What needs no change is returned as it came; paths are built only where there is something to report.
import { parseGoDuration } from '../base/go-duration.ts'
import { isCanonicalTime, type Precision, parseRfc3339 } from '../base/rfc3339.ts'
import { decodeCustom } from './custom.ts'
import type { ArrayNode, MapNode, NumberNode, ObjectNode, SchemaNode, StringNode } from './schema.ts'

export interface Decoded {
  readonly value: unknown
  /** Paths such as `spec.containers[0].foo`, in the order of the input. They are not in `value`. */
  readonly unknownFields: readonly string[]
  /** The server answers 400 with the first message. */
  readonly errors: readonly DecodeError[]
}
export interface DecodeError {
  readonly path: string
  readonly message: string
}
/** Gives a quantity's canonical text, or why it is none; see `canonicalQuantity` of meta/quantity.ts. */
export type CanonicalQuantity = (text: string) => { readonly value: string } | { readonly error: string }

/** Whether a field that has the zero of its type is the same as one that is absent: `omitempty` of what is no pointer in Go. */
export type OmitsZero = (node: ObjectNode, field: string) => boolean

/** `input` is what `JSON.parse` gave; it is not changed. Zeros are kept where nobody says which are not. */
export function decode(node: SchemaNode, input: unknown, canonicalQuantity: CanonicalQuantity, omitsZero?: OmitsZero): Decoded {
  if (node.type === 'object' && node.custom)
    return decodeCustom(node, input, (at, value) => decode(at, value, canonicalQuantity, omitsZero))
  const state: State = { canonicalQuantity, omitsZero, problems: [] }
  const value = decodeNode(node, input, state)
  const unknownFields: string[] = []
  const errors: DecodeError[] = []
  for (const problem of state.problems) {
    if (problem.kind === 'unknown') unknownFields.push(problem.path)
    else errors.push({ path: problem.path, message: messageOf(problem) })
  }
  return { value, unknownFields, errors }
}

type Problem = {
  /** Built from the inside out: each level that finds new problems beneath it puts its own segment in front. */
  path: string
  /** The same as Go says it, without indices and map keys, and the innermost struct's name. */
  goPath: string
  struct: string
} & ({ kind: 'unknown' } | { kind: 'type'; found: string; wanted: string } | { kind: 'plain'; text: string })

interface State {
  readonly canonicalQuantity: CanonicalQuantity
  readonly omitsZero: OmitsZero | undefined
  readonly problems: Problem[]
}
type Json = Record<string, unknown>

function messageOf(problem: Exclude<Problem, { kind: 'unknown' }>): string {
  if (problem.kind === 'plain') return problem.text
  const into = problem.struct === '' ? 'Go value' : `Go struct field ${problem.struct}.${problem.goPath}`
  return `json: cannot unmarshal ${problem.found} into ${into} of type ${problem.wanted}`
}

function decodeNode(node: SchemaNode, input: unknown, state: State): unknown {
  switch (node.type) {
    case 'string':
      return decodeString(node, input, state)
    case 'integer':
    case 'number':
      return decodeNumber(node, input, state)
    case 'boolean':
      return typeof input === 'boolean' ? input : mismatch(node, input, state)
    case 'array':
      return decodeArray(node, input, state)
    case 'map':
      return isObject(input) ? decodeMap(node, input, state) : mismatch(node, input, state)
    case 'object':
      return isObject(input) ? decodeObject(node, input, state) : mismatch(node, input, state)
    case 'raw':
      return node.either ? decodeNode(isObject(input) ? node.either.object : node.either.or, input, state) : input
  }
}

function decodeObject(node: ObjectNode, input: Json, state: State): Json {
  const { fields } = node
  const { problems } = state
  let out: Json | undefined
  for (const key in input) {
    const member = input[key]
    let decoded: unknown
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (field === undefined) {
      problems.push({ kind: 'unknown', path: key, goPath: '', struct: '' })
    } else if (member !== null && member !== undefined) {
      const before = problems.length
      decoded = decodeNode(field.node, member, state)
      if (problems.length !== before) locate(problems, before, key, node)
      if (isZero(field.node, decoded) && state.omitsZero?.(node, key)) decoded = undefined
    }
    if (out === undefined) {
      if (decoded === member) continue
      out = membersBefore(input, key)
    }
    if (decoded !== undefined) out[key] = decoded
  }
  return out ?? input
}

function decodeMap(node: MapNode, input: Json, state: State): Json {
  const { problems } = state
  let out: Json | undefined
  for (const key in input) {
    const member = input[key]
    const before = problems.length
    const decoded = member === null ? zeroOf(node.values) : decodeNode(node.values, member, state)
    if (problems.length !== before) locate(problems, before, key)
    if (out === undefined) {
      if (decoded === member) continue
      out = membersBefore(input, key)
    }
    setOwn(out, key, decoded)
  }
  return out ?? input
}

function decodeArray(node: ArrayNode, input: unknown, state: State): unknown {
  if (!Array.isArray(input)) return mismatch(node, input, state)
  const { problems } = state
  let out: unknown[] | undefined
  for (let i = 0; i < input.length; i++) {
    const item: unknown = input[i]
    const before = problems.length
    const decoded = item === null ? zeroOf(node.items) : decodeNode(node.items, item, state)
    if (problems.length !== before) locate(problems, before, `[${i}]`)
    if (decoded !== item) out ??= input.slice()
    if (out !== undefined) out[i] = decoded
  }
  return out ?? input
}

function decodeString(node: StringNode, input: unknown, state: State): unknown {
  const { format } = node
  if (format === undefined) return typeof input === 'string' ? input : mismatch(node, input, state)
  if (format === 'quantity') return decodeQuantity(input, state)
  if (format === 'int-or-string' && typeof input === 'number') return isInt(input, 2 ** 31) ? input : mismatch(node, input, state, 'int32')
  if (typeof input !== 'string')
    return mismatch(node, input, state, format === 'byte' ? '[]uint8' : format === 'int-or-string' ? 'int32' : 'string')
  switch (format) {
    case 'int-or-string':
      return input
    case 'date-time':
      return decodeTime(input, 'seconds', state)
    case 'micro-time':
      return decodeTime(input, 'micros', state)
    case 'duration': {
      const parsed = parseGoDuration(input)
      return parsed.ok ? input : plain(parsed.error, state)
    }
    case 'byte': {
      const text = /[\r\n]/.test(input) ? input.replace(/[\r\n]/g, '') : input
      const at = base64Problem(text)
      return at === undefined ? text : plain(`illegal base64 data at input byte ${at}`, state)
    }
  }
}

function decodeTime(input: string, precision: Precision, state: State): string | undefined {
  if (isCanonicalTime(input, precision)) return input
  const parsed = parseRfc3339(input, precision)
  return parsed.ok ? parsed.text : plain(parsed.error, state)
}

function decodeQuantity(input: unknown, state: State): string | undefined {
  const text = typeof input === 'string' ? input.trim() : typeof input === 'number' ? String(input) : JSON.stringify(input)
  const result = state.canonicalQuantity(text)
  return 'value' in result ? result.value : plain(result.error, state)
}

function decodeNumber(node: NumberNode, input: unknown, state: State): unknown {
  if (typeof input !== 'number') return mismatch(node, input, state)
  if (node.type === 'number') return input
  return isInt(input, node.format === 'int32' ? 2 ** 31 : 2 ** 63) ? input : mismatch(node, input, state)
}

function isInt(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= -limit && value < limit
}

/** Where the first illegal byte of padded standard base64 is, as Go counts it. */
function base64Problem(text: string): number | undefined {
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  const stray = text.search(/[^A-Za-z0-9+/]/)
  if (stray < 0) return text.length - (text.length % 4)
  return stray
}

/** Objects are never zero: in Go they are written whatever they hold. */
function isZero(node: SchemaNode, value: unknown): boolean {
  if (typeof value !== 'object') return value === '' || value === 0 || value === false
  if (node.type === 'array') return (value as readonly unknown[]).length === 0
  return node.type === 'map' && isEmpty(value as Json)
}

function isEmpty(value: Json): boolean {
  for (const _ in value) return false
  return true
}

/** What Go leaves in a list or a map where the JSON has null. */
function zeroOf(node: SchemaNode): unknown {
  switch (node.type) {
    case 'string':
      // The zero time is written as null.
      if (node.format === 'date-time' || node.format === 'micro-time') return null
      return node.format === 'quantity' ? '0' : node.format === 'int-or-string' ? 0 : ''
    case 'integer':
    case 'number':
      return 0
    case 'boolean':
      return false
    case 'array':
      return []
    case 'map':
    case 'object':
      return {}
    case 'raw':
      return null
  }
}

function mismatch(node: SchemaNode, input: unknown, state: State, wanted = goType(node)): undefined {
  const found = Array.isArray(input) ? 'array' : typeof input === 'boolean' ? 'bool' : input === null ? 'null' : typeof input
  const literal = typeof input === 'number' && wanted.startsWith('int') ? `number ${input}` : found
  state.problems.push({ kind: 'type', path: '', goPath: '', struct: '', found: literal, wanted })
  return undefined
}

function plain(text: string, state: State): undefined {
  state.problems.push({ kind: 'plain', path: '', goPath: '', struct: '', text })
  return undefined
}

function goType(node: SchemaNode): string {
  switch (node.type) {
    case 'integer':
      return node.format ?? 'int64'
    case 'number':
      return 'float64'
    case 'boolean':
      return 'bool'
    case 'array':
      return `[]${goType(node.items)}`
    case 'map':
      return `map[string]${goType(node.values)}`
    case 'object':
      return node.name.split('.').slice(-2).join('.')
    case 'raw':
      return 'interface {}'
    case 'string':
      return goStringTypes[node.format ?? 'plain']
  }
}
const goStringTypes: Readonly<Record<NonNullable<StringNode['format']> | 'plain', string>> = {
  plain: 'string',
  byte: '[]uint8',
  quantity: 'resource.Quantity',
  'int-or-string': 'intstr.IntOrString',
  'date-time': 'v1.Time',
  'micro-time': 'v1.MicroTime',
  duration: 'v1.Duration',
}

/** Puts a segment in front of the paths of the problems found since `from`. Only an object's fields count in Go's path. */
function locate(problems: Problem[], from: number, segment: string, object?: ObjectNode): void {
  for (let i = from; i < problems.length; i++) {
    const problem = problems[i]!
    const tail = problem.path
    problem.path = tail === '' || tail.startsWith('[') ? segment + tail : `${segment}.${tail}`
    if (object === undefined) continue
    problem.goPath = problem.goPath === '' ? segment : `${segment}.${problem.goPath}`
    if (problem.struct === '') problem.struct = object.name.slice(object.name.lastIndexOf('.') + 1)
  }
}

function membersBefore(input: Json, end: string): Json {
  const out: Json = {}
  for (const key in input) {
    if (key === end) break
    setOwn(out, key, input[key])
  }
  return out
}

/** Plain assignment of `__proto__` would set the prototype. It is a legal key of a ConfigMap. */
function setOwn(target: Json, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
