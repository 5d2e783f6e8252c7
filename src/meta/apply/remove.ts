// A value without the fields of a set, or with nothing but them. What is emptied by it becomes null, which is as good as absent.
import type { SchemaNode } from '../../schema/schema.ts'
import { fieldElement, itemElement } from './element.ts'
import { type FieldSet, isEmpty, isMember, leaf, self } from './field-set.ts'
import { isObject, isVoid, itemsOf, memberNode, shapeOf } from './shape.ts'

export function removeFields(node: SchemaNode, value: unknown, set: FieldSet): unknown {
  return isEmpty(set) ? value : pick(node, value, set, false)
}

/** Items come with their keys. */
export function extractFields(node: SchemaNode, value: unknown, set: FieldSet): unknown {
  return pick(node, value, withKeys(node, set), true)
}

function pick(node: SchemaNode, value: unknown, set: FieldSet, extract: boolean): unknown {
  const shape = shapeOf(node, value)
  if (shape === 'leaf') return typeof value !== 'object' || extract ? value : null
  if (isVoid(value)) return null
  return shape === 'items' ? pickItems(node, value, set, extract) : pickMembers(node, value, set, extract)
}

function pickItems(node: SchemaNode, value: unknown, set: FieldSet, extract: boolean): unknown {
  const list = itemsOf(node, value)
  const out: unknown[] = []
  for (const item of list.items) {
    const element = itemElement(list.node, item)
    const branch = element === undefined ? undefined : set[element]
    const inner = branch && below(branch)
    const isNamed = branch !== undefined && isMember(branch)
    if (extract ? branch === undefined : isNamed) continue
    out.push(inner === undefined ? item : pick(list.node.items, item, inner, extract))
  }
  return out.length > 0 ? out : null
}

function pickMembers(node: SchemaNode, value: unknown, set: FieldSet, extract: boolean): unknown {
  if (!isObject(value)) return null
  const out: [string, unknown][] = []
  for (const key in value) {
    const branch = set[fieldElement(key)]
    const member = memberNode(node, key)
    if (value[key] === undefined || (branch === undefined && extract)) continue
    if (branch === undefined || member === undefined) {
      out.push([key, value[key]])
      continue
    }
    const inner = below(branch)
    if (isMember(branch) && !extract) continue
    out.push([key, inner === undefined ? value[key] : pick(member, value[key], inner, extract)])
  }
  return out.length > 0 ? Object.fromEntries(out) : null
}

/** What a branch says of what is beneath it; undefined where that is nothing. */
function below(branch: FieldSet): FieldSet | undefined {
  for (const step in branch) if (step !== self) return branch
  return undefined
}

function withKeys(node: SchemaNode, set: FieldSet): FieldSet {
  const out: Record<string, FieldSet> = {}
  for (const step in set) {
    const branch = set[step]!
    const inner =
      step === self ? undefined : step[0] === 'f' ? memberNode(node, step.slice(2)) : node.type === 'array' ? node.items : undefined
    const kept = inner && !isEmpty(branch) ? withKeys(inner, branch) : branch
    out[step] = step[0] === 'k' && node.type === 'array' ? addKeys(kept, node.listMapKeys ?? []) : kept
  }
  return out
}

function addKeys(branch: FieldSet, keys: readonly string[]): FieldSet {
  const missing = keys.map(fieldElement).filter(step => branch[step] === undefined)
  return isEmpty(branch) || missing.length === 0 ? branch : { ...branch, ...Object.fromEntries(missing.map(step => [step, leaf])) }
}
