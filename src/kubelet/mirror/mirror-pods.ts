// Mirror pods: what the API server shows of pods that it did not ask for. Each carries the hash of its original; one that differs, or that
// somebody deletes, is replaced; one without an original goes.
// https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
import { isMirrorPod, mirrorAnnotation } from '../../api/core/mirror-pod.ts'
import type { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { type Clock, type Random, sleep } from '../../base/clock.ts'
import { Backoff } from '../../client/backoff.ts'
import type { Client } from '../../client/client.ts'
import type { Informer } from '../../client/informer.ts'
import { StatusError } from '../../meta/status-error.ts'

export const hashAnnotation = 'kubernetes.io/config.hash'
export const sourceAnnotation = 'kubernetes.io/config.source'
export const seenAnnotation = 'kubernetes.io/config.seen'

const ownerPollMs = 50

export interface MirrorPodsOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  /** The node's pods. */
  readonly informer: Informer<Pod>
  readonly signal: AbortSignal
  node(): Node | undefined
  onError(error: unknown): void
}

/** Whether the pod comes from the node itself. */
export function isLocal({ metadata }: Pod): boolean {
  return metadata.annotations?.[sourceAnnotation] !== undefined && metadata.annotations[sourceAnnotation] !== 'api'
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`
}

export class MirrorPods {
  readonly #options: MirrorPodsOptions
  readonly #wanted = new Map<string, Pod>()
  #isDue = false
  #wake = () => {}

  constructor(options: MirrorPodsOptions) {
    this.#options = options
  }

  /** `pod` is the original, its hash among its annotations. */
  want(pod: Pod): void {
    this.#wanted.set(keyOf(pod), pod)
    this.changed()
  }
  unwant(namespace: string, name: string): void {
    this.#wanted.delete(`${namespace}/${name}`)
    this.changed()
  }
  /** The API's object for an original, where it is the right one. */
  of(original: Pod): Pod | undefined {
    const mirror = this.#options.informer.get(keyOf(original))
    return mirror && isRight(mirror, original) ? mirror : undefined
  }

  /** To be called when a mirror pod has changed. */
  changed(): void {
    this.#isDue = true
    this.#wake()
  }

  async run(): Promise<void> {
    const { signal, clock, random, onError } = this.#options
    const backoff = new Backoff({ baseMs: 200, maxMs: 10_000, jitter: 0.2 }, random)
    signal.addEventListener('abort', () => this.#wake(), { once: true })
    await this.#options.informer.synced(signal).catch(() => {})
    while (!signal.aborted) {
      if (!this.#isDue) await new Promise<void>(resolve => (this.#wake = resolve))
      if (signal.aborted) return
      this.#isDue = false
      try {
        await this.#reconcile()
        backoff.reset()
      } catch (error) {
        if (signal.aborted) return
        onError(error)
        this.#isDue = true
        await sleep(clock, backoff.nextMs(), signal).catch(() => {})
      }
    }
  }

  async #reconcile(): Promise<void> {
    const { informer } = this.#options
    for (const mirror of informer.list()) {
      const original = this.#wanted.get(keyOf(mirror))
      if (isMirrorPod(mirror) && !(original && isRight(mirror, original))) await this.#remove(mirror)
    }
    if (this.#wanted.size === 0) return
    const owner = await this.#owner()
    for (const [key, original] of this.#wanted) if (!informer.get(key)) await this.#create(original, owner)
  }

  /** The node, once it is registered. */
  async #owner(): Promise<Node> {
    const { node, clock, signal } = this.#options
    for (;;) {
      const found = node()
      if (found) return found
      await sleep(clock, ownerPollMs, signal)
    }
  }

  async #create(original: Pod, owner: Node): Promise<void> {
    const { name, namespace, labels, annotations } = original.metadata
    const { uid } = owner.metadata
    const mirror = {
      metadata: {
        name,
        namespace,
        ...(labels && { labels }),
        annotations: { ...annotations, [mirrorAnnotation]: annotations?.[hashAnnotation] ?? '' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: owner.metadata.name, uid, controller: true }],
      },
      spec: original.spec,
    }
    try {
      await this.#options.client.create(Pod, mirror)
    } catch (error) {
      if (!StatusError.is(error, 'AlreadyExists')) throw error
    }
  }

  async #remove({ metadata }: Pod): Promise<void> {
    const { namespace, name, uid } = metadata
    try {
      await this.#options.client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
    } catch (error) {
      if (!StatusError.is(error, 'NotFound', 'Conflict')) throw error
    }
  }
}

function isRight({ metadata }: Pod, original: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined && metadata.annotations?.[mirrorAnnotation] === original.metadata.annotations?.[hashAnnotation]
  )
}
