// How long refused clients of one level are asked to stay away: longer while many are refused, from one second to eight.

const longest = 8

export class RetryAfter {
  #seconds = 1
  #refused = 0
  #sinceMs: number
  #lastMs: number

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
    this.#lastMs = nowMs
  }

  /** Counts one more refusal. The number of seconds to say. */
  refuse(nowMs: number): number {
    if (nowMs - this.#lastMs > longest * 1000) this.#seconds = 1
    else if (nowMs - this.#sinceMs >= this.#seconds * 1000) {
      if (this.#refused > 3 * this.#seconds) this.#seconds = Math.min(longest, this.#seconds * 2)
      else if (this.#refused <= this.#seconds) this.#seconds = Math.max(1, this.#seconds - 1)
      this.#refused = 0
      this.#sinceMs = nowMs
    }
    this.#lastMs = nowMs
    this.#refused++
    return this.#seconds
  }
}
