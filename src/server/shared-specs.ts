// Pods come from templates: thousands have one and the same spec. Each such spec is kept once, with its JSON text, so that what
// is worked out of it (its decoded form, its soundness, its bytes, what it asks of a node) is worked out once for all of them.
// Objects are immutable, so sharing shows nowhere but in speed and memory.
import type { Kind } from '../api/kind.ts'

/** A bounded memory by text, in two generations: what is met again stays, others go when newer ones have filled a generation. */
export class ByText<V> {
  readonly #generationLength: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #length = 0

  constructor(generationLength: number) {
    this.#generationLength = generationLength
  }

  get(text: string): V | undefined {
    const young = this.#young.get(text)
    if (young !== undefined) return young
    const old = this.#old.get(text)
    if (old !== undefined) this.set(text, old)
    return old
  }

  set(text: string, value: V): void {
    if (this.#length >= this.#generationLength) {
      this.#old = this.#young
      this.#young = new Map()
      this.#length = 0
    }
    this.#young.set(text, value)
    this.#length += text.length
  }
}

const shared = new ByText<object>(4 * 1024 * 1024)
/** Of each shared spec itself, and of lasting ones that are equal to one. */
const representatives = new WeakMap<object, object>()
const texts = new WeakMap<object, string>()

/** The spec that stands for all that are equal to this one. */
export function sharedSpec<S extends object>(spec: S): S {
  const same = representatives.get(spec)
  if (same) return same as S
  const text = JSON.stringify(spec)
  const known = shared.get(text)
  const representative = (known ?? spec) as S
  if (!known) {
    shared.set(text, spec)
    texts.set(spec, text)
    representatives.set(spec, spec)
  }
  if (lasting.has(spec)) representatives.set(spec, representative)
  return representative
}

/** The object with the shared spec in place of its own, where its kind shares specs. */
export function withSharedSpec<O extends object>(kind: Kind, object: O): O {
  const { spec } = object as { readonly spec?: object }
  if (!kind.sharedSpec || !spec) return object
  const shared = sharedSpec(spec)
  return shared === spec ? object : { ...object, spec: shared }
}

/** Specs that are met again and again; what is made of them is worth keeping. */
const lasting = new WeakSet<object>()
const derived = new WeakMap<object, Map<string, object>>()

/** From now on what is derived from this spec is kept as long as the spec is. */
export function keepDerived(spec: object): void {
  lasting.add(spec)
}

/** What `change` makes of a spec, made once where the spec lasts. `inputs` says all else that the outcome depends on. */
export function deriveSpec<S extends object>(spec: S, inputs: string, change: (spec: S) => S): S {
  if (!lasting.has(spec)) return change(spec)
  let outcomes = derived.get(spec)
  if (!outcomes) {
    outcomes = new Map()
    derived.set(spec, outcomes)
  }
  let outcome = outcomes.get(inputs)
  if (!outcome) {
    outcome = change(spec)
    lasting.add(outcome)
    outcomes.set(inputs, outcome)
  }
  return outcome as S
}

/** The JSON text of a shared spec. */
export function sharedSpecText(spec: unknown): string | undefined {
  return typeof spec === 'object' && spec !== null ? texts.get(spec) : undefined
}
