// Field sets that were written when a part of the schema was atomic and now is not, or the other way round: what was owned in part is owned as
// a whole, and what was owned as a whole is owned member by member, as far as it is there. A struct or a map of which an owner has nothing but
// itself looks the same, so what others own in it is theirs alone.
import type { SchemaNode } from '../../schema/schema.ts'
import { itemElement } from './element.ts'
import { difference, type FieldSet, isEmpty, leaf, type Path, self, union, withSelf } from './field-set.ts'
import { appliedFields } from './fields-of.ts'
import { isObject, isVoid, memberNode, shapeOf } from './shape.ts'

/** The set as it is to be read for this schema and the live value. `owned` gives what others own. */
export function reconcile(node: SchemaNode, set: FieldSet, live: unknown, owned: () => FieldSet = () => leaf): FieldSet {
  let out: Record<string, FieldSet> | undefined
  const parts: FieldSet[] = []
  for (const step in set) {
    const branch = set[step]!
    const inner = nodeAt(node, step)
    if (!inner) continue
    const { whole, undivided } = examined(inner, branch)
    for (const path of undivided) {
      const found = partsAt(node, live, [step, ...path])
      if (found) parts.push(found)
    }
    if (whole === branch) continue
    out ??= { ...set }
    out[step] = whole
  }
  const whole = out ?? set
  return parts.length === 0 ? whole : union(whole, difference(parts.reduce(union), owned()))
}

/** What is in the live value at a path, as fields of the whole. */
function partsAt(root: SchemaNode, live: unknown, path: Path): FieldSet | undefined {
  let node: SchemaNode | undefined = root
  let value = live
  for (const step of path) {
    value = node && valueAt(node, value, step)
    node = node && nodeAt(node, step)
  }
  const parts = node && !isVoid(value) ? appliedFields(node, value) : leaf
  return isEmpty(parts) ? undefined : path.reduceRight<FieldSet>((below, step) => ({ [step]: below }), parts)
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
