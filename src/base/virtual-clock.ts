// A clock for tests: time stands still until it is advanced, then timers fire in order of their due time.
import type { Clock, Random } from './clock.ts'

export class VirtualClock implements Clock {
  #now: number
  #sequence = 0
  readonly #timers = new Map<number, { dueMs: number; callback: () => void }>()

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): () => void {
    const id = this.#sequence++
    this.#timers.set(id, { dueMs: this.#now + Math.max(0, delayMs), callback })
    return () => this.#timers.delete(id)
  }

  /** Moves time forward and lets every timer on the way fire, with the microtasks it queues. */
  async advance(byMs: number): Promise<void> {
    const target = this.#now + byMs
    await settle()
    for (;;) {
      const next = [...this.#timers].filter(([, t]) => t.dueMs <= target).sort(([a, x], [b, y]) => x.dueMs - y.dueMs || a - b)[0]
      if (!next) break
      const [id, timer] = next
      this.#timers.delete(id)
      this.#now = Math.max(this.#now, timer.dueMs)
      timer.callback()
      await settle()
    }
    this.#now = target
  }
}

/** Lets pending microtasks and immediates run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(resolve => setImmediate(resolve))
}

/** A small seeded generator (mulberry32), good enough for jitter and names in tests. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
