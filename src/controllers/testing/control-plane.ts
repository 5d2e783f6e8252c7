// For property tests of controllers: reconcilers at work on a server in memory, on a virtual clock, from a seed.
import { Pod } from '../../api/core/pod.ts'
import { type Kind, resourceName } from '../../api/kind.ts'
import type { Logger } from '../../base/logger.ts'
import { silentLogger } from '../../base/logger.ts'
import { seededRandom, VirtualClock } from '../../base/virtual-clock.ts'
import { FakeClient } from '../../client/fake-client.ts'
import { InformerSet } from '../../client/informer-set.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import type { Reconciler } from '../runtime/reconciler.ts'
import { Runner } from '../runtime/runner.ts'
import type { EventWrite } from '../runtime/writes.ts'

export class TestControlPlane {
  readonly clock = new VirtualClock()
  readonly client: FakeClient
  readonly events: EventWrite[] = []
  readonly #reconcilers: readonly Reconciler[]
  readonly #seed: number
  readonly #logger: Logger
  #stop: () => Promise<void> = async () => {}

  constructor(reconcilers: readonly Reconciler[], seed = 1, logger: Logger = silentLogger) {
    this.#reconcilers = reconcilers
    this.#seed = seed
    this.#logger = logger
    this.client = new FakeClient({ clock: this.clock, random: seededRandom(seed) })
  }

  async start(): Promise<void> {
    const { client, clock } = this
    const random = seededRandom(this.#seed + 1)
    const controller = new AbortController()
    const informers = new InformerSet({ client, clock, random })
    const record = (event: EventWrite) => void this.events.push(event)
    const runners = this.#reconcilers.map(
      reconciler => new Runner({ reconciler, informers, client, clock, random, logger: this.#logger, record }),
    )
    const running = [informers.run(controller.signal)]
    await clock.advance(10_000)
    await informers.synced(controller.signal)
    running.push(...runners.map(runner => runner.run(controller.signal)))
    await clock.advance(0)
    this.#stop = async () => {
      controller.abort()
      await clock.advance(0)
      await Promise.all(running)
    }
  }
  async stop(): Promise<void> {
    await this.#stop()
    this.#stop = async () => {}
  }

  /** What the controllers write when they are started again, each looking at everything: nothing, if all had converged. */
  async writesAfterRestart(advanceMs = 10_000): Promise<string[]> {
    await this.stop()
    const from = this.client.calls.length
    await this.start()
    await this.clock.advance(advanceMs)
    const calls = this.client.calls.slice(from).filter(({ verb }) => verb !== 'get' && verb !== 'list' && verb !== 'watch')
    return calls.map(({ verb, kind, key, subresource }) => [verb, resourceName(kind), key, subresource ?? ''].join(' ').trim())
  }

  /** Plays kubelet once: pods run and are ready, and those to be deleted go. */
  async playKubelet(isReady: (pod: Pod) => boolean = () => true): Promise<void> {
    for (const pod of this.client.all(Pod)) {
      try {
        await this.#playPod(pod, isReady(pod))
      } catch (error) {
        // The controllers are at work meanwhile: a pod may have gone or changed since it was listed, as for a real kubelet.
        if (!StatusError.is(error, 'NotFound', 'Conflict')) throw error
      }
    }
    await this.clock.advance(100)
  }

  async #playPod(pod: Pod, becomesReady: boolean): Promise<void> {
    const { namespace, name, deletionTimestamp } = pod.metadata
    if (deletionTimestamp) {
      await this.client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0 })
    } else if (pod.status.phase !== 'Running' && becomesReady) {
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(this.clock.now()) }]
      await this.client.update(Pod, { ...pod, status: { ...pod.status, phase: 'Running', conditions } }, { subresource: 'status' })
    }
  }

  count(kind: Kind): number {
    return this.client.all(kind).length
  }
}
