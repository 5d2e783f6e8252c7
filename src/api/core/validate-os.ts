// What a pod may ask for depends on the operating system that it needs.
import { forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { type Errors, must, supported, together } from '../validation.ts'
import { flatMapContainers } from './each-container.ts'
import type { PodSpec } from './pod-spec.ts'

export function validateOs(spec: PodSpec, field: string): Errors {
  if (!spec.os) return []
  const { name } = spec.os
  if (!name) return [requiredValue(`${field}.os.name`)]
  if (name === 'linux') return validateLinux(spec, field)
  return name === 'windows' ? validateWindows(spec, field) : supported(name, `${field}.os`, ['linux', 'windows'])
}

function validateLinux(spec: PodSpec, field: string): Errors {
  const check = (context: PodSpec['securityContext'] | undefined, at: string) =>
    must(context?.windowsOptions === undefined, () =>
      forbiddenValue(`${at}.windowsOptions`, 'windows options cannot be set for a linux pod'),
    )
  return together(
    check(spec.securityContext, `${field}.securityContext`),
    flatMapContainers(spec, field, ({ securityContext }, at) => check(securityContext, `${at}.securityContext`)),
  )
}

const notOfPods = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const
const notOfSpecs = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const
const notOfContainers = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const

function validateWindows(spec: PodSpec, field: string): Errors {
  const forbidden = <N extends string>(from: { readonly [K in N]?: unknown } | undefined, names: readonly N[], at: string) =>
    names.filter(name => isGiven(name, from?.[name])).map(name => forbiddenValue(`${at}.${name}`, 'cannot be set for a windows pod'))
  return together(
    forbidden(spec.securityContext, notOfPods, `${field}.securityContext`),
    forbidden(spec, notOfSpecs, field),
    flatMapContainers(spec, field, ({ securityContext }, at) => forbidden(securityContext, notOfContainers, `${at}.securityContext`)),
  )
}

/** Not to use namespaces of the host, and no parameters, is nothing to forbid. */
function isGiven(name: string, value: unknown): boolean {
  if (name === 'sysctls') return Array.isArray(value) && value.length > 0
  return name === 'hostPID' || name === 'hostIPC' ? value === true : value !== undefined
}

/** Containers of the host's own processes come together or not at all, and on the network of the host. */
export function validateHostProcesses(spec: PodSpec, field: string): Errors {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  const ofContainers = flatMapContainers(spec, field, ({ securityContext }, at) => [
    { at, own: securityContext?.windowsOptions?.hostProcess },
  ])
  const count = ofContainers.filter(({ own }) => own ?? ofPod ?? false).length
  const odd = ofContainers.filter(({ own }) => ofPod !== undefined && own !== undefined && own !== ofPod)
  const identical = `pod hostProcess value must be identical if both are specified, was ${ofPod}`
  const errors = odd.map(({ at, own }) => invalidValue(`${at}.securityContext.windowsOptions.hostProcess`, own, identical))
  if (count === 0) return errors
  return together(
    errors,
    must(count === ofContainers.length, () =>
      invalidValue(field, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'),
    ),
    must(spec.hostNetwork === true, () =>
      invalidValue(`${field}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'),
    ),
  )
}
