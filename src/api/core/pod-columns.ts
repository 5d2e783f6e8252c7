// What `kubectl get pods` shows. The status is a story told by one word: the phase, unless a container says something more telling.
import type { KubeObject } from '../../meta/object-meta.ts'
import { text } from '../columns.ts'
import { age, ageColumn, type Column, nameColumn } from '../kind.ts'
import { isSidecar } from './container-roles.ts'
import type { PodSpec } from './pod-spec.ts'
import type { ContainerState, ContainerStatus, PodStatus } from './pod-status.ts'

type PodObject = KubeObject & { readonly spec: PodSpec; readonly status: PodStatus }

export interface PodSummary {
  readonly ready: number
  readonly total: number
  /** `Running`, `Init:0/1`, `CrashLoopBackOff`, ... */
  readonly reason: string
  readonly restarts: number
  readonly lastRestart: string | undefined
}

/** The rules are those of kubectl's printer. */
export function summarizePod(pod: PodObject): PodSummary {
  const { spec, status } = pod
  const init = summarizeInit(spec, status)
  const total = spec.containers.length + (spec.initContainers ?? []).filter(isSidecar).length
  let reason = init.reason ?? phaseReason(status)
  let { ready, restarts, lastRestart } = init
  if (init.reason === undefined || hasCondition(status, 'Initialized')) {
    const main = summarizeMain(status, reason)
    reason = main.reason
    ready += main.ready
    restarts = init.sidecarRestarts + main.restarts
    lastRestart = latest([init.lastSidecarRestart, main.lastRestart])
  }
  return { ready, total, reason: endingReason(pod) ?? reason, restarts, lastRestart }
}

function phaseReason(status: PodStatus): string {
  const gated = status.conditions?.some(c => c.type === 'PodScheduled' && c.reason === 'SchedulingGated')
  return gated ? 'SchedulingGated' : status.reason || (status.phase ?? '')
}

function endingReason({ metadata, status }: PodObject): string | undefined {
  if (!metadata.deletionTimestamp) return undefined
  if (status.reason === 'NodeLost') return 'Unknown'
  return status.phase === 'Succeeded' || status.phase === 'Failed' ? undefined : 'Terminating'
}

function summarizeInit(spec: PodSpec, status: PodStatus) {
  const sidecars = new Set((spec.initContainers ?? []).filter(isSidecar).map(c => c.name))
  const seen: ContainerStatus[] = []
  let reason: string | undefined
  let ready = 0
  for (const [i, container] of (status.initContainerStatuses ?? []).entries()) {
    seen.push(container)
    if (container.state?.terminated?.exitCode === 0) continue
    if (sidecars.has(container.name) && container.started) {
      if (container.ready) ready++
      continue
    }
    reason = `Init:${initReason(container.state) ?? `${i}/${spec.initContainers?.length ?? 0}`}`
    break
  }
  const sidecarStatuses = seen.filter(c => sidecars.has(c.name))
  return {
    reason,
    ready,
    restarts: restartsOf(seen),
    lastRestart: lastRestartOf(seen),
    sidecarRestarts: restartsOf(sidecarStatuses),
    lastSidecarRestart: lastRestartOf(sidecarStatuses),
  }
}

function initReason(state: ContainerState | undefined): string | undefined {
  if (state?.terminated) return state.terminated.reason || exitReason(state.terminated)
  const waiting = state?.waiting?.reason
  return waiting && waiting !== 'PodInitializing' ? waiting : undefined
}

/** The first container in the spec's order with something to say has the word. */
function summarizeMain(status: PodStatus, phase: string) {
  const statuses = status.containerStatuses ?? []
  const running = statuses.filter(c => !isTelling(c) && c.ready && c.state?.running)
  const telling = statuses.find(isTelling)
  let reason = telling ? tellingReason(telling.state) : phase
  if (reason === 'Completed' && running.length > 0) reason = hasCondition(status, 'Ready') ? 'Running' : 'NotReady'
  return { reason, ready: running.length, restarts: restartsOf(statuses), lastRestart: lastRestartOf(statuses) }
}

function isTelling({ state }: ContainerStatus): boolean {
  return Boolean(state?.waiting?.reason) || state?.terminated !== undefined
}

function tellingReason(state: ContainerState | undefined): string {
  if (state?.waiting?.reason) return state.waiting.reason
  return state?.terminated ? state.terminated.reason || exitReason(state.terminated) : ''
}

function exitReason({ signal, exitCode }: { readonly signal?: number | undefined; readonly exitCode: number }): string {
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`
}

function restartsOf(statuses: readonly ContainerStatus[]): number {
  return statuses.reduce((sum, c) => sum + (c.restartCount ?? 0), 0)
}

function lastRestartOf(statuses: readonly ContainerStatus[]): string | undefined {
  return latest(statuses.map(c => c.lastState?.terminated?.finishedAt))
}

/** Timestamps of one form order as text. */
function latest(times: readonly (string | undefined)[]): string | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined)
}

function hasCondition(status: PodStatus, type: string): boolean {
  return status.conditions?.some(c => c.type === type && c.status === 'True') ?? false
}

function readinessGates({ spec, status }: PodObject): string {
  const gates = spec.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  return `${gates.filter(g => hasCondition(status, g.conditionType)).length}/${gates.length}`
}

export const podColumns: readonly Column<PodObject>[] = [
  nameColumn,
  text('Ready', 'Containers that are ready, of all.', pod => {
    const { ready, total } = summarizePod(pod)
    return `${ready}/${total}`
  }),
  text('Status', 'What the pod, or the container that holds it up, is doing.', pod => summarizePod(pod).reason),
  text('Restarts', 'How often containers were restarted, and when last.', (pod, now) => {
    const { restarts, lastRestart } = summarizePod(pod)
    return restarts > 0 && lastRestart ? `${restarts} (${age(lastRestart, now)} ago)` : String(restarts)
  }),
  ageColumn,
  text('IP', 'Address of the pod.', pod => pod.status.podIPs?.[0]?.ip || pod.status.podIP || '<none>', 1),
  text('Node', 'Node the pod is bound to.', pod => pod.spec.nodeName || '<none>', 1),
  text('Nominated Node', 'Node that room is being made on for the pod.', pod => pod.status.nominatedNodeName || '<none>', 1),
  text('Readiness Gates', 'Readiness gates that are passed, of all.', readinessGates, 1),
]
