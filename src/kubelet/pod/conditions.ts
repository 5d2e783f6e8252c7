// The conditions of a pod that the kubelet owns, worded as upstream words them. Times of transition are kept while a status holds.
import type { ContainerStatus, PodCondition, PodStatus } from '../../api/core/pod-status.ts'
import { resizeInProgress, resizePending } from '../../api/core/reserved-spec.ts'
import { formatSeconds } from '../../base/rfc3339.ts'
import { isInitDone } from './container-status.ts'
import type { PodInput } from './observed.ts'
import { isResizing } from './resize.ts'

type Phase = NonNullable<PodStatus['phase']>
type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>

export const ownConditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'] as const

/** Those that are there only while they hold. */
export const resizeConditions: readonly string[] = [resizePending, resizeInProgress]

export function isOwnCondition(type: string): boolean {
  return ownConditions.some(own => own === type) || resizeConditions.includes(type)
}

/** The conditions to show: ours, then whatever others have written. */
export function conditionsOf(input: PodInput, phase: Phase, statuses: readonly ContainerStatus[]): readonly PodCondition[] {
  const { pod } = input
  const shown = pod.status.conditions ?? []
  const containersReady = containersReadyVerdict(phase, statuses)
  const verdicts: Readonly<Record<(typeof ownConditions)[number], Verdict>> = {
    PodReadyToStartContainers: { status: truth(hasNetwork(input)) },
    Initialized: initialized(input, phase),
    Ready: ready(input, phase, containersReady),
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
  }
  const { generation } = pod.metadata
  const condition = (type: string, verdict: Verdict, observedGeneration = generation): PodCondition => {
    const before = shown.find(c => c.type === type)
    const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : undefined
    return {
      lastProbeTime: undefined,
      lastTransitionTime: lastTransitionTime ?? formatSeconds(input.now),
      ...verdict,
      ...(observedGeneration !== undefined && { observedGeneration }),
      type,
    }
  }
  const { pending, inProgress } = resizeVerdicts(input)
  return [
    ...(pending ? [condition(resizePending, pending)] : []),
    ...(inProgress ? [condition(resizeInProgress, inProgress, input.allocatedGeneration)] : []),
    ...ownConditions.map(type => condition(type, verdicts[type])),
    ...shown.filter(c => !isOwnCondition(c.type)),
  ]
}

function resizeVerdicts(input: PodInput): { readonly pending?: Verdict; readonly inProgress?: Verdict } {
  if (input.ending) return {}
  const failure = input.observed.failures.get('resize')
  return {
    ...(input.pendingResize && { pending: { status: 'True', ...input.pendingResize } }),
    ...(isResizing(input) && { inProgress: { status: 'True', ...(failure && { reason: 'Error', message: failure.message }) } }),
  }
}

function hasNetwork({ pod, observed }: PodInput): boolean {
  const sandbox = observed.sandboxes[0]
  return sandbox?.ready === true && (pod.spec.hostNetwork === true || sandbox.ips.length > 0)
}

function initialized({ pod, observed }: PodInput, phase: Phase): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  const inits = pod.spec.initContainers ?? []
  const hasBegun = pod.spec.containers.some(c => observed.containers.some(found => found.name === c.name))
  const undone = hasBegun ? [] : inits.filter(c => !isInitDone(c, observed)).map(c => c.name)
  if (undone.length === 0) return { status: 'True' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  return { status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${undone.join(' ')}]` }
}

function containersReadyVerdict(phase: Phase, statuses: readonly ContainerStatus[]): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const unready = statuses.filter(s => !s.ready).map(s => s.name)
  if (unready.length === 0) return { status: 'True' }
  return { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` }
}

function ready({ pod }: PodInput, phase: Phase, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True' || phase === 'Succeeded' || phase === 'Failed') return containersReady
  const problems = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = pod.status.conditions?.find(c => c.type === conditionType)
    if (!found) return [`corresponding condition of pod readiness gate ${JSON.stringify(conditionType)} does not exist.`]
    if (found.status === 'True') return []
    return [`the status of pod readiness gate ${JSON.stringify(conditionType)} is not "True", but ${found.status}`]
  })
  return problems.length === 0 ? { status: 'True' } : { status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') }
}

function truth(value: boolean): 'True' | 'False' {
  return value ? 'True' : 'False'
}
