import { objectMeta } from '../../meta/object-meta.ts'
import {
  atomic,
  atomicList,
  boolean,
  defaulted,
  type Infer,
  int32,
  int64,
  listMap,
  map,
  object,
  oneOf,
  patch,
  quantity,
  required,
  string,
} from '../../schema/schema.ts'
import { affinity, toleration, topologySpreadConstraint } from './affinity.ts'
import { container, ephemeralContainer, resourceRequirements } from './container.ts'
import { localObjectReference } from './reference.ts'
import { podSecurityContext } from './security-context.ts'
import { volume } from './volume.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const hostAlias = object(core('HostAlias'), '', {
  hostnames: atomicList(string()),
  ip: required(string()),
})
export type HostAlias = Infer<typeof hostAlias>

export const podDNSConfigOption = object(core('PodDNSConfigOption'), '', {
  name: string(),
  value: string(),
})
export type PodDNSConfigOption = Infer<typeof podDNSConfigOption>

export const podDNSConfig = object(core('PodDNSConfig'), '', {
  nameservers: atomicList(string()),
  options: atomicList(podDNSConfigOption),
  searches: atomicList(string()),
})
export type PodDNSConfig = Infer<typeof podDNSConfig>

export const podOS = object(core('PodOS'), '', {
  name: required(string()),
})
export type PodOS = Infer<typeof podOS>

export const podReadinessGate = object(core('PodReadinessGate'), '', {
  conditionType: required(string()),
})
export type PodReadinessGate = Infer<typeof podReadinessGate>

export const podResourceClaim = object(core('PodResourceClaim'), '', {
  name: required(string()),
  resourceClaimName: string(),
  resourceClaimTemplateName: string(),
})
export type PodResourceClaim = Infer<typeof podResourceClaim>

export const podSchedulingGate = object(core('PodSchedulingGate'), '', {
  name: required(string()),
})
export type PodSchedulingGate = Infer<typeof podSchedulingGate>

export const podSchedulingGroup = object(core('PodSchedulingGroup'), '', {
  podGroupName: string(),
})
export type PodSchedulingGroup = Infer<typeof podSchedulingGroup>

export const podSpec = object(core('PodSpec'), '', {
  activeDeadlineSeconds: int64(),
  affinity: affinity,
  automountServiceAccountToken: boolean(),
  containers: required(patch('merge', 'name', listMap(['name'], container))),
  dnsConfig: podDNSConfig,
  dnsPolicy: defaulted(oneOf(['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']), 'ClusterFirst'),
  enableServiceLinks: boolean(),
  ephemeralContainers: patch('merge', 'name', listMap(['name'], ephemeralContainer)),
  hostAliases: patch('merge', 'ip', listMap(['ip'], hostAlias)),
  hostIPC: boolean(),
  hostNetwork: boolean(),
  hostPID: boolean(),
  hostUsers: boolean(),
  hostname: string(),
  hostnameOverride: string(),
  imagePullSecrets: patch('merge', 'name', listMap(['name'], localObjectReference)),
  initContainers: patch('merge', 'name', listMap(['name'], container)),
  nodeName: string(),
  nodeSelector: atomic(map(string())),
  os: podOS,
  overhead: map(quantity()),
  preemptionPolicy: oneOf(['PreemptLowerPriority', 'Never']),
  priority: int32(),
  priorityClassName: string(),
  readinessGates: atomicList(podReadinessGate),
  resourceClaims: patch('merge,retainKeys', 'name', listMap(['name'], podResourceClaim)),
  resources: resourceRequirements,
  restartPolicy: defaulted(oneOf(['Always', 'OnFailure', 'Never']), 'Always'),
  runtimeClassName: string(),
  schedulerName: defaulted(string(), 'default-scheduler'),
  schedulingGates: patch('merge', 'name', listMap(['name'], podSchedulingGate)),
  schedulingGroup: podSchedulingGroup,
  securityContext: defaulted(podSecurityContext, {}),
  serviceAccount: string(),
  serviceAccountName: string(),
  setHostnameAsFQDN: boolean(),
  shareProcessNamespace: boolean(),
  subdomain: string(),
  terminationGracePeriodSeconds: defaulted(int64(), 30),
  tolerations: atomicList(toleration),
  topologySpreadConstraints: patch('merge', 'topologyKey', listMap(['topologyKey', 'whenUnsatisfiable'], topologySpreadConstraint)),
  volumes: patch('merge,retainKeys', 'name', listMap(['name'], volume)),
})
export type PodSpec = Infer<typeof podSpec>

export const podTemplateSpec = object(core('PodTemplateSpec'), '', {
  metadata: objectMeta,
  spec: podSpec,
})
export type PodTemplateSpec = Infer<typeof podTemplateSpec>
