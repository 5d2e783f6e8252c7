// The informers that one component shares: one a kind, made on first demand and run together.

import { type Kind, resourceName } from '../api/kind.ts'
import type { Clock, Random } from '../base/clock.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import type { StatusError } from '../meta/status-error.ts'
import type { Client } from './client.ts'
import { Informer } from './informer.ts'

/** Every informer of a set indexes by the uid of the controlling owner under this name. */
export const CONTROLLER_INDEX = 'controller'

export interface InformerSetOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  onError?(kind: Kind, error: StatusError): void
}

export class InformerSet {
  readonly #options: InformerSetOptions
  readonly #informers = new Map<string, Informer<KubeObject>>()
  /** What ends a single informer. */
  readonly #dropped = new Map<string, AbortController>()
  readonly #running = new Set<Promise<void>>()
  #signal: AbortSignal | undefined

  constructor(options: InformerSetOptions) {
    this.#options = options
  }

  /** The informer of a kind. It runs as soon as the set does. */
  of<O extends KubeObject>(kind: Kind<O>): Informer<O> {
    const id = this.idOf(kind)
    const known = this.#informers.get(id)
    // The map cannot say that the entry of a kind holds that kind's objects; this method is its only writer.
    if (known) return known as unknown as Informer<O>
    const { client, clock, random, onError } = this.#options
    const informer = new Informer<O>({
      client,
      kind,
      clock,
      random,
      indexers: { [CONTROLLER_INDEX]: controllerUid },
      ...(onError && { onError: error => onError(kind, error) }),
    })
    this.#informers.set(id, informer as unknown as Informer<KubeObject>)
    if (this.#signal) this.#start(id, informer, this.#signal)
    return informer
  }

  #start(id: string, informer: Pick<Informer<KubeObject>, 'run'>, signal: AbortSignal): void {
    const dropped = new AbortController()
    this.#dropped.set(id, dropped)
    const running = informer.run(AbortSignal.any([signal, dropped.signal]))
    this.#running.add(running)
    void running.finally(() => this.#running.delete(running))
  }

  /** What tells kinds apart: a kind that is defined anew under the same name is the same. */
  idOf(kind: Kind): string {
    return `${resourceName(kind)}/${kind.version}`
  }

  /** Stops and forgets the informer of a kind that nobody reads any more. */
  drop(kind: Kind): void {
    const id = this.idOf(kind)
    this.#informers.delete(id)
    this.#dropped.get(id)?.abort()
    this.#dropped.delete(id)
  }

  /** Whether the set has an informer of the kind. */
  has(kind: Kind): boolean {
    return this.#informers.has(this.idOf(kind))
  }

  /** Runs every informer until the signal aborts. To be called once. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal
    for (const [id, informer] of this.#informers) this.#start(id, informer, signal)
    await new Promise<void>(resolve => {
      if (signal.aborted) return resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.all(this.#running)
  }

  /** Resolves when every informer has its first list; rejects when the signal aborts first. */
  async synced(signal?: AbortSignal): Promise<void> {
    await Promise.all([...this.#informers.values()].map(informer => informer.synced(signal)))
  }
}

function controllerUid(object: KubeObject): readonly string[] {
  const owner = object.metadata.ownerReferences?.find(reference => reference.controller === true)
  return owner ? [owner.uid] : []
}
