// A map to which several owners contribute, and which knows what has changed since it was last asked.
// Where owners disagree about a key, the first by name has it, so that the outcome does not depend on the order of events.

export interface Changed {
  readonly key: string
  readonly before: string | undefined
  readonly after: string | undefined
}
interface Claim {
  readonly owner: string
  readonly value: string
}

export class Tally {
  /** Claims of each key, sorted by owner. */
  readonly #claims = new Map<string, Claim[]>()
  /** The value of each touched key when changes were last taken. */
  readonly #before = new Map<string, string | undefined>()

  get size(): number {
    return this.#claims.size
  }
  get(key: string): string | undefined {
    return this.#claims.get(key)?.[0]?.value
  }
  *entries(): Generator<readonly [key: string, value: string]> {
    for (const [key, claims] of this.#claims) yield [key, claims[0]!.value]
  }

  /** Each owner may claim a key once. */
  claim(key: string, owner: string, value: string): void {
    this.#touch(key)
    const claims = this.#claims.get(key)
    if (claims) claims.splice(position(claims, owner), 0, { owner, value })
    else this.#claims.set(key, [{ owner, value }])
  }
  release(key: string, owner: string): void {
    this.#touch(key)
    const claims = this.#claims.get(key)
    if (!claims) return
    const at = position(claims, owner)
    if (claims[at]?.owner === owner) claims.splice(at, 1)
    if (claims.length === 0) this.#claims.delete(key)
  }

  /** What is different from the last time. */
  takeChanges(): readonly Changed[] {
    const changed: Changed[] = []
    for (const [key, before] of this.#before) {
      const after = this.get(key)
      if (after !== before) changed.push({ key, before, after })
    }
    this.#before.clear()
    return changed
  }

  #touch(key: string): void {
    if (!this.#before.has(key)) this.#before.set(key, this.get(key))
  }
}

/** Where the owner is, or belongs. */
function position(claims: readonly Claim[], owner: string): number {
  let low = 0
  let high = claims.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (claims[middle]!.owner < owner) low = middle + 1
    else high = middle
  }
  return low
}
