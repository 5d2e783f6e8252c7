// Decoding of custom resources. Their schemas come from users and are enforced by validation, so a value of the wrong type is kept for
// validation to name; what the schema does not know is pruned. A null is the same as nothing, but where the schema allows it.
import type { CustomObject, MapNode, ObjectNode, SchemaNode } from './schema.ts'

interface Outcome {
  readonly value: unknown
  readonly unknownFields: readonly string[]
  readonly errors: readonly { readonly path: string; readonly message: string }[]
}
type Json = Readonly<Record<string, unknown>>
interface State {
  readonly unknownFields: string[]
  readonly errors: { path: string; message: string }[]
  /** For what is in no custom schema: metadata. */
  decodeOther(node: SchemaNode, value: unknown): Outcome
}

/** What needs no change is returned as it came. */
export function decodeCustom(node: ObjectNode, input: unknown, decodeOther: State['decodeOther']): Outcome {
  const state: State = { unknownFields: [], errors: [], decodeOther }
  const value = prune(node, input, '', state)
  return { value, unknownFields: state.unknownFields, errors: state.errors }
}

function prune(node: SchemaNode, value: unknown, path: string, state: State): unknown {
  if (typeof value !== 'object' || value === null) return value
  switch (node.type) {
    case 'object':
      if (Array.isArray(value)) return value
      return node.custom ? pruneObject(node, node.custom, value as Json, path, state) : decodeOther(node, value, path, state)
    case 'map':
      return Array.isArray(value) ? value : pruneValues(node, value as Json, path, state)
    case 'array':
      return Array.isArray(value) ? pruneItems(node.items, value, path, state) : value
    default:
      return value
  }
}

function pruneObject({ fields }: ObjectNode, { isOpen, nullable }: CustomObject, value: Json, path: string, state: State): Json {
  const entries: [string, unknown][] = []
  let isSame = true
  for (const [key, member] of Object.entries(value)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined
    const at = join(path, key)
    if (!field && !isOpen) state.unknownFields.push(at)
    const isKept = field ? member !== null || nullable.has(key) : isOpen
    const kept = isKept && field ? prune(field.node, member, at, state) : member
    if (isKept) entries.push([key, kept])
    if (!isKept || kept !== member) isSame = false
  }
  return isSame ? value : Object.fromEntries(entries)
}

function pruneValues({ values, dropsNull }: MapNode, value: Json, path: string, state: State): Json {
  const members = Object.entries(value)
  const kept = dropsNull ? members.filter(([, member]) => member !== null) : members
  const entries = kept.map(([key, member]): [string, unknown] => [key, prune(values, member, join(path, key), state)])
  return entries.length === members.length && entries.every(([key, member]) => member === value[key]) ? value : Object.fromEntries(entries)
}

function pruneItems(node: SchemaNode, items: readonly unknown[], path: string, state: State): readonly unknown[] {
  const pruned = items.map((item, i) => prune(node, item, `${path}[${i}]`, state))
  return pruned.every((item, i) => item === items[i]) ? items : pruned
}

function decodeOther(node: ObjectNode, value: unknown, path: string, state: State): unknown {
  const decoded = state.decodeOther(node, value)
  for (const field of decoded.unknownFields) state.unknownFields.push(join(path, field))
  for (const error of decoded.errors) state.errors.push({ path: join(path, error.path), message: inside(path, error.message) })
  return decoded.value
}

/** Go's path of a field begins at the object that was read. */
function inside(path: string, message: string): string {
  return message.replace(/(into Go struct field \w+\.)/, `$1${path.replace(/\[\d+\]/g, '')}.`)
}

function join(path: string, key: string): string {
  return path === '' ? key : key === '' ? path : `${path}.${key}`
}
