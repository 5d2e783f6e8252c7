import { defaulted } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { podColumns } from './pod-columns.ts'
import { ephemeralContainers } from './pod-ephemeral-containers.ts'
import { resize } from './pod-resize.ts'
import { podSpec } from './pod-spec.ts'
import { podStatus } from './pod-status.ts'
import { completePod, createPod, updatePodStatus } from './pod-strategy.ts'
import { validateOwnPodSpec, validatePod, validatePodStatus } from './validate-pod.ts'

const fields = {
  spec: defaulted(podSpec, {}),
  status: defaulted(podStatus, {}),
}
export type Pod = NamespacedObject<typeof fields>

export const Pod: Kind<Pod> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  definition: 'io.k8s.api.core.v1.Pod',
  doc: 'Containers that run together on one node and share its network address and volumes.',
  hasStatus: true,
  hasGeneration: true,
  fields,
  columns: podColumns,
  selectableFields: {
    'spec.nodeName': pod => pod.spec.nodeName ?? '',
    'spec.restartPolicy': pod => pod.spec.restartPolicy,
    'spec.schedulerName': pod => pod.spec.schedulerName,
    'spec.serviceAccountName': pod => pod.spec.serviceAccountName ?? '',
    'spec.hostNetwork': pod => String(pod.spec.hostNetwork ?? false),
    'status.phase': pod => pod.status.phase ?? '',
    'status.podIP': pod => pod.status.podIPs?.[0]?.ip ?? pod.status.podIP ?? '',
    'status.nominatedNodeName': pod => pod.status.nominatedNodeName ?? '',
  },
  complete: completePod,
  onCreate: createPod,
  onStatusUpdate: updatePodStatus,
  parts: { ephemeralcontainers: ephemeralContainers, resize },
  sharedSpec: { errors: validateOwnPodSpec },
  validate: validatePod,
  validateStatus: validatePodStatus,
})
