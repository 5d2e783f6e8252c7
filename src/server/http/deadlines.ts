// How long requests may take. Nearly all have the same time and end long before it is over, so they stand in a line in which one timer
// looks at the first ones every second; only a time of its own has a timer of its own.
import type { Clock } from '../../base/clock.ts'
import { parseGoDuration } from '../../base/go-duration.ts'
import { StatusError } from '../../meta/status-error.ts'

/** Upstream's `--request-timeout`. */
export const requestTimeoutMs = 60_000
const lookEveryMs = 1_000

export interface Deadline {
  readonly isOver: boolean
  /** The request has ended. */
  end(): void
}

class Timed implements Deadline {
  isOver = false
  readonly dueMs: number
  readonly onOver: () => void
  readonly #line: Set<Timed>
  cancel: (() => void) | undefined

  constructor(line: Set<Timed>, dueMs: number, onOver: () => void) {
    this.#line = line
    this.dueMs = dueMs
    this.onOver = onOver
  }

  end(): void {
    this.#line.delete(this)
    this.cancel?.()
  }

  run(): void {
    this.#line.delete(this)
    this.isOver = true
    this.onOver()
  }
}

export class Deadlines {
  readonly #clock: Clock
  readonly #monotonic: () => number
  /** In the order of their times. */
  readonly #line = new Set<Timed>()
  #cancel: (() => void) | undefined

  constructor(clock: Clock, monotonic: () => number) {
    this.#clock = clock
    this.#monotonic = monotonic
  }

  /** `onOver` is called when the request has not ended in time. */
  start(timeoutMs: number, onOver: () => void): Deadline {
    const timed = new Timed(this.#line, this.#monotonic() + timeoutMs, onOver)
    if (timeoutMs < requestTimeoutMs) timed.cancel = this.#clock.after(timeoutMs, () => timed.run())
    else {
      this.#line.add(timed)
      this.#cancel ??= this.#clock.after(lookEveryMs, this.#look)
    }
    return timed
  }

  close(): void {
    this.#cancel?.()
    this.#line.clear()
  }

  readonly #look = (): void => {
    const nowMs = this.#monotonic()
    for (const timed of this.#line) {
      if (timed.dueMs > nowMs) break
      timed.run()
    }
    this.#cancel = this.#line.size > 0 ? this.#clock.after(lookEveryMs, this.#look) : undefined
  }
}

/** The time that a request asks for by `?timeout=`, but no more than there is. Fails with BadRequest. */
export function timeoutOf(query: URLSearchParams): number {
  const text = query.get('timeout')
  if (text === null || text === '') return requestTimeoutMs
  const parsed = parseGoDuration(text)
  if (!parsed.ok) throw StatusError.badRequest(`invalid timeout specified in the request URL - ${parsed.error}`)
  return parsed.ms > 0 ? Math.min(parsed.ms, requestTimeoutMs) : requestTimeoutMs
}

export function timedOut(): StatusError {
  return StatusError.timeout('request did not complete within the allotted timeout')
}
