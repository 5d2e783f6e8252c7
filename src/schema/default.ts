// Fills in the defaults of absent fields, at every depth. What needs no change is shared with the input, and the
// defaults themselves are shared by all objects, so they are frozen.
// Each node is looked through once: a part of the schema that has no default beneath it costs nothing afterwards.
import type { ObjectNode, SchemaNode } from './schema.ts'

/** `value` is in decoded form (see decode.ts). Applying it again changes nothing. */
export function applyDefaults(node: SchemaNode, value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  switch (node.type) {
    case 'object':
      return defaultObject(node, value as Json)
    case 'array':
      return hasDefaults(node.items) ? defaultItems(node.items, value as readonly unknown[]) : value
    case 'map':
      return hasDefaults(node.values) ? defaultValues(node.values, value as Json) : value
    default:
      return value
  }
}

type Json = Readonly<Record<string, unknown>>

interface Step {
  readonly key: string
  readonly node: SchemaNode
  /** Its own nested defaults are filled in. */
  readonly absent: unknown
  /** In Go an empty string of a field with a default is the same as an absent one. */
  readonly emptyIsAbsent: boolean
}

function defaultObject(node: ObjectNode, value: Json): Json {
  let out: Record<string, unknown> | undefined
  for (const step of stepsOf(node)) {
    const member = value[step.key]
    const filled = member === undefined || (step.emptyIsAbsent && member === '') ? step.absent : applyDefaults(step.node, member)
    if (filled === member) continue
    out ??= { ...value }
    out[step.key] = filled
  }
  return out ?? value
}

function defaultItems(node: SchemaNode, items: readonly unknown[]): readonly unknown[] {
  let out: unknown[] | undefined
  for (let i = 0; i < items.length; i++) {
    const filled = applyDefaults(node, items[i])
    if (filled === items[i]) continue
    out ??= items.slice()
    out[i] = filled
  }
  return out ?? items
}

function defaultValues(node: SchemaNode, value: Json): Json {
  const changed = Object.keys(value).filter(key => applyDefaults(node, value[key]) !== value[key])
  return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed.map(key => [key, applyDefaults(node, value[key])])) }
}

const steps = new WeakMap<ObjectNode, readonly Step[]>()

function stepsOf(node: ObjectNode): readonly Step[] {
  const known = steps.get(node)
  if (known) return known
  const made: Step[] = []
  steps.set(node, made)
  for (const [key, field] of Object.entries(node.fields)) {
    if (field.default === undefined && !hasDefaults(field.node)) continue
    const absent = field.default === undefined ? undefined : deepFreeze(applyDefaults(field.node, field.default))
    made.push({ key, node: field.node, absent, emptyIsAbsent: field.node.type === 'string' && absent !== undefined && !node.custom })
  }
  return made
}

const answers = new WeakMap<SchemaNode, boolean>()

/** Whether anything beneath the node has a default. A node met again on its own path adds nothing to the answer. */
function hasDefaults(node: SchemaNode): boolean {
  const known = answers.get(node)
  if (known !== undefined) return known
  const answer = search(node, new Set())
  answers.set(node, answer)
  return answer
}

function search(node: SchemaNode, path: Set<SchemaNode>): boolean {
  if (path.has(node)) return false
  path.add(node)
  if (node.type === 'array') return search(node.items, path)
  if (node.type === 'map') return search(node.values, path)
  return node.type === 'object' && Object.values(node.fields).some(field => field.default !== undefined || search(field.node, path))
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) deepFreeze(member)
  }
  return value
}
