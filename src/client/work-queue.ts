// Keys that want work. A key waits in the queue once, however often it is added, and is worked on by one at a time: what is added
// meanwhile comes back when it is done. Failures come back with a delay that doubles.
import type { Clock } from '../base/clock.ts'
import { backoffMs } from './backoff.ts'

export interface WorkQueueOptions {
  readonly clock: Clock
  /** The delay after the first failure of a key; default 5 ms. */
  readonly baseMs?: number
  /** Default 1000 s. */
  readonly maxMs?: number
}

export class WorkQueue {
  readonly #clock: Clock
  readonly #baseMs: number
  readonly #maxMs: number
  /** In order of arrival. */
  readonly #waiting = new Set<string>()
  readonly #working = new Set<string>()
  /** Added while being worked on. */
  readonly #again = new Set<string>()
  readonly #delayed = new Map<string, { readonly dueMs: number; cancel(): void }>()
  readonly #failures = new Map<string, number>()
  readonly #takers: ((key: string | undefined) => void)[] = []
  #closed = false

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock
    this.#baseMs = options.baseMs ?? 5
    this.#maxMs = options.maxMs ?? 1_000_000
  }

  /** How many keys wait. */
  get length(): number {
    return this.#waiting.size
  }
  /** Whether nothing waits, now or later, and nothing is being worked on. */
  get isIdle(): boolean {
    return this.#waiting.size + this.#working.size + this.#delayed.size === 0
  }

  add(key: string): void {
    if (this.#closed) return
    if (this.#working.has(key)) {
      this.#again.add(key)
      return
    }
    const taker = this.#takers.shift()
    if (taker) {
      this.#working.add(key)
      taker(key)
    } else {
      this.#waiting.add(key)
    }
  }

  /** Adds the key after a delay. Of several delays for a key the shortest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return
    if (delayMs <= 0) {
      this.add(key)
      return
    }
    const dueMs = this.#clock.now() + delayMs
    const before = this.#delayed.get(key)
    if (before && before.dueMs <= dueMs) return
    before?.cancel()
    const cancel = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key)
      this.add(key)
    })
    this.#delayed.set(key, { dueMs, cancel })
  }

  /** Adds the key after a delay that doubles with each call, until `forget`. Returns the delay. */
  retry(key: string): number {
    const failures = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, failures)
    const delayMs = backoffMs({ baseMs: this.#baseMs, maxMs: this.#maxMs }, failures, () => 0)
    this.addAfter(key, delayMs)
    return delayMs
  }
  /** The key has succeeded: its next failure is its first. */
  forget(key: string): void {
    this.#failures.delete(key)
  }
  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /** The next key, which the caller must give back by `done`; undefined once the queue is closed. */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    const [key] = this.#waiting
    if (key === undefined) return new Promise(resolve => this.#takers.push(resolve))
    this.#waiting.delete(key)
    this.#working.add(key)
    return Promise.resolve(key)
  }
  done(key: string): void {
    this.#working.delete(key)
    if (this.#again.delete(key)) this.add(key)
  }

  /** Drops what waits and sends the takers home. */
  close(): void {
    this.#closed = true
    for (const { cancel } of this.#delayed.values()) cancel()
    this.#delayed.clear()
    this.#waiting.clear()
    this.#again.clear()
    for (const taker of this.#takers.splice(0)) taker(undefined)
  }
}
