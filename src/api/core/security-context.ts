import { atomicList, boolean, describe, type Infer, int64, object, oneOf, required, string } from '../../schema/schema.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const appArmorProfile = object(core('AppArmorProfile'), '', {
  localhostProfile: string('Name of a profile on the node, for type Localhost.'),
  type: required(string('Localhost, RuntimeDefault or Unconfined.')),
})
export type AppArmorProfile = Infer<typeof appArmorProfile>

export const capabilities = object(core('Capabilities'), '', {
  add: describe('Capabilities that are added.', atomicList(string())),
  drop: describe('Capabilities that are dropped.', atomicList(string())),
})
export type Capabilities = Infer<typeof capabilities>

export const seLinuxOptions = object(core('SELinuxOptions'), '', {
  level: string('The level part of the label.'),
  role: string('The role part of the label.'),
  type: string('The type part of the label.'),
  user: string('The user part of the label.'),
})
export type SELinuxOptions = Infer<typeof seLinuxOptions>

export const seccompProfile = object(core('SeccompProfile'), '', {
  localhostProfile: string('Path of a profile on the node, for type Localhost.'),
  type: required(oneOf(['Unconfined', 'RuntimeDefault', 'Localhost'], 'Localhost, RuntimeDefault or Unconfined.')),
})
export type SeccompProfile = Infer<typeof seccompProfile>

export const sysctl = object(core('Sysctl'), '', {
  name: required(string('Name of the parameter.')),
  value: required(string('Its value.')),
})
export type Sysctl = Infer<typeof sysctl>

export const windowsSecurityContextOptions = object(core('WindowsSecurityContextOptions'), '', {
  gmsaCredentialSpec: string('The contents of a GMSA credential spec.'),
  gmsaCredentialSpecName: string('Name of a GMSA credential spec.'),
  hostProcess: boolean("Whether it runs in the host's own process space."),
  runAsUserName: string('Name of the user that runs the first process.'),
})
export type WindowsSecurityContextOptions = Infer<typeof windowsSecurityContextOptions>

export const podSecurityContext = object(core('PodSecurityContext'), '', {
  appArmorProfile: describe('The AppArmor profile of all containers.', appArmorProfile),
  fsGroup: int64("The group that owns the pod's volumes and is added to its processes."),
  fsGroupChangePolicy: string('When the ownership of a volume is changed: OnRootMismatch or Always.'),
  runAsGroup: int64("Group id of the containers' first processes."),
  runAsNonRoot: boolean('Refuse to start containers as root.'),
  runAsUser: int64("User id of the containers' first processes."),
  seLinuxChangePolicy: string('How the label is put on volumes: MountOption or Recursive.'),
  seLinuxOptions: describe('SELinux label of all containers.', seLinuxOptions),
  seccompProfile: describe('The seccomp profile of all containers.', seccompProfile),
  supplementalGroups: describe("Further groups of the containers' first processes.", atomicList(int64())),
  supplementalGroupsPolicy: string("Whether the image's groups count too: Merge or Strict."),
  sysctls: describe("Kernel parameters of the pod's namespaces.", atomicList(sysctl)),
  windowsOptions: describe('For Windows alone.', windowsSecurityContextOptions),
})
export type PodSecurityContext = Infer<typeof podSecurityContext>

export const securityContext = object(core('SecurityContext'), '', {
  allowPrivilegeEscalation: boolean('Whether a process may gain more privileges than its parent has.'),
  appArmorProfile: describe('The AppArmor profile of the container.', appArmorProfile),
  capabilities: describe('Capabilities that are added and dropped.', capabilities),
  privileged: boolean('Whether the container is, in effect, root on the node.'),
  procMount: string('How /proc is mounted: Default or Unmasked.'),
  readOnlyRootFilesystem: boolean('Whether the root file system cannot be written to.'),
  runAsGroup: int64("Group id of the container's first process."),
  runAsNonRoot: boolean('Refuse to start as root.'),
  runAsUser: int64("User id of the container's first process."),
  seLinuxOptions: describe('SELinux label.', seLinuxOptions),
  seccompProfile: describe('The seccomp profile.', seccompProfile),
  windowsOptions: describe('For Windows alone.', windowsSecurityContextOptions),
})
export type SecurityContext = Infer<typeof securityContext>
