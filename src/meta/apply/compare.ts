// The fields in which two values of a node differ. What is the same object in both is not looked into.
import type { SchemaNode } from '../../schema/schema.ts'
import { deepEqual } from '../deep-equal.ts'
import { fieldElement } from './element.ts'
import { branchOf, type FieldSet, isEmpty, leaf, self } from './field-set.ts'
import { addedBranch, groupItems } from './fields-of.ts'
import { isObject, isVoid, itemsOf, type Json, memberNode, shapeOf } from './shape.ts'

export interface Difference {
  /** Added, or of another value. */
  readonly changed: FieldSet
  readonly removed: FieldSet
}

export const noDifference: Difference = { changed: leaf, removed: leaf }

export function compare(node: SchemaNode, before: unknown, after: unknown): Difference {
  const delta = compareNode(node, before, after)
  return delta ? { changed: delta.changed ?? leaf, removed: delta.removed ?? leaf } : noDifference
}

/** Branches; undefined where there is none. */
interface Delta {
  readonly changed: FieldSet | undefined
  readonly removed: FieldSet | undefined
}

const changedItself: Delta = { changed: leaf, removed: undefined }

function compareNode(node: SchemaNode, before: unknown, after: unknown): Delta | undefined {
  if (before === after) return undefined
  if (before === undefined) return { changed: addedBranch(node, after), removed: undefined }
  if (after === undefined) return { changed: undefined, removed: addedBranch(node, before) }
  const shape = shapeOf(node, after)
  if (node.type === 'raw' && shape !== shapeOf(node, before)) return compareUnlike(node, before, after)
  if (shape === 'leaf' || (isVoid(before) && isVoid(after))) return deepEqual(before, after) ? undefined : changedItself
  return shape === 'items' ? compareItems(node, before, after) : compareMembers(node, before, after)
}

function compareMembers(node: SchemaNode, before: unknown, after: unknown): Delta | undefined {
  const [a, b]: [Json, Json] = [isObject(before) ? before : {}, isObject(after) ? after : {}]
  const deltas = new Deltas()
  for (const key in a) compareMember(node, key, a[key], b[key], deltas)
  for (const key in b) if (a[key] === undefined) compareMember(node, key, undefined, b[key], deltas)
  return deltas.sum
}

function compareMember(node: SchemaNode, key: string, before: unknown, after: unknown, deltas: Deltas): void {
  if (before === after) return
  const inner = memberNode(node, key)
  const delta = inner && compareNode(inner, before, after)
  if (delta) deltas.add(fieldElement(key), delta)
}

/** Items that have a step in common are compared as a whole, with their number. */
function compareItems(node: SchemaNode, before: unknown, after: unknown): Delta | undefined {
  const { items } = itemsOf(node, after).node
  const [a, b] = [groupItems(node, before), groupItems(node, after)]
  const deltas = new Deltas()
  for (const [element, old] of a) {
    const now = b.get(element) ?? []
    if (old.length === 1 && now.length <= 1) {
      const delta = compareNode(items, old[0], now[0])
      if (delta) deltas.add(element, delta)
    } else if (old.length > 1 && now.length > 1) {
      if (!deepEqual(old, now)) deltas.add(element, changedItself)
    } else if (old.length > 1) {
      deltas.add(element, { changed: now.length === 1 ? addedBranch(items, now[0]) : undefined, removed: leaf })
    } else deltas.add(element, { changed: leaf, removed: addedBranch(items, old[0]) })
  }
  for (const [element, now] of b) {
    if (a.has(element)) continue
    deltas.add(element, now.length > 1 ? changedItself : { changed: addedBranch(items, now[0]), removed: undefined })
  }
  return deltas.sum
}

/** Raw values of two shapes: the field itself has changed, and so have the members that one of them has. */
function compareUnlike(node: SchemaNode, before: unknown, after: unknown): Delta {
  const membersOf = (value: unknown) => (isObject(value) && !isVoid(value) ? addedBranch(node, value) : leaf)
  const { [self]: _, ...removed } = membersOf(before)
  return { changed: membersOf(after), removed: isEmpty(removed) ? undefined : removed }
}

class Deltas {
  readonly #changed: [string, FieldSet][] = []
  readonly #removed: [string, FieldSet][] = []

  add(element: string, { changed, removed }: Delta): void {
    if (changed) this.#changed.push([element, changed])
    if (removed) this.#removed.push([element, removed])
  }

  get sum(): Delta | undefined {
    if (this.#changed.length + this.#removed.length === 0) return undefined
    return {
      changed: this.#changed.length > 0 ? branchOf(this.#changed) : undefined,
      removed: this.#removed.length > 0 ? branchOf(this.#removed) : undefined,
    }
  }
}
