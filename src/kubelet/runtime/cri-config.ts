// What the kubelet asks of a runtime: the configuration messages of CRI runtime.v1, as tables. Names are the CRI's own in camel case;
// field numbers are its contract. Windows' fields are left out: a node here is Linux.
import { type Draft, enumeration, message } from './proto.ts'

export const Protocol = enumeration({ TCP: 0, UDP: 1, SCTP: 2 })
export const MountPropagation = enumeration({ PROPAGATION_PRIVATE: 0, PROPAGATION_HOST_TO_CONTAINER: 1, PROPAGATION_BIDIRECTIONAL: 2 })
export const NamespaceMode = enumeration({ POD: 0, CONTAINER: 1, NODE: 2, TARGET: 3 })
export const SupplementalGroupsPolicy = enumeration({ Merge: 0, Strict: 1 })
export const ProfileType = enumeration({ RuntimeDefault: 0, Unconfined: 1, Localhost: 2 })
export const Signal = enumeration({
  SIGNAL_RUNTIME_DEFAULT: 0,
  SIGNAL_SIGABRT: 1,
  SIGNAL_SIGALRM: 2,
  SIGNAL_SIGBUS: 3,
  SIGNAL_SIGCHLD: 4,
  SIGNAL_SIGCLD: 5,
  SIGNAL_SIGCONT: 6,
  SIGNAL_SIGFPE: 7,
  SIGNAL_SIGHUP: 8,
  SIGNAL_SIGILL: 9,
  SIGNAL_SIGINT: 10,
  SIGNAL_SIGIO: 11,
  SIGNAL_SIGIOT: 12,
  SIGNAL_SIGKILL: 13,
  SIGNAL_SIGPIPE: 14,
  SIGNAL_SIGPOLL: 15,
  SIGNAL_SIGPROF: 16,
  SIGNAL_SIGPWR: 17,
  SIGNAL_SIGQUIT: 18,
  SIGNAL_SIGSEGV: 19,
  SIGNAL_SIGSTKFLT: 20,
  SIGNAL_SIGSTOP: 21,
  SIGNAL_SIGSYS: 22,
  SIGNAL_SIGTERM: 23,
  SIGNAL_SIGTRAP: 24,
  SIGNAL_SIGTSTP: 25,
  SIGNAL_SIGTTIN: 26,
  SIGNAL_SIGTTOU: 27,
  SIGNAL_SIGURG: 28,
  SIGNAL_SIGUSR1: 29,
  SIGNAL_SIGUSR2: 30,
  SIGNAL_SIGVTALRM: 31,
  SIGNAL_SIGWINCH: 32,
  SIGNAL_SIGXCPU: 33,
  SIGNAL_SIGXFSZ: 34,
  SIGNAL_SIGRTMIN: 35,
  SIGNAL_SIGRTMINPLUS1: 36,
  SIGNAL_SIGRTMINPLUS2: 37,
  SIGNAL_SIGRTMINPLUS3: 38,
  SIGNAL_SIGRTMINPLUS4: 39,
  SIGNAL_SIGRTMINPLUS5: 40,
  SIGNAL_SIGRTMINPLUS6: 41,
  SIGNAL_SIGRTMINPLUS7: 42,
  SIGNAL_SIGRTMINPLUS8: 43,
  SIGNAL_SIGRTMINPLUS9: 44,
  SIGNAL_SIGRTMINPLUS10: 45,
  SIGNAL_SIGRTMINPLUS11: 46,
  SIGNAL_SIGRTMINPLUS12: 47,
  SIGNAL_SIGRTMINPLUS13: 48,
  SIGNAL_SIGRTMINPLUS14: 49,
  SIGNAL_SIGRTMINPLUS15: 50,
  SIGNAL_SIGRTMAXMINUS14: 51,
  SIGNAL_SIGRTMAXMINUS13: 52,
  SIGNAL_SIGRTMAXMINUS12: 53,
  SIGNAL_SIGRTMAXMINUS11: 54,
  SIGNAL_SIGRTMAXMINUS10: 55,
  SIGNAL_SIGRTMAXMINUS9: 56,
  SIGNAL_SIGRTMAXMINUS8: 57,
  SIGNAL_SIGRTMAXMINUS7: 58,
  SIGNAL_SIGRTMAXMINUS6: 59,
  SIGNAL_SIGRTMAXMINUS5: 60,
  SIGNAL_SIGRTMAXMINUS4: 61,
  SIGNAL_SIGRTMAXMINUS3: 62,
  SIGNAL_SIGRTMAXMINUS2: 63,
  SIGNAL_SIGRTMAXMINUS1: 64,
  SIGNAL_SIGRTMAX: 65,
})

export const PodSandboxMetadata = message({ name: [1, 'string'], uid: [2, 'string'], namespace: [3, 'string'], attempt: [4, 'uint32'] })
export const DNSConfig = message({
  servers: [1, 'string', 'repeated'],
  searches: [2, 'string', 'repeated'],
  options: [3, 'string', 'repeated'],
})
export const PortMapping = message({ protocol: [1, Protocol], containerPort: [2, 'int32'], hostPort: [3, 'int32'], hostIp: [4, 'string'] })
export const IDMapping = message({ hostId: [1, 'uint32'], containerId: [2, 'uint32'], length: [3, 'uint32'] })
export const UserNamespace = message({ mode: [1, NamespaceMode], uids: [2, IDMapping, 'repeated'], gids: [3, IDMapping, 'repeated'] })
export const NamespaceOption = message({
  network: [1, NamespaceMode],
  pid: [2, NamespaceMode],
  ipc: [3, NamespaceMode],
  targetId: [4, 'string'],
  usernsOptions: [5, UserNamespace],
})
export const SELinuxOption = message({ user: [1, 'string'], role: [2, 'string'], type: [3, 'string'], level: [4, 'string'] })
export const Int64Value = message({ value: [1, 'int64'] })
export const SecurityProfile = message({ profileType: [1, ProfileType], localhostRef: [2, 'string'] })
export const LinuxSandboxSecurityContext = message({
  namespaceOptions: [1, NamespaceOption],
  selinuxOptions: [2, SELinuxOption],
  runAsUser: [3, Int64Value],
  runAsGroup: [8, Int64Value],
  readonlyRootfs: [4, 'bool'],
  supplementalGroups: [5, 'int64', 'repeated'],
  supplementalGroupsPolicy: [11, SupplementalGroupsPolicy],
  privileged: [6, 'bool'],
  seccomp: [9, SecurityProfile],
  apparmor: [10, SecurityProfile],
  seccompProfilePath: [7, 'string'],
})
export const HugepageLimit = message({ pageSize: [1, 'string'], limit: [2, 'uint64'] })
export const LinuxContainerResources = message({
  cpuPeriod: [1, 'int64'],
  cpuQuota: [2, 'int64'],
  cpuShares: [3, 'int64'],
  memoryLimitInBytes: [4, 'int64'],
  oomScoreAdj: [5, 'int64'],
  cpusetCpus: [6, 'string'],
  cpusetMems: [7, 'string'],
  hugepageLimits: [8, HugepageLimit, 'repeated'],
  unified: [9, 'string', 'map'],
  memorySwapLimitInBytes: [10, 'int64'],
})
export const LinuxPodSandboxConfig = message({
  cgroupParent: [1, 'string'],
  securityContext: [2, LinuxSandboxSecurityContext],
  sysctls: [3, 'string', 'map'],
  overhead: [4, LinuxContainerResources],
  resources: [5, LinuxContainerResources],
})
export const PodSandboxConfig = message({
  metadata: [1, PodSandboxMetadata],
  hostname: [2, 'string'],
  logDirectory: [3, 'string'],
  dnsConfig: [4, DNSConfig],
  portMappings: [5, PortMapping, 'repeated'],
  labels: [6, 'string', 'map'],
  annotations: [7, 'string', 'map'],
  linux: [8, LinuxPodSandboxConfig],
})
export const ContainerMetadata = message({ name: [1, 'string'], attempt: [2, 'uint32'] })
export const ImageSpec = message({
  image: [1, 'string'],
  annotations: [2, 'string', 'map'],
  userSpecifiedImage: [18, 'string'],
  runtimeHandler: [19, 'string'],
  imageRef: [20, 'string'],
})
export const KeyValue = message({ key: [1, 'string'], value: [2, 'bytes'] })
export const Mount = message({
  containerPath: [1, 'string'],
  hostPath: [2, 'string'],
  readonly: [3, 'bool'],
  selinuxRelabel: [4, 'bool'],
  propagation: [5, MountPropagation],
  uidMappings: [6, IDMapping, 'repeated'],
  gidMappings: [7, IDMapping, 'repeated'],
  recursiveReadOnly: [8, 'bool'],
  image: [9, ImageSpec],
  imageSubPath: [10, 'string'],
  mountOptions: [11, 'string', 'repeated'],
})
export const Device = message({ containerPath: [1, 'string'], hostPath: [2, 'string'], permissions: [3, 'string'] })
export const Capability = message({
  addCapabilities: [1, 'string', 'repeated'],
  dropCapabilities: [2, 'string', 'repeated'],
  addAmbientCapabilities: [3, 'string', 'repeated'],
})
export const LinuxContainerSecurityContext = message({
  capabilities: [1, Capability],
  privileged: [2, 'bool'],
  namespaceOptions: [3, NamespaceOption],
  selinuxOptions: [4, SELinuxOption],
  runAsUser: [5, Int64Value],
  runAsGroup: [12, Int64Value],
  runAsUsername: [6, 'string'],
  readonlyRootfs: [7, 'bool'],
  supplementalGroups: [8, 'int64', 'repeated'],
  supplementalGroupsPolicy: [17, SupplementalGroupsPolicy],
  noNewPrivs: [11, 'bool'],
  maskedPaths: [13, 'string', 'repeated'],
  readonlyPaths: [14, 'string', 'repeated'],
  seccomp: [15, SecurityProfile],
  apparmor: [16, SecurityProfile],
  apparmorProfile: [9, 'string'],
  seccompProfilePath: [10, 'string'],
})
export const LinuxContainerConfig = message({
  resources: [1, LinuxContainerResources],
  securityContext: [2, LinuxContainerSecurityContext],
})
export const CDIDevice = message({ name: [1, 'string'] })
export const ContainerConfig = message({
  metadata: [1, ContainerMetadata],
  image: [2, ImageSpec],
  command: [3, 'string', 'repeated'],
  args: [4, 'string', 'repeated'],
  workingDir: [5, 'string'],
  envs: [6, KeyValue, 'repeated'],
  mounts: [7, Mount, 'repeated'],
  devices: [8, Device, 'repeated'],
  labels: [9, 'string', 'map'],
  annotations: [10, 'string', 'map'],
  logPath: [11, 'string'],
  stdin: [12, 'bool'],
  stdinOnce: [13, 'bool'],
  tty: [14, 'bool'],
  linux: [15, LinuxContainerConfig],
  cdiDevices: [17, CDIDevice, 'repeated'],
  stopSignal: [18, Signal],
})
export const AuthConfig = message({
  username: [1, 'string'],
  password: [2, 'string'],
  auth: [3, 'string'],
  serverAddress: [4, 'string'],
  identityToken: [5, 'string'],
  registryToken: [6, 'string'],
})
export const NetworkConfig = message({ podCidr: [1, 'string'] })
export const RuntimeConfig = message({ networkConfig: [1, NetworkConfig] })

export type PodSandboxMetadata = Draft<typeof PodSandboxMetadata>
export type DNSConfig = Draft<typeof DNSConfig>
export type PortMapping = Draft<typeof PortMapping>
export type IDMapping = Draft<typeof IDMapping>
export type UserNamespace = Draft<typeof UserNamespace>
export type NamespaceOption = Draft<typeof NamespaceOption>
export type SELinuxOption = Draft<typeof SELinuxOption>
export type Int64Value = Draft<typeof Int64Value>
export type SecurityProfile = Draft<typeof SecurityProfile>
export type LinuxSandboxSecurityContext = Draft<typeof LinuxSandboxSecurityContext>
export type HugepageLimit = Draft<typeof HugepageLimit>
export type LinuxContainerResources = Draft<typeof LinuxContainerResources>
export type LinuxPodSandboxConfig = Draft<typeof LinuxPodSandboxConfig>
export type PodSandboxConfig = Draft<typeof PodSandboxConfig>
export type ContainerMetadata = Draft<typeof ContainerMetadata>
export type ImageSpec = Draft<typeof ImageSpec>
export type KeyValue = Draft<typeof KeyValue>
export type Mount = Draft<typeof Mount>
export type Device = Draft<typeof Device>
export type Capability = Draft<typeof Capability>
export type LinuxContainerSecurityContext = Draft<typeof LinuxContainerSecurityContext>
export type LinuxContainerConfig = Draft<typeof LinuxContainerConfig>
export type CDIDevice = Draft<typeof CDIDevice>
export type ContainerConfig = Draft<typeof ContainerConfig>
export type AuthConfig = Draft<typeof AuthConfig>
export type NetworkConfig = Draft<typeof NetworkConfig>
export type RuntimeConfig = Draft<typeof RuntimeConfig>
export type Protocol = keyof typeof Protocol
export type MountPropagation = keyof typeof MountPropagation
export type NamespaceMode = keyof typeof NamespaceMode
export type SupplementalGroupsPolicy = keyof typeof SupplementalGroupsPolicy
export type ProfileType = keyof typeof ProfileType
export type Signal = keyof typeof Signal
