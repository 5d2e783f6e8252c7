// Keeps one pod as the pod machine wants it. Level-triggered: whatever happens (a change of the pod, of the runtime, of a probe, an
// operation's end, a timer) makes it decide anew; what takes time runs beside it as an operation known by its key.
import type { Pod } from '../../api/core/pod.ts'
import { podCondition } from '../../api/core/pod-conditions.ts'
import type { ContainerStatus, PodStatus } from '../../api/core/pod-status.ts'
import { resizeInProgress, resizePending } from '../../api/core/reserved-spec.ts'
import { PodProbes } from '../probes/pod-probes.ts'
import type { Container, PodSandbox } from '../runtime/cri-observed.ts'
import { RuntimeError } from '../runtime/runtime.ts'
import { type Action, operationKey } from './actions.ts'
import { type Allocation, allocationOf, asksForOther, withAllocation } from './allocation.ts'
import { isOwnCondition } from './conditions.ts'
import { lookAtContainer } from './container-operations.ts'
import { fieldPathOf } from './events.ts'
import { observedSandbox, observedState } from './inspect.ts'
import { removeLogs } from './log-links.ts'
import { decide } from './machine.ts'
import { emptyMemory, observedOf, type PodMemory, podIpsOf } from './memory.ts'
import { podText } from './names.ts'
import type { Ending, Failure, PendingResize } from './observed.ts'
import { type OperationDependencies, OperationError } from './operation.ts'
import { perform } from './operations.ts'
import { type ResizeEvent, resizeCompleted, resizeEvents, resizeStarted } from './resize-events.ts'
import { refresh } from './volume-operations.ts'

export interface WorkerDependencies extends OperationDependencies {
  /** The status to show from now on. */
  publish(pod: Pod, status: PodStatus): void
  /** Nothing of the pod is left on the node. Removes the API object of a deleted one. May be asked again when it fails. */
  forget(pod: Pod, ending: Ending): Promise<void>
  onGone(uid: string): void
  onError(what: string, error: unknown): void
}

/** Delays between tries of an operation that fails: doubled from the first to the second. */
const firstRetryMs = 1_000
const longestRetryMs = 10_000
/** Volume files are looked at this often, for tokens that age and annotations that change. */
const refreshMs = 60_000

export class PodWorker {
  readonly uid: string
  readonly #memory: PodMemory
  readonly #deps: WorkerDependencies
  readonly #probes: PodProbes
  /** The pod as the API server or a manifest has it. */
  #wanted: Pod
  #pendingResize: PendingResize | undefined
  /** What is set aside has changed, and it has not been said yet that the pod has it. */
  #isResizing = false
  #ending: Ending | undefined
  #status: PodStatus | undefined
  #cancelTimer = () => {}
  #cancelRefresh = () => {}
  #isDue = false
  #isGone = false
  /** Moves on with every operation that ends: a listing begun before that is out of date. */
  #epoch = 0

  /** `kept`: what an earlier kubelet has set aside for the pod. */
  constructor(pod: Pod, deps: WorkerDependencies, kept?: Allocation) {
    this.uid = pod.metadata.uid
    this.#wanted = pod
    this.#memory = emptyMemory(pod, kept)
    this.#deps = deps
    this.#probes = new PodProbes({
      runtime: deps.runtime,
      host: deps.host,
      clock: deps.clock,
      results: this.#memory.probes,
      onChange: () => this.wake(),
      event: (type, reason, message, fieldPath) => deps.events(this.#memory.pod, type, reason, message, fieldPath),
    })
    deps.objects.register(pod)
    this.#scheduleRefresh()
  }

  /** With the resources that are set aside for it. */
  get pod(): Pod {
    return this.#memory.pod
  }
  /** The pod as it was asked for, when that takes other resources than are set aside. */
  get wantedResize(): Pod | undefined {
    return this.#ending || !asksForOther(this.#wanted, this.#memory.allocation) ? undefined : this.#wanted
  }
  /** Since when that waits, in milliseconds since the epoch; undefined when it was not refused yet. */
  get pendingSinceMs(): number | undefined {
    const since = this.#status && podCondition({ status: this.#status }, resizePending)?.lastTransitionTime
    return since ? Date.parse(since) : undefined
  }
  get ending(): Ending | undefined {
    return this.#ending
  }
  get status(): PodStatus | undefined {
    return this.#status
  }
  get epoch(): number {
    return this.#epoch
  }
  /** The newest instance of a container, or the one before it. */
  containerId(name: string, isPrevious = false): string | undefined {
    return this.container(name, isPrevious)?.id
  }
  container(name: string, isPrevious = false) {
    return observedOf(this.#memory).containers.filter(c => c.name === name)[isPrevious ? 1 : 0]
  }
  get sandboxId(): string | undefined {
    return observedOf(this.#memory).sandboxes.find(s => s.ready)?.id
  }

  /** The first look: what an earlier kubelet left running is taken over before anything is decided. */
  begin(sandboxes: readonly PodSandbox[], containers: readonly Container[]): void {
    if (sandboxes.length === 0 && containers.length === 0) {
      this.wake()
      return
    }
    // Marked as due, so that nothing else makes it decide before.
    this.#isDue = true
    const look = async () => {
      for (const { id } of sandboxes) await this.#inspectSandbox(id).catch(unlessGone)
      for (const { id, podSandboxId } of containers) await this.#inspectContainer(id, podSandboxId).catch(unlessGone)
    }
    const tryLook = (): void => {
      look().then(
        () => this.#step(),
        (error: unknown) => {
          // Deciding without knowing what runs would start it a second time.
          this.#deps.onError(`taking over pod ${this.pod.metadata.namespace}/${this.pod.metadata.name}`, error)
          this.#cancelTimer = this.#deps.clock.after(firstRetryMs, tryLook)
        },
      )
    }
    tryLook()
  }

  update(pod: Pod): void {
    this.#wanted = pod
    this.#memory.pod = withAllocation(pod, this.#memory.allocation)
    if (!this.wantedResize) this.#pendingResize = undefined
    this.#deps.objects.register(pod)
    this.wake()
  }

  /** What the pod asks for is set aside for it from now on. */
  grantResize(): void {
    const memory = this.#memory
    memory.allocation = allocationOf(this.#wanted)
    memory.pod = this.#wanted
    // What went wrong on the way to other resources says nothing of these.
    memory.failures.delete('resize')
    this.#pendingResize = undefined
    this.#isResizing = true
    this.#tell(resizeStarted(memory.pod))
    this.wake()
  }

  deferResize(why: PendingResize): void {
    const before = this.#pendingResize
    this.#pendingResize = why
    if (before?.reason !== why.reason || before.message !== why.message) this.wake()
  }

  /** A deletion counts over every other cause, as does a shorter grace. */
  end(ending: Ending): void {
    const before = this.#ending
    const isStronger = !before || isFinal(ending) > isFinal(before)
    const isShorter = before?.cause === ending.cause && ending.graceSeconds < before.graceSeconds
    if (!isStronger && !isShorter) return
    this.#ending = { ...(before?.reason && { reason: before.reason }), ...(before?.message && { message: before.message }), ...ending }
    this.wake()
  }

  /** An object that the pod names has changed: what failed for want of it is tried at once, and files are brought up to date. */
  objectsChanged(): void {
    for (const [key, failure] of this.#memory.failures)
      if (failure.reason === 'FailedMount' || failure.reason === 'CreateContainerConfigError') this.#memory.failures.delete(key)
    this.#refresh()
    this.wake()
  }

  wake(): void {
    if (this.#isDue || this.#isGone) return
    this.#isDue = true
    queueMicrotask(() => this.#step())
  }

  /** Takes in a listing of the runtime that was begun at `epoch`. */
  observe(sandboxes: readonly PodSandbox[], containers: readonly Container[], epoch: number): void {
    if (epoch !== this.#epoch || this.#isGone) return
    const memory = this.#memory
    let changed = false
    for (const id of missing(memory.sandboxes, sandboxes)) changed = memory.sandboxes.delete(id)
    for (const id of missing(memory.containers, containers)) changed = memory.containers.delete(id)
    const look: Promise<void>[] = []
    for (const { id, state } of sandboxes)
      if (memory.sandboxes.get(id)?.ready !== (state === 'SANDBOX_READY')) look.push(this.#inspectSandbox(id))
    for (const { id, state, podSandboxId } of containers)
      if (memory.containers.get(id)?.state !== observedState(state)) look.push(this.#inspectContainer(id, podSandboxId))
    if (look.length === 0) {
      if (changed) this.wake()
      return
    }
    // What was gone by the time we asked shows in the next listing.
    void Promise.allSettled(look).then(() => this.wake())
  }

  /** Forgets timers and probes; what runs in the runtime goes on. */
  stop(): void {
    this.#isGone = true
    this.#cancelTimer()
    this.#cancelRefresh()
    this.#probes.stop()
    this.#deps.objects.unregister(this.uid)
    for (const { abort } of this.#memory.operations.values()) abort.abort()
  }

  async #inspectSandbox(id: string): Promise<void> {
    this.#memory.sandboxes.set(id, observedSandbox(await this.#deps.runtime.podSandboxStatus(id)))
  }

  /** An answer that an operation of our own has overtaken is out of date, and dropped. */
  async #inspectContainer(id: string, sandboxId: string): Promise<void> {
    const epoch = this.#epoch
    const found = await lookAtContainer(id, sandboxId, this.#memory, this.#deps)
    if (epoch === this.#epoch && !this.#memory.operations.has(`startContainer/${found.name}`)) this.#memory.containers.set(id, found)
  }

  #step(): void {
    this.#isDue = false
    if (this.#isGone) return
    const { clock, config, publish } = this.#deps
    const memory = this.#memory
    const pod = this.#withOwnStatus()
    const observed = observedOf(memory)
    const decision = decide({
      pod,
      ending: this.#ending,
      observed,
      now: clock.now(),
      node: { ip: config.nodeIp },
      pendingResize: this.#pendingResize,
      allocatedGeneration: memory.allocation.generation,
    })
    this.#ending = decision.ending
    this.#tellOfBackoffs(pod, decision.status)
    this.#tellOfResize(pod.status, decision.status, observed.isAllocationKept)
    this.#status = decision.status
    publish(memory.pod, decision.status)
    this.#probes.reconcile(pod, observed, podIpsOf(memory, config.nodeIp)[0] ?? '', decision.ending !== undefined)
    this.#cancelTimer()
    if (decision.requeueAfterMs !== undefined) this.#cancelTimer = clock.after(decision.requeueAfterMs, () => this.wake())
    for (const action of decision.actions) this.#start(action)
  }

  /** The pod with the status that we showed last: the informer's copy may lag behind it. Conditions of others come from the informer. */
  #withOwnStatus(): Pod {
    const { pod } = this.#memory
    if (!this.#status) return pod
    const conditions = [
      ...(this.#status.conditions ?? []).filter(c => isOwnCondition(c.type)),
      ...(pod.status.conditions ?? []).filter(c => !isOwnCondition(c.type)),
    ]
    const { nominatedNodeName, resourceClaimStatuses } = pod.status
    return {
      ...pod,
      status: {
        ...this.#status,
        conditions,
        ...(nominatedNodeName && { nominatedNodeName }),
        ...(resourceClaimStatuses && { resourceClaimStatuses }),
      },
    }
  }

  #start(action: Action): void {
    const memory = this.#memory
    const key = operationKey(action)
    memory.operations.get(key)?.abort.abort()
    const abort = new AbortController()
    const deadlineMs = action.type === 'stopContainer' ? this.#deps.clock.now() + action.graceSeconds * 1000 : undefined
    const operation = { abort, ...(deadlineMs !== undefined && { deadlineMs }) }
    memory.operations.set(key, operation)
    const work = action.type === 'forget' ? this.#forget() : perform(action, memory, abort.signal, this.#deps)
    void work
      .then(
        () => memory.failures.delete(key),
        (error: unknown) => this.#failed(key, error),
      )
      .finally(() => {
        this.#epoch++
        if (memory.operations.get(key) === operation) memory.operations.delete(key)
        this.wake()
      })
  }

  #failed(key: string, error: unknown): void {
    const { clock, onError } = this.#deps
    const count = (this.#memory.failures.get(key)?.count ?? 0) + 1
    const now = clock.now()
    const failure: Failure = {
      reason: error instanceof OperationError ? error.reason : 'Error',
      message: error instanceof Error ? error.message : String(error),
      atMs: now,
      retryAtMs: now + Math.min(firstRetryMs * 2 ** (count - 1), longestRetryMs),
      count,
    }
    this.#memory.failures.set(key, failure)
    onError(`${key} of pod ${podText({ ...this.#memory.pod.metadata, uid: this.uid })}`, error)
  }

  async #forget(): Promise<void> {
    const ending = this.#ending
    if (!ending) return
    await removeLogs(this.#memory, this.#deps)
    await this.#deps.forget(this.#memory.pod, ending)
    this.stop()
    this.#deps.tokens.forget(this.uid)
    this.#deps.onGone(this.uid)
  }

  #tellOfBackoffs(pod: Pod, next: PodStatus): void {
    const reasons = (status: PodStatus | undefined) =>
      new Map(statusesOf(status).map(({ name, state }) => [name, state?.waiting?.reason] as const))
    const before = reasons(this.#status)
    const identity = podText({ ...pod.metadata, uid: this.uid })
    for (const [name, reason] of reasons(next)) {
      if (reason === before.get(name)) continue
      const event = (type: 'Normal' | 'Warning', why: string, message: string) =>
        this.#deps.events(pod, type, why, message, fieldPathOf(pod, name))
      if (reason === 'CrashLoopBackOff') event('Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${identity}`)
      if (reason === 'ImagePullBackOff') {
        const image = statusesOf(next).find(s => s.name === name)?.image ?? ''
        event('Normal', 'BackOff', `Back-off pulling image ${JSON.stringify(image)}`)
        event('Warning', 'Failed', 'Error: ImagePullBackOff')
      }
    }
  }

  #tellOfResize(before: PodStatus, next: PodStatus, isKept: boolean): void {
    const { pod, allocation } = this.#memory
    for (const event of resizeEvents(before, next, this.#wanted, pod)) this.#tell(event)
    const isInProgress = podCondition({ status: next }, resizeInProgress) !== undefined
    const wasInProgress = this.#isResizing || podCondition({ status: before }, resizeInProgress) !== undefined
    this.#isResizing = wasInProgress && (isInProgress || !isKept)
    if (wasInProgress && !this.#isResizing && !this.#ending) this.#tell(resizeCompleted(pod, allocation.generation))
  }

  #tell({ type, reason, message }: ResizeEvent): void {
    this.#deps.events(this.#memory.pod, type, reason, message)
  }

  #scheduleRefresh(): void {
    this.#cancelRefresh = this.#deps.clock.after(refreshMs, () => {
      this.#refresh()
      this.#scheduleRefresh()
    })
  }

  #refresh(): void {
    if (!this.#memory.volumes || this.#ending || this.#isGone) return
    refresh(this.#memory, this.#deps).catch((error: unknown) => {
      this.#deps.events(this.#memory.pod, 'Warning', 'FailedMount', error instanceof Error ? error.message : String(error))
    })
  }
}

function unlessGone(error: unknown): void {
  if (!(error instanceof RuntimeError && error.code === 'NotFound')) throw error
}

function missing(known: ReadonlyMap<string, unknown>, listed: readonly { readonly id: string }[]): readonly string[] {
  const ids = new Set(listed.map(({ id }) => id))
  return [...known.keys()].filter(id => !ids.has(id))
}

function statusesOf(status: PodStatus | undefined): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])]
}

function isFinal({ cause }: Ending): number {
  return cause === 'vanished' ? 2 : cause === 'deleted' ? 1 : 0
}
