// Runs one reconciler: queues the keys that its watches name, asks it about each, carries out its answer, and holds the key back until
// the view shows what was written. Failures come back with growing delays.
import type { Kind } from '../../api/kind.ts'
import { type Clock, type Random, sleep } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { Client } from '../../client/client.ts'
import type { Change } from '../../client/informer.ts'
import type { InformerSet } from '../../client/informer-set.ts'
import { WorkQueue } from '../../client/work-queue.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import { applyWrites } from './apply.ts'
import type { ChangingWatches, Reconciler, Watch } from './reconciler.ts'
import type { View } from './view.ts'
import { informerView } from './view.ts'
import { Visibility } from './visibility.ts'
import type { EventWrite } from './writes.ts'

export interface RunnerOptions {
  readonly reconciler: Reconciler
  readonly informers: InformerSet
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  record(event: EventWrite): void
  /** Told of every key worked on. */
  onReconciled?(controller: string, outcome: 'success' | 'conflict' | 'failure', durationMs: number): void
}

export class Runner {
  readonly queue: WorkQueue
  readonly #options: RunnerOptions
  readonly #view: View
  readonly #visibility: Visibility
  readonly #failures = new Map<string, StatusError>()
  readonly #settling = new Set<Promise<void>>()
  readonly #unlisten: (() => void)[] = []
  readonly #changing = new Map<string, Followed>()
  #isRunning = false

  /** Registers its watches and indices with the informers, which must not run yet. */
  constructor(options: RunnerOptions) {
    const { reconciler, informers, clock } = options
    this.#options = options
    this.queue = new WorkQueue({ clock })
    this.#view = informerView(informers)
    this.#visibility = new Visibility(informers, clock)
    for (const { kind } of reconciler.watches) informers.of(kind)
    for (const { kind, name, values } of reconciler.indices ?? []) informers.of(kind).addIndexer(name, object => values(object))
    if (!reconciler.changing) return
    this.#followKinds(reconciler.changing)
    this.#unlisten.push(reconciler.changing.onChange(() => reconciler.changing && this.#followKinds(reconciler.changing)))
  }

  /** Watches what is new, once the others are, and lets go of what is gone. */
  #followKinds(changing: ChangingWatches): void {
    const { informers } = this.#options
    const wanted = new Map(changing.watches().map(watch => [informers.idOf(watch.kind), watch]))
    for (const [id, { watch, unlisten }] of this.#changing) {
      if (wanted.has(id)) continue
      unlisten()
      this.#changing.delete(id)
      informers.drop(watch.kind)
    }
    for (const [id, watch] of wanted) {
      if (this.#changing.has(id)) continue
      const informer = informers.of(watch.kind)
      const index = changing.index?.(watch.kind)
      if (index) informer.addIndexer(index.name, object => index.values(object))
      const listen = () => informer.onChange(changes => this.#enqueue(watch, changes))
      this.#changing.set(id, { watch, unlisten: this.#isRunning ? listen() : () => {}, listen })
    }
  }

  /** Resolves once what it watches has arrived; rejects when the signal aborts first. Of other controllers' kinds, it needs none. */
  async synced(signal: AbortSignal): Promise<void> {
    const { reconciler, informers, clock } = this.#options
    const arrived = (kinds: readonly Kind[]) => Promise.all(kinds.map(kind => informers.of(kind).synced(signal)))
    await arrived(reconciler.watches.map(watch => watch.kind))
    const changing = arrived([...this.#changing.values()].map(({ watch }) => watch.kind))
    const patienceMs = reconciler.changing?.patienceMs
    if (patienceMs === undefined) return void (await changing)
    const waited = new AbortController()
    const late = sleep(clock, patienceMs, AbortSignal.any([signal, waited.signal]))
    try {
      await Promise.race([changing, late])
    } finally {
      waited.abort()
    }
  }

  /** Works until the signal aborts. To be called once `synced` has resolved. */
  async run(signal: AbortSignal): Promise<void> {
    const { reconciler, informers } = this.#options
    for (const watch of reconciler.watches) {
      this.#unlisten.push(informers.of(watch.kind).onChange(changes => this.#enqueue(watch, changes)))
    }
    this.#isRunning = true
    for (const entry of this.#changing.values()) entry.unlisten = entry.listen()
    const onAbort = () => {
      for (const unlisten of this.#unlisten) unlisten()
      for (const { unlisten } of this.#changing.values()) unlisten()
      this.queue.close()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    await Promise.all(Array.from({ length: reconciler.concurrency ?? 5 }, () => this.#work(signal)))
    await Promise.all(this.#settling)
  }

  #enqueue(watch: Watch, changes: readonly Change<KubeObject>[]): void {
    for (const { object, previous } of changes) {
      if (object && previous && watch.matters && !watch.matters(object, previous)) continue
      for (const state of [previous, object]) {
        if (state) for (const key of watch.keys(state, this.#view)) this.queue.add(key)
      }
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.queue.take(); key !== undefined; key = await this.queue.take()) {
      const settled = await this.#reconcile(key, signal)
      // The key stays taken until its effects show, but others need not wait for that.
      const settling = this.#settle(key, settled, signal)
      this.#settling.add(settling)
      void settling.then(() => this.#settling.delete(settling))
    }
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<Settled> {
    const { reconciler, client, clock, random, record } = this.#options
    const startedMs = clock.now()
    let facts: unknown
    try {
      facts = await reconciler.observe?.(key, { view: this.#view, client, now: clock.now() })
    } catch (error) {
      return this.#settled(key, { effects: [], failure: StatusError.from(error) }, undefined, startedMs)
    }
    const context = { view: this.#view, now: clock.now(), random, failure: this.#failures.get(key), facts }
    const { writes, requeueAfterMs } = reconciler.reconcile(key, context)
    if (signal.aborted) return { effects: [], failure: undefined, requeueAfterMs: undefined }
    return this.#settled(key, await applyWrites(writes, { client, record }), requeueAfterMs, startedMs)
  }

  #settled(key: string, applied: Omit<Settled, 'requeueAfterMs'>, requeueAfterMs: number | undefined, startedMs: number): Settled {
    const { reconciler, clock, logger, onReconciled } = this.#options
    const { failure } = applied
    const isConflict = failure?.reason === 'Conflict'
    if (failure && !isConflict) logger.error('reconciling failed', { controller: reconciler.name, key, error: failure.message })
    onReconciled?.(reconciler.name, failure ? (isConflict ? 'conflict' : 'failure') : 'success', clock.now() - startedMs)
    return { ...applied, requeueAfterMs }
  }

  async #settle(key: string, { effects, failure, requeueAfterMs }: Settled, signal: AbortSignal): Promise<void> {
    const shown = await this.#visibility.shows(effects, signal)
    const { reconciler, logger } = this.#options
    if (!shown && !signal.aborted) logger.warn('own writes do not show', { controller: reconciler.name, key })
    if (failure) {
      this.#failures.set(key, failure)
      this.queue.retry(key)
    } else {
      this.#failures.delete(key)
      this.queue.forget(key)
      if (requeueAfterMs !== undefined) this.queue.addAfter(key, requeueAfterMs)
    }
    this.queue.done(key)
  }
}

/** A kind that is followed as long as it is served. */
interface Followed {
  readonly watch: Watch
  unlisten: () => void
  listen(): () => void
}

interface Settled {
  readonly effects: Parameters<Visibility['shows']>[0]
  readonly failure: StatusError | undefined
  readonly requeueAfterMs: number | undefined
}
