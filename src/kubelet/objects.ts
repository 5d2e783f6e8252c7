// The ConfigMaps and Secrets that pods on this node name. Each is watched by itself, only while a pod needs it, and shared between pods:
// a node may read what its pods refer to and nothing else.
import { ConfigMap } from '../api/core/config-map.ts'
import type { Pod } from '../api/core/pod.ts'
import { Secret } from '../api/core/secret.ts'
import type { Kind } from '../api/kind.ts'
import type { Clock, Random } from '../base/clock.ts'
import type { Client } from '../client/client.ts'
import { Informer } from '../client/informer.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import type { StatusError } from '../meta/status-error.ts'
import { referencesOf } from './volumes/references.ts'

export interface ObjectsOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  /** Told when an object that the pod needs has changed. */
  onChange(podUid: string): void
  onError(error: StatusError): void
}

interface Watched {
  readonly informer: Informer<KubeObject>
  readonly podUids: Set<string>
  readonly stop: AbortController
  done: Promise<void>
}

/** How long a first look at an object may take before the pod is told that it is not there yet. */
const patienceMs = 3_000

export class PodObjects {
  readonly #options: ObjectsOptions
  readonly #watched = new Map<string, Watched>()

  constructor(options: ObjectsOptions) {
    this.#options = options
  }

  /** Begins to watch what the pod names. Idempotent; references that are gone from the spec are let go. */
  register(pod: Pod): void {
    const { configMaps, secrets } = referencesOf(pod.spec)
    const { uid, namespace } = pod.metadata
    const wanted = new Set<string>()
    for (const name of configMaps) wanted.add(this.#watch(ConfigMap, namespace, name, uid))
    for (const name of secrets) wanted.add(this.#watch(Secret, namespace, name, uid))
    this.#release(uid, wanted)
  }

  unregister(podUid: string): void {
    this.#release(podUid, new Set())
  }

  /** Waits for the first look at everything the pod names. */
  async fetched(pod: Pod): Promise<void> {
    const waiting = [...this.#watched.values()].filter(w => w.podUids.has(pod.metadata.uid) && !w.informer.hasSynced)
    if (waiting.length === 0) return
    let cancel = () => {}
    const late = new Promise<void>(resolve => {
      cancel = this.#options.clock.after(patienceMs, resolve)
    })
    await Promise.race([Promise.all(waiting.map(w => w.informer.synced())), late])
    cancel()
  }

  configMap(namespace: string, name: string): ConfigMap | undefined {
    return this.#find(ConfigMap, namespace, name)
  }
  secret(namespace: string, name: string): Secret | undefined {
    return this.#find(Secret, namespace, name)
  }

  async close(): Promise<void> {
    const all = [...this.#watched.values()]
    this.#watched.clear()
    for (const { stop } of all) stop.abort()
    await Promise.all(all.map(w => w.done))
  }

  #find<O extends KubeObject>(kind: Kind<O>, namespace: string, name: string): O | undefined {
    // The map cannot say that an entry of a kind holds that kind's objects; #watch is its only writer.
    return this.#watched.get(`${kind.plural}/${namespace}/${name}`)?.informer.get(`${namespace}/${name}`) as O | undefined
  }

  #watch<O extends KubeObject>(kind: Kind<O>, namespace: string, name: string, podUid: string): string {
    const id = `${kind.plural}/${namespace}/${name}`
    const known = this.#watched.get(id)
    if (known) {
      known.podUids.add(podUid)
      return id
    }
    const { client, clock, random, onError, onChange } = this.#options
    const informer = new Informer<O>({ client, kind, namespace, fieldSelector: `metadata.name=${name}`, clock, random, onError })
    const stop = new AbortController()
    const watched: Watched = {
      informer: informer as unknown as Informer<KubeObject>,
      podUids: new Set([podUid]),
      stop,
      done: informer.run(stop.signal),
    }
    informer.onChange(changes => {
      if (changes.length > 0) for (const uid of watched.podUids) onChange(uid)
    })
    this.#watched.set(id, watched)
    return id
  }

  #release(podUid: string, wanted: ReadonlySet<string>): void {
    for (const [id, watched] of this.#watched) {
      if (wanted.has(id) || !watched.podUids.delete(podUid) || watched.podUids.size > 0) continue
      watched.stop.abort()
      this.#watched.delete(id)
    }
  }
}
