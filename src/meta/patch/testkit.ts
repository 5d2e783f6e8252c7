// For tests: the strategic merge patch that makes one value into another, as kubectl works it out.
import type { ArrayNode, Field, ObjectNode, SchemaNode } from '../../schema/schema.ts'
import { deepEqual } from '../deep-equal.ts'

type Json = Readonly<Record<string, unknown>>

/** Items of merged lists have their keys, each of them once. */
export function strategicDiff(node: SchemaNode | undefined, from: Json | object, to: Json | object): Json {
  const [before, after] = [from as Json, to as Json]
  const patch: Record<string, unknown> = {}
  for (const key of Object.keys(before)) if (after[key] === undefined) patch[key] = null
  for (const [key, wanted] of Object.entries(after)) {
    const old = before[key]
    if (!deepEqual(old, wanted)) Object.assign(patch, diffMember(key, fieldOf(node, key), old, wanted))
  }
  return patch
}

type Rule = Pick<Field, 'node' | 'patchStrategy'> | undefined

function fieldOf(node: SchemaNode | undefined, key: string): Rule {
  if (node?.type === 'map') return { node: node.values }
  return node?.type === 'object' && Object.hasOwn(node.fields, key) ? (node as ObjectNode).fields[key] : undefined
}

function diffMember(key: string, field: Rule, old: unknown, wanted: unknown): Json {
  const strategies = field?.patchStrategy?.split(',') ?? []
  if (isObject(wanted)) {
    if (strategies.includes('replace')) return { [key]: wanted }
    if (!isObject(old)) return { [key]: wanted }
    const diff = strategicDiff(field?.node, old, wanted)
    return { [key]: strategies.includes('retainKeys') ? { ...diff, $retainKeys: Object.keys(wanted) } : diff }
  }
  if (Array.isArray(wanted) && strategies.includes('merge') && Array.isArray(old))
    return diffList(key, field?.node as ArrayNode, old, wanted)
  return { [key]: wanted }
}

function diffList(key: string, { items, patchMergeKey }: ArrayNode, old: readonly unknown[], wanted: readonly unknown[]): Json {
  if (patchMergeKey === undefined) {
    const added = wanted.filter(item => !old.includes(item))
    const removed = old.filter(item => !wanted.includes(item))
    return {
      [`$setElementOrder/${key}`]: wanted,
      ...(removed.length > 0 && { [`$deleteFromPrimitiveList/${key}`]: removed }),
      ...(added.length > 0 && { [key]: added }),
    }
  }
  const idOf = (item: unknown) => (item as Json)[patchMergeKey]
  const changed = wanted.flatMap(item => {
    const before = old.find(other => idOf(other) === idOf(item))
    if (before === undefined) return [item]
    return deepEqual(before, item) ? [] : [{ ...strategicDiff(items, before as Json, item as Json), [patchMergeKey]: idOf(item) }]
  })
  const removed = old
    .filter(item => !wanted.some(other => idOf(other) === idOf(item)))
    .map(item => ({ $patch: 'delete', [patchMergeKey]: idOf(item) }))
  return {
    [`$setElementOrder/${key}`]: wanted.map(item => ({ [patchMergeKey]: idOf(item) })),
    ...(changed.length + removed.length > 0 && { [key]: [...changed, ...removed] }),
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
