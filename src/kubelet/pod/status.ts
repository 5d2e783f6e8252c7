// The status of a pod, from what is observed. Fields of others (nominatedNodeName, resize) are carried over as they are.
import type { ContainerStatus, PodStatus } from '../../api/core/pod-status.ts'
import { formatSeconds } from '../../base/rfc3339.ts'
import { conditionsOf } from './conditions.ts'
import { containerView, isInitDone } from './container-status.ts'
import { type AnyContainer, isSidecar } from './containers.ts'
import { latest, type PodInput } from './observed.ts'
import { qosClass } from './qos.ts'
import { outcomeOf } from './terminal.ts'

export interface StatusView {
  readonly status: PodStatus
  readonly changesAtMs: readonly number[]
}

export function podStatus(input: PodInput): StatusView {
  const { pod, observed, ending, node } = input
  const changesAtMs: number[] = []
  const view = (containers: readonly AnyContainer[] = []): readonly ContainerStatus[] =>
    containers.map(container => {
      const { status, changesAtMs: at } = containerView(input, container)
      if (at !== undefined) changesAtMs.push(at)
      return status
    })
  const init = view(pod.spec.initContainers)
  const main = view(pod.spec.containers)
  const ephemeral = view(pod.spec.ephemeralContainers)
  const phase = phaseOf(input)
  const sidecars = init.filter((_, i) => isSidecar(pod.spec.initContainers![i]!))
  const sandbox = observed.sandboxes[0]
  const ips = pod.spec.hostNetwork
    ? sandbox
      ? [node.ip]
      : []
    : sandbox?.ips.length
      ? sandbox.ips
      : (pod.status.podIPs ?? []).map(p => p.ip)
  const why = ending && ending.cause !== 'deleted' && ending.cause !== 'vanished' ? ending : undefined
  const reason = why?.reason ?? pod.status.reason
  const message = why?.message ?? pod.status.message
  const { nominatedNodeName, resourceClaimStatuses, extendedResourceClaimStatus } = pod.status
  const status: PodStatus = {
    conditions: conditionsOf(input, phase, [...sidecars, ...main]),
    ...(main.length > 0 && { containerStatuses: main }),
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    ...(extendedResourceClaimStatus && { extendedResourceClaimStatus }),
    hostIP: node.ip,
    hostIPs: [{ ip: node.ip }],
    ...(init.length > 0 && { initContainerStatuses: init }),
    ...(message && { message }),
    ...(nominatedNodeName && { nominatedNodeName }),
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    phase,
    ...(ips[0] !== undefined && { podIP: ips[0], podIPs: ips.map(ip => ({ ip })) }),
    qosClass: pod.status.qosClass ?? qosClass(pod.spec),
    ...(reason && { reason }),
    ...(resourceClaimStatuses && { resourceClaimStatuses }),
    startTime: pod.status.startTime ?? formatSeconds(input.now),
  }
  return { status, changesAtMs }
}

/** A final phase is shown only when nothing runs any more; a final phase once shown stays. */
function phaseOf(input: PodInput): NonNullable<PodStatus['phase']> {
  const { pod, observed, ending } = input
  const shown = pod.status.phase
  if (shown === 'Succeeded' || shown === 'Failed') return shown
  const isQuiet =
    observed.containers.every(c => c.state === 'exited' || c.state === 'created') &&
    ![...observed.operations].some(key => key.startsWith('startContainer/') || key === 'createSandbox')
  if (ending && isQuiet) {
    if (ending.cause === 'rejected' || ending.cause === 'deadline') return 'Failed'
    const outcome = outcomeOf(pod.spec, observed)
    if (outcome === 'failed') return 'Failed'
    if (outcome === 'succeeded') return 'Succeeded'
    // Cut short by deletion: what ended well and will not run again counts, anything else has failed.
    const begun = pod.spec.containers.map(c => latest(observed, c.name))
    if (begun.every(c => c !== undefined)) return begun.every(c => c.exitCode === 0) ? 'Succeeded' : 'Failed'
    return begun.some(c => c !== undefined) || observed.containers.length > 0 ? 'Failed' : (shown ?? 'Pending')
  }
  const inits = pod.spec.initContainers ?? []
  const begun = pod.spec.containers.filter(c => {
    const found = latest(observed, c.name)
    return found && found.state !== 'created'
  })
  if (begun.length === 0 && !inits.every(c => isInitDone(c, observed))) return 'Pending'
  return begun.length === pod.spec.containers.length ? 'Running' : shown === 'Running' ? 'Running' : 'Pending'
}
