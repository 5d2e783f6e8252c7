// On which nodes a DaemonSet's pods belong, and what makes a pod belong to one node.
import type { DaemonSet } from '../../api/apps/daemon-set.ts'
import type { Toleration } from '../../api/core/affinity.ts'
import type { Node } from '../../api/core/node.ts'
import { admitsNode } from '../../api/core/node-selector.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { firstUntolerated } from '../../api/core/tolerations.ts'

const prefix = 'node.kubernetes.io/'
const NODE_NAME = 'metadata.name'

/** Daemons stay where other pods are driven off, and start where others may not. */
export function daemonTolerations(spec: Pick<PodSpec, 'tolerations' | 'hostNetwork'>): readonly Toleration[] {
  const own = spec.tolerations ?? []
  const added: readonly Toleration[] = [
    ...['not-ready', 'unreachable'].map(key => ({ key: prefix + key, operator: 'Exists' as const, effect: 'NoExecute' as const })),
    ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable', ...(spec.hostNetwork ? ['network-unavailable'] : [])].map(
      key => ({
        ...{ key: prefix + key, operator: 'Exists' as const, effect: 'NoSchedule' as const },
      }),
    ),
  ]
  const same = (a: Toleration, b: Toleration) =>
    a.key === b.key && a.effect === b.effect && a.operator === b.operator && (a.value ?? '') === (b.value ?? '')
  return [...own.filter(toleration => !added.some(other => same(other, toleration))), ...added]
}

export interface Placement {
  /** A pod is to be made there. */
  readonly runs: boolean
  /** A pod that is there may stay. */
  readonly stays: boolean
}

export function placementOn({ spec }: DaemonSet, node: Node): Placement {
  const pod = spec.template.spec
  const isNamed = !pod?.nodeName || pod.nodeName === node.metadata.name
  if (!pod || !isNamed || !admitsNode(pod, node)) return { runs: false, stays: false }
  const taints = node.spec.taints ?? []
  const tolerations = daemonTolerations(pod)
  if (!firstUntolerated(taints, tolerations, ['NoSchedule', 'NoExecute'])) return { runs: true, stays: true }
  return { runs: false, stays: !firstUntolerated(taints, tolerations, ['NoExecute']) }
}

/** The template's spec, bound to a node by an affinity to its name that the scheduler honours. */
export function boundTo(spec: PodSpec, node: string): PodSpec {
  const { affinity } = spec
  const required = { nodeSelectorTerms: [{ matchFields: [{ key: NODE_NAME, operator: 'In' as const, values: [node] }] }] }
  return {
    ...spec,
    affinity: { ...affinity, nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required } },
    tolerations: daemonTolerations(spec),
  }
}

/** The node that a pod is on, or waits for; undefined for a pod that is not a daemon's. */
export function nodeOf({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return terms.flatMap(term => term.matchFields ?? []).find(field => field.key === NODE_NAME && field.operator === 'In')?.values?.[0]
}
