// DefaultTolerationSeconds: pods stay on a node that is not ready or unreachable for five minutes, unless they say otherwise.
import type { Pod } from '../../api/core/pod.ts'
import { Pod as PodKind } from '../../api/core/pod.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { deriveSpec } from '../shared-specs.ts'
import type { AdmissionPlugin } from './admission.ts'

const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] as const
const defaultSeconds = 300

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  mutate({ operation, call, object, subresource }) {
    if (call.resource.kind !== PodKind || subresource !== '' || operation === 'DELETE') return object
    const pod = object as Pod
    const spec = deriveSpec(pod.spec, 'default tolerations', withTolerations)
    return spec === pod.spec ? pod : { ...pod, spec }
  },
}

function withTolerations(spec: PodSpec): PodSpec {
  const tolerations = spec.tolerations ?? []
  const missing = taints.filter(key => !tolerations.some(t => (!t.key || t.key === key) && (!t.effect || t.effect === 'NoExecute')))
  if (missing.length === 0) return spec
  const added = missing.map(key => ({
    key,
    operator: 'Exists' as const,
    effect: 'NoExecute' as const,
    tolerationSeconds: defaultSeconds,
  }))
  return { ...spec, tolerations: [...tolerations, ...added] }
}
