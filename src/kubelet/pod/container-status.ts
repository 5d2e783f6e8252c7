// The status of one container as the API shows it: what it is doing, what it did before, and whether it counts as started and ready.
import type { ContainerState, ContainerStatus } from '../../api/core/pod-status.ts'
import { formatSeconds } from '../../base/rfc3339.ts'
import { backoffUntil } from './backoff.ts'
import { type AnyContainer, roleOf, runsAgain } from './containers.ts'
import { latest, type ObservedContainer, type PodInput, previous } from './observed.ts'
import { isStarted } from './run.ts'
import { shownResources } from './shown-resources.ts'

/** A fresh error is shown by its own reason this long, and as a backoff after it. */
const freshMs = 3_000

export interface ContainerView {
  readonly status: ContainerStatus
  /** When the view changes by time alone. */
  readonly changesAtMs?: number
}

export function containerView(input: PodInput, container: AnyContainer): ContainerView {
  const { observed } = input
  const scheme = input.node.runtimeName ?? 'containerd'
  const found = latest(observed, container.name)
  const before = previous(observed, container.name)
  const shown = shownStatus(input, container.name)
  const waiting = waitingState(input, container, found)
  const running = found?.state === 'running' && !waiting
  const started = running && isStarted(observed, container, found)
  const state: ContainerState = waiting
    ? { waiting: waiting.state }
    : found?.state === 'running'
      ? { running: { startedAt: formatSeconds(found.startedAtMs) } }
      : found && found.state !== 'created'
        ? { terminated: terminated(found, shown, scheme) }
        : { waiting: { reason: 'ContainerCreating' } }
  const lastState = lastStateOf(state, found, before, shown, scheme)
  const role = roleOf(input.pod.spec, container.name)
  const ready =
    role === 'init'
      ? found?.state === 'exited' && found.exitCode === 0
      : started && (!container.readinessProbe || observed.probes.get(found.id)?.readiness === 'success')
  const id = found ? `${scheme}://${found.id}` : shown?.containerID
  const allocated = container.resources.requests
  const status: ContainerStatus = {
    ...(found && allocated && { allocatedResources: allocated }),
    ...(id !== undefined && { containerID: id }),
    image: found?.image || container.image || '',
    imageID: found?.imageId ?? shown?.imageID ?? '',
    lastState,
    name: container.name,
    ready,
    ...(found && { resources: shownResources(container, running ? found : undefined) }),
    restartCount: found ? found.attempt : (shown?.restartCount ?? 0),
    started,
    state,
    ...(found?.user && running && { user: { linux: found.user } }),
    ...(mountStatuses(container) && { volumeMounts: mountStatuses(container) }),
  }
  return { status, ...(waiting?.changesAtMs !== undefined && { changesAtMs: waiting.changesAtMs }) }
}

function mountStatuses({ volumeMounts }: AnyContainer): ContainerStatus['volumeMounts'] {
  if (!volumeMounts || volumeMounts.length === 0) return undefined
  return volumeMounts.map(({ mountPath, name, readOnly }) => ({
    mountPath,
    name,
    ...(readOnly && { readOnly, recursiveReadOnly: 'Disabled' }),
  }))
}

function shownStatus({ pod }: PodInput, name: string): ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(s => s.name === name)
}

interface Waiting {
  readonly state: { readonly reason: string; readonly message?: string }
  readonly changesAtMs?: number
}

/** Undefined when the container runs, or has ended and its end is to be shown. */
function waitingState(input: PodInput, container: AnyContainer, found: ObservedContainer | undefined): Waiting | undefined {
  const { observed, now, pod } = input
  const starting = observed.operations.has(`startContainer/${container.name}`)
  if (found?.state === 'running') return starting && container.lifecycle?.postStart ? { state: { reason: 'ContainerCreating' } } : undefined
  if (found?.state === 'exited' && !runsAgain(pod.spec, container, found)) return undefined
  if (input.ending) return found ? undefined : { state: { reason: idleReason(input, container) } }
  const image = observed.images.get(container.name)
  if (image?.state === 'failed') return failedImage(container, image, now)
  const failure = observed.failures.get(`startContainer/${container.name}`)
  const isFresh = failure !== undefined && now < failure.atMs + freshMs
  const until = found?.state === 'exited' ? backoffUntil(observed.backoffs.get(container.name), found.finishedAtMs) : undefined
  if (found?.state === 'exited' && !starting && until !== undefined && until > now && !isFresh)
    return { state: crashLoop(input, container, until - found.finishedAtMs) }
  if (failure && (isFresh || found?.state !== 'exited'))
    return { state: { reason: failure.reason, message: failure.message }, changesAtMs: failure.atMs + freshMs }
  if (found?.state === 'exited') return undefined
  return { state: { reason: idleReason(input, container) } }
}

function failedImage(container: AnyContainer, image: { reason: string; message: string; atMs: number }, now: number): Waiting {
  const fresh = { state: { reason: image.reason, message: image.message } }
  if (image.reason === 'InvalidImageName' || image.reason === 'ErrImageNeverPull') return fresh
  const changesAtMs = image.atMs + freshMs
  if (now < changesAtMs) return { ...fresh, changesAtMs }
  return {
    state: {
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image ${JSON.stringify(container.image ?? '')}: ${image.reason}: ${image.message}`,
    },
  }
}

function crashLoop({ pod }: PodInput, container: AnyContainer, delayMs: number): { reason: string; message: string } {
  const { name, namespace, uid } = pod.metadata
  return {
    reason: 'CrashLoopBackOff',
    message: `back-off ${shortDuration(delayMs)} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`,
  }
}

/** Go's text of a whole number of seconds: `10s`, `1m20s`. */
function shortDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}

function idleReason({ pod, observed }: PodInput, container: AnyContainer): string {
  const role = roleOf(pod.spec, container.name)
  const inits = pod.spec.initContainers ?? []
  if (inits.length === 0 || role === 'ephemeral') return 'ContainerCreating'
  if (role === 'main') return inits.every(c => isInitDone(c, observed)) ? 'ContainerCreating' : 'PodInitializing'
  const index = inits.findIndex(c => c.name === container.name)
  return inits.slice(0, index).every(c => isInitDone(c, observed)) && index === 0 ? 'ContainerCreating' : 'PodInitializing'
}

/** Whether what comes after this init container may go ahead. */
export function isInitDone(container: AnyContainer, observed: PodInput['observed']): boolean {
  const found = latest(observed, container.name)
  if (!found) return false
  return container.restartPolicy === 'Always' ? isStarted(observed, container, found) : found.state === 'exited' && found.exitCode === 0
}

function lastStateOf(
  state: ContainerState,
  found: ObservedContainer | undefined,
  before: ObservedContainer | undefined,
  shown: ContainerStatus | undefined,
  scheme: string,
): ContainerState {
  if (state.waiting && found?.state === 'exited') return { terminated: terminated(found, shown, scheme) }
  if (before?.state === 'exited') return { terminated: terminated(before, shown, scheme) }
  if (found && found.attempt > 0) return shown?.lastState ?? {}
  if (!found && shown?.state?.terminated) return { terminated: shown.state.terminated }
  return shown?.lastState ?? {}
}

/** A message that was read once is kept: its file goes with the pod's folder. */
function terminated(
  found: ObservedContainer,
  shown: ContainerStatus | undefined,
  scheme: string,
): NonNullable<ContainerState['terminated']> {
  const containerID = `${scheme}://${found.id}`
  const before = [shown?.state?.terminated, shown?.lastState?.terminated].find(t => t?.containerID === containerID)
  const message = found.message || before?.message
  return {
    containerID,
    exitCode: found.exitCode,
    finishedAt: formatSeconds(found.finishedAtMs),
    ...(message && { message }),
    reason: found.reason || (found.exitCode === 0 ? 'Completed' : 'Error'),
    startedAt: formatSeconds(found.startedAtMs),
  }
}
