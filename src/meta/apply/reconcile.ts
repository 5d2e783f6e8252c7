// Field sets that were written when a part of the schema was atomic and now is not, or the other way round: what was owned as a whole is owned
// member by member, as far as it is there, and what was owned in part as a whole.
import type { SchemaNode } from '../../schema/schema.ts'
import { itemElement } from './element.ts'
import { type FieldSet, isEmpty, isMember, leaf, type Path, self, union, withSelf } from './field-set.ts'
import { appliedFields } from './fields-of.ts'
import { isObject, isVoid, memberNode, shapeOf } from './shape.ts'

/** The set as it is to be read for this schema and the live value. */
export function reconcile(node: SchemaNode, set: FieldSet, live: unknown): FieldSet {
  let out: Record<string, FieldSet> | undefined
  for (const step in set) {
    const branch = set[step]!
    const inner = nodeAt(node, step)
    if (!inner) continue
    const { whole, undivided } = examined(inner, branch)
    const next = undivided.reduce((sum, path) => divide(inner, sum, path, valueAt(node, live, step)), whole)
    if (next === branch) continue
    out ??= { ...set }
    out[step] = next
  }
  return out ?? set
}

interface Examined {
  /** The branch, with parts of what is atomic put together. */
  readonly whole: FieldSet
  /** Paths of what is owned as a whole and can be owned in parts. */
  readonly undivided: readonly Path[]
}

const memory = new WeakMap<FieldSet, { readonly node: SchemaNode; readonly examined: Examined }>()

/** Branches are shared by many sets, and looked through once. */
function examined(node: SchemaNode, branch: FieldSet): Examined {
  const known = memory.get(branch)
  if (known?.node === node) return known.examined
  const undivided: Path[] = []
  const fresh = { whole: examine(node, branch, [], undivided), undivided }
  // All leaves are one and the same object.
  if (!isEmpty(branch)) memory.set(branch, { node, examined: fresh })
  return fresh
}

function examine(node: SchemaNode, branch: FieldSet, path: Path, undivided: Path[]): FieldSet {
  if (node.type === 'raw') return branch
  const shape = shapeOf(node, undefined)
  if (isEmpty(branch)) {
    if (shape !== 'leaf') undivided.push(path)
    return branch
  }
  if (shape === 'leaf') return node.type === 'array' || node.type === 'map' || node.type === 'object' ? leaf : branch
  let out: Record<string, FieldSet> | undefined
  for (const step in branch) {
    const inner = step === self ? undefined : nodeAt(node, step)
    const next = inner ? examine(inner, branch[step]!, [...path, step], undivided) : branch[step]!
    if (next === branch[step]) continue
    out ??= { ...branch }
    out[step] = next
  }
  return out ?? branch
}

function divide(node: SchemaNode, branch: FieldSet, path: Path, live: unknown): FieldSet {
  let inner: SchemaNode | undefined = node
  let value = live
  for (const step of path) {
    value = inner && valueAt(inner, value, step)
    inner = inner && nodeAt(inner, step)
  }
  if (!inner || isVoid(value)) return branch
  const parts = appliedFields(inner, value)
  if (isEmpty(parts)) return branch
  return path.length === 0 ? withSelf(parts) : joined(branch, path, withSelf(parts))
}

function joined(branch: FieldSet, path: Path, parts: FieldSet): FieldSet {
  const added = path.reduceRight<FieldSet>((below, step) => ({ [step]: below }), parts)
  const sum = union(branch, added)
  return isMember(branch) ? withSelf(sum) : sum
}

function nodeAt(node: SchemaNode, step: string): SchemaNode | undefined {
  if (step[0] === 'f') return memberNode(node, step.slice(2))
  return node.type === 'array' ? node.items : undefined
}

function valueAt(node: SchemaNode, value: unknown, step: string): unknown {
  if (step[0] === 'f') return isObject(value) ? value[step.slice(2)] : undefined
  return node.type === 'array' && Array.isArray(value) ? value.find(item => itemElement(node, item) === step) : undefined
}

/** The set with all structs in it that have fields in it. */
export function withNamedFields(node: SchemaNode | undefined, set: FieldSet): FieldSet {
  const out: Record<string, FieldSet> = {}
  for (const step in set) {
    const branch = set[step]!
    const inner = node && step !== self ? nodeAt(node, step) : undefined
    const below = isEmpty(branch) ? branch : withNamedFields(inner, branch)
    const isNamed = step[0] === 'f' && node?.type === 'object' && inner !== undefined
    out[step] = isNamed ? withSelf(below) : below
  }
  return out
}
