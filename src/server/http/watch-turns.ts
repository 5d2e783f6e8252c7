// When watches write: all that have something to say write in one turn. The next one may come at once where a turn is cheap; the more a
// turn costs, the longer the next one waits and the more it takes along. So a burst of changes leaves in few writes when many watch, and
// watches that were given the same bytes share the buffer that these are joined in.
import type { Clock } from '../../base/clock.ts'

/** Turns are followed by a pause of as many times their length. */
const pauseFactor = 4
/** No change waits longer for its turn. */
const longestPauseMs = 20
/** A shorter pause is none: timers know no less. */
const shortestPauseMs = 1

/** Puts pieces together; for those who have the same pieces, once. */
export type Join = (pieces: readonly Buffer[]) => Buffer

export class WatchTurns {
  readonly clock: Clock
  readonly #monotonic: () => number
  readonly #waiting = new Set<(join: Join) => void>()
  #nextMs = 0
  #isDue = false

  constructor(clock: Clock, monotonic: () => number) {
    this.clock = clock
    this.#monotonic = monotonic
  }

  /** Calls `write` in the next turn; once, however often it is asked for. */
  ask(write: (join: Join) => void): void {
    this.#waiting.add(write)
    if (this.#isDue) return
    this.#isDue = true
    const restMs = this.#nextMs - this.#monotonic()
    if (restMs >= shortestPauseMs) this.clock.after(restMs, this.#turn)
    else setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#isDue = false
    const begin = this.#monotonic()
    const join = sharedJoin()
    const writes = [...this.#waiting]
    this.#waiting.clear()
    for (const write of writes) write(join)
    const end = this.#monotonic()
    this.#nextMs = end + Math.min(longestPauseMs, pauseFactor * (end - begin))
  }
}

export const joinAlone: Join = pieces => (pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces))

function sharedJoin(): Join {
  const known = new Map<Buffer, { pieces: readonly Buffer[]; joined: Buffer }>()
  return pieces => {
    const [first] = pieces
    if (!first || pieces.length === 1) return joinAlone(pieces)
    const shared = known.get(first)
    if (shared?.pieces.length === pieces.length && shared.pieces.every((piece, i) => piece === pieces[i])) return shared.joined
    const joined = Buffer.concat(pieces)
    known.set(first, { pieces, joined })
    return joined
  }
}
