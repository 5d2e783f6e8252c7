// The fields that are in a value: as its applier owns them, and as they count when the whole value is new.
import type { ObjectNode, SchemaNode } from '../../schema/schema.ts'
import { fieldElement, itemElement } from './element.ts'
import { branchOf, type FieldSet, leaf, self, withSelf } from './field-set.ts'
import { isNamed, isObject, isVoid, itemsOf, type Json, memberNode, shapeOf } from './shape.ts'
import type { Skeleton } from './skeleton.ts'

/** What an applied configuration says: its leaves, items and keys of maps, and structs only where they are empty. */
export function appliedFields(node: SchemaNode, value: unknown): FieldSet {
  return appliedBranch(node, value) ?? leaf
}

/** Undefined where nothing in the value counts. */
function appliedBranch(node: SchemaNode, value: unknown): FieldSet | undefined {
  const shape = shapeOf(node, value)
  if (shape === 'leaf') return leaf
  const entries: [string, FieldSet][] = []
  if (shape === 'items') {
    for (const [element, items] of groupItems(node, value))
      entries.push([element, items.length > 1 ? leaf : withSelf(appliedBranch(itemsOf(node, value).node.items, items[0]) ?? leaf)])
  } else if (isObject(value)) {
    for (const key in value) {
      const member = value[key]
      const inner = memberNode(node, key)
      if (member === undefined || inner === undefined) continue
      const counts = member === null || (isObject(member) && isVoid(member)) || !isNamed(node, key)
      const branch = appliedBranch(inner, member)
      if (branch !== undefined) entries.push([fieldElement(key), counts ? withSelf(branch) : branch])
      else if (counts) entries.push([fieldElement(key), leaf])
    }
  }
  return entries.length === 0 ? undefined : branchOf(entries)
}

/** The branch of a value that was not there before. What the skeleton has was there, empty, so it counts only for what is in it. */
export function addedBranch(node: SchemaNode, value: unknown, skeleton?: Skeleton): FieldSet {
  const shape = shapeOf(node, value)
  if (shape === 'leaf' || isVoid(value)) return leaf
  return shape === 'items' ? addedItems(node, value, skeleton) : addedMembers(node, value as Json, skeleton)
}

function addedItems(node: SchemaNode, value: unknown, skeleton: Skeleton | undefined): FieldSet {
  const entries: [string, FieldSet][] = skeleton ? [] : [[self, leaf]]
  const { items } = itemsOf(node, value).node
  for (const [element, group] of groupItems(node, value)) entries.push([element, group.length > 1 ? leaf : addedBranch(items, group[0])])
  return branchOf(entries)
}

/** Written for speed: whole new objects are looked through by it. Their members mostly are in order already. */
function addedMembers(node: SchemaNode, value: Json, skeleton: Skeleton | undefined): FieldSet {
  const out: Record<string, FieldSet> = {}
  let last = ''
  if (!skeleton) out[self] = leaf
  let isSorted = true
  const steps = node.type === 'object' ? stepsOf(node) : undefined
  for (const key in value) {
    const member = value[key]
    if (member === undefined) continue
    const step = steps?.get(key)
    const inner = step?.node ?? memberNode(node, key)
    if (inner === undefined) continue
    const there = skeleton?.[key]
    // Where an empty struct was and is, nothing was added.
    if (there && isObject(member) && isVoid(member)) continue
    const element = step ? step.element : fieldElement(key)
    if (element < last) isSorted = false
    last = element
    out[element] = typeof member === 'object' ? addedBranch(inner, member, there) : leaf
  }
  return isSorted ? out : branchOf(Object.entries(out))
}

type Steps = ReadonlyMap<string, { readonly element: string; readonly node: SchemaNode }>
const stepsOfNodes = new WeakMap<ObjectNode, Steps>()

/** The steps to the fields of a struct, whose texts are made once. */
function stepsOf(node: ObjectNode): Steps {
  let steps = stepsOfNodes.get(node)
  if (!steps) {
    steps = new Map(Object.entries(node.fields).map(([key, field]) => [key, { element: fieldElement(key), node: field.node }]))
    stepsOfNodes.set(node, steps)
  }
  return steps
}

/** The items of a list by their steps. More than one of a step are set together. */
export function groupItems(node: SchemaNode, value: unknown): Map<string, unknown[]> {
  const list = itemsOf(node, value)
  const groups = new Map<string, unknown[]>()
  for (const item of list.items) {
    const element = itemElement(list.node, item)
    if (element === undefined) continue
    const group = groups.get(element)
    if (group) group.push(item)
    else groups.set(element, [item])
  }
  return groups
}
