// The rules of what is written of a pod's state.
import { duplicateValue, forbiddenValue, invalidValue, requiredValue, tooLong } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../../meta/names.ts'
import { checkAddress, familyOf } from '../validate-address.ts'
import { type Errors, each, must, shaped, shapedIfSet, supported, together, unique, when } from '../validation.ts'
import type { Container } from './container.ts'
import { matchingRule } from './container-roles.ts'
import type { PodSpec } from './pod-spec.ts'
import type { ContainerStatus, LinuxContainerUser, PodExtendedResourceClaimStatus, PodStatus, ResourceStatus } from './pod-status.ts'
import type { PodObject } from './pod-strategy.ts'
import { validateKeptAnnotations, validatePodAnnotations } from './validate-pod-annotations.ts'

const lists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const
type List = (typeof lists)[number]

export function validatePodStatus(next: PodObject, previous: PodObject): Errors {
  const { metadata, spec, status } = next
  const { nominatedNodeName, observedGeneration = 0, qosClass } = status
  const before = previous.status
  return together(
    validateKeptAnnotations(metadata.annotations, previous.metadata.annotations),
    validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations'),
    validateConditions(status.conditions, 'status.conditions'),
    nominatedNodeName === before.nominatedNodeName ? [] : shapedIfSet(nominatedNodeName, 'status.nominatedNodeName', checkDns1123Subdomain),
    must(observedGeneration >= 0, () => invalidValue('status.observedGeneration', observedGeneration, 'must be a non-negative integer')),
    must(!before.qosClass || qosClass === before.qosClass, () => invalidValue('status.qosClass', qosClass, 'field is immutable')),
    lists.flatMap(list => validateTransitions(status, before, list, spec)),
    validateClaimStatuses(status, spec, 'status.resourceClaimStatuses'),
    when(status.extendedResourceClaimStatus, claim => validateExtendedClaim(claim, spec, 'status.extendedResourceClaimStatus')),
    validateAddresses(status.podIPs, 'status.podIPs'),
    must(!status.hostIPs?.length || status.hostIP === status.hostIPs[0]?.ip, () =>
      invalidValue('status.hostIPs[0].ip', status.hostIPs?.[0]?.ip, 'must be equal to `hostIP`'),
    ),
    validateAddresses(status.hostIPs, 'status.hostIPs'),
    lists.flatMap(list => each(status[list], `status.${list}`, (container, at) => validateContainerStatus(container, list, next, at))),
  )
}

const systemConditions = ['PodScheduled', 'Ready', 'Initialized']

function validateConditions(conditions: PodStatus['conditions'], field: string): Errors {
  return each(conditions, field, ({ type, observedGeneration = 0 }, at) =>
    together(
      must(observedGeneration >= 0, () => invalidValue(`${at}.observedGeneration`, observedGeneration, 'must be a non-negative integer')),
      systemConditions.includes(type) ? [] : shaped(type ?? '', `${at}.Type`, checkQualifiedName),
    ),
  )
}

/** What has ended for good does not run again. */
function validateTransitions(next: PodStatus, previous: PodStatus, list: List, spec: PodSpec): Errors {
  const containers = [...(spec.initContainers ?? []), ...spec.containers]
  const restartsAll = containers.some(c => c.restartPolicyRules?.some(rule => rule.action === 'RestartAllContainers'))
  if (restartsAll && list !== 'ephemeralContainerStatuses') return []
  const declared = { containerStatuses: spec.containers, initContainerStatuses: spec.initContainers, ephemeralContainerStatuses: [] }[list]
  return each(previous[list], `status.${list}`, ({ name, state }, at) => {
    if (!state?.terminated) return []
    const now = next[list]?.find(status => status.name === name && !status.state?.terminated)
    const container = declared?.find(c => c.name === name)
    return must(!now || (container !== undefined && couldRestart(container, spec, state.terminated.exitCode)), () =>
      forbiddenValue(`${at}.state`, 'may not be transitioned to non-terminated state'),
    )
  })
}

function couldRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  if (matchingRule(container, exitCode)?.action === 'Restart') return true
  const policy = container.restartPolicy ?? spec.restartPolicy
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}

function validateClaimStatuses({ resourceClaimStatuses }: PodStatus, spec: PodSpec, field: string): Errors {
  const names = new Set<string>()
  return each(resourceClaimStatuses, field, ({ name, resourceClaimName }, at) => {
    const isRepeated = names.has(name)
    names.add(name)
    return together(
      must(spec.resourceClaims?.some(claim => claim.name === name) ?? false, () =>
        invalidValue(`${at}.name`, name, 'must match the name of an entry in `spec.resourceClaims`'),
      ),
      must(!isRepeated, () => duplicateValue(`${at}.name`, name)),
      when(resourceClaimName, claim => shaped(claim, `${at}.resourceClaimName`, checkDns1123Subdomain)),
    )
  })
}

function validateExtendedClaim(status: PodExtendedResourceClaimStatus, spec: PodSpec, field: string): Errors {
  const { requestMappings: mappings = [], resourceClaimName } = status
  const list = `${field}.requestMappings`
  const containers = new Map([...(spec.initContainers ?? []), ...spec.containers].map(container => [container.name, container]))
  const of = 'in spec.initContainers.name or spec.containers.name'
  const ofRequests = 'in spec.initContainers.resources.requests or spec.containers.resources.requests'
  const parts = ['containerName', 'resourceName', 'requestName'] as const
  return together(
    must(mappings.length > 0, () => requiredValue(list, 'at least one request mapping is required')),
    each(mappings, list, (mapping, at, i) => {
      const { containerName, resourceName, requestName } = mapping
      const container = containers.get(containerName)
      const isRepeated = mappings.slice(0, i).some(other => parts.every(part => other[part] === mapping[part]))
      return together(
        container
          ? must(Object.hasOwn(container.resources?.requests ?? {}, resourceName), () =>
              invalidValue(`${at}.resourceName`, resourceName, `must match the extended resource name of an entry ${ofRequests}`),
            )
          : [invalidValue(`${at}.containerName`, containerName, `must match the name of an entry ${of}`)],
        shaped(requestName ?? '', `${field}.requestName`, checkDns1123Label),
        isRepeated ? parts.map(part => duplicateValue(`${at}.${part}`, mapping[part])) : [],
      )
    }),
    resourceClaimName
      ? shaped(resourceClaimName, `${field}.resourceClaimName`, checkDns1123Subdomain)
      : [requiredValue(`${field}.resourceClaimName`)],
  )
}

function validateAddresses(addresses: readonly { readonly ip: string }[] | undefined = [], field: string): Errors {
  const families = addresses.map(({ ip }) => familyOf(ip))
  return together(
    each(addresses, field, ({ ip }, at) => shaped(ip, at, checkAddress)),
    must(addresses.length < 2 || new Set(families).size === addresses.length, () =>
      invalidValue(field, addresses, 'may specify no more than one IP for each IP family'),
    ),
  )
}

function validateContainerStatus(status: ContainerStatus, list: List, { spec }: PodObject, field: string): Errors {
  const { user, allocatedResourcesStatus: resources, volumeMounts } = status
  const isEphemeral = list === 'ephemeralContainerStatuses'
  const declared = list === 'containerStatuses' ? spec.containers : spec.initContainers
  const at = `${field}.allocatedResourcesStatus`
  return together(
    when(user?.linux, linux =>
      spec.os?.name === 'windows'
        ? [forbiddenValue(`${field}.user.linux`, 'cannot be set for a windows pod')]
        : validateUser(linux, `${field}.user.linux`),
    ),
    isEphemeral
      ? must(!resources?.length, () => forbiddenValue(at, 'must not be specified in container status'))
      : each(resources, at, (resource, at) =>
          validateResourceStatus(
            resource,
            declared?.find(c => c.name === status.name),
            at,
          ),
        ),
    each(volumeMounts, `${field}.volumeMounts`, ({ volumeStatus }, at) =>
      when(volumeStatus?.image, ({ imageRef }) => validateImageRef(imageRef, `${at}.volumeStatus.imageVolumeStatus.imageRef`)),
    ),
  )
}

const maxUid = 2 ** 32 - 1
const maxGid = 2 ** 31 - 1

function validateUser({ uid, gid, supplementalGroups }: LinuxContainerUser, field: string): Errors {
  const inRange = (id: number, max: number, at: string) =>
    must(id >= 0 && id <= max, () => invalidValue(at, id, `must be between 0 and ${max}, inclusive`))
  return together(
    inRange(uid, maxUid, `${field}.uid`),
    inRange(gid, maxGid, `${field}.gid`),
    each(supplementalGroups, `${field}.supplementalGroups`, (group, at) => inRange(group, maxGid, at)),
  )
}

function validateResourceStatus({ name, resources }: ResourceStatus, container: Container | undefined, field: string): Errors {
  return together(
    container ? validateResourceOf(container, name, `${field}.name`) : [],
    each(resources, `${field}.resources`, ({ health }, at) => supported(health ?? '', `${at}.health`, ['Healthy', 'Unhealthy', 'Unknown'])),
    unique(
      resources,
      resource => resource.resourceID,
      ({ resourceID }, i) => duplicateValue(`${field}.resources[${i}].resourceID`, resourceID),
    ),
  )
}

function validateResourceOf({ resources }: Container, name: string, field: string): Errors {
  if (!name.startsWith('claim:')) {
    return must(Object.hasOwn(resources?.requests ?? {}, name), () =>
      invalidValue(field, name, "must match one of the container's resource requests"),
    )
  }
  const claims = (resources?.claims ?? []).map(claim => `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}`)
  const detail =
    "must match one of the container's resource claims as 'claim:<claimName>/<requestName>' when container.resources.claims[*].request is set or 'claim:<claimName>' when it is empty"
  return must(claims.includes(name), () => invalidValue(field, name, detail))
}

const maxImageRef = 256

function validateImageRef(imageRef: string, field: string): Errors {
  if (!imageRef) return [requiredValue(field, 'imageRef must not be empty')]
  return must(imageRef.length <= maxImageRef, () => tooLong(field, maxImageRef))
}
