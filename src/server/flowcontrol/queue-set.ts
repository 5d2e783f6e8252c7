// The seats of one priority level, and its queues: fair queuing for server requests. Each queue's progress is measured in seat-milliseconds
// against a virtual clock that runs as fast as an active queue is served; whose next request would end first by that measure goes first.
// A request is charged an estimate when it starts, which is put right when it ends. Pure: time is an argument, and nothing waits here.

export interface Limits {
  /** Seats that may be taken at once. */
  readonly seats: number
  /** 0: nothing waits, what finds no seat is refused. */
  readonly queues: number
  readonly queueLengthLimit: number
}

type State = 'waiting' | 'executing' | 'ended'

/** A request's place. Only its queue set changes it. */
export interface Ticket {
  readonly seats: number
  readonly arrivedMs: number
  startedMs: number
  state: State
  /** Called once when a waiting request gets its seats. */
  onStart: (() => void) | undefined
  readonly queue: Queue | undefined
  readonly arrivalR: number
}

interface Queue {
  readonly index: number
  waiting: Ticket[]
  executing: number
  seatsInUse: number
  seatsWaiting: number
  /** The virtual time at which the next request would start. */
  nextR: number
}

/** What requests asked for between two readings. */
export interface Demand {
  readonly average: number
  readonly deviation: number
  readonly highest: number
}

/** How long a request takes until it is known. */
const estimateMs = 3

export class QueueSet {
  #limits: Limits
  readonly #queues: Queue[] = []
  #virtual = 0
  #lastMs: number
  #enqueued = 0
  #robin = 0
  #active = 0
  seatsInUse = 0
  seatsWaiting = 0
  executing = 0
  waiting = 0
  #since: number
  #demandTime = 0
  #demandSquares = 0
  #highest = 0

  constructor(limits: Limits, nowMs: number) {
    this.#limits = limits
    this.#lastMs = nowMs
    this.#since = nowMs
    this.#grow()
  }

  get limits(): Limits {
    return this.#limits
  }

  /** More seats let waiting requests start. Queues that are not dealt any more drain. */
  configure(limits: Limits, nowMs: number): void {
    this.#sync(nowMs)
    this.#limits = limits
    this.#grow()
    this.#dispatch(nowMs)
  }

  /** Undefined when the request is refused. `hand`: the queues of its flow. */
  start(hand: readonly number[], seats: number, nowMs: number): Ticket | undefined {
    this.#sync(nowMs)
    const queue = this.#choose(hand)
    const startsNow = this.waiting === 0 && this.#fits(seats)
    if (!startsNow && (!queue || queue.waiting.length >= this.#limits.queueLengthLimit)) return undefined
    const ticket: Ticket = {
      seats,
      arrivedMs: nowMs,
      startedMs: nowMs,
      state: 'waiting',
      onStart: undefined,
      queue,
      arrivalR: this.#virtual,
    }
    if (queue && isIdle(queue)) {
      this.#active++
      queue.nextR = this.#virtual
    }
    if (startsNow) this.#execute(ticket, nowMs)
    else if (queue) {
      queue.waiting.push(ticket)
      queue.seatsWaiting += seats
      this.waiting++
      this.seatsWaiting += seats
      this.#bound(queue)
      this.#dispatch(nowMs)
    }
    this.#noteDemand()
    return ticket
  }

  /** Ends a request, whether it executes or still waits; again without effect. */
  end(ticket: Ticket, nowMs: number): void {
    if (ticket.state === 'ended') return
    this.#sync(nowMs)
    const { queue, seats } = ticket
    if (ticket.state === 'waiting') this.#leave(ticket)
    else {
      this.executing--
      this.seatsInUse -= seats
      if (queue) {
        queue.executing--
        queue.seatsInUse -= seats
        queue.nextR -= seats * (estimateMs - (nowMs - ticket.startedMs))
      }
    }
    ticket.state = 'ended'
    if (queue) {
      if (isIdle(queue)) this.#active--
      this.#bound(queue)
    }
    this.#dispatch(nowMs)
  }

  /** What was asked for since the last reading. */
  readDemand(nowMs: number): Demand {
    this.#sync(nowMs)
    const elapsed = nowMs - this.#since
    const now = this.seatsInUse + this.seatsWaiting
    const average = elapsed > 0 ? this.#demandTime / elapsed : now
    const variance = elapsed > 0 ? this.#demandSquares / elapsed - average * average : 0
    const demand = { average, deviation: Math.sqrt(Math.max(0, variance)), highest: this.#highest }
    this.#since = nowMs
    this.#demandTime = 0
    this.#demandSquares = 0
    this.#highest = now
    return demand
  }

  #grow(): void {
    for (let index = this.#queues.length; index < this.#limits.queues; index++)
      this.#queues.push({ index, waiting: [], executing: 0, seatsInUse: 0, seatsWaiting: 0, nextR: 0 })
  }

  /** Virtual time passes as it does for one of the active queues; what was asked for is summed up over real time. */
  #sync(nowMs: number): void {
    const elapsed = nowMs - this.#lastMs
    if (elapsed <= 0) return
    this.#lastMs = nowMs
    const demand = this.seatsInUse + this.seatsWaiting
    if (demand === 0) return
    this.#demandTime += elapsed * demand
    this.#demandSquares += elapsed * demand * demand
    if (this.#active > 0) this.#virtual += (elapsed * Math.min(demand, this.#limits.seats)) / this.#active
  }

  #noteDemand(): void {
    const demand = this.seatsInUse + this.seatsWaiting
    if (demand > this.#highest) this.#highest = demand
  }

  /** The queue of the hand with the least work waiting. Where the look begins goes round, so that equal ones take turns. */
  #choose(hand: readonly number[]): Queue | undefined {
    const { length } = hand
    if (length === 0) return undefined
    const first = this.#enqueued++ % length
    let best = this.#queues[hand[first]!]
    if (this.waiting === 0) return best
    for (let i = 1; i < length; i++) {
      const queue = this.#queues[hand[(first + i) % length]!]
      if (queue && best && queue.seatsWaiting < best.seatsWaiting) best = queue
    }
    return best
  }

  /** Requests that ask for more than there is get everything, once nothing else executes. */
  #fits(seats: number): boolean {
    return this.seatsInUse + seats <= this.#limits.seats || (seats > this.#limits.seats && this.executing === 0 && this.#limits.seats > 0)
  }

  #execute(ticket: Ticket, nowMs: number): void {
    ticket.state = 'executing'
    ticket.startedMs = nowMs
    this.executing++
    this.seatsInUse += ticket.seats
    const { queue } = ticket
    if (!queue) return
    queue.executing++
    queue.seatsInUse += ticket.seats
    queue.nextR += ticket.seats * estimateMs
  }

  #leave(ticket: Ticket): void {
    const { queue, seats } = ticket
    if (!queue) return
    queue.waiting.splice(queue.waiting.indexOf(ticket), 1)
    queue.seatsWaiting -= seats
    this.waiting--
    this.seatsWaiting -= seats
  }

  #dispatch(nowMs: number): void {
    while (this.waiting > 0 && this.seatsInUse < this.#limits.seats) {
      const next = this.#next()
      if (!next || !this.#fits(next.seats)) return
      this.#leave(next)
      this.#execute(next, nowMs)
      if (next.queue) this.#bound(next.queue)
      const { onStart } = next
      next.onStart = undefined
      onStart?.()
    }
  }

  /** The oldest request of the queue whose next one would end first; where several would, they take turns. */
  #next(): Ticket | undefined {
    let found: Ticket | undefined
    let earliest = Number.POSITIVE_INFINITY
    const count = this.#queues.length
    for (let i = 1; i <= count; i++) {
      const queue = this.#queues[(this.#robin + i) % count]!
      const [oldest] = queue.waiting
      if (!oldest) continue
      const end = queue.nextR + oldest.seats * estimateMs
      if (end >= earliest) continue
      earliest = end
      found = oldest
    }
    if (found?.queue) this.#robin = found.queue.index
    return found
  }

  /** A queue is not owed for the time before its oldest request came. */
  #bound(queue: Queue): void {
    const [oldest] = queue.waiting
    if (oldest && queue.nextR < oldest.arrivalR) queue.nextR = oldest.arrivalR
  }
}

function isIdle(queue: Queue): boolean {
  return queue.executing === 0 && queue.waiting.length === 0
}
