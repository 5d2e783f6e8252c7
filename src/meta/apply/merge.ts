// The live value with an applied configuration laid over it: its leaves replace, its members and items join. Nothing goes by it. Items come
// in the order of the configuration where it names them; the others keep their place between them.
import type { ArrayNode, SchemaNode } from '../../schema/schema.ts'
import { itemElement } from './element.ts'
import { isObject, isVoid, itemsOf, type Json, memberNode, shapeOf } from './shape.ts'

/** Undefined where nothing is left to say. What the configuration does not touch is shared with the live value. */
export function merge(node: SchemaNode, live: unknown, config: unknown): unknown {
  if (config === undefined || live === config) return live
  const shape = shapeOf(node, config)
  const isFresh = shape === 'items' ? !Array.isArray(live) || live.length === 0 : !isObject(live) || isVoid(live)
  if (shape === 'leaf' || (isFresh && isVoid(config))) return replaces(node, live, config) ? config : live
  return shape === 'items' ? mergeItems(node, live, config) : mergeMembers(node, isObject(live) ? live : {}, isObject(config) ? config : {})
}

/** A null does not take a granular raw object away. */
function replaces(node: SchemaNode, live: unknown, config: unknown): boolean {
  return !(node.type === 'raw' && config === null && isObject(live) && !isVoid(live))
}

function mergeMembers(node: SchemaNode, live: Json, config: Json): Json | undefined {
  let out: Record<string, unknown> | undefined
  for (const key in config) {
    const inner = memberNode(node, key)
    if (inner === undefined || config[key] === undefined) continue
    const before = Object.hasOwn(live, key) ? live[key] : undefined
    const merged = merge(inner, before, config[key])
    if (merged === before || merged === undefined) continue
    out ??= { ...live }
    put(out, key, merged)
  }
  if (out) return out
  return isVoid(live) ? undefined : live
}

function mergeItems(node: SchemaNode, before: unknown, config: unknown): readonly unknown[] | undefined {
  const list = itemsOf(node, before)
  const live = indexed(list.node, list.items)
  const wanted = indexed(list.node, itemsOf(node, config).items)
  const out: unknown[] = []
  const mergeItem = (item: unknown, other: unknown) => {
    const merged = merge(list.node.items, item, other)
    if (merged !== undefined) out.push(merged)
  }
  /** The item of the live list to merge with: none where several have the same step. */
  const lone = (element: string) => (live.counts.get(element) === 1 ? live.first.get(element) : undefined)
  const shared = wanted.elements.filter(element => live.counts.has(element))
  const done = new Set<string>()
  let nextShared = 0
  const { length } = live.elements
  for (let l = 0, w = 0; l < length || w < wanted.elements.length; ) {
    const own = live.elements[l]
    const other = wanted.elements[w]
    if (own !== undefined && own === other) {
      done.add(own)
      mergeItem(lone(own), wanted.first.get(own))
      l++
      w++
      nextShared++
    } else if (
      own !== undefined &&
      other !== undefined &&
      wanted.counts.has(own) &&
      nextShared < shared.length &&
      shared[nextShared] !== own
    ) {
      // Comes later, in the order of the configuration.
      l++
    } else if (own !== undefined && !wanted.counts.has(own)) {
      mergeItem(live.items[l], undefined)
      l++
    } else {
      if (own !== undefined && done.has(own)) l++
      if (other === undefined) continue
      done.add(other)
      mergeItem(lone(other), wanted.first.get(other))
      w++
      if (shared[nextShared] === other) nextShared++
    }
  }
  if (out.length === list.items.length && out.every((item, i) => item === list.items[i])) return list.items
  return out.length > 0 ? out : undefined
}

interface Indexed {
  readonly items: readonly unknown[]
  readonly elements: readonly string[]
  readonly first: ReadonlyMap<string, unknown>
  readonly counts: ReadonlyMap<string, number>
}

function indexed(node: ArrayNode, list: readonly unknown[]): Indexed {
  const items: unknown[] = []
  const elements: string[] = []
  const first = new Map<string, unknown>()
  const counts = new Map<string, number>()
  for (const item of list) {
    const element = itemElement(node, item)
    if (element === undefined) continue
    items.push(item)
    elements.push(element)
    if (!first.has(element)) first.set(element, item)
    counts.set(element, (counts.get(element) ?? 0) + 1)
  }
  return { items, elements, first, counts }
}

/** Also for the key `__proto__`, which plain assignment takes for the prototype. */
function put(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
