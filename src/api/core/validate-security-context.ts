// Security contexts of pods and of containers.
import { duplicateValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { type Errors, each, must, named, supported, together, unique, when } from '../validation.ts'
import type { AppArmorProfile, PodSecurityContext, SeccompProfile, SecurityContext, Sysctl } from './security-context.ts'

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
    validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
    must(!confined || !privileged, () =>
      invalidValue(field, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'),
    ),
    must(!confined || !capabilities?.add?.includes('CAP_SYS_ADMIN'), () =>
      invalidValue(field, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'),
    ),
  )
}

export function validatePodSecurityContext(context: PodSecurityContext | undefined, field: string): Errors {
  if (!context) return []
  return together(
    validateId(context.fsGroup, `${field}.fsGroup`),
    validateId(context.runAsUser, `${field}.runAsUser`),
    validateId(context.runAsGroup, `${field}.runAsGroup`),
    each(context.supplementalGroups, `${field}.supplementalGroups`, validateId),
    supported(context.fsGroupChangePolicy, `${field}.fsGroupChangePolicy`, ['OnRootMismatch', 'Always']),
    supported(context.supplementalGroupsPolicy, `${field}.supplementalGroupsPolicy`, ['Merge', 'Strict']),
    supported(context.seLinuxChangePolicy, `${field}.seLinuxChangePolicy`, ['MountOption', 'Recursive']),
    validateSysctls(context.sysctls, `${field}.sysctls`),
    validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
    validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
  )
}

const sysctlPart = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const sysctlPattern = `^(${sysctlPart}[\\./])*${sysctlPart}$`
const sysctlName = new RegExp(sysctlPattern)

function validateSysctls(sysctls: readonly Sysctl[] | undefined, field: string): Errors {
  return together(
    each(sysctls, field, ({ name }, at) => named(name, `${at}.name`, checkSysctlName)),
    unique(
      sysctls,
      s => s.name?.replaceAll('/', '.'),
      (s, i) => duplicateValue(`${field}[${i}].name`, s.name),
    ),
  )
}

function checkSysctlName(name: string): string[] {
  return name.length <= 253 && sysctlName.test(name) ? [] : [`must have at most 253 characters and match regex ${sysctlPattern}`]
}

function validateSeccomp(profile: SeccompProfile | undefined, field: string): Errors {
  return when(profile, ({ type, localhostProfile }) => {
    if (!type) return [requiredValue(`${field}.type`, 'type is required when seccompProfile is set')]
    if (type !== 'Localhost') {
      return must(localhostProfile === undefined, () =>
        invalidValue(`${field}.localhostProfile`, localhostProfile, 'can only be set when seccomp type is Localhost'),
      )
    }
    if (!localhostProfile) return [requiredValue(`${field}.localhostProfile`, 'must be set when seccomp type is Localhost')]
    return must(!localhostProfile.startsWith('/') && !localhostProfile.split('/').includes('..'), () =>
      invalidValue(
        `${field}.localhostProfile`,
        localhostProfile,
        localhostProfile.startsWith('/') ? 'must be a relative path' : "must not contain '..'",
      ),
    )
  })
}

function validateAppArmor(profile: AppArmorProfile | undefined, field: string): Errors {
  return when(profile, ({ type, localhostProfile }) => {
    if (!type) return [requiredValue(`${field}.type`, 'type is required when appArmorProfile is set')]
    const errors = supported(type, `${field}.type`, ['Localhost', 'RuntimeDefault', 'Unconfined'])
    if (type === 'Localhost') {
      return localhostProfile
        ? errors
        : [...errors, requiredValue(`${field}.localhostProfile`, 'must be set when AppArmor type is Localhost')]
    }
    return localhostProfile === undefined
      ? errors
      : [...errors, invalidValue(`${field}.localhostProfile`, localhostProfile, 'can only be set when AppArmor type is Localhost')]
  })
}
