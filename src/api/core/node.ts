import {
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
  set,
  string,
  time,
} from '../../schema/schema.ts'
import { type ClusterObject, clusterKind, type Kind } from '../kind.ts'
import { containerImage } from './pod-status.ts'
import { attachedVolume } from './volume.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const configMapNodeConfigSource = object(core('ConfigMapNodeConfigSource'), '', {
  kubeletConfigKey: required(string()),
  name: required(string()),
  namespace: required(string()),
  resourceVersion: string(),
  uid: string(),
})
export type ConfigMapNodeConfigSource = Infer<typeof configMapNodeConfigSource>

export const daemonEndpoint = object(core('DaemonEndpoint'), '', {
  Port: required(int32()),
})
export type DaemonEndpoint = Infer<typeof daemonEndpoint>

export const nodeAddress = object(core('NodeAddress'), '', {
  address: required(string()),
  type: required(string()),
})
export type NodeAddress = Infer<typeof nodeAddress>

export const nodeAllocatableResourceClaimStatus = object(core('NodeAllocatableResourceClaimStatus'), '', {
  containers: set(string()),
  resourceClaimName: required(string()),
  resources: required(map(quantity())),
})
export type NodeAllocatableResourceClaimStatus = Infer<typeof nodeAllocatableResourceClaimStatus>

export const nodeCondition = object(core('NodeCondition'), '', {
  lastHeartbeatTime: time(),
  lastTransitionTime: time(),
  message: string(),
  reason: string(),
  status: required(string()),
  type: required(string()),
})
export type NodeCondition = Infer<typeof nodeCondition>

export const nodeConfigSource = object(core('NodeConfigSource'), '', {
  configMap: configMapNodeConfigSource,
})
export type NodeConfigSource = Infer<typeof nodeConfigSource>

export const nodeConfigStatus = object(core('NodeConfigStatus'), '', {
  active: nodeConfigSource,
  assigned: nodeConfigSource,
  error: string(),
  lastKnownGood: nodeConfigSource,
})
export type NodeConfigStatus = Infer<typeof nodeConfigStatus>

export const nodeDaemonEndpoints = object(core('NodeDaemonEndpoints'), '', {
  kubeletEndpoint: defaulted(daemonEndpoint, { Port: 0 }),
})
export type NodeDaemonEndpoints = Infer<typeof nodeDaemonEndpoints>

export const nodeFeatures = object(core('NodeFeatures'), '', {
  supplementalGroupsPolicy: boolean(),
})
export type NodeFeatures = Infer<typeof nodeFeatures>

export const nodeRuntimeHandlerFeatures = object(core('NodeRuntimeHandlerFeatures'), '', {
  recursiveReadOnlyMounts: boolean(),
  userNamespaces: boolean(),
})
export type NodeRuntimeHandlerFeatures = Infer<typeof nodeRuntimeHandlerFeatures>

export const nodeRuntimeHandler = object(core('NodeRuntimeHandler'), '', {
  features: nodeRuntimeHandlerFeatures,
  name: string(),
})
export type NodeRuntimeHandler = Infer<typeof nodeRuntimeHandler>

export const taint = object(core('Taint'), '', {
  effect: required(oneOf(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])),
  key: required(string()),
  timeAdded: time(),
  value: string(),
})
export type Taint = Infer<typeof taint>

export const nodeSpec = object(core('NodeSpec'), '', {
  configSource: nodeConfigSource,
  externalID: string(),
  podCIDR: string(),
  podCIDRs: patch('merge', undefined, set(string())),
  providerID: string(),
  taints: atomicList(taint),
  unschedulable: boolean(),
})
export type NodeSpec = Infer<typeof nodeSpec>

export const nodeSwapStatus = object(core('NodeSwapStatus'), '', {
  capacity: int64(),
})
export type NodeSwapStatus = Infer<typeof nodeSwapStatus>

export const nodeSystemInfo = object(core('NodeSystemInfo'), '', {
  architecture: required(string()),
  bootID: required(string()),
  containerRuntimeVersion: required(string()),
  kernelVersion: required(string()),
  kubeProxyVersion: required(string()),
  kubeletVersion: required(string()),
  machineID: required(string()),
  operatingSystem: required(string()),
  osImage: required(string()),
  swap: nodeSwapStatus,
  systemUUID: required(string()),
})
export type NodeSystemInfo = Infer<typeof nodeSystemInfo>

export const nodeStatus = object(core('NodeStatus'), '', {
  addresses: patch('merge', 'type', listMap(['type'], nodeAddress)),
  allocatable: map(quantity()),
  capacity: map(quantity()),
  conditions: patch('merge', 'type', listMap(['type'], nodeCondition)),
  config: nodeConfigStatus,
  daemonEndpoints: defaulted(nodeDaemonEndpoints, { kubeletEndpoint: { Port: 0 } }),
  declaredFeatures: atomicList(string()),
  features: nodeFeatures,
  images: atomicList(containerImage),
  nodeInfo: nodeSystemInfo,
  phase: string(),
  runtimeHandlers: atomicList(nodeRuntimeHandler),
  volumesAttached: atomicList(attachedVolume),
  volumesInUse: atomicList(string()),
})
export type NodeStatus = Infer<typeof nodeStatus>

const fields = {
  spec: defaulted(nodeSpec, {}),
  status: defaulted(nodeStatus, {}),
}
export type Node = ClusterObject<typeof fields>

export const Node: Kind<Node> = clusterKind({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  definition: 'io.k8s.api.core.v1.Node',
  doc: '',
  hasStatus: true,
  keepsStatusOnCreate: true,
  fields,
})
