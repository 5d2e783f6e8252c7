import { objectMeta } from '../../meta/object-meta.ts'
import {
  atomic,
  atomicList,
  boolean,
  defaulted,
  describe,
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
  hostnames: describe('Names of the address.', atomicList(string())),
  ip: required(string('The address.')),
})
export type HostAlias = Infer<typeof hostAlias>

export const podDNSConfigOption = object(core('PodDNSConfigOption'), '', {
  name: string('Name of the option.'),
  value: string('Its value, where it has one.'),
})
export type PodDNSConfigOption = Infer<typeof podDNSConfigOption>

export const podDNSConfig = object(core('PodDNSConfig'), '', {
  nameservers: describe('Addresses of name servers, after those of the policy.', atomicList(string())),
  options: describe('Options of the resolver, over those of the policy.', atomicList(podDNSConfigOption)),
  searches: describe('Search domains, after those of the policy.', atomicList(string())),
})
export type PodDNSConfig = Infer<typeof podDNSConfig>

export const podOS = object(core('PodOS'), '', {
  name: required(string('linux or windows.')),
})
export type PodOS = Infer<typeof podOS>

export const podReadinessGate = object(core('PodReadinessGate'), '', {
  conditionType: required(string('The condition that has to be true before the pod is ready.')),
})
export type PodReadinessGate = Infer<typeof podReadinessGate>

export const podResourceClaim = object(core('PodResourceClaim'), '', {
  name: required(string('A name for use within the pod.')),
  resourceClaimName: string('The ResourceClaim that is used.'),
  resourceClaimTemplateName: string('The template that a ResourceClaim is made from for this pod.'),
})
export type PodResourceClaim = Infer<typeof podResourceClaim>

export const podSchedulingGate = object(core('PodSchedulingGate'), '', {
  name: required(string('Name of the gate.')),
})
export type PodSchedulingGate = Infer<typeof podSchedulingGate>

export const podSchedulingGroup = object(core('PodSchedulingGroup'), '', {
  podGroupName: string('The PodGroup that the pod belongs to.'),
})
export type PodSchedulingGroup = Infer<typeof podSchedulingGroup>

export const podSpec = object(core('PodSpec'), 'What a pod should be.', {
  activeDeadlineSeconds: int64('Seconds after its start at which the pod is ended.'),
  affinity: describe('Which nodes and neighbours the pod wants or avoids.', affinity),
  automountServiceAccountToken: boolean('Whether its containers get a token of the service account.'),
  containers: describe('The containers; at least one.', required(patch('merge', 'name', listMap(['name'], container)))),
  dnsConfig: describe('What resolv.conf has besides what dnsPolicy gives.', podDNSConfig),
  dnsPolicy: describe(
    'Where resolv.conf comes from.',
    defaulted(oneOf(['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']), 'ClusterFirst'),
  ),
  enableServiceLinks: boolean('Whether services of the namespace are told as variables.'),
  ephemeralContainers: describe(
    'Containers added to a running pod to look into it.',
    patch('merge', 'name', listMap(['name'], ephemeralContainer)),
  ),
  hostAliases: describe('More lines for the hosts file.', patch('merge', 'ip', listMap(['ip'], hostAlias))),
  hostIPC: boolean("Use the host's IPC namespace."),
  hostNetwork: boolean("Use the host's network."),
  hostPID: boolean("Use the host's process namespace."),
  hostUsers: boolean("Use the host's user namespace."),
  hostname: string('Host name of the pod; its name by default.'),
  hostnameOverride: string('Host name as its processes see it.'),
  imagePullSecrets: describe('Secrets with credentials of registries.', patch('merge', 'name', listMap(['name'], localObjectReference))),
  initContainers: describe(
    'Containers that run one after another before the others.',
    patch('merge', 'name', listMap(['name'], container)),
  ),
  nodeName: string('The node; set by the scheduler.'),
  nodeSelector: describe('Labels that the node must have.', atomic(map(string()))),
  os: describe('The operating system that the pod needs.', podOS),
  overhead: describe('What running the pod costs beyond its containers.', map(quantity())),
  preemptionPolicy: oneOf(['PreemptLowerPriority', 'Never'], 'Whether others may be pushed off a node for it.'),
  priority: int32('The greater, the more important.'),
  priorityClassName: string('Name of the class that gives the priority.'),
  readinessGates: describe('Conditions that must hold besides readiness of the containers.', atomicList(podReadinessGate)),
  resourceClaims: describe('Devices that the containers can use.', patch('merge,retainKeys', 'name', listMap(['name'], podResourceClaim))),
  resources: describe('Requests and limits of the pod as a whole.', resourceRequirements),
  restartPolicy: describe('When containers that ended are started again.', defaulted(oneOf(['Always', 'OnFailure', 'Never']), 'Always')),
  runtimeClassName: string('How its containers are run.'),
  schedulerName: defaulted(string('Who chooses the node.'), 'default-scheduler'),
  schedulingGates: describe(
    'Names of what must be done before a node is chosen.',
    patch('merge', 'name', listMap(['name'], podSchedulingGate)),
  ),
  schedulingGroup: describe('The group that it is scheduled with.', podSchedulingGroup),
  securityContext: describe('Rights and identities, for all containers.', defaulted(podSecurityContext, {})),
  serviceAccount: string('Old name of serviceAccountName.'),
  serviceAccountName: string('Whom the pod acts as.'),
  setHostnameAsFQDN: boolean('Whether the host name is the full domain name.'),
  shareProcessNamespace: boolean('Whether the containers see the processes of each other.'),
  subdomain: string('Domain of the pod below that of the namespace.'),
  terminationGracePeriodSeconds: defaulted(int64('Seconds from asking to end until being killed.'), 30),
  tolerations: describe('Taints of nodes that the pod puts up with.', atomicList(toleration)),
  topologySpreadConstraints: describe(
    'How like pods are spread over nodes and zones.',
    patch('merge', 'topologyKey', listMap(['topologyKey', 'whenUnsatisfiable'], topologySpreadConstraint)),
  ),
  volumes: describe('What the containers can mount.', patch('merge,retainKeys', 'name', listMap(['name'], volume))),
})
export type PodSpec = Infer<typeof podSpec>

export const podTemplateSpec = object(core('PodTemplateSpec'), '', {
  metadata: objectMeta,
  spec: podSpec,
})
export type PodTemplateSpec = Infer<typeof podTemplateSpec>
