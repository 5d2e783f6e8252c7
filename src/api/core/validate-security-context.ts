// Security contexts of pods and of containers.
import { duplicateValue, invalidValue, requiredValue, tooLong } from '../../meta/field-error.ts'
import { type Errors, each, must, named, supported, together, when } from '../validation.ts'
import type { AppArmorProfile, PodSecurityContext, SeccompProfile, SecurityContext, Sysctl } from './security-context.ts'
import { descendingPath } from './validate-path.ts'
import { validateWindowsOptions } from './validate-windows-options.ts'

const maxId = 2 ** 31 - 1

function validateId(value: number | undefined, field: string): Errors {
  return must(value === undefined || (value >= 0 && value <= maxId), () =>
    invalidValue(field, value, `must be between 0 and ${maxId}, inclusive`),
  )
}

export function validateSecurityContext(context: SecurityContext | undefined, hostUsers: boolean, field: string): Errors {
  if (!context) return []
  const { privileged, allowPrivilegeEscalation, capabilities, procMount } = context
  const confined = allowPrivilegeEscalation === false
  return together(
    validateId(context.runAsUser, `${field}.runAsUser`),
    validateId(context.runAsGroup, `${field}.runAsGroup`),
    supported(procMount, `${field}.procMount`, ['Default', 'Unmasked']),
    must(procMount !== 'Unmasked' || !hostUsers, () =>
      invalidValue(`${field}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'),
    ),
    validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
    must(!confined || !privileged, () =>
      invalidValue(field, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'),
    ),
    must(!confined || !capabilities?.add?.includes('CAP_SYS_ADMIN'), () =>
      invalidValue(field, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'),
    ),
    validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
  )
}

interface HostNamespaces {
  readonly hostNetwork?: boolean | undefined
  readonly hostIPC?: boolean | undefined
}

export function validatePodSecurityContext(context: PodSecurityContext | undefined, host: HostNamespaces, field: string): Errors {
  if (!context) return []
  return together(
    validateId(context.fsGroup, `${field}.fsGroup`),
    validateId(context.runAsUser, `${field}.runAsUser`),
    validateId(context.runAsGroup, `${field}.runAsGroup`),
    each(context.supplementalGroups, `${field}.supplementalGroups`, validateId),
    validateSysctls(context.sysctls, host, `${field}.sysctls`),
    supported(context.fsGroupChangePolicy, `${field}.fsGroupChangePolicy`, ['OnRootMismatch', 'Always']),
    validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
    validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
    supported(context.supplementalGroupsPolicy, `${field}.supplementalGroupsPolicy`, ['Merge', 'Strict']),
    supported(context.seLinuxChangePolicy, `${field}.seLinuxChangePolicy`, ['MountOption', 'Recursive']),
  )
}

const sysctlPart = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const sysctlPattern = `^(${sysctlPart}[\\./])*${sysctlPart}$`
const sysctlName = new RegExp(sysctlPattern)

/** Parameters of namespaces that the pod has from its host are not the pod's. */
function validateSysctls(sysctls: readonly Sysctl[] | undefined, { hostNetwork, hostIPC }: HostNamespaces, field: string): Errors {
  const names = new Set<string>()
  return each(sysctls, field, ({ name = '' }, at) => {
    const shape = named(name, `${at}.name`, checkSysctlName)
    const isRepeated = names.has(name)
    names.add(name)
    const namespace = namespaceOf(name)
    return together(
      shape,
      must(!isRepeated || shape.length > 0, () => duplicateValue(`${at}.name`, name)),
      must(!hostNetwork || namespace !== 'net', () => invalidValue(`${at}.name`, name, "may not be specified when 'hostNetwork' is true")),
      must(!hostIPC || namespace !== 'ipc', () => invalidValue(`${at}.name`, name, "may not be specified when 'hostIPC' is true")),
    )
  })
}

function namespaceOf(sysctl: string): 'net' | 'ipc' | undefined {
  const name = sysctl.replaceAll('/', '.')
  if (name.startsWith('net.')) return 'net'
  return name === 'kernel.sem' || /^(kernel\.shm|kernel\.msg|fs\.mqueue\.)/.test(name) ? 'ipc' : undefined
}

function checkSysctlName(name: string): string[] {
  return name.length <= 253 && sysctlName.test(name) ? [] : [`must have at most 253 characters and match regex ${sysctlPattern}`]
}

function validateSeccomp(profile: SeccompProfile | undefined, field: string): Errors {
  return when(profile, ({ type, localhostProfile }) => {
    const at = `${field}.localhostProfile`
    const ofType = type ? [] : [requiredValue(`${field}.type`, 'type is required when seccompProfile is set')]
    if (type !== 'Localhost') {
      const only = 'can only be set when seccomp type is Localhost'
      return together(
        ofType,
        must(localhostProfile === undefined, () => invalidValue(at, profile, only)),
      )
    }
    if (localhostProfile === undefined) return [requiredValue(at, 'must be set when seccomp type is Localhost')]
    return descendingPath(localhostProfile, at)
  })
}

/** The longest path that Linux takes. */
const maxProfileLength = 4095

export function validateAppArmor(profile: AppArmorProfile | undefined, field: string): Errors {
  return when(profile, ({ type, localhostProfile }) => {
    const at = `${field}.localhostProfile`
    if (!type) return [requiredValue(`${field}.type`, 'type is required when appArmorProfile is set')]
    if (type === 'RuntimeDefault' || type === 'Unconfined') {
      const only = 'can only be set when AppArmor type is Localhost'
      return must(localhostProfile === undefined, () => invalidValue(at, localhostProfile, only))
    }
    if (type !== 'Localhost') return supported(type, `${field}.type`, ['Localhost', 'RuntimeDefault', 'Unconfined'])
    const missing = requiredValue(at, 'must be set when AppArmor type is Localhost')
    if (localhostProfile === undefined) return [missing]
    const isPadded = localhostProfile !== localhostProfile.trim()
    return together(
      must(!isPadded, () => invalidValue(at, localhostProfile, 'must not be padded with whitespace')),
      must(localhostProfile !== '', () => missing),
      must(Buffer.byteLength(localhostProfile) <= maxProfileLength, () => tooLong(at, maxProfileLength)),
    )
  })
}
