import {
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
  set,
  string,
  time,
} from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { warnEach, warnNetwork } from '../warnings.ts'
import { validateNode, validateNodeStatus } from './validate-node.ts'
import { attachedVolume } from './volume.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const configMapNodeConfigSource = object(core('ConfigMapNodeConfigSource'), '', {
  kubeletConfigKey: required(string('Key of the configuration in the ConfigMap.')),
  name: required(string('Name of the ConfigMap.')),
  namespace: required(string('Namespace of the ConfigMap.')),
  resourceVersion: string('Version of the ConfigMap.'),
  uid: string('Identity of the ConfigMap.'),
})
export type ConfigMapNodeConfigSource = Infer<typeof configMapNodeConfigSource>

export const daemonEndpoint = object(core('DaemonEndpoint'), '', {
  Port: required(int32('Number of the port.')),
})
export type DaemonEndpoint = Infer<typeof daemonEndpoint>

export const nodeAddress = object(core('NodeAddress'), '', {
  address: required(string('The address itself.')),
  type: required(string('Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.')),
})
export type NodeAddress = Infer<typeof nodeAddress>

export const nodeAllocatableResourceClaimStatus = object(core('NodeAllocatableResourceClaimStatus'), '', {
  containers: describe('The containers that use the claim.', set(string())),
  resourceClaimName: required(string('Name of the ResourceClaim.')),
  resources: describe('What it takes of the node.', required(map(quantity()))),
})
export type NodeAllocatableResourceClaimStatus = Infer<typeof nodeAllocatableResourceClaimStatus>

export const nodeCondition = object(core('NodeCondition'), '', {
  lastHeartbeatTime: time('When this was last confirmed.'),
  lastTransitionTime: time('When the status last changed.'),
  message: string('What it means, for people.'),
  reason: string('Why, in one word for programs.'),
  status: required(string('True, False or Unknown.')),
  type: required(string('Which condition this is.')),
})
export type NodeCondition = Infer<typeof nodeCondition>

export const nodeConfigSource = object(core('NodeConfigSource'), '', {
  configMap: describe('No longer used.', configMapNodeConfigSource),
})
export type NodeConfigSource = Infer<typeof nodeConfigSource>

export const nodeConfigStatus = object(core('NodeConfigStatus'), '', {
  active: describe('No longer used.', nodeConfigSource),
  assigned: describe('No longer used.', nodeConfigSource),
  error: string('No longer used.'),
  lastKnownGood: describe('No longer used.', nodeConfigSource),
})
export type NodeConfigStatus = Infer<typeof nodeConfigStatus>

export const nodeDaemonEndpoints = object(core('NodeDaemonEndpoints'), '', {
  kubeletEndpoint: describe('Where the kubelet listens.', defaulted(daemonEndpoint, { Port: 0 })),
})
export type NodeDaemonEndpoints = Infer<typeof nodeDaemonEndpoints>

export const nodeFeatures = object(core('NodeFeatures'), '', {
  supplementalGroupsPolicy: boolean('Whether pods can choose how their supplemental groups are found.'),
})
export type NodeFeatures = Infer<typeof nodeFeatures>

export const nodeRuntimeHandlerFeatures = object(core('NodeRuntimeHandlerFeatures'), '', {
  recursiveReadOnlyMounts: boolean('Whether mounts can be read-only all the way down.'),
  userNamespaces: boolean('Whether pods can have user namespaces.'),
})
export type NodeRuntimeHandlerFeatures = Infer<typeof nodeRuntimeHandlerFeatures>

export const nodeRuntimeHandler = object(core('NodeRuntimeHandler'), '', {
  features: describe('What the handler can do.', nodeRuntimeHandlerFeatures),
  name: string('Name of the handler; empty for the default one.'),
})
export type NodeRuntimeHandler = Infer<typeof nodeRuntimeHandler>

export const taint = object(core('Taint'), '', {
  effect: required(
    oneOf(
      ['NoSchedule', 'PreferNoSchedule', 'NoExecute'],
      'What becomes of pods that do not tolerate it: NoSchedule, PreferNoSchedule or NoExecute.',
    ),
  ),
  key: required(string('Key of the taint.')),
  timeAdded: time('When it was added.'),
  value: string('Value that goes with the key.'),
})
export type Taint = Infer<typeof taint>

export const nodeSpec = object(core('NodeSpec'), 'What a node should be.', {
  configSource: describe('No longer used.', nodeConfigSource),
  externalID: string('No longer used.'),
  podCIDR: string('Range of the addresses of its pods.'),
  podCIDRs: describe('Ranges of the addresses of its pods, one a family.', patch('merge', undefined, set(string()))),
  providerID: string('What its cloud calls it.'),
  taints: describe('What pods must put up with to run here.', atomicList(taint)),
  unschedulable: boolean('Take no new pods.'),
})
export type NodeSpec = Infer<typeof nodeSpec>

export const nodeSwapStatus = object(core('NodeSwapStatus'), '', {
  capacity: int64('Bytes of swap.'),
})
export type NodeSwapStatus = Infer<typeof nodeSwapStatus>

export const nodeSystemInfo = object(core('NodeSystemInfo'), '', {
  architecture: required(string('Architecture of the processor, as Go names it.')),
  bootID: required(string('Identity of this boot of the machine.')),
  containerRuntimeVersion: required(string('Container runtime and its version, such as `containerd://2.0.0`.')),
  kernelVersion: required(string('Release of the kernel.')),
  kubeProxyVersion: required(string('No longer used.')),
  kubeletVersion: required(string('Version of the kubelet.')),
  machineID: required(string('Identity of the machine.')),
  operatingSystem: required(string('Operating system, as Go names it.')),
  osImage: required(string('Name and version of the operating system, for people.')),
  swap: describe('What the node knows of its swap.', nodeSwapStatus),
  systemUUID: required(string('Identity of the hardware.')),
})
export type NodeSystemInfo = Infer<typeof nodeSystemInfo>

export const containerImage = object(core('ContainerImage'), '', {
  names: describe('Names by which the image is known.', atomicList(string())),
  sizeBytes: int64('Size of the image in bytes.'),
})
export type ContainerImage = Infer<typeof containerImage>

export const nodeStatus = object(core('NodeStatus'), 'What is known of a node.', {
  addresses: describe('Where it is reached.', patch('merge', 'type', listMap(['type'], nodeAddress))),
  allocatable: describe('What pods can have of it.', map(quantity())),
  capacity: describe('All that it has.', map(quantity())),
  conditions: describe('What is to be said of it.', patch('merge', 'type', listMap(['type'], nodeCondition))),
  config: describe('No longer used.', nodeConfigStatus),
  daemonEndpoints: describe('Where its kubelet listens.', defaulted(nodeDaemonEndpoints, { kubeletEndpoint: { Port: 0 } })),
  declaredFeatures: describe('Features that the node says it has.', atomicList(string())),
  features: describe("What the node's runtime can do.", nodeFeatures),
  images: describe('Images it has.', atomicList(containerImage)),
  nodeInfo: describe('What it is made of.', nodeSystemInfo),
  phase: string('No longer used.'),
  runtimeHandlers: describe('The handlers of its container runtime.', atomicList(nodeRuntimeHandler)),
  volumesAttached: describe('Volumes that are attached to the node.', atomicList(attachedVolume)),
  volumesInUse: describe('Volumes that pods on the node have mounted.', atomicList(string())),
})
export type NodeStatus = Infer<typeof nodeStatus>

const fields = {
  spec: defaulted(nodeSpec, {}),
  status: defaulted(nodeStatus, {}),
}
export type Node = ClusterObject<typeof fields>

function statusText({ spec, status }: Node): string {
  const ready = status.conditions?.find(c => c.type === 'Ready')
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady']
  if (spec.unschedulable) words.push('SchedulingDisabled')
  return words.join(',')
}

const rolePrefix = 'node-role.kubernetes.io/'

function rolesText({ metadata }: Node): string {
  const roles = Object.entries(metadata.labels ?? {}).map(([key, value]) => {
    if (key.startsWith(rolePrefix)) return key.slice(rolePrefix.length)
    return key === 'kubernetes.io/role' ? value : ''
  })
  return [...new Set(roles.filter(role => role !== ''))].sort().join(',') || '<none>'
}

function addressText(node: Node, type: string): string {
  return node.status.addresses?.find(a => a.type === type)?.address ?? '<none>'
}

const columns: readonly Column<Node>[] = [
  nameColumn,
  text('Status', 'Whether the node is ready, and takes pods.', statusText),
  text('Roles', 'What the node is for.', rolesText),
  ageColumn,
  text('Version', 'Version of its kubelet.', node => node.status.nodeInfo?.kubeletVersion ?? ''),
  text('Internal-IP', 'Its address in the cluster.', node => addressText(node, 'InternalIP'), 1),
  text('External-IP', 'Its address from outside.', node => addressText(node, 'ExternalIP'), 1),
  text('OS-Image', 'Its operating system.', node => node.status.nodeInfo?.osImage || '<unknown>', 1),
  text('Kernel-Version', 'Version of its kernel.', node => node.status.nodeInfo?.kernelVersion || '<unknown>', 1),
  text(
    'Container-Runtime',
    'Its container runtime and the version of it.',
    node => node.status.nodeInfo?.containerRuntimeVersion || '<unknown>',
    1,
  ),
]

/** All that a node has is there for pods where it says nothing else. Of its range of addresses and the list of them, one says the other. */
function complete(node: Node): Node {
  const { spec, status } = node
  const { podCIDR, podCIDRs } = spec
  return withFields(node, {
    spec: withFields(spec, { podCIDR: podCIDR || podCIDRs?.[0], podCIDRs: podCIDR && !podCIDRs?.length ? [podCIDR] : podCIDRs }),
    status: withFields(status, { allocatable: status.allocatable ?? status.capacity }),
  })
}

export const Node: Kind<Node> = clusterKind({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  definition: 'io.k8s.api.core.v1.Node',
  doc: 'A machine that pods run on.',
  hasStatus: true,
  keepsStatusOnCreate: true,
  fields,
  validate: validateNode,
  validateStatus: validateNodeStatus,
  warnings: ({ spec }) => [
    ...(spec.configSource ? ['spec.configSource: the feature is removed'] : []),
    ...(spec.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    ...warnEach(spec.podCIDRs, 'spec.podCIDRs', warnNetwork),
  ],
  columns,
  selectableFields: { 'spec.unschedulable': node => String(node.spec.unschedulable ?? false) },
  complete,
})
