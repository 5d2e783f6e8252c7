// One of several replicas leads: the one that holds a Lease and renews it. Others take it over when it was not renewed for its duration,
// as seen by their own clock, so clocks need not agree. The rules are client-go's.
import { Lease } from '../api/coordination/lease.ts'
import { type Clock, type Random, sleep } from '../base/clock.ts'
import { StatusError } from '../meta/status-error.ts'
import { formatMicroTime } from '../meta/time.ts'
import type { Client, Key } from './client.ts'

export interface LeaderElectionOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly lease: Key & { readonly namespace: string }
  /** Who we are; must be unlike all others. */
  readonly identity: string
  /** Default 15 s. */
  readonly leaseDurationMs?: number
  /** A leader that could not renew for so long steps down; default 10 s. */
  readonly renewDeadlineMs?: number
  /** Default 2 s. */
  readonly retryPeriodMs?: number
  /** Told who leads whenever that changes. */
  onLeader?(identity: string): void
  onError?(error: StatusError): void
}

/** How long a lease is watched before it counts as given up, and what was seen of it last. */
interface Observed {
  readonly lease: Lease
  readonly atMs: number
}

export class LeaderElection {
  readonly #options: LeaderElectionOptions
  readonly #leaseDurationMs: number
  readonly #renewDeadlineMs: number
  readonly #retryPeriodMs: number
  #observed: Observed | undefined

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000
    this.#retryPeriodMs = options.retryPeriodMs ?? 2_000
  }

  get leader(): string | undefined {
    return this.#observed?.lease.spec.holderIdentity || undefined
  }

  /**
   * Waits for the lead, then calls `lead` with a signal that aborts when the lead is lost or `signal` aborts. Resolves with `lost` or
   * `stopped` after `lead` has ended; the lease is given back when it is still ours.
   */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<'lost' | 'stopped'> {
    while (!(await this.#tryOrRenew())) {
      const jitteredMs = this.#retryPeriodMs * (1 + 1.2 * this.#options.random())
      await sleep(this.#options.clock, jitteredMs, signal).catch(() => {})
      if (signal.aborted) return 'stopped'
    }
    const leading = new AbortController()
    const work = lead(leading.signal)
    const ended = work.then(
      () => leading.abort(),
      () => leading.abort(),
    )
    const outcome = await this.#hold(AbortSignal.any([signal, leading.signal]))
    leading.abort()
    await ended
    if (outcome === 'stopped') await this.#release()
    await work
    return outcome
  }

  /** Renews until the signal aborts or renewing has failed for too long. */
  async #hold(signal: AbortSignal): Promise<'lost' | 'stopped'> {
    let renewedMs = this.#options.clock.now()
    while (!signal.aborted) {
      await sleep(this.#options.clock, this.#retryPeriodMs, signal).catch(() => {})
      if (signal.aborted) return 'stopped'
      if (await this.#renewBefore(renewedMs + this.#renewDeadlineMs)) renewedMs = this.#options.clock.now()
      else if (this.#options.clock.now() - renewedMs >= this.#renewDeadlineMs) return 'lost'
    }
    return 'stopped'
  }

  /** A request that hangs must not make us lead for longer than we may. */
  async #renewBefore(deadlineMs: number): Promise<boolean> {
    const { clock } = this.#options
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const cancel = clock.after(deadlineMs - clock.now(), () => resolve(false))
    const renewed = await Promise.race([this.#tryOrRenew(), promise])
    cancel()
    return renewed
  }

  /** Whether we hold the lease now. */
  async #tryOrRenew(): Promise<boolean> {
    try {
      return await this.#attempt()
    } catch (error) {
      const failure = StatusError.from(error)
      if (!StatusError.is(failure, 'Conflict', 'AlreadyExists')) this.#options.onError?.(failure)
      return false
    }
  }

  async #attempt(): Promise<boolean> {
    const { client, clock, identity, lease: key } = this.#options
    const now = formatMicroTime(clock.now())
    const ours = { holderIdentity: identity, leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000), renewTime: now }
    const current = await this.#read()
    if (!current) {
      this.#see(await client.create(Lease, { metadata: key, spec: { ...ours, acquireTime: now, leaseTransitions: 0 } }))
      return true
    }
    this.#see(current)
    const { holderIdentity, acquireTime, leaseTransitions = 0 } = current.spec
    const isOurs = holderIdentity === identity
    const isHeld = holderIdentity !== undefined && holderIdentity !== ''
    const freshUntilMs = (this.#observed?.atMs ?? 0) + (current.spec.leaseDurationSeconds ?? 0) * 1000
    if (isHeld && !isOurs && freshUntilMs > clock.now()) return false
    const term = isOurs ? { acquireTime, leaseTransitions } : { acquireTime: now, leaseTransitions: leaseTransitions + 1 }
    this.#see(await client.update(Lease, { ...current, spec: { ...current.spec, ...ours, ...term } }))
    return true
  }

  async #read(): Promise<Lease | undefined> {
    try {
      return await this.#options.client.get(Lease, this.#options.lease)
    } catch (error) {
      if (StatusError.is(error, 'NotFound')) return undefined
      throw error
    }
  }

  #see(lease: Lease): void {
    const before = this.#observed?.lease
    if (before?.metadata.resourceVersion === lease.metadata.resourceVersion) return
    this.#observed = { lease, atMs: this.#options.clock.now() }
    const holder = lease.spec.holderIdentity ?? ''
    if (before?.spec.holderIdentity !== holder) this.#options.onLeader?.(holder)
  }

  /** Lets another one take over at once. */
  async #release(): Promise<void> {
    const lease = this.#observed?.lease
    if (lease?.spec.holderIdentity !== this.#options.identity) return
    const now = formatMicroTime(this.#options.clock.now())
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now }
    try {
      this.#see(await this.#options.client.update(Lease, { ...lease, spec }))
    } catch (error) {
      this.#options.onError?.(StatusError.from(error))
    }
  }
}
