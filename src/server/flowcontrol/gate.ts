// The gate that requests over the network pass before they are answered. It gives a pass at once where there is room; a promise only for
// those that wait. What lasts as long as its client likes needs none, but for a watch until it has begun.
import type { Clock } from '../../base/clock.ts'
import type { UserInfo } from '../authn/user-info.ts'
import type { RequestInfo } from '../request-info.ts'
import type { Flow, FlowControl, Seat } from './flow-control.ts'
import { isLongRunning, listSeats } from './work.ts'

export interface Request {
  readonly user: UserInfo
  readonly info: RequestInfo
  readonly query: URLSearchParams
  /** Asked for only where the request has to wait. */
  readonly exchange: { readonly signal: AbortSignal; headersForAll?: Readonly<Record<string, string>> | undefined }
}

export interface Pass {
  /** Without effect when called again. */
  leave(): void
}

export interface Gate {
  /** Undefined: no pass is needed. Fails with `TooManyRequests`. */
  enter(request: Request): Pass | Promise<Pass> | undefined
}

/** Answered in plain text, as upstream does. */
export class TooManyRequests extends Error {
  override readonly name = 'TooManyRequests'
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super('Too many requests, please try again later.')
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The longest that a request waits for a seat: a quarter of what it may take in all. */
export const longestWaitMs = 15_000

/** `count`: how many objects the collection has that a request asks for. */
export function fairGate(control: FlowControl, clock: Clock, count: (info: RequestInfo) => number): Gate {
  const expiry = (callback: () => void) => clock.after(longestWaitMs, callback)
  const refuse = (flow: Flow) => new TooManyRequests(control.retryAfter(flow))
  const wait = async (seat: Seat, signal: AbortSignal): Promise<Pass> => {
    if ((await control.wait(seat, signal, expiry)) !== 'started') throw refuse(seat.flow)
    return new SeatPass(control, seat)
  }
  return {
    enter({ user, info, query, exchange }) {
      if (info.verb !== 'watch' && isLongRunning(info)) return undefined
      const flow = control.flowOf(user, info)
      exchange.headersForAll = exchange.headersForAll ? { ...exchange.headersForAll, ...flow.headers } : flow.headers
      const seat = control.enter(flow, info.verb === 'list' || info.verb === 'watch' ? seatsOf(count, info, query, flow.level.widest) : 1)
      if (!seat) throw refuse(flow)
      return seat.ticket.state === 'waiting' ? wait(seat, exchange.signal) : new SeatPass(control, seat)
    },
  }
}

class SeatPass implements Pass {
  readonly #control: FlowControl
  readonly #seat: Seat

  constructor(control: FlowControl, seat: Seat) {
    this.#control = control
    this.#seat = seat
  }

  leave(): void {
    this.#control.leave(this.#seat)
  }
}

/** A watch counts as a list where it begins with what there is. */
function seatsOf(count: (info: RequestInfo) => number, info: RequestInfo, query: URLSearchParams, widest: number): number {
  if (info.verb === 'watch' && query.get('sendInitialEvents') !== 'true') return 1
  if (info.name !== '') return 1
  const stored = count(info)
  const limit = Number(query.get('limit') ?? 0)
  const isNarrowed = query.has('labelSelector') || query.has('fieldSelector')
  return listSeats(limit > 0 && !isNarrowed ? Math.min(limit, stored) : stored, widest)
}

/** Without fairness: as many requests that read, and as many that write, as upstream allows by default, and no queues. */
export class InFlightGate implements Gate {
  readonly #most: { readonly reading: number; readonly mutating: number }
  readonly inFlight = { reading: 0, mutating: 0 }

  constructor(most: { readonly reading: number; readonly mutating: number }) {
    this.#most = most
  }

  enter({ user, info }: Pick<Request, 'user' | 'info'>): Pass | undefined {
    if (isLongRunning(info)) return undefined
    const kind = readingVerbs.has(info.verb) ? 'reading' : 'mutating'
    // The administrators' way in stays open.
    if (this.#most[kind] > 0 && this.inFlight[kind] >= this.#most[kind] && !user.groups.includes('system:masters'))
      throw new TooManyRequests(1)
    this.inFlight[kind]++
    let left = false
    return {
      leave: () => {
        if (left) return
        left = true
        this.inFlight[kind]--
      },
    }
  }
}

const readingVerbs = new Set(['get', 'list', 'watch'])

/** Upstream's `--max-requests-inflight` and `--max-mutating-requests-inflight`; together they are the seats of fairness. */
export const defaultInFlight = { reading: 400, mutating: 200 }
