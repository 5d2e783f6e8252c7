// A cluster's configuration file, in kind's format (https://kind.sigs.k8s.io/docs/user/configuration/). Every field of kind's is known;
// what has no effect here comes back as a notice, anything else that is wrong as an error with its place in the file.
import { isIP } from 'node:net'
import { parseCidr } from '../base/cidr.ts'
import { array, boolean, type ConfigIssue, flag, integer, map, object, readYaml, string, type Value } from './config-reader.ts'
import type { ApiServerSettings } from './control-plane-config.ts'
import { registryDirInNode } from './layout.ts'

export type { ConfigIssue } from './config-reader.ts'

export type NodeRole = 'control-plane' | 'worker'
export type MountPropagation = 'None' | 'HostToContainer' | 'Bidirectional'

export interface PortMapping {
  readonly containerPort: number
  /** 0: any free port. */
  readonly hostPort: number
  readonly listenAddress: string
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
}

export interface ExtraMount {
  readonly hostPath: string
  readonly containerPath: string
  readonly readOnly: boolean
  readonly propagation: MountPropagation
}

export interface NodeConfig {
  readonly role: NodeRole
  readonly labels: Readonly<Record<string, string>>
  readonly extraMounts: readonly ExtraMount[]
  readonly extraPortMappings: readonly PortMapping[]
}

export interface ClusterConfig {
  readonly name: string
  readonly nodes: readonly NodeConfig[]
  readonly networking: {
    readonly apiServerAddress: string
    /** 0: any free port. */
    readonly apiServerPort: number
    /** Left out: the first /16 that no other cluster uses. */
    readonly podSubnet?: string
    readonly serviceSubnet: string
    readonly disableDefaultCNI: boolean
    /** Whether the node agents program Services. */
    readonly kubeProxy: boolean
  }
  /** Paths as they are in the file. */
  readonly apiServer?: ApiServerSettings
}

export type ConfigResult =
  | { readonly ok: true; readonly config: ClusterConfig; readonly notices: readonly ConfigIssue[] }
  | { readonly ok: false; readonly errors: readonly ConfigIssue[] }

/** One control-plane node, as kind's default. */
export const defaultNodes: readonly NodeConfig[] = [{ role: 'control-plane', labels: {}, extraMounts: [], extraPortMappings: [] }]

/** The configuration that applies without a file. */
export function defaultConfig(name = 'coxswain', nodes = defaultNodes): ClusterConfig {
  const networking = {
    apiServerAddress: '127.0.0.1',
    apiServerPort: 0,
    serviceSubnet: '10.96.0.0/16',
    disableDefaultCNI: false,
    kubeProxy: true,
  }
  return { name, nodes, networking }
}

/** Why a cluster cannot have this name; undefined when it can. The name becomes part of host names and of kernel objects' names. */
export function clusterNameProblem(name: string): string | undefined {
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name))
    return `"${name}" must consist of lower case letters, digits, '-' and '.', and begin and end with a letter or digit`
  return name.length > 45 ? `"${name}" is longer than 45 characters` : undefined
}

const noEffect = (what: string) => `has no effect: ${what}`
const kubeadm = noEffect('the control plane is not set up by kubeadm')
const registries = noEffect(
  "registries are set up by files <host>/hosts.toml in the cluster's registry folder; see docs/how-to/registries.md",
)
const jsonPatch = object({ group: string(), version: string(), kind: string(), patch: string() })

const portMapping = object({
  containerPort: integer(1, 65535),
  hostPort: integer(-1, 65535),
  listenAddress: string(value => (isIP(value) === 4 ? undefined : 'must be an IPv4 address')),
  protocol: string(['TCP', 'UDP', 'SCTP']),
})

const absolute = (value: string) => (value.startsWith('/') ? undefined : 'must be an absolute path')

const extraMount = object({
  hostPath: string(value => (value === '' ? 'must not be empty' : undefined)),
  containerPath: string(absolute),
  readOnly: boolean(),
  selinuxRelabel: flag(boolean(), noEffect('nodes do not use SELinux labels')),
  propagation: flag(string(['None', 'HostToContainer', 'Bidirectional']), value =>
    value === 'Bidirectional' ? 'acts as HostToContainer: what a node mounts never reaches the machine' : undefined,
  ),
})

const node = object({
  role: string(['control-plane', 'worker']),
  image: flag(string(), noEffect('a node is a namespace of this machine, not a container of an image')),
  labels: map(string()),
  extraMounts: array(extraMount),
  extraPortMappings: array(portMapping),
  kubeadmConfigPatches: flag(array(string()), kubeadm),
  kubeadmConfigPatchesJSON6902: flag(array(jsonPatch), kubeadm),
})

const cidr = string(value => (parseCidr(value) === undefined ? 'must be an IPv4 network such as 10.244.0.0/16' : undefined))

const file = string(value => (value === '' ? 'must not be empty' : undefined))
const count = integer(0, 1_000_000)

/** What kind's format has no words for: kind passes flags to an API server that is set up by kubeadm. */
const coxswain = object({
  apiServer: object({
    auditPolicyFile: file,
    auditLog: object({ file, maxSizeMb: count, maxAgeDays: count, maxBackups: count }),
    encryptionConfigFile: file,
    priorityAndFairness: boolean(),
    maxRequestsInFlight: count,
    maxMutatingRequestsInFlight: count,
  }),
})

const cluster = object({
  kind: string(['Cluster']),
  apiVersion: string(['kind.x-k8s.io/v1alpha4']),
  name: string(clusterNameProblem),
  nodes: array(node),
  networking: object({
    ipFamily: string(value => (value === 'ipv4' ? undefined : `"${value}" is not supported yet, only ipv4`)),
    apiServerAddress: string(value => (isIP(value) === 4 ? undefined : 'must be an IPv4 address')),
    apiServerPort: integer(-1, 65535),
    podSubnet: cidr,
    serviceSubnet: cidr,
    disableDefaultCNI: boolean(),
    kubeProxyMode: string(['iptables', 'ipvs', 'nftables', 'none']),
    dnsSearch: flag(array(string()), noEffect("nodes use the machine's resolv.conf")),
  }),
  featureGates: flag(map(boolean()), noEffect('there are no feature gates')),
  runtimeConfig: flag(map(string()), noEffect('all API groups are served')),
  kubeadmConfigPatches: flag(array(string()), kubeadm),
  kubeadmConfigPatchesJSON6902: flag(array(jsonPatch), kubeadm),
  containerdConfigPatches: array(flag(string(), containerdPatchNotice)),
  containerdConfigPatchesJSON6902: flag(array(string()), registries),
  coxswain,
})

/** The patch by which kind's users give registries a folder says what holds here anyway. */
function containerdPatchNotice(patch: string): string | undefined {
  const lines = patch
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
  const isKnown = (line: string) =>
    /^\[plugins\."io\.containerd\.(grpc\.v1\.cri|cri\.v1\.images)"\.registry\]$/.test(line) ||
    line.replace(/\s+/g, '') === `config_path="${registryDirInNode}"`
  return lines.every(isKnown) ? undefined : registries
}

/** `file` is only used in messages. `defaultName` applies when the file names no cluster. */
export function parseConfig(text: string, file: string, defaultName = 'coxswain'): ConfigResult {
  const reading = readYaml(text, file, cluster)
  if (reading.value === undefined || reading.errors.length > 0) return { ok: false, errors: reading.errors }
  const { value } = reading
  const errors: ConfigIssue[] = []
  const notices = [...reading.notices]
  for (const field of ['kind', 'apiVersion'] as const)
    if (value[field] === undefined) errors.push(reading.issue([], `${field} is required`))

  const found = value.nodes?.map(nodeConfig) ?? []
  const nodes = found.length === 0 ? defaultNodes : found
  const controlPlanes = nodes.flatMap((each, index) => (each.role === 'control-plane' ? [index] : []))
  if (controlPlanes.length === 0) errors.push(reading.issue(['nodes'], 'must contain a node with role control-plane'))
  if (controlPlanes[1] !== undefined)
    errors.push(reading.issue(['nodes', controlPlanes[1], 'role'], 'more than one control-plane node is not supported yet'))
  for (const [i, each] of (value.nodes ?? []).entries()) {
    for (const [j, mount] of (each.extraMounts ?? []).entries())
      for (const field of ['hostPath', 'containerPath'] as const)
        if (mount[field] === undefined) errors.push(reading.issue(['nodes', i, 'extraMounts', j], `${field} is required`))
    for (const [j, port] of (each.extraPortMappings ?? []).entries())
      if (port.containerPort === undefined) errors.push(reading.issue(['nodes', i, 'extraPortMappings', j], 'containerPort is required'))
  }
  const given = value.networking ?? {}
  if (given.kubeProxyMode === 'iptables' || given.kubeProxyMode === 'ipvs')
    notices.push(reading.issue(['networking', 'kubeProxyMode'], noEffect('Services are programmed by nftables')))
  if (errors.length > 0) return { ok: false, errors }

  const base = defaultConfig(value.name ?? defaultName, nodes)
  const networking = {
    apiServerAddress: given.apiServerAddress ?? base.networking.apiServerAddress,
    apiServerPort: Math.max(0, given.apiServerPort ?? 0),
    ...(given.podSubnet === undefined ? {} : { podSubnet: given.podSubnet }),
    serviceSubnet: given.serviceSubnet ?? base.networking.serviceSubnet,
    disableDefaultCNI: given.disableDefaultCNI ?? false,
    kubeProxy: given.kubeProxyMode !== 'none',
  }
  const apiServer = value.coxswain?.apiServer
  return { ok: true, config: { ...base, networking, ...(apiServer && { apiServer: apiServerSettings(apiServer) }) }, notices }
}

function nodeConfig(given: Value<typeof node>): NodeConfig {
  return {
    role: (given.role ?? 'control-plane') as NodeRole,
    labels: given.labels ?? {},
    extraMounts: (given.extraMounts ?? []).map(mount => ({
      hostPath: mount.hostPath ?? '',
      containerPath: mount.containerPath ?? '',
      readOnly: mount.readOnly ?? false,
      propagation: (mount.propagation ?? 'None') as MountPropagation,
    })),
    extraPortMappings: (given.extraPortMappings ?? []).map(port => ({
      containerPort: port.containerPort ?? 0,
      hostPort: Math.max(0, port.hostPort ?? 0),
      listenAddress: port.listenAddress ?? '0.0.0.0',
      protocol: (port.protocol ?? 'TCP') as PortMapping['protocol'],
    })),
  }
}

function apiServerSettings({ auditLog, ...others }: NonNullable<Value<typeof coxswain>['apiServer']>): ApiServerSettings {
  return { ...present(others), ...(auditLog && { auditLog: present(auditLog) }) }
}

/** Without the fields that were left out. */
function present<T extends object>(value: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> }
}
