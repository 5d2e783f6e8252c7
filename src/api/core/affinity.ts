import { labelSelector } from '../../meta/label-selector.ts'
import { atomic, atomicList, describe, type Infer, int32, int64, object, oneOf, required, string } from '../../schema/schema.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const nodeSelectorRequirement = object(core('NodeSelectorRequirement'), '', {
  key: required(string("The label's key, or the field's name.")),
  operator: required(
    oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'], 'How the values are compared: In, NotIn, Exists, DoesNotExist, Gt or Lt.'),
  ),
  values: describe('What is compared with; one number for Gt and Lt, none for Exists and DoesNotExist.', atomicList(string())),
})
export type NodeSelectorRequirement = Infer<typeof nodeSelectorRequirement>

export const nodeSelectorTerm = atomic(
  object(core('NodeSelectorTerm'), '', {
    matchExpressions: describe('Requirements on labels.', atomicList(nodeSelectorRequirement)),
    matchFields: describe('Requirements on fields.', atomicList(nodeSelectorRequirement)),
  }),
)
export type NodeSelectorTerm = Infer<typeof nodeSelectorTerm>

export const preferredSchedulingTerm = object(core('PreferredSchedulingTerm'), '', {
  preference: describe('Which nodes are preferred.', required(nodeSelectorTerm)),
  weight: required(int32('How much, from 1 to 100.')),
})
export type PreferredSchedulingTerm = Infer<typeof preferredSchedulingTerm>

export const nodeSelector = atomic(
  object(core('NodeSelector'), '', {
    nodeSelectorTerms: describe('The alternatives; a node has to meet one of them.', required(atomicList(nodeSelectorTerm))),
  }),
)
export type NodeSelector = Infer<typeof nodeSelector>

export const nodeAffinity = object(core('NodeAffinity'), '', {
  preferredDuringSchedulingIgnoredDuringExecution: describe('Nodes that are preferred, by weight.', atomicList(preferredSchedulingTerm)),
  requiredDuringSchedulingIgnoredDuringExecution: describe('Nodes that will do at all.', nodeSelector),
})
export type NodeAffinity = Infer<typeof nodeAffinity>

export const podAffinityTerm = object(core('PodAffinityTerm'), '', {
  labelSelector: describe('Which pods are meant; none when it is absent.', labelSelector),
  matchLabelKeys: describe('Labels whose values are taken from the new pod to select its like.', atomicList(string())),
  mismatchLabelKeys: describe('Labels whose values are taken from the new pod to select what is unlike it.', atomicList(string())),
  namespaceSelector: describe('Namespaces that are looked in, besides those that are named.', labelSelector),
  namespaces: describe("Names of the namespaces that are looked in; the pod's own when nothing is said.", atomicList(string())),
  topologyKey: required(string('The label of nodes that says what counts as one place.')),
})
export type PodAffinityTerm = Infer<typeof podAffinityTerm>

export const weightedPodAffinityTerm = object(core('WeightedPodAffinityTerm'), '', {
  podAffinityTerm: describe('Which pods, and how near.', required(podAffinityTerm)),
  weight: required(int32('How much it counts, from 1 to 100.')),
})
export type WeightedPodAffinityTerm = Infer<typeof weightedPodAffinityTerm>

export const podAffinity = object(core('PodAffinity'), '', {
  preferredDuringSchedulingIgnoredDuringExecution: describe('Places that are preferred, by weight.', atomicList(weightedPodAffinityTerm)),
  requiredDuringSchedulingIgnoredDuringExecution: describe('What a place must have.', atomicList(podAffinityTerm)),
})
export type PodAffinity = Infer<typeof podAffinity>

export const podAntiAffinity = object(core('PodAntiAffinity'), '', {
  preferredDuringSchedulingIgnoredDuringExecution: describe('Places to be avoided, by weight.', atomicList(weightedPodAffinityTerm)),
  requiredDuringSchedulingIgnoredDuringExecution: describe('What a place must not have.', atomicList(podAffinityTerm)),
})
export type PodAntiAffinity = Infer<typeof podAntiAffinity>

export const affinity = object(core('Affinity'), '', {
  nodeAffinity: describe('Which nodes are wanted.', nodeAffinity),
  podAffinity: describe('Which pods are wanted nearby.', podAffinity),
  podAntiAffinity: describe('Which pods are not wanted nearby.', podAntiAffinity),
})
export type Affinity = Infer<typeof affinity>

export const toleration = object(core('Toleration'), '', {
  effect: oneOf(['NoSchedule', 'PreferNoSchedule', 'NoExecute'], 'The effect that is tolerated; all when empty.'),
  key: string('Key of the taint; all when empty, with operator Exists.'),
  operator: oneOf(['Equal', 'Exists', 'Lt', 'Gt'], 'Exists, Equal, Lt or Gt.'),
  tolerationSeconds: int64('For how long a NoExecute taint is tolerated; for ever when absent.'),
  value: string('The value that the key must have.'),
})
export type Toleration = Infer<typeof toleration>

export const topologySpreadConstraint = object(core('TopologySpreadConstraint'), '', {
  labelSelector: describe('Which pods are counted.', labelSelector),
  matchLabelKeys: describe('Labels whose values are taken from the new pod to select its like.', atomicList(string())),
  maxSkew: required(int32('By how many pods places may differ.')),
  minDomains: int32('The least number of places there should be.'),
  nodeAffinityPolicy: string("Whether nodes that the pod's affinity rules out are left out: Honor or Ignore."),
  nodeTaintsPolicy: string('Whether tainted nodes are left out: Honor or Ignore.'),
  topologyKey: required(string('The label of nodes that says what counts as one place.')),
  whenUnsatisfiable: required(oneOf(['DoNotSchedule', 'ScheduleAnyway'], 'DoNotSchedule or ScheduleAnyway.')),
})
export type TopologySpreadConstraint = Infer<typeof topologySpreadConstraint>
