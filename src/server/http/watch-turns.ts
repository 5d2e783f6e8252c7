// When watches write: all that have something to say write in one turn, which comes at once after a quiet time and otherwise not before
// the last one is a little while ago. So a burst of changes leaves in few writes, and watches that were given the same bytes share the
// buffer that these are joined in.
import type { Clock } from '../../base/clock.ts'

/** Between two turns. A change may wait as long where changes come faster than this. */
const gapMs = 2

/** Puts pieces together; for those who have the same pieces, once. */
export type Join = (pieces: readonly Buffer[]) => Buffer

export class WatchTurns {
  readonly #clock: Clock
  readonly #monotonic: () => number
  readonly #waiting = new Set<(join: Join) => void>()
  #lastMs = Number.NEGATIVE_INFINITY
  #isDue = false

  constructor(clock: Clock, monotonic: () => number) {
    this.#clock = clock
    this.#monotonic = monotonic
  }

  /** Calls `write` in the next turn; once, however often it is asked for. */
  ask(write: (join: Join) => void): void {
    this.#waiting.add(write)
    if (this.#isDue) return
    this.#isDue = true
    const restMs = this.#lastMs + gapMs - this.#monotonic()
    if (restMs > 0) this.#clock.after(restMs, this.#turn)
    else setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#isDue = false
    this.#lastMs = this.#monotonic()
    const join = sharedJoin()
    const writes = [...this.#waiting]
    this.#waiting.clear()
    for (const write of writes) write(join)
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
