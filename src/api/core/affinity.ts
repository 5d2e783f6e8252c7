import { labelSelector } from '../../meta/label-selector.ts'
import { atomic, atomicList, type Infer, int32, int64, object, oneOf, required, string } from '../../schema/schema.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const nodeSelectorRequirement = object(core('NodeSelectorRequirement'), '', {
  key: required(string()),
  operator: required(oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'])),
  values: atomicList(string()),
})
export type NodeSelectorRequirement = Infer<typeof nodeSelectorRequirement>

export const nodeSelectorTerm = atomic(
  object(core('NodeSelectorTerm'), '', {
    matchExpressions: atomicList(nodeSelectorRequirement),
    matchFields: atomicList(nodeSelectorRequirement),
  }),
)
export type NodeSelectorTerm = Infer<typeof nodeSelectorTerm>

export const preferredSchedulingTerm = object(core('PreferredSchedulingTerm'), '', {
  preference: required(nodeSelectorTerm),
  weight: required(int32()),
})
export type PreferredSchedulingTerm = Infer<typeof preferredSchedulingTerm>

export const nodeSelector = atomic(
  object(core('NodeSelector'), '', {
    nodeSelectorTerms: required(atomicList(nodeSelectorTerm)),
  }),
)
export type NodeSelector = Infer<typeof nodeSelector>

export const nodeAffinity = object(core('NodeAffinity'), '', {
  preferredDuringSchedulingIgnoredDuringExecution: atomicList(preferredSchedulingTerm),
  requiredDuringSchedulingIgnoredDuringExecution: nodeSelector,
})
export type NodeAffinity = Infer<typeof nodeAffinity>

export const podAffinityTerm = object(core('PodAffinityTerm'), '', {
  labelSelector: labelSelector,
  matchLabelKeys: atomicList(string()),
  mismatchLabelKeys: atomicList(string()),
  namespaceSelector: labelSelector,
  namespaces: atomicList(string()),
  topologyKey: required(string()),
})
export type PodAffinityTerm = Infer<typeof podAffinityTerm>

export const weightedPodAffinityTerm = object(core('WeightedPodAffinityTerm'), '', {
  podAffinityTerm: required(podAffinityTerm),
  weight: required(int32()),
})
export type WeightedPodAffinityTerm = Infer<typeof weightedPodAffinityTerm>

export const podAffinity = object(core('PodAffinity'), '', {
  preferredDuringSchedulingIgnoredDuringExecution: atomicList(weightedPodAffinityTerm),
  requiredDuringSchedulingIgnoredDuringExecution: atomicList(podAffinityTerm),
})
export type PodAffinity = Infer<typeof podAffinity>

export const podAntiAffinity = object(core('PodAntiAffinity'), '', {
  preferredDuringSchedulingIgnoredDuringExecution: atomicList(weightedPodAffinityTerm),
  requiredDuringSchedulingIgnoredDuringExecution: atomicList(podAffinityTerm),
})
export type PodAntiAffinity = Infer<typeof podAntiAffinity>

export const affinity = object(core('Affinity'), '', {
  nodeAffinity: nodeAffinity,
  podAffinity: podAffinity,
  podAntiAffinity: podAntiAffinity,
})
export type Affinity = Infer<typeof affinity>

export const toleration = object(core('Toleration'), '', {
  effect: oneOf(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
  key: string(),
  operator: oneOf(['Equal', 'Exists', 'Lt', 'Gt']),
  tolerationSeconds: int64(),
  value: string(),
})
export type Toleration = Infer<typeof toleration>

export const topologySpreadConstraint = object(core('TopologySpreadConstraint'), '', {
  labelSelector: labelSelector,
  matchLabelKeys: atomicList(string()),
  maxSkew: required(int32()),
  minDomains: int32(),
  nodeAffinityPolicy: string(),
  nodeTaintsPolicy: string(),
  topologyKey: required(string()),
  whenUnsatisfiable: required(oneOf(['DoNotSchedule', 'ScheduleAnyway'])),
})
export type TopologySpreadConstraint = Infer<typeof topologySpreadConstraint>
