// Processor time used, as a rate: from two looks at the same counter.

export interface Counter {
  readonly timeMs: number
  readonly nanoSeconds: number
}

/** Looks closer together than this tell more of chance than of load. */
const shortestMs = 1000

interface Known extends Counter {
  readonly nanoCores: number | undefined
}

export class Rates {
  #known: ReadonlyMap<string, Known> = new Map()

  /** Nanocores since the look before, by key. What is not among the counters is forgotten; what was not there before has no rate yet. */
  renew(counters: ReadonlyMap<string, Counter>): ReadonlyMap<string, number> {
    const next = new Map([...counters].map(([key, counter]) => [key, rated(this.#known.get(key), counter)] as const))
    this.#known = next
    return new Map([...next].flatMap(([key, { nanoCores }]) => (nanoCores === undefined ? [] : [[key, nanoCores] as const])))
  }
}

function rated(before: Known | undefined, now: Counter): Known {
  if (!before || now.nanoSeconds < before.nanoSeconds) return { ...now, nanoCores: undefined }
  const elapsedMs = now.timeMs - before.timeMs
  if (elapsedMs < shortestMs) return before
  return { ...now, nanoCores: Math.round(((now.nanoSeconds - before.nanoSeconds) * 1000) / elapsedMs) }
}
