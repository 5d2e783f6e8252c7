// What a node says of itself: its object at registration and its status. Pure.
// https://kubernetes.io/docs/reference/node/node-status/
import type { ContainerImage, Node, NodeCondition, NodeStatus } from '../../api/core/node.ts'
import { formatSeconds } from '../../base/rfc3339.ts'
import { kubernetesVersion } from '../../base/version.ts'
import { formatQuantity, parseQuantity, quantityOf, subtractQuantity } from '../../meta/quantity.ts'
import type { KubeletConfig } from '../config.ts'
import type { MachineInfo } from '../host.ts'
import type { Amounts } from '../pod/resources.ts'
import type { RuntimeState, RuntimeVersion } from '../runtime/runtime.ts'

export interface NodeFacts {
  readonly config: KubeletConfig
  readonly machine: MachineInfo
  readonly runtime: RuntimeVersion
  /** Undefined when the runtime does not answer. */
  readonly runtimeState: RuntimeState | undefined
  readonly diskBytes: number
  readonly diskAvailableBytes: number
  readonly memoryAvailableBytes: number
  readonly images: readonly ContainerImage[]
  readonly now: number
}

/** Upstream's hard eviction threshold of memory, which it also keeps back from pods. */
const memoryThresholdBytes = 100 * 1024 * 1024
const diskThresholdBytes = 512 * 1024 * 1024

export function capacityOf({ config, machine, diskBytes }: Pick<NodeFacts, 'config' | 'machine' | 'diskBytes'>): Amounts {
  return {
    cpu: String(machine.cpus),
    'ephemeral-storage': `${Math.floor(diskBytes / 1024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    pods: String(config.maxPods),
  }
}

export function allocatableOf(facts: Pick<NodeFacts, 'config' | 'machine' | 'diskBytes'>): Amounts {
  const capacity = capacityOf(facts)
  const kept: Readonly<Record<string, bigint>> = { memory: quantityOf(memoryThresholdBytes).nanos }
  return Object.fromEntries(
    Object.entries(capacity).map(([resource, amount]) => {
      const total = parseQuantity(amount)
      const reserved = facts.config.reserved[resource]
      const nanos = (kept[resource] ?? 0n) + (reserved === undefined ? 0n : parseQuantity(reserved).nanos)
      const left = subtractQuantity(total, { nanos, format: total.format })
      return [resource, formatQuantity(left.nanos < 0n ? { ...left, nanos: 0n } : left)]
    }),
  )
}

export function nodeLabels({ config, machine }: Pick<NodeFacts, 'config' | 'machine'>): Readonly<Record<string, string>> {
  return {
    'beta.kubernetes.io/arch': machine.architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': machine.architecture,
    'kubernetes.io/hostname': config.nodeName,
    'kubernetes.io/os': 'linux',
    ...config.labels,
  }
}

export function newNode(facts: NodeFacts) {
  const { config } = facts
  return {
    metadata: {
      name: config.nodeName,
      labels: nodeLabels(facts),
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: {
      ...(config.podCidr && { podCIDR: config.podCidr, podCIDRs: [config.podCidr] }),
      ...(config.taints.length > 0 && { taints: config.taints }),
    },
    status: nodeStatus(facts, undefined),
  }
}

export function nodeStatus(facts: NodeFacts, before: NodeStatus | undefined): NodeStatus {
  const { config, machine, runtime, images } = facts
  return {
    addresses: [
      { type: 'InternalIP', address: config.nodeIp },
      { type: 'Hostname', address: config.nodeName },
    ],
    allocatable: allocatableOf(facts),
    capacity: capacityOf(facts),
    conditions: conditions(facts, before?.conditions ?? []),
    daemonEndpoints: { kubeletEndpoint: { Port: config.server?.port ?? 0 } },
    features: { supplementalGroupsPolicy: false },
    images,
    nodeInfo: {
      architecture: machine.architecture,
      bootID: machine.bootId,
      containerRuntimeVersion: `${runtime.runtimeName}://${runtime.runtimeVersion}`,
      kernelVersion: machine.kernelVersion,
      kubeProxyVersion: '',
      kubeletVersion: kubernetesVersion,
      machineID: machine.machineId,
      operatingSystem: 'linux',
      osImage: machine.osImage,
      systemUUID: machine.systemUuid,
    },
    runtimeHandlers: (facts.runtimeState?.handlers ?? []).map(({ name, features }) => ({
      name,
      ...(features && { features: { ...features } }),
    })),
  }
}

type Verdict = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>

function conditions(facts: NodeFacts, before: readonly NodeCondition[]): readonly NodeCondition[] {
  const now = formatSeconds(facts.now)
  return verdicts(facts).map(verdict => {
    const old = before.find(c => c.type === verdict.type)
    return {
      ...verdict,
      lastHeartbeatTime: now,
      lastTransitionTime: old?.status === verdict.status ? (old.lastTransitionTime ?? now) : now,
    }
  })
}

function verdicts(facts: NodeFacts): readonly Verdict[] {
  const low = (type: string, word: string, isLow: boolean): Verdict => ({
    type,
    status: isLow ? 'True' : 'False',
    reason: isLow ? `KubeletHas${word}` : type === 'DiskPressure' ? 'KubeletHasNoDiskPressure' : `KubeletHasSufficient${type.slice(0, -8)}`,
    message: isLow
      ? `kubelet has ${words[type]} pressure`
      : type === 'DiskPressure'
        ? 'kubelet has no disk pressure'
        : `kubelet has sufficient ${words[type]} available`,
  })
  return [
    low('MemoryPressure', 'InsufficientMemory', facts.memoryAvailableBytes < memoryThresholdBytes),
    low('DiskPressure', 'DiskPressure', facts.diskAvailableBytes < diskThresholdBytes),
    low('PIDPressure', 'InsufficientPID', false),
    readyVerdict(facts.runtimeState),
  ]
}

const words: Readonly<Record<string, string>> = { MemoryPressure: 'memory', DiskPressure: 'disk', PIDPressure: 'PID' }

function readyVerdict(state: RuntimeState | undefined): Verdict {
  const problems =
    state === undefined
      ? ['container runtime is down']
      : state.conditions
          .filter(c => !c.status && (c.type === 'RuntimeReady' || c.type === 'NetworkReady'))
          .map(
            c =>
              `container runtime ${c.type === 'NetworkReady' ? 'network not ready' : 'not ready'}: ${c.type}=false reason:${c.reason} message:${c.message}`,
          )
  return problems.length === 0
    ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: problems.join(', ') }
}

/** Whether two statuses differ in more than their heartbeats. */
export function isSameStatus(a: NodeStatus, b: NodeStatus): boolean {
  return comparable(a) === comparable(b)
}

function comparable(status: NodeStatus): string {
  const { addresses, allocatable, capacity, conditions: found = [], daemonEndpoints, images, nodeInfo } = status
  const plain = verdictTypes.map(type => {
    const condition = found.find(c => c.type === type)
    return condition && [condition.type, condition.status, condition.reason, condition.message]
  })
  const info = nodeInfo && Object.entries(nodeInfo).sort(([a], [b]) => (a < b ? -1 : 1))
  const amounts = (given: Amounts | undefined) => Object.entries(given ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([addresses, amounts(allocatable), amounts(capacity), plain, daemonEndpoints, images ?? [], info])
}

const verdictTypes = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready']

/** The merge patch of a status: lists that merge by key are given whole. */
export function nodeStatusPatch(status: NodeStatus): Readonly<Record<string, unknown>> {
  return { status: { ...status, addresses: [...(status.addresses ?? []), { $patch: 'replace' }] } }
}

/** Whether the node is one that this kubelet would have made: labels and addresses of a changed configuration are written anew. */
export function missingLabels(node: Node, facts: NodeFacts): Readonly<Record<string, string>> | undefined {
  const missing = Object.entries(nodeLabels(facts)).filter(([key, value]) => node.metadata.labels?.[key] !== value)
  return missing.length === 0 ? undefined : Object.fromEntries(missing)
}
