import type { FieldTable } from '../../schema/protobuf.ts'

export const fields: FieldTable = {
  'io.k8s.api.policy.v1': {
    Eviction: 'metadata= deleteOptions',
    PodDisruptionBudget: 'metadata= spec= status=',
    PodDisruptionBudgetSpec: 'minAvailable selector maxUnavailable unhealthyPodEvictionPolicy',
    PodDisruptionBudgetStatus:
      'observedGeneration~ disruptedPods disruptionsAllowed= currentHealthy= desiredHealthy= expectedPods= conditions',
  },
}
