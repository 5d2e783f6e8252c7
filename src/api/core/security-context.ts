import { atomicList, boolean, type Infer, int64, object, oneOf, required, string } from '../../schema/schema.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const appArmorProfile = object(core('AppArmorProfile'), '', {
  localhostProfile: string(),
  type: required(string()),
})
export type AppArmorProfile = Infer<typeof appArmorProfile>

export const capabilities = object(core('Capabilities'), '', {
  add: atomicList(string()),
  drop: atomicList(string()),
})
export type Capabilities = Infer<typeof capabilities>

export const seLinuxOptions = object(core('SELinuxOptions'), '', {
  level: string(),
  role: string(),
  type: string(),
  user: string(),
})
export type SELinuxOptions = Infer<typeof seLinuxOptions>

export const seccompProfile = object(core('SeccompProfile'), '', {
  localhostProfile: string(),
  type: required(oneOf(['Unconfined', 'RuntimeDefault', 'Localhost'])),
})
export type SeccompProfile = Infer<typeof seccompProfile>

export const sysctl = object(core('Sysctl'), '', {
  name: required(string()),
  value: required(string()),
})
export type Sysctl = Infer<typeof sysctl>

export const windowsSecurityContextOptions = object(core('WindowsSecurityContextOptions'), '', {
  gmsaCredentialSpec: string(),
  gmsaCredentialSpecName: string(),
  hostProcess: boolean(),
  runAsUserName: string(),
})
export type WindowsSecurityContextOptions = Infer<typeof windowsSecurityContextOptions>

export const podSecurityContext = object(core('PodSecurityContext'), '', {
  appArmorProfile: appArmorProfile,
  fsGroup: int64(),
  fsGroupChangePolicy: string(),
  runAsGroup: int64(),
  runAsNonRoot: boolean(),
  runAsUser: int64(),
  seLinuxChangePolicy: string(),
  seLinuxOptions: seLinuxOptions,
  seccompProfile: seccompProfile,
  supplementalGroups: atomicList(int64()),
  supplementalGroupsPolicy: string(),
  sysctls: atomicList(sysctl),
  windowsOptions: windowsSecurityContextOptions,
})
export type PodSecurityContext = Infer<typeof podSecurityContext>

export const securityContext = object(core('SecurityContext'), '', {
  allowPrivilegeEscalation: boolean(),
  appArmorProfile: appArmorProfile,
  capabilities: capabilities,
  privileged: boolean(),
  procMount: string(),
  readOnlyRootFilesystem: boolean(),
  runAsGroup: int64(),
  runAsNonRoot: boolean(),
  runAsUser: int64(),
  seLinuxOptions: seLinuxOptions,
  seccompProfile: seccompProfile,
  windowsOptions: windowsSecurityContextOptions,
})
export type SecurityContext = Infer<typeof securityContext>
