// Sets of fields. A set is its FieldsV1 form: a tree of steps (see element.ts), in which a step with nothing beneath it is in the set, and one
// with something beneath it is in it when it has the step `.`. Sets are immutable and share what they have in common, so `===` tells sameness;
// every operation gives back what it was given where nothing changes.
import { compareElements, formatElement, readElement } from './element.ts'

export interface FieldSet {
  readonly [element: string]: FieldSet
}
export type Path = readonly string[]

/** The empty set; as a branch of another, a field that is in the set and has nothing beneath it. */
export const leaf: FieldSet = Object.freeze({})
/** The step that says that a field with others beneath it is in the set too. */
export const self = '.'

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false
  return true
}

/** Whether the field of this branch is in the set itself. */
export function isMember(branch: FieldSet): boolean {
  return self in branch || isEmpty(branch)
}

/** The branch with its own field in the set. */
export function withSelf(branch: FieldSet): FieldSet {
  return isMember(branch) ? branch : { [self]: leaf, ...branch }
}

/** A tree of these branches, in canonical order. */
export function branchOf(entries: [element: string, branch: FieldSet][]): FieldSet {
  if (entries.length === 0) return leaf
  if (entries.length > 1 && !isSorted(entries)) entries.sort((a, b) => compareElements(a[0], b[0]))
  const out: Record<string, FieldSet> = {}
  for (const [element, branch] of entries) out[element] = branch
  return out
}

function isSorted(entries: readonly (readonly [string, FieldSet])[]): boolean {
  for (let i = 1; i < entries.length; i++) if (compareElements(entries[i - 1]![0], entries[i]![0]) > 0) return false
  return true
}

/** The set of these paths alone. */
export function setOf(...paths: readonly Path[]): FieldSet {
  return paths.reduce<FieldSet>(
    (set, path) =>
      union(
        set,
        path.reduceRight<FieldSet>((inner, step) => ({ [step]: inner }), leaf),
      ),
    leaf,
  )
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a
  return isEmpty(a) ? b : join(a, b)
}

function join(a: FieldSet, b: FieldSet): FieldSet {
  let out: Record<string, FieldSet> | undefined
  let grew = false
  for (const step in b) {
    const own = a[step]
    const other = b[step]!
    const joined = own === undefined ? other : joinBranches(own, other)
    if (joined === own) continue
    out ??= { ...a }
    grew ||= own === undefined
    out[step] = joined
  }
  if (!out) return a
  return grew ? branchOf(Object.entries(out)) : out
}

function joinBranches(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  if (isEmpty(b)) return withSelf(a)
  return isEmpty(a) ? withSelf(b) : join(a, b)
}

/** What is in `a` and not in `b`. A field goes without what is beneath it, and stays without it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, false)
}

/** What is in `a` and neither in `b` nor beneath a field of it. */
export function differenceBelow(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, true)
}

function subtract(a: FieldSet, b: FieldSet, below: boolean): FieldSet {
  if (!meets(a, b)) return a
  const out: Record<string, FieldSet> = {}
  let changed = false
  for (const step in a) {
    const own = a[step]!
    const other = b[step]
    const left = other === undefined ? own : subtractBranch(own, other, below)
    if (left !== own) changed = true
    if (left !== undefined) out[step] = left
  }
  return changed ? out : a
}

function subtractBranch(own: FieldSet, other: FieldSet, below: boolean): FieldSet | undefined {
  const goes = isMember(other)
  if (goes && below) return undefined
  if (isEmpty(own)) return goes ? undefined : own
  const left = subtract(own, isEmpty(other) ? { [self]: leaf } : other, below)
  if (left === own) return own
  return isEmpty(left) ? undefined : settled(left)
}

/** A branch of which only itself is left is a leaf. */
function settled(branch: FieldSet): FieldSet {
  for (const step in branch) if (step !== self) return branch
  return leaf
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const out: Record<string, FieldSet> = {}
  for (const step in a) {
    const other = b[step]
    const both = other === undefined ? undefined : intersectBranches(a[step]!, other)
    if (both !== undefined) out[step] = both
  }
  return out
}

function intersectBranches(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (a === b) return a
  if (isEmpty(a)) return isMember(b) ? leaf : undefined
  if (isEmpty(b)) return isMember(a) ? leaf : undefined
  const both = intersection(a, b)
  return isEmpty(both) ? undefined : settled(both)
}

/** Whether the sets have a first step in common. */
export function meets(a: FieldSet, b: FieldSet): boolean {
  for (const step in b) if (a[step] !== undefined) return true
  return false
}

export function hasPath(set: FieldSet, path: Path): boolean {
  let branch: FieldSet | undefined = set
  for (const step of path) {
    branch = branch[step]
    if (branch === undefined) return false
  }
  return path.length > 0 && isMember(branch)
}

export function sameSet(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  let steps = 0
  for (const step in a) {
    const other = b[step]
    if (other === undefined || !sameSet(a[step]!, other)) return false
    steps++
  }
  for (const _ in b) steps--
  return steps === 0
}

/** Every field of the set; those of one level come before what is beneath them. */
export function pathsOf(set: FieldSet): Path[] {
  const steps = Object.keys(set).filter(step => step !== self)
  const here = steps.filter(step => isMember(set[step]!)).map(step => [step])
  return [...here, ...steps.flatMap(step => pathsOf(set[step]!).map(path => [step, ...path]))]
}

export function formatPath(path: Path): string {
  return path.map(formatElement).join('')
}

/** A set as a client wrote it, in canonical form. Steps of unknown kinds are left out; what is no set gives the reason. */
export function readFieldSet(value: unknown): { readonly set: FieldSet } | { readonly error: string } {
  if (value === undefined || value === null) return { set: leaf }
  if (typeof value !== 'object' || Array.isArray(value)) return { error: `ReadMapCB: expect { or n, but found ${JSON.stringify(value)[0]}` }
  const entries: [string, FieldSet][] = []
  for (const [text, inner] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    if (text === self) {
      entries.push([self, leaf])
      continue
    }
    const step = readElement(text)
    if ('error' in step) return { error: `parsing key as path element: ${step.error}` }
    if (step.element === undefined) continue
    const branch = readFieldSet(inner)
    if ('error' in branch) return branch
    entries.push([step.element, branch.set])
  }
  return { set: settled(branchOf(entries)) }
}
