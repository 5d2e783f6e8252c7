// All pods of the node: from what the API server and the manifests want, a worker for each; and an end for whatever runs that nobody wants.
import type { Node } from '../api/core/node.ts'
import { admitsNode } from '../api/core/node-selector.ts'
import type { Pod } from '../api/core/pod.ts'
import { sleep } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { admit } from './admission.ts'
import type { Allocation } from './pod/allocation.ts'
import { PodWorker, type WorkerDependencies } from './pod/worker.ts'
import { byUrgency, judgeResize } from './resize-admission.ts'
import type { Listing } from './runtime-watch.ts'
import { removePodFolder } from './volumes/pod-volumes.ts'

export interface PodsOptions {
  readonly worker: Omit<WorkerDependencies, 'onGone'>
  readonly logger: Logger
  node(): Node | undefined
  /** By uid: what an earlier kubelet has set aside for pods. */
  readonly allocations: ReadonlyMap<string, Allocation>
  /** Asks for the node as it is now. */
  refreshNode(): Promise<Node>
}

const retryMs = 1_000

export class Pods {
  readonly #options: PodsOptions
  readonly #workers = new Map<string, PodWorker>()
  readonly #byName = new Map<string, string>()
  #listing: Listing = new Map()
  /** Pieces without a pod, seen in the listing before: they are given that long, as a pod may just be on its way. */
  #strays = new Set<string>()
  #isComplete = false
  /** Uids of pods that ask for other resources than are set aside for them. */
  readonly #resizing = new Set<string>()
  #isReviewDue = false
  /** New pods that do not fit the labels of the node as we know it: they wait, in their latest state, until we know better. */
  readonly #doubtful = new Map<string, Pod>()

  constructor(options: PodsOptions) {
    this.#options = options
  }

  get all(): readonly PodWorker[] {
    return [...this.#workers.values()]
  }
  get(namespace: string, name: string): PodWorker | undefined {
    return this.#workers.get(this.#byName.get(`${namespace}/${name}`) ?? '')
  }
  byUid(uid: string): PodWorker | undefined {
    return this.#workers.get(uid)
  }

  /** All pods that are wanted have been named once: from now on, what runs and is not among them is an orphan. */
  complete(): void {
    this.#isComplete = true
    this.#reviewResizes()
  }

  /** The pod is wanted as it is here; deleted gracefully when it says so. */
  want(pod: Pod): void {
    const { uid } = pod.metadata
    if (this.#doubtful.has(uid)) this.#doubtful.set(uid, pod)
    else if (this.#isDoubtful(pod)) {
      this.#doubtful.set(uid, pod)
      void this.#resolveDoubt(uid)
    } else this.#accept(pod)
  }

  #isDoubtful(pod: Pod): boolean {
    const node = this.#options.node()
    return node !== undefined && this.#isNew(pod) && !admitsNode(pod.spec, node)
  }

  async #resolveDoubt(uid: string): Promise<void> {
    const { refreshNode, worker } = this.#options
    for (let isFresh = false; !isFresh && this.#doubtful.has(uid); ) {
      try {
        await refreshNode()
        isFresh = true
      } catch (error) {
        worker.onError('node not read', error)
        await sleep(worker.clock, retryMs)
      }
    }
    const pod = this.#doubtful.get(uid)
    this.#doubtful.delete(uid)
    if (pod) this.#accept(pod)
  }

  #isNew({ metadata, status }: Pod): boolean {
    const { uid, deletionTimestamp } = metadata
    return !this.#workers.has(uid) && !this.#listing.has(uid) && deletionTimestamp === undefined && !isOver({ status })
  }

  #accept(pod: Pod): void {
    const { uid, namespace, name, deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
    let worker = this.#workers.get(uid)
    if (worker) worker.update(pod)
    else worker = this.#adopt(pod)
    this.#byName.set(`${namespace}/${name}`, uid)
    if (worker.wantedResize) this.#resizing.add(uid)
    this.#reviewResizes()
    if (deletionTimestamp === undefined) return
    const graceSeconds = deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds
    worker.end({ cause: 'deleted', sinceMs: this.#options.worker.clock.now(), graceSeconds })
  }

  /** The pod is not there any more: what runs of it is ended, within its grace. */
  unwant(uid: string, graceSeconds?: number): void {
    this.#doubtful.delete(uid)
    const worker = this.#workers.get(uid)
    if (!worker) return
    const grace = graceSeconds ?? worker.pod.metadata.deletionGracePeriodSeconds ?? worker.pod.spec.terminationGracePeriodSeconds
    worker.end({ cause: 'vanished', sinceMs: this.#options.worker.clock.now(), graceSeconds: grace })
  }

  epochs(): ReadonlyMap<string, number> {
    return new Map([...this.#workers].map(([uid, worker]) => [uid, worker.epoch]))
  }

  observe(listing: Listing, begun: ReadonlyMap<string, number>): void {
    this.#listing = listing
    for (const [uid, worker] of this.#workers) {
      const epoch = begun.get(uid)
      const pieces = listing.get(uid)
      if (epoch !== undefined) worker.observe(pieces?.sandboxes ?? [], pieces?.containers ?? [], epoch)
    }
    if (this.#isComplete) this.#endStrays(listing)
  }

  /** Folders and cgroups of pods that are gone, left behind by an earlier run. */
  async removeLeftovers(): Promise<void> {
    const { host, config, cgroups } = this.#options.worker
    const known = new Set([...this.#workers.keys(), ...this.#listing.keys()])
    const folders = await host.files.readdir(`${config.rootDir}/pods`).catch((): string[] => [])
    for (const uid of folders) if (!known.has(uid)) await removePodFolder(host, config.rootDir, uid)
    const logs = await host.files.readdir(config.podLogDir).catch((): string[] => [])
    for (const folder of logs) {
      const uid = folder.split('_')[2]
      if (uid !== undefined && !known.has(uid)) await host.files.rm(`${config.podLogDir}/${folder}`, { recursive: true, force: true })
    }
    await cgroups.removeOthers(known)
  }

  stop(): void {
    for (const worker of this.#workers.values()) worker.stop()
    this.#workers.clear()
    this.#doubtful.clear()
  }

  /** Whatever happens to a pod may make room for others. */
  #reviewResizes(): void {
    if (this.#isReviewDue || this.#resizing.size === 0 || !this.#isComplete) return
    this.#isReviewDue = true
    queueMicrotask(() => {
      this.#isReviewDue = false
      const waiting = [...this.#resizing].flatMap(uid => {
        const worker = this.#workers.get(uid)
        const wanted = worker?.wantedResize
        if (worker && wanted) return [{ worker, wanted, allocated: worker.pod, sinceMs: worker.pendingSinceMs }]
        this.#resizing.delete(uid)
        return []
      })
      const allocatable = this.#options.worker.allocatable()
      for (const { worker, wanted } of waiting.sort(byUrgency)) {
        const why = judgeResize(wanted, { others: this.#others(worker.uid), allocatable })
        if (why) worker.deferResize(why)
        else worker.grantResize()
      }
    })
  }

  /** The pods that take room, with what is set aside for them and what they have. */
  #others(uid: string): readonly Pod[] {
    const running = [...this.#workers.values()].filter(w => w.uid !== uid && !w.ending && !isOver(w.pod))
    // Whether they wait for more is of no account here: that is not set aside for them.
    return running.map(({ pod, status }) => (status ? { ...pod, status: { ...status, conditions: [] } } : pod))
  }

  #adopt(pod: Pod): PodWorker {
    const { worker: deps, node, allocations } = this.#options
    const { uid } = pod.metadata
    const pieces = this.#listing.get(uid)
    const isNew = this.#isNew(pod)
    const publish: WorkerDependencies['publish'] = (shown, status) => {
      deps.publish(shown, status)
      this.#reviewResizes()
    }
    const worker = new PodWorker(pod, { ...deps, publish, onGone: gone => this.#forget(gone) }, allocations.get(uid))
    const others = this.#others(uid)
    this.#workers.set(uid, worker)
    const rejection = isNew ? admit(worker.pod, { others, allocatable: deps.allocatable(), node: node() }) : undefined
    if (rejection) {
      deps.events(pod, 'Warning', rejection.reason, rejection.message)
      worker.end({ cause: 'rejected', sinceMs: deps.clock.now(), graceSeconds: 0, ...rejection })
    }
    worker.begin(pieces?.sandboxes ?? [], pieces?.containers ?? [])
    return worker
  }

  #forget(uid: string): void {
    const worker = this.#workers.get(uid)
    if (!worker) return
    this.#workers.delete(uid)
    this.#reviewResizes()
    const { namespace, name } = worker.pod.metadata
    if (this.#byName.get(`${namespace}/${name}`) === uid) this.#byName.delete(`${namespace}/${name}`)
  }

  #endStrays(listing: Listing): void {
    const { runtime } = this.#options.worker
    const strays = new Set<string>()
    for (const [uid, { identity, sandboxes, containers }] of listing) {
      if (this.#workers.has(uid)) continue
      strays.add(uid)
      if (!this.#strays.has(uid)) continue
      this.#options.logger.info('ending a pod that is not wanted any more', { ...identity })
      const end = async () => {
        for (const { id } of sandboxes) {
          await runtime.stopPodSandbox(id)
          await runtime.removePodSandbox(id)
        }
        for (const { id } of containers) await runtime.removeContainer(id)
      }
      end().catch((error: unknown) => this.#options.worker.onError(`end of stray pod ${identity.namespace}/${identity.name}`, error))
    }
    this.#strays = strays
  }
}

function isOver({ status }: Pick<Pod, 'status'>): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed'
}
