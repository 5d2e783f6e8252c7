// Exponential backoff with jitter, as a value that counts its own failures.
import type { Random } from '../base/clock.ts'

export interface BackoffOptions {
  readonly baseMs: number
  readonly maxMs: number
  /** Each failure multiplies the delay by this. Default 2. */
  readonly factor?: number
  /** Up to this share of the delay is added at random. Default 0. */
  readonly jitter?: number
}

/** The delay before attempt `failures + 1`; `failures` is 1 after the first failure. */
export function backoffMs(options: BackoffOptions, failures: number, random: Random): number {
  const { baseMs, maxMs, factor = 2, jitter = 0 } = options
  const delayMs = Math.min(maxMs, baseMs * factor ** Math.max(0, failures - 1))
  return delayMs * (1 + jitter * random())
}

export class Backoff {
  readonly #options: BackoffOptions
  readonly #random: Random
  #failures = 0

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options
    this.#random = random
  }

  get failures(): number {
    return this.#failures
  }
  /** Counts a failure and tells how long to wait. */
  nextMs(): number {
    this.#failures++
    return backoffMs(this.#options, this.#failures, this.#random)
  }
  reset(): void {
    this.#failures = 0
  }
}
