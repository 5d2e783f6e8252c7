// The rules of a pod spec, in a pod or in a template. The themes have their own files. Paths that look wrong are upstream's.
import {
  duplicateValue,
  type FieldError,
  forbiddenValue,
  invalidValue,
  notFoundValue,
  requiredValue,
  tooLong,
} from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../../meta/names.ts'
import { validateAnnotations } from '../validate-metadata.ts'
import { type Errors, each, labels, must, shaped, shapedIfSet, subdomain, together, when } from '../validation.ts'
import { flatMapContainers } from './each-container.ts'
import type { PodSchedulingGate, PodSpec, PodTemplateSpec } from './pod-spec.ts'
import { validateAffinity, validateSpread, validateTolerations } from './validate-affinity.ts'
import { validateAllContainers } from './validate-container.ts'
import { validateDns, validateHostAliases } from './validate-dns.ts'
import { validateHostProcesses, validateOs } from './validate-os.ts'
import { validateMatchingProfiles, validatePodAnnotations } from './validate-pod-annotations.ts'
import { validateOverhead, validatePodResources, validateResourceClaims } from './validate-pod-resources.ts'
import { validatePodSecurityContext } from './validate-security-context.ts'
import { validateVolumes } from './validate-volume.ts'

export function validatePodSpec(spec: PodSpec, field: string): Errors {
  return together(
    validateVolumes(spec.volumes, `${field}.volumes`),
    validateResourceClaims(spec.resourceClaims, `${field}.resourceClaims`),
    validateAllContainers(spec, field),
    validatePodResources(spec, `${field}.resources`),
    validateHostPorts(spec, `${field}.containers`),
    labels(spec.nodeSelector, `${field}.nodeSelector`),
    validatePodSecurityContext(spec.securityContext, spec, `${field}.securityContext`),
    must(!spec.shareProcessNamespace || !spec.hostPID, () =>
      invalidValue(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    ),
    validateAffinity(spec.affinity, `${field}.affinity`),
    validateDns(spec, field),
    each(spec.readinessGates, `${field}.readinessGates`, (gate, at) =>
      shaped(gate.conditionType ?? '', `${at}.conditionType`, checkQualifiedName),
    ),
    validateGates(spec.schedulingGates, `${field}.schedulingGates`),
    validateSpread(spec.topologySpreadConstraints, `${field}.topologySpreadConstraints`),
    validateHostProcesses(spec, field),
    validateUserNamespace(spec, field),
    validateHostnameOverride(spec, `${field}.hostnameOverride`),
    validateNames(spec, field),
    validateTolerations(spec.tolerations, `${field}.tolerations`),
    validateHostAliases(spec, `${field}.hostAliases`),
    validateClasses(spec, field),
    validateOverhead(spec, `${field}.overhead`),
    validateOs(spec, field),
    when(spec.schedulingGroup, group => validateGroupName(group.podGroupName, `${field}.schedulingGroup.podGroupName`)),
    validateFileKeys(spec, field),
  )
}

/** Nothing of a template's spec may be left to a pod alone: names are checked where pods get theirs. */
export function validatePodTemplate(template: PodTemplateSpec | undefined, field: string): Errors {
  if (!template) return [requiredValue(field)]
  const { metadata, spec } = template
  if (!spec) return [requiredValue(`${field}.spec.containers`)]
  const { annotations } = metadata ?? {}
  return together(
    labels(metadata?.labels, `${field}.labels`),
    validateAnnotations(annotations, `${field}.annotations`),
    validatePodAnnotations(annotations, spec, `${field}.annotations`),
    validatePodSpec(spec, `${field}.spec`),
    validateMatchingProfiles(annotations, spec, `${field}.spec`),
    must(!spec.ephemeralContainers?.length, () =>
      forbiddenValue(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'),
    ),
  )
}

export const maxSeconds = 2 ** 31 - 1

export function inRange(seconds: number | undefined, least: number): boolean {
  return seconds === undefined || (seconds >= least && seconds <= maxSeconds)
}

/** On the network of the host, a container's port is the host's. In a template, the host's may be left out. */
function validateHostPorts({ hostNetwork, containers }: PodSpec, field: string): Errors {
  return each(hostNetwork ? containers : [], field, ({ ports }, at) =>
    each(ports, `${at}.ports`, ({ containerPort, hostPort }, at) =>
      must(!hostPort || hostPort === containerPort, () =>
        invalidValue(`${at}.hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true'),
      ),
    ),
  )
}

function validateGates(gates: readonly PodSchedulingGate[] | undefined, field: string): Errors {
  const names = new Set<string>()
  return each(gates, field, ({ name = '' }, at) => {
    const isRepeated = names.has(name)
    names.add(name)
    return together(
      shaped(name, at, checkQualifiedName),
      must(!isRepeated, () => duplicateValue(at, name)),
    )
  })
}

/** A pod with users of its own shares neither other namespaces nor devices with its host. */
function validateUserNamespace(spec: PodSpec, field: string): Errors {
  if (spec.hostUsers !== false) return []
  const shared = { hostNetwork: spec.hostNetwork, HostPID: spec.hostPID, HostIPC: spec.hostIPC }
  const forbidden = (at: string) => forbiddenValue(at, 'when `hostUsers` is false')
  return together(
    Object.entries(shared).flatMap(([name, used]) => (used ? [forbidden(`${field}.${name}`)] : [])),
    flatMapContainers(spec, field, ({ volumeDevices }, at) => (volumeDevices?.length ? [forbidden(`${at}.volumeDevices`)] : [])),
  )
}

const maxHostname = 64

function validateHostnameOverride({ hostnameOverride: name, setHostnameAsFQDN, hostNetwork }: PodSpec, field: string): Errors {
  if (name === undefined) return []
  return together(
    must(!setHostnameAsFQDN, () => forbiddenValue(field, 'may not be specified when setHostnameAsFQDN is true')),
    must(!hostNetwork, () => forbiddenValue(field, 'may not be specified when hostNetwork is true')),
    must(name.length <= maxHostname, () => tooLong(field, maxHostname)),
    subdomain(name, field),
  )
}

function validateNames(spec: PodSpec, field: string): Errors {
  return together(
    shapedIfSet(spec.serviceAccountName, `${field}.serviceAccountName`, checkDns1123Subdomain),
    shapedIfSet(spec.nodeName, `${field}.nodeName`, checkDns1123Subdomain),
    must(inRange(spec.activeDeadlineSeconds, 1), () =>
      invalidValue(`${field}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, `must be between 1 and ${maxSeconds}, inclusive`),
    ),
    shapedIfSet(spec.hostname, `${field}.hostname`, checkDns1123Label),
    shapedIfSet(spec.subdomain, `${field}.subdomain`, checkDns1123Label),
  )
}

function validateClasses({ priorityClassName, runtimeClassName }: PodSpec, field: string): Errors {
  return together(
    shapedIfSet(priorityClassName, `${field}.priorityClassName`, checkDns1123Subdomain),
    when(runtimeClassName, name => subdomain(name, `${field}.runtimeClassName`)),
  )
}

function validateGroupName(name: string | undefined, field: string): Errors {
  return name === undefined ? [invalidValue(field, null, 'must specify one of: `podGroupName`')] : subdomain(name, field)
}

/** Files with variables are written by other containers of the pod. */
function validateFileKeys(spec: PodSpec, field: string): Errors {
  return flatMapContainers(spec, field, ({ env = [] }, at) =>
    env.flatMap(({ valueFrom }, i): readonly FieldError[] => {
      const name = valueFrom?.fileKeyRef?.volumeName
      if (name === undefined) return []
      const volumeField = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`
      const volume = spec.volumes?.findLast(volume => volume.name === name)
      if (!volume) return [notFoundValue(volumeField, name)]
      return must(volume.emptyDir !== undefined, () => invalidValue(volumeField, name, 'referenced volume must be of type emptyDir'))
    }),
  )
}
