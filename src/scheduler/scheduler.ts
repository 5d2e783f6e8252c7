// kube-scheduler: takes pods from the queue one by one, finds a node for each on the current picture of the cluster, counts the pod there
// at once, and binds it by the API in the background. A binding that fails takes the pod off again and sends it back to the queue.
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import { isPodTerminal } from '../api/core/pod-conditions.ts'
import type { Clock, Random } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Client } from '../client/client.ts'
import { EventRecorder, referenceTo } from '../client/events.ts'
import { type Change, Informer } from '../client/informer.ts'
import { StatusError } from '../meta/status-error.ts'
import { bindPod } from './bind.ts'
import { Cache } from './cache.ts'
import { looksTheSame, nodeActions } from './cluster-events.ts'
import { findNode, type Rotation } from './cycle.ts'
import type { Diagnosis, Occurred } from './framework.ts'
import { describeFailure } from './message.ts'
import { defaultProfile } from './plugins/all.ts'
import { takesTheSame } from './pod-demand.ts'
import type { Profile } from './profile.ts'
import { type Entry, SchedulingQueue } from './queue.ts'
import { writeUnscheduled } from './unscheduled.ts'

export interface SchedulerOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Default: the one profile `default-scheduler`. */
  readonly profiles?: readonly Profile[]
}

/** So many bindings are under way at once. */
const MAX_BINDING = 128
/** After so long other work has its turn. */
const SLICE_MS = 8
const TICK_MS = 30_000
/** A bound pod that the watch does not show for so long is no longer counted on. */
const ASSUMED_FOR_MS = 60_000

/** Runs until the signal aborts and the bindings under way have ended; then resolves. */
export async function runScheduler(options: SchedulerOptions): Promise<void> {
  const { client, clock, random, logger, signal } = options
  const onError = (error: Error) => logger.warn('cannot watch', { error })
  const pods = new Informer({ client, kind: Pod, clock, random, onError })
  const nodes = new Informer({ client, kind: Node, clock, random, onError })
  const scheduler = new Scheduler(options, uid => pods.byIndex('uid', uid)[0])
  pods.addIndexer('uid', pod => [pod.metadata.uid])
  nodes.onChange(changes => scheduler.onNodes(changes))
  pods.onChange(changes => scheduler.onPods(changes))
  const watching = Promise.all([pods.run(signal), nodes.run(signal)])
  const synced = Promise.all([pods.synced(signal), nodes.synced(signal)]).then(
    () => {
      logger.info('scheduler started', { nodes: nodes.list().length, pods: pods.list().length })
      return scheduler.run()
    },
    () => {},
  )
  await Promise.all([watching, synced])
}

class Scheduler {
  readonly #options: SchedulerOptions
  readonly #podOf: (uid: string) => Pod | undefined
  readonly #profiles: ReadonlyMap<string, Profile>
  readonly #cache = new Cache()
  readonly #queue: SchedulingQueue
  readonly #events: EventRecorder
  readonly #rotation: Rotation = { next: 0 }
  readonly #underWay = new Set<Promise<void>>()
  #binding = 0
  #isOpen = false
  #isAwake = false
  #cancelAlarm = () => {}

  constructor(options: SchedulerOptions, podOf: (uid: string) => Pod | undefined) {
    this.#options = options
    this.#podOf = podOf
    const profiles = options.profiles ?? [defaultProfile()]
    this.#profiles = new Map(profiles.map(profile => [profile.schedulerName, profile]))
    this.#queue = new SchedulingQueue(profiles, pod => this.#profileOf(pod))
    const { client, clock, random, logger } = options
    this.#events = new EventRecorder({
      client,
      clock,
      random,
      source: { component: profiles[0]?.schedulerName ?? 'default-scheduler' },
      onDropped: ({ reason, message }, error) => error && logger.warn('event dropped', { reason, message, error }),
    })
  }

  /** Until the signal aborts. */
  async run(): Promise<void> {
    const { clock, signal } = this.#options
    const recording = this.#events.run(signal)
    let cancelTick = () => {}
    const tick = () => {
      this.#tidy()
      cancelTick = clock.after(TICK_MS, tick)
    }
    cancelTick = clock.after(TICK_MS, tick)
    this.#isOpen = true
    this.#wake()
    await new Promise<void>(resolve => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    this.#isOpen = false
    cancelTick()
    this.#cancelAlarm()
    await Promise.all([recording, ...this.#underWay])
  }

  onNodes(changes: readonly Change<Node>[]): void {
    for (const { object, previous } of changes) {
      if (!object) {
        this.#cache.removeNode(previous?.metadata.name ?? '')
        continue
      }
      if (previous && looksTheSame(object, previous)) continue
      const node = this.#cache.setNode(object)
      const actions = nodeActions(object, previous)
      if (actions.length > 0) this.#observe({ kind: 'Node', actions, node })
    }
    this.#wake()
  }

  onPods(changes: readonly Change<Pod>[]): void {
    const now = this.#options.clock.now()
    for (const { object, previous } of changes) {
      if (!object || isPodTerminal(object)) this.#gone((object ?? previous)!)
      else if (object.spec.nodeName) this.#placed(object, previous)
      else if (object.metadata.deletionTimestamp) this.#queue.delete(object.metadata.uid)
      else if (this.#isWanted(object)) this.#queue.set(object, now)
    }
    this.#wake()
  }

  /** A pod that is bound, but not yet shown so, does not come back into the queue. */
  #isWanted(pod: Pod): boolean {
    return this.#profiles.has(pod.spec.schedulerName) && (!this.#cache.isAssumed(pod) || this.#queue.has(pod.metadata.uid))
  }
  #gone(pod: Pod): void {
    this.#queue.delete(pod.metadata.uid)
    if (this.#cache.removePod(pod.metadata.uid)) this.#observe({ kind: 'Pod/assigned', actions: ['delete'], pod })
  }
  #placed(pod: Pod, previous: Pod | undefined): void {
    this.#queue.delete(pod.metadata.uid)
    this.#cache.setPod(pod)
    if (!previous?.spec.nodeName) this.#observe({ kind: 'Pod/assigned', actions: ['add'], pod })
    else if (previous.metadata.generation !== pod.metadata.generation || !takesTheSame(pod, previous))
      this.#observe({ kind: 'Pod/assigned', actions: ['update'], pod })
  }
  #observe(event: Occurred): void {
    this.#queue.observe(event, this.#options.clock.now())
  }

  /** Soon, but after what is going on now: changes come in batches. */
  #wake(): void {
    if (!this.#isOpen || this.#isAwake) return
    this.#isAwake = true
    queueMicrotask(() => this.#work())
  }
  #work(): void {
    const { clock } = this.#options
    const endMs = clock.now() + SLICE_MS
    this.#cancelAlarm()
    while (this.#isOpen && this.#binding < MAX_BINDING) {
      if (clock.now() >= endMs) {
        this.#cancelAlarm = clock.after(0, () => this.#work())
        return
      }
      const entry = this.#queue.pop(clock.now())
      if (!entry) break
      this.#try(entry)
    }
    this.#isAwake = false
    const dueMs = this.#queue.nextDueMs
    if (this.#isOpen && dueMs !== undefined && this.#binding < MAX_BINDING)
      this.#cancelAlarm = clock.after(dueMs - clock.now(), () => this.#wake())
  }

  #try(entry: Entry): void {
    const { pod } = entry
    const profile = this.#profileOf(pod)
    const snapshot = this.#cache.snapshot()
    const outcome = findNode(pod, snapshot, profile, this.#rotation, this.#options.random)
    if (outcome.kind === 'nowhere') {
      const words = snapshot.nodes.length === 0 ? [] : profile.postFilter.map(plugin => plugin.postFilter(pod, snapshot, outcome.diagnosis))
      this.#turnDown(entry, outcome.diagnosis, words)
      return
    }
    this.#cache.assume(pod, outcome.node)
    this.#binding++
    this.#follow(this.#bind(entry, profile, outcome.node))
  }

  #turnDown(entry: Entry, diagnosis: Diagnosis, words: readonly string[]): void {
    this.#queue.fail(entry, diagnosis.plugins, this.#options.clock.now())
    this.#tell(entry.pod, 'Unschedulable', describeFailure(diagnosis, words))
  }

  async #bind(entry: Entry, profile: Profile, node: string): Promise<void> {
    const { client, clock } = this.#options
    const { pod } = entry
    const { namespace, name } = pod.metadata
    const outcome = await bindPod(pod, node, profile, client)
    this.#binding--
    if (outcome.kind === 'bound') {
      this.#cache.expectUntil(pod, clock.now() + ASSUMED_FOR_MS)
      this.#queue.delete(pod.metadata.uid)
      this.#events.record(referenceTo(Pod, pod), 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`)
    } else {
      this.#cache.forget(pod)
      this.#observe({ kind: 'Pod/assigned', actions: ['delete'], pod })
      if (outcome.kind === 'gone') this.#queue.delete(pod.metadata.uid)
      else {
        const plugins = new Set(outcome.kind === 'held' ? [outcome.plugin] : [])
        this.#queue.fail(entry, plugins, clock.now())
        this.#tell(pod, outcome.kind === 'held' ? 'Unschedulable' : 'SchedulerError', outcome.message)
      }
    }
    this.#wake()
  }

  /** By an event, and by the pod's condition where that is news. */
  #tell(pod: Pod, reason: 'Unschedulable' | 'SchedulerError', message: string): void {
    const { client, clock, logger } = this.#options
    this.#events.record(referenceTo(Pod, pod), 'Warning', 'FailedScheduling', message)
    const writing = writeUnscheduled(client, pod, { reason, message, nowMs: clock.now() }).catch(error => {
      // The next try writes it again.
      if (!StatusError.is(error, 'NotFound', 'Conflict'))
        logger.warn('cannot write why a pod is not scheduled', { pod: pod.metadata.name, error })
    })
    this.#follow(writing)
  }

  /** Once in a while: what no event has woken, and bindings that were accepted but never seen. */
  #tidy(): void {
    const now = this.#options.clock.now()
    this.#queue.flush(now)
    for (const { metadata } of this.#cache.expire(now)) {
      const pod = this.#podOf(metadata.uid)
      this.#options.logger.warn('a bound pod was not seen on its node', { pod: `${metadata.namespace}/${metadata.name}` })
      if (pod && !pod.spec.nodeName) this.#queue.set(pod, now)
    }
    this.#wake()
  }

  #follow(work: Promise<void>): void {
    this.#underWay.add(work)
    void work.finally(() => this.#underWay.delete(work))
  }
  #profileOf(pod: Pod): Profile {
    const [first] = this.#profiles.values()
    return this.#profiles.get(pod.spec.schedulerName) ?? first!
  }
}
