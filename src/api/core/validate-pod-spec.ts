// The rules of a pod spec, in a pod or in a template. The themes have their own files.
import { duplicateValue, type FieldError, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../../meta/names.ts'
import { checkAddress } from '../validate-address.ts'
import { validateAnnotations } from '../validate-metadata.ts'
import {
  type Errors,
  each,
  labels,
  must,
  named,
  shaped,
  shapedIfSet,
  supported,
  together,
  unique,
  uniqueNames,
  when,
} from '../validation.ts'
import { isPodLevelResource } from './pod-resources.ts'
import type { PodDNSConfig, PodSpec, PodTemplateSpec } from './pod-spec.ts'
import { validateAffinity, validateSpread, validateTolerations } from './validate-affinity.ts'
import { validateAllContainers } from './validate-container.ts'
import { validateQuantity, validateResources } from './validate-resources.ts'
import { validatePodSecurityContext } from './validate-security-context.ts'
import { validateVolumes } from './validate-volume.ts'

export function validatePodSpec(spec: PodSpec, field: string): Errors {
  return together(
    validateVolumes(spec.volumes, `${field}.volumes`),
    validateAllContainers(spec, field),
    validatePodResources(spec, field),
    validatePlacement(spec, field),
    validateIdentity(spec, field),
    validateHostNamespaces(spec, field),
    validatePodSecurityContext(spec.securityContext, `${field}.securityContext`),
    validateDns(spec, field),
    validateHostAliases(spec, `${field}.hostAliases`),
    each(spec.imagePullSecrets, `${field}.imagePullSecrets`, (ref, at) => named(ref.name, `${at}.name`)),
    each(spec.readinessGates, `${field}.readinessGates`, (gate, at) =>
      shaped(gate.conditionType ?? '', `${at}.conditionType`, checkQualifiedName),
    ),
    must(inRange(spec.activeDeadlineSeconds, 1), () =>
      invalidValue(`${field}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, `must be between 1 and ${maxSeconds}, inclusive`),
    ),
    supported(spec.os?.name, `${field}.os.name`, ['linux', 'windows']),
  )
}

/** Nothing of a template's spec may be left to a pod alone: names are checked where pods get theirs. */
export function validatePodTemplate(template: PodTemplateSpec | undefined, field: string): Errors {
  if (!template) return [requiredValue(field)]
  const { metadata, spec } = template
  return together(
    labels(metadata?.labels, `${field}.labels`),
    validateAnnotations(metadata?.annotations, `${field}.annotations`),
    spec ? validatePodSpec(spec, `${field}.spec`) : [requiredValue(`${field}.spec.containers`)],
    must(!spec?.ephemeralContainers?.length, () =>
      forbiddenValue(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'),
    ),
  )
}

export const maxSeconds = 2 ** 31 - 1

export function inRange(seconds: number | undefined, least: number): boolean {
  return seconds === undefined || (seconds >= least && seconds <= maxSeconds)
}

function validatePodResources(spec: PodSpec, field: string): Errors {
  const { resources, overhead, resourceClaims } = spec
  const amounts = { ...resources?.limits, ...resources?.requests }
  return together(
    validateResources(resources, new Set(resourceClaims?.map(c => c.name)), `${field}.resources`),
    Object.keys(amounts)
      .filter(name => !isPodLevelResource(name))
      .map(name =>
        invalidValue(`${field}.resources`, name, 'must be a resource that is supported at the pod level: cpu, memory or hugepages'),
      ),
    Object.entries(overhead ?? {}).flatMap(([name, value]) => validateQuantity(name, value, `${field}.overhead[${name}]`)),
    each(resourceClaims, `${field}.resourceClaims`, (claim, at) =>
      together(
        named(claim.name, `${at}.name`, checkDns1123Label),
        validateClaimSource(claim.resourceClaimName, claim.resourceClaimTemplateName, at),
      ),
    ),
    uniqueNames(resourceClaims, `${field}.resourceClaims`),
  )
}

function validateClaimSource(name: string | undefined, template: string | undefined, field: string): Errors {
  if (name === undefined && template === undefined) {
    return [requiredValue(field, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`')]
  }
  if (name !== undefined && template !== undefined) {
    return [
      invalidValue(
        field,
        { resourceClaimName: name, resourceClaimTemplateName: template },
        'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
      ),
    ]
  }
  return together(
    when(name, value => shaped(value, `${field}.resourceClaimName`, checkDns1123Subdomain)),
    when(template, value => shaped(value, `${field}.resourceClaimTemplateName`, checkDns1123Subdomain)),
  )
}

function validatePlacement(spec: PodSpec, field: string): Errors {
  return together(
    labels(spec.nodeSelector, `${field}.nodeSelector`),
    validateAffinity(spec.affinity, `${field}.affinity`),
    each(spec.schedulingGates, `${field}.schedulingGates`, (gate, at) => shaped(gate.name ?? '', `${at}.name`, checkQualifiedName)),
    unique(
      spec.schedulingGates,
      gate => gate.name,
      (gate, i) => duplicateValue(`${field}.schedulingGates[${i}]`, gate.name),
    ),
    validateSpread(spec.topologySpreadConstraints, `${field}.topologySpreadConstraints`),
    shapedIfSet(spec.nodeName, `${field}.nodeName`, checkDns1123Subdomain),
    validateTolerations(spec.tolerations, `${field}.tolerations`),
    shapedIfSet(spec.priorityClassName, `${field}.priorityClassName`, checkDns1123Subdomain),
    shapedIfSet(spec.runtimeClassName, `${field}.runtimeClassName`, checkDns1123Subdomain),
  )
}

function validateIdentity(spec: PodSpec, field: string): Errors {
  return together(
    shapedIfSet(spec.serviceAccountName, `${field}.serviceAccountName`, checkDns1123Subdomain),
    shapedIfSet(spec.hostname, `${field}.hostname`, checkDns1123Label),
    shapedIfSet(spec.subdomain, `${field}.subdomain`, checkDns1123Label),
    shapedIfSet(spec.hostnameOverride, `${field}.hostnameOverride`, checkDns1123Subdomain),
    must(!spec.hostnameOverride || !spec.setHostnameAsFQDN, () =>
      forbiddenValue(`${field}.hostnameOverride`, 'may not be set when `setHostnameAsFQDN` is true'),
    ),
    must(!spec.hostnameOverride || !spec.hostNetwork, () =>
      forbiddenValue(`${field}.hostnameOverride`, 'may not be set when `hostNetwork` is true'),
    ),
  )
}

function validateHostNamespaces(spec: PodSpec, field: string): Errors {
  const { shareProcessNamespace, hostPID, hostNetwork, hostIPC, hostUsers, securityContext } = spec
  const errors: FieldError[] = []
  if (shareProcessNamespace && hostPID) {
    errors.push(invalidValue(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'))
  }
  if (hostUsers === false) {
    for (const [name, used] of Object.entries({ hostNetwork, hostPID, hostIPC })) {
      if (used) errors.push(forbiddenValue(`${field}.${name}`, 'when `hostUsers` is false'))
    }
  }
  for (const [i, { name = '' }] of (securityContext?.sysctls ?? []).entries()) {
    const at = `${field}.securityContext.sysctls[${i}].name`
    const isOf = (prefixes: readonly string[]) => prefixes.some(prefix => name.replaceAll('/', '.').startsWith(prefix))
    if (hostNetwork && isOf(['net.'])) errors.push(invalidValue(at, name, "may not be specified when 'hostNetwork' is true"))
    if (hostIPC && isOf(['kernel.shm', 'kernel.msg', 'kernel.sem', 'fs.mqueue.'])) {
      errors.push(invalidValue(at, name, "may not be specified when 'hostIPC' is true"))
    }
  }
  return errors
}

function validateDns({ dnsPolicy, dnsConfig }: PodSpec, field: string): Errors {
  const at = `${field}.dnsConfig`
  if (!dnsConfig) return must(dnsPolicy !== 'None', () => requiredValue(at, 'must provide `dnsConfig` when `dnsPolicy` is None'))
  const needsServers = dnsPolicy === 'None' && !dnsConfig.nameservers?.length
  return together(
    must(!needsServers, () => requiredValue(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')),
    validateDnsConfig(dnsConfig, at),
  )
}

const maxNameservers = 3
const maxSearches = 32
const maxSearchLength = 2048

function validateDnsConfig({ nameservers = [], searches = [], options }: PodDNSConfig, field: string): Errors {
  const joined = searches.join(' ').length
  return together(
    must(nameservers.length <= maxNameservers, () =>
      invalidValue(`${field}.nameservers`, nameservers, `must not have more than ${maxNameservers} nameservers`),
    ),
    each(nameservers, `${field}.nameservers`, (server, at) => shaped(server, at, checkAddress)),
    must(searches.length <= maxSearches, () =>
      invalidValue(`${field}.searches`, searches, `must not have more than ${maxSearches} search paths`),
    ),
    must(joined <= maxSearchLength, () =>
      invalidValue(
        `${field}.searches`,
        searches,
        `must not have more than ${maxSearchLength} characters (including spaces) in the search list`,
      ),
    ),
    each(searches, `${field}.searches`, (search, at) =>
      search === '.'
        ? []
        : checkDns1123Subdomain(search.replace(/\.$/, '').replaceAll('_', '-')).map(reason => invalidValue(at, search, reason)),
    ),
    each(options, `${field}.options`, (option, at) => must(Boolean(option.name), () => requiredValue(at, 'must not be empty'))),
  )
}

function validateHostAliases({ hostAliases }: PodSpec, field: string): Errors {
  return each(hostAliases, field, ({ ip, hostnames = [] }, at) =>
    together(
      shaped(ip ?? '', `${at}.ip`, checkAddress),
      hostnames.flatMap(name => shaped(name, `${at}.hostnames`, checkDns1123Subdomain)),
    ),
  )
}
