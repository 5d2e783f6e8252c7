// Priority and fairness put together: what a request's flow is, whether it starts, waits or is refused, and who may borrow from whom.
// What a user asks of one resource is classified once and then looked up. A request that finds a free seat takes it without waiting.
import type { UserInfo } from '../authn/user-info.ts'
import type { RequestInfo } from '../request-info.ts'
import { distinguisher, inOrder, matches } from './classify.ts'
import { borrowedLimits, firstLimit, nominalShares, type Share, smoothed } from './concurrency.ts'
import { type LevelObject, type Queuing, type SchemaObject, withMandatoryLevels, withMandatorySchemas } from './configuration.ts'
import { QueueSet, type Ticket } from './queue-set.ts'
import { RetryAfter } from './retry-after.ts'
import { dealHand } from './shuffle-sharding.ts'
import { widestOf } from './work.ts'

export interface Level {
  readonly name: string
  readonly uid: string
  readonly isExempt: boolean
  readonly share: Share
  /** How many queues a flow is dealt; 0 where none wait. */
  readonly handSize: number
  /** The most seats of one request. */
  readonly widest: number
  readonly queues: QueueSet
  readonly retryAfter: RetryAfter
  /** What was asked for lately. */
  smoothDemand: number
  highestDemand: number
}

export type Refusal = 'queue-full' | 'concurrency-limit' | 'time-out' | 'cancelled'

/** What is counted of a schema's requests. */
export interface Counts {
  started: number
  executionMs: number
  readonly refused: Record<Refusal, number>
}

export interface Flow {
  readonly schema: SchemaObject
  readonly level: Level
  readonly hand: readonly number[]
  readonly counts: Counts
  readonly headers: Readonly<Record<string, string>>
}

export interface Seat {
  readonly flow: Flow
  readonly ticket: Ticket
}

const defaultQueuing: Queuing = { queues: 64, handSize: 8, queueLengthLimit: 50 }
/** What is remembered of classifications, so that made-up names cannot fill the memory. */
const mostUsers = 2_000
const mostFlows = 1_000

export class FlowControl {
  readonly #seats: number
  readonly #nowMs: () => number
  #levels = new Map<string, Level>()
  #schemas: readonly { readonly schema: SchemaObject; readonly level: Level; readonly counts: Counts }[] = []
  #ofUser = new WeakMap<UserInfo, Map<string, Flow>>()
  #ofName = new Map<string, Map<string, Flow>>()
  /** Told of each request that waited, whether it executes then or is refused. */
  onWaited: ((flow: Flow, ms: number, executes: boolean) => void) | undefined

  /** `seats`: how many requests of limited levels may execute at once. */
  constructor(seats: number, nowMs: () => number) {
    this.#seats = seats
    this.#nowMs = nowMs
    this.configure([], [])
  }

  get levels(): Iterable<Level> {
    return this.#levels.values()
  }

  get schemas(): readonly { readonly schema: SchemaObject; readonly level: Level; readonly counts: Counts }[] {
    return this.#schemas
  }

  /** Takes a new configuration. Requests that wait or execute stay where they are; a level that is gone drains. */
  configure(levelObjects: readonly LevelObject[], schemaObjects: readonly SchemaObject[]): void {
    const nowMs = this.#nowMs()
    const objects = withMandatoryLevels(levelObjects)
    const shares = nominalShares(
      this.#seats,
      objects.map(o => o.spec),
    )
    const before = this.#levels
    this.#levels = new Map(
      objects.map((object, i) => [object.metadata.name, levelOf(object, shares[i]!, before.get(object.metadata.name), nowMs)]),
    )
    const counts = new Map(this.#schemas.map(s => [s.schema.metadata.name, s.counts]))
    this.#schemas = inOrder(withMandatorySchemas(schemaObjects)).flatMap(schema => {
      const level = this.#levels.get(schema.spec.priorityLevelConfiguration.name)
      return level ? [{ schema, level, counts: counts.get(schema.metadata.name) ?? noCounts() }] : []
    })
    this.#ofUser = new WeakMap()
    this.#ofName.clear()
  }

  flowOf(user: UserInfo, info: RequestInfo): Flow {
    const flows = this.#ofUser.get(user) ?? this.#flowsOf(user)
    const { verb, group, plural, subresource, namespace } = info
    const key = info.isResource ? `${verb} ${group}/${plural}/${subresource} ${namespace}` : `${verb} ${info.path}`
    let flow = flows.get(key)
    if (!flow) {
      if (flows.size >= mostFlows) flows.clear()
      flow = this.#classify(user, info)
      flows.set(key, flow)
    }
    return flow
  }

  /** A seat, taken or waited for (`ticket.state`); undefined when the request is refused. Each must be given to `leave`. */
  enter(flow: Flow, seats: number): Seat | undefined {
    const ticket = flow.level.queues.start(flow.hand, seats, this.#nowMs())
    if (ticket) {
      if (ticket.state === 'executing') flow.counts.started++
      return { flow, ticket }
    }
    flow.counts.refused[flow.hand.length === 0 ? 'concurrency-limit' : 'queue-full']++
    return undefined
  }

  leave({ flow, ticket }: Seat): void {
    const nowMs = this.#nowMs()
    if (ticket.state === 'executing') flow.counts.executionMs += nowMs - ticket.startedMs
    flow.level.queues.end(ticket, nowMs)
  }

  /** Resolves once the request may execute, or with the reason why it will not; it has left its queue then. */
  wait(seat: Seat, signal: AbortSignal, expiry: (callback: () => void) => () => void): Promise<'started' | Refusal> {
    const { flow, ticket } = seat
    return new Promise(resolve => {
      const settle = (outcome: 'started' | Refusal) => {
        signal.removeEventListener('abort', onAbort)
        cancel()
        this.onWaited?.(flow, this.#nowMs() - ticket.arrivedMs, outcome === 'started')
        if (outcome === 'started') flow.counts.started++
        else {
          flow.counts.refused[outcome]++
          this.leave(seat)
        }
        resolve(outcome)
      }
      const onAbort = () => settle('cancelled')
      const cancel = expiry(() => settle('time-out'))
      ticket.onStart = () => settle('started')
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** The seconds after which a refused request of this flow may come again. */
  retryAfter(flow: Flow): number {
    return flow.level.retryAfter.refuse(this.#nowMs())
  }

  /** To be called every ten seconds: seats go where they were asked for. */
  lend(): void {
    const nowMs = this.#nowMs()
    const levels = [...this.#levels.values()]
    for (const level of levels) {
      const demand = level.queues.readDemand(nowMs)
      level.smoothDemand = smoothed(level.smoothDemand, demand)
      level.highestDemand = demand.highest
    }
    const limits = borrowedLimits(
      levels.map(({ share, isExempt, highestDemand, smoothDemand }) => ({ share, isExempt, highest: highestDemand, smooth: smoothDemand })),
    )
    for (const [i, { queues }] of levels.entries()) queues.configure({ ...queues.limits, seats: limits[i]! }, nowMs)
  }

  #flowsOf(user: UserInfo): Map<string, Flow> {
    const name = JSON.stringify([user.username, user.groups])
    let flows = this.#ofName.get(name)
    if (!flows) {
      if (this.#ofName.size >= mostUsers) this.#ofName.clear()
      flows = new Map()
      this.#ofName.set(name, flows)
    }
    this.#ofUser.set(user, flows)
    return flows
  }

  #classify(user: UserInfo, info: RequestInfo): Flow {
    const found = this.#schemas.find(s => matches(s.schema, user, info)) ?? this.#schemas.at(-1)!
    const { schema, level, counts } = found
    const { queues } = level.queues.limits
    return {
      schema,
      level,
      counts,
      hand: dealHand(schema.metadata.name, distinguisher(schema, user, info), queues, level.handSize),
      headers: {
        'x-kubernetes-pf-flowschema-uid': schema.metadata.uid ?? '',
        'x-kubernetes-pf-prioritylevel-uid': level.uid,
      },
    }
  }
}

function levelOf({ metadata, spec }: LevelObject, share: Share, before: Level | undefined, nowMs: number): Level {
  const isExempt = spec.type === 'Exempt'
  const response = spec.limited?.limitResponse
  const queuing = !isExempt && response?.type === 'Queue' ? (response.queuing ?? defaultQueuing) : undefined
  const limits = {
    seats: isExempt ? Number.POSITIVE_INFINITY : firstLimit(share),
    queues: queuing?.queues ?? 0,
    queueLengthLimit: queuing?.queueLengthLimit ?? 0,
  }
  const queues = before?.queues ?? new QueueSet(limits, nowMs)
  if (before) queues.configure(sameShare(before.share, share) ? { ...limits, seats: queues.limits.seats } : limits, nowMs)
  const handSize = queuing ? Math.min(queuing.handSize, queuing.queues) : 0
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    isExempt,
    share,
    handSize,
    widest: widestOf(share.nominal, handSize),
    queues,
    retryAfter: before?.retryAfter ?? new RetryAfter(nowMs),
    smoothDemand: before?.smoothDemand ?? 0,
    highestDemand: before?.highestDemand ?? 0,
  }
}

function sameShare(a: Share, b: Share): boolean {
  return a.nominal === b.nominal && a.least === b.least && a.most === b.most
}

function noCounts(): Counts {
  return { started: 0, executionMs: 0, refused: { 'queue-full': 0, 'concurrency-limit': 0, 'time-out': 0, cancelled: 0 } }
}
