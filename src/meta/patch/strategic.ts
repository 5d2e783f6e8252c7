// Strategic merge patch: a merge patch that knows from the schema which lists are merged, and by which key. Directives in
// the patch (`$patch`, `$retainKeys`, `$setElementOrder/x`, `$deleteFromPrimitiveList/x`) say what plain members cannot.
// The rules, and the order in which merged lists come out, are those of upstream's
// contributors/devel/sig-api-machinery/strategic-merge-patch.md.
import type { Field, SchemaNode } from '../../schema/schema.ts'
import { StatusError } from '../status-error.ts'

/** Neither value is changed. Throws `BadRequest` for malformed directives, `Invalid` for lists that cannot be merged. */
export function applyStrategicPatch(node: SchemaNode, original: unknown, patch: unknown): unknown {
  if (!isObject(original) || !isObject(patch)) throw StatusError.badRequest('a strategic merge patch must be a JSON object')
  return mergeObject(node, original, patch)
}

type Json = Readonly<Record<string, unknown>>

const orderPrefix = '$setElementOrder/'
const deletePrefix = '$deleteFromPrimitiveList/'

function mergeObject(node: SchemaNode | undefined, original: Json, patch: Json): Json {
  const directive = patch['$patch']
  if (directive === 'replace') return plainObject(patch)
  if (directive === 'delete') return {}
  if (directive !== undefined && directive !== 'merge')
    throw StatusError.badRequest(`unknown patch type: ${JSON.stringify(directive)} in map`)

  const out = new Map(Object.entries(retained(original, patch)))
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue
    if (value === null) out.delete(key)
    else out.set(key, mergeMember(fieldOf(node, key), key, out.get(key), value, readOrder(patch, key)))
  }
  for (const key of Object.keys(patch)) {
    if (key.startsWith(orderPrefix)) reorderUnpatched(out, node, patch, key.slice(orderPrefix.length))
    else if (key.startsWith(deletePrefix)) removeScalars(out, key.slice(deletePrefix.length), patch[key])
    else if (key.startsWith('$') && key !== '$patch' && key !== '$retainKeys')
      throw StatusError.badRequest(`unknown patch directive: ${key}`)
  }
  return Object.fromEntries(out)
}

function mergeMember(field: FieldRule, key: string, original: unknown, value: unknown, order: readonly unknown[] | undefined): unknown {
  if (isObject(value) && isObject(original) && field.strategy !== 'replace') return mergeObject(field.node, original, value)
  if (Array.isArray(value) && isMergedList(field)) return mergeList(field, key, Array.isArray(original) ? original : [], value, order)
  return plain(value)
}

/** `$retainKeys` names the only members that may stay. */
function retained(original: Json, patch: Json): Json {
  const keys = patch['$retainKeys']
  if (keys === undefined) return original
  const named = Object.keys(patch).filter(key => !key.startsWith('$') && patch[key] !== null)
  if (!Array.isArray(keys) || !named.every(key => keys.includes(key))) throw StatusError.badRequest('invalid patch format of retainKeys')
  return Object.fromEntries(Object.entries(original).filter(([key]) => keys.includes(key)))
}

function removeScalars(out: Map<string, unknown>, key: string, values: unknown): void {
  if (!Array.isArray(values)) throw StatusError.badRequest('invalid patch format of primitive list')
  const list = out.get(key)
  if (Array.isArray(list))
    out.set(
      key,
      list.filter(item => !values.includes(item)),
    )
}

/** An order for a list that the patch has no items of. */
function reorderUnpatched(out: Map<string, unknown>, node: SchemaNode | undefined, patch: Json, key: string): void {
  const list = out.get(key)
  if (patch[key] !== undefined || !Array.isArray(list)) return
  const field = fieldOf(node, key)
  out.set(key, arrange(list, readOrder(patch, key) ?? [], list, identity(field)))
}

function readOrder(patch: Json, key: string): readonly unknown[] | undefined {
  const order = patch[orderPrefix + key]
  if (order === undefined || Array.isArray(order)) return order
  throw StatusError.badRequest('invalid patch format of setElementOrder list')
}

function mergeList(
  field: FieldRule,
  key: string,
  original: readonly unknown[],
  patch: readonly unknown[],
  order: readonly unknown[] | undefined,
): unknown[] {
  const all = [...original, ...patch]
  if (all.some(Array.isArray)) throw StatusError.unprocessable('lists of lists are not supported')
  const objects = all.filter(isObject).length
  if (objects > 0 && objects < all.length) throw StatusError.unprocessable(`the items of ${key} are not of one type`)
  const id = identity(field)
  if (objects === 0) return arrange([...new Set(all)], order ?? patch, original, id)

  const { mergeKey } = field
  if (mergeKey === undefined) throw StatusError.unprocessable(`cannot merge lists without merge key for ${key}`)
  const items = patch.filter(isObject)
  const ordinary = items.filter(item => item['$patch'] === undefined || item['$patch'] === 'merge')
  if (items.some(item => item['$patch'] === 'replace')) return ordinary.map(plainObject)
  const merged: unknown[] = [...original]
  for (const item of items) mergeItem(merged, item, mergeKey, field.items)
  if (order) checkOrder(ordinary.map(id), order.map(id), ordinary, order)
  return arrange(merged, order ?? ordinary, original, id)
}

function mergeItem(merged: unknown[], item: Json, mergeKey: string, node: SchemaNode | undefined): void {
  const { $patch: directive, ...members } = item
  if (members[mergeKey] === undefined)
    throw StatusError.unprocessable(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`)
  const matches = (entry: unknown) => isObject(entry) && entry[mergeKey] === members[mergeKey]
  if (directive === 'delete') {
    for (let i = merged.length - 1; i >= 0; i--) if (matches(merged[i])) merged.splice(i, 1)
    return
  }
  if (directive !== undefined && directive !== 'merge')
    throw StatusError.badRequest(`unknown patch type: ${JSON.stringify(directive)} in list`)
  const at = merged.findIndex(matches)
  const before = merged[at]
  if (isObject(before)) merged[at] = mergeObject(node, before, members)
  else merged.push(plainObject(members))
}

/** The items of the patch must stand in the order that the patch itself asks for. */
function checkOrder(patched: readonly unknown[], order: readonly unknown[], patch: readonly unknown[], wanted: readonly unknown[]): void {
  let at = -1
  for (const id of patched) {
    at = order.indexOf(id, at + 1)
    if (at < 0)
      throw StatusError.badRequest(
        `The order in patch list:\n${JSON.stringify(patch)}\n doesn't match $setElementOrder list:\n${JSON.stringify(wanted)}\n`,
      )
  }
}

/**
 * Items that `order` names come in its order, the others in that of the original. The two run into one: an item that is not
 * named goes before a named one only where it stood before it in the original.
 */
function arrange(items: readonly unknown[], order: readonly unknown[], original: readonly unknown[], id: Identity): unknown[] {
  const wanted = new Map(order.map((item, i) => [id(item), i]))
  const stood = new Map(original.map((item, i) => [id(item), i]))
  const by = (places: Map<unknown, number>) => (a: unknown, b: unknown) => (places.get(id(a)) ?? 0) - (places.get(id(b)) ?? 0)
  const named = items.filter(item => wanted.has(id(item))).sort(by(wanted))
  const others = items.filter(item => !wanted.has(id(item))).sort(by(stood))
  const out: unknown[] = []
  let next = 0
  for (const item of named) {
    const place = stood.get(id(item))
    while (place !== undefined && next < others.length && (stood.get(id(others[next])) ?? Number.POSITIVE_INFINITY) < place)
      out.push(others[next++])
    out.push(item)
  }
  return [...out, ...others.slice(next)]
}

interface FieldRule {
  readonly node: SchemaNode | undefined
  readonly strategy: Field['patchStrategy']
  readonly items: SchemaNode | undefined
  readonly mergeKey: string | undefined
}

function fieldOf(node: SchemaNode | undefined, key: string): FieldRule {
  const field = node?.type === 'object' && Object.hasOwn(node.fields, key) ? node.fields[key] : undefined
  const inner = node?.type === 'map' ? node.values : field?.node
  const list = inner?.type === 'array' ? inner : undefined
  return { node: inner, strategy: field?.patchStrategy, items: list?.items, mergeKey: list?.patchMergeKey }
}

function isMergedList({ strategy }: FieldRule): boolean {
  return strategy === 'merge' || strategy === 'merge,retainKeys'
}

type Identity = (item: unknown) => unknown

function identity({ mergeKey }: FieldRule): Identity {
  return item => (isObject(item) && mergeKey !== undefined ? item[mergeKey] : item)
}

/** A value of the patch that has nothing to merge with: without directives and nulls. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(item => !isDeletion(item)).map(plain)
  return isObject(value) ? plainObject(value) : value
}
function plainObject(value: Json): Json {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => !isDirective(key) && member !== null)
      .map(([key, member]) => [key, plain(member)]),
  )
}
function isDirective(key: string): boolean {
  return key === '$patch' || key === '$retainKeys' || key.startsWith(orderPrefix) || key.startsWith(deletePrefix)
}
function isDeletion(item: unknown): boolean {
  return isObject(item) && (item['$patch'] === 'delete' || item['$patch'] === 'replace')
}
function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
