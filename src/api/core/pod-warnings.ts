// What is to be said of pods and of templates of pods. What a spec alone tells is worked out once: pods of one template share it.
import { checkLabelValue } from '../../meta/names.ts'
import type { ObjectMeta } from '../../meta/object-meta.ts'
import {
  deprecatedNodeLabel,
  nothing,
  quoted,
  type Warnings,
  warnAddress,
  warnEach,
  warnFractionalBytes,
  warnLabel,
  warnNodeLabels,
} from '../warnings.ts'
import type { Affinity, NodeSelectorTerm, PodAffinityTerm } from './affinity.ts'
import type { Container, ContainerPort, EphemeralContainer } from './container.ts'
import type { Pod } from './pod.ts'
import type { PodSpec, PodTemplateSpec } from './pod-spec.ts'
import { warnVolumes } from './volume-warnings.ts'

/** Pods are not looked through when they change: that is done by programs, and often. */
export function warnPod({ metadata, spec }: Pod, previous: Pod | undefined): Warnings {
  if (previous) return nothing
  let ofSpec = known.get(spec)
  if (!ofSpec) {
    ofSpec = warnSpec(spec, 'spec')
    known.set(spec, ofSpec)
  }
  const ofName = warnLabel(metadata.name, "this is used in the Pod's hostname")
  return [...ofName, ...ofSpec, ...warnAnnotations(metadata.annotations, spec, 'metadata.annotations')]
}

const known = new WeakMap<PodSpec, Warnings>()

export function warnPodStatus({ status }: Pod): Warnings {
  return [
    ...warnEach(status.podIPs, 'status.podIPs', ({ ip }, at) => warnAddress(ip, `${at}.ip`)),
    ...warnEach(status.hostIPs, 'status.hostIPs', ({ ip }, at) => warnAddress(ip, `${at}.ip`)),
  ]
}

export function warnTemplate({ metadata, spec }: PodTemplateSpec, field: string): Warnings {
  if (!spec) return nothing
  return [...warnSpec(spec, `${field}.spec`), ...warnAnnotations(metadata?.annotations, spec, `${field}.metadata.annotations`)]
}

function warnSpec(spec: PodSpec, field: string): Warnings {
  const bytes = ['memory', 'ephemeral-storage']
  return [
    ...warnPlacement(spec, field),
    ...warnVolumes(spec.volumes, `${field}.volumes`),
    ...warnRepeated(spec.hostAliases, `${field}.hostAliases`, 'ip'),
    ...warnRepeated(spec.imagePullSecrets, `${field}.imagePullSecrets`, 'name'),
    ...warnEach(spec.imagePullSecrets, `${field}.imagePullSecrets`, ({ name }, at) =>
      name ? nothing : [`${at}.name: invalid empty name ""`],
    ),
    ...warnFractionalBytes(spec.overhead, bytes, `${field}.overhead`),
    ...containersOf(spec, field).flatMap(([{ resources, env }, at]) => [
      ...warnFractionalBytes(resources?.limits, bytes, `${at}.resources.limits`),
      ...warnFractionalBytes(resources?.requests, bytes, `${at}.resources.requests`),
      ...warnVariables(env, `${at}.env`),
    ]),
    ...warnPorts(spec, field),
    ...(spec.terminationGracePeriodSeconds < 0
      ? [`${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...warnNeighbours(spec.affinity, `${field}.affinity`),
    ...warnEach(spec.dnsConfig?.nameservers, `${field}.dnsConfig.nameservers`, warnAddress),
    ...warnEach(spec.hostAliases, `${field}.hostAliases`, ({ ip }, at) => warnAddress(ip, `${at}.ip`)),
  ]
}

const noPod = 'a null labelSelector results in matching no pod'

function warnPlacement({ nodeSelector, affinity, topologySpreadConstraints }: PodSpec, field: string): Warnings {
  const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: preferred } =
    affinity?.nodeAffinity ?? {}
  const at = `${field}.affinity.nodeAffinity`
  return [
    ...Object.keys(nodeSelector ?? {}).flatMap(key => {
      const message = deprecatedNodeLabel(key)
      return message === undefined ? [] : [`${field}.nodeSelector[${key}]: ${message}`]
    }),
    ...warnEach(required?.nodeSelectorTerms, `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`, (term, at) =>
      warnNodeLabels(term.matchExpressions, `${at}.matchExpressions`),
    ),
    ...warnEach(preferred, `${at}.preferredDuringSchedulingIgnoredDuringExecution`, ({ preference }, at) => [
      ...warnNodeLabels(preference.matchExpressions, `${at}.preference.matchExpressions`),
      ...warnValues(preference, `${at}.preference`),
    ]),
    ...warnEach(topologySpreadConstraints, `${field}.topologySpreadConstraints`, ({ topologyKey, labelSelector }, at) => {
      const message = deprecatedNodeLabel(topologyKey)
      return [
        ...(message === undefined ? [] : [`${at}.topologyKey: ${topologyKey} is ${message}`]),
        ...(labelSelector === undefined ? [`${at}.labelSelector: ${noPod}`] : []),
      ]
    }),
  ]
}

/** Values that no label can have. Where a node must have it, validation says so. */
function warnValues({ matchExpressions }: NodeSelectorTerm, field: string): Warnings {
  return warnEach(matchExpressions, `${field}.matchExpressions`, ({ values }, at) =>
    warnEach(values, `${at}.values`, (value, at) => checkLabelValue(value).map(reason => `${at}: ${value} is invalid, ${reason}`)),
  )
}

function warnNeighbours(affinity: Affinity | undefined, field: string): Warnings {
  const warn = (term: PodAffinityTerm, at: string) => (term.labelSelector === undefined ? [`${at}.labelSelector: ${noPod}`] : nothing)
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap(name => {
    const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: preferred } =
      affinity?.[name] ?? {}
    return [
      ...warnEach(required, `${field}.${name}.requiredDuringSchedulingIgnoredDuringExecution`, warn),
      ...warnEach(preferred, `${field}.${name}.preferredDuringSchedulingIgnoredDuringExecution`, ({ podAffinityTerm }, at) =>
        warn(podAffinityTerm, `${at}.podAffinityTerm`),
      ),
    ]
  })
}

function warnRepeated<K extends 'ip' | 'name'>(
  items: readonly { readonly [P in K]?: string | undefined }[] | undefined,
  field: string,
  key: K,
): Warnings {
  if (!items || items.length < 2) return nothing
  return items.flatMap((item, i) => {
    const value = item[key] ?? ''
    return items.findIndex(other => (other[key] ?? '') === value) < i ? [`${field}[${i}].${key}: duplicate ${key} ${quoted(value)}`] : []
  })
}

type AnyContainer = Container | EphemeralContainer

/** All containers with their paths. */
function containersOf(spec: PodSpec, field: string): readonly (readonly [AnyContainer, string])[] {
  return (['containers', 'initContainers', 'ephemeralContainers'] as const).flatMap(list =>
    (spec[list] ?? []).map((container: AnyContainer, i) => [container, `${field}.${list}[${i}]`] as const),
  )
}

/** A variable may be set again where it builds on what it was. */
function warnVariables(env: AnyContainer['env'], field: string): Warnings {
  if (!env || env.length < 2) return nothing
  const seen = new Set<string>()
  return env.flatMap(({ name, value = '', valueFrom }, i) => {
    const isNew = !seen.has(name)
    seen.add(name)
    const reference = `$(${name})`
    if (isNew || (valueFrom === undefined && value !== reference && value.includes(reference))) return []
    return [`${field}[${i}]: hides previous definition of ${quoted(name)}, which may be dropped when using apply`]
  })
}

function warnPorts(spec: PodSpec, field: string): Warnings {
  const warnings: string[] = []
  const same = new Map<string, (readonly [ContainerPort, string])[]>()
  const names = new Map<string, string>()
  const named: string[] = []
  for (const [container, at] of containersOf(spec, field)) {
    for (const [i, port] of (container.ports ?? []).entries()) {
      const here = `${at}.ports[${i}]`
      const { containerPort, protocol, hostIP = '', hostPort = 0, name = '' } = port
      if (hostIP !== '' && hostPort === 0) {
        const shown = `{Name:${name} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`
        warnings.push(`${here}: hostIP set without hostPort: ${shown}`)
      }
      const others = same.get(`${containerPort}/${protocol}`) ?? []
      for (const [other, there] of others) {
        const how = conflictOf(port, other)
        if (how) warnings.push(`${here}: ${how} port definition with ${there}`)
      }
      same.set(`${containerPort}/${protocol}`, [...others, [port, here]])
      const first = names.get(name)
      if (name !== '' && first === undefined) names.set(name, here)
      else if (first !== undefined)
        named.push(
          `${here}: duplicate port name ${quoted(name)} with ${first}, services and probes that select ports by name will use ${first}`,
        )
    }
  }
  return [...warnings, ...named]
}

/** What two ports of the same number and protocol are to each other. */
function conflictOf(a: ContainerPort, b: ContainerPort): string | undefined {
  const [aPort, bPort] = [a.hostPort ?? 0, b.hostPort ?? 0]
  const [aAddress, bAddress] = [a.hostIP ?? '', b.hostIP ?? '']
  if (aPort === bPort && aAddress === bAddress) return 'duplicate'
  if (aPort === 0 || bPort === 0) return 'overlapping'
  return aPort === bPort && (aAddress === '') !== (bAddress === '') ? 'dangerously ambiguous' : undefined
}

const useSysctls = 'non-functional in v1.11+; use the "sysctls" field instead'
const deprecatedAnnotations: readonly (readonly [string, string])[] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', useSysctls],
  ['security.alpha.kubernetes.io/unsafe-sysctls', useSysctls],
]
const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/'
const appArmorContainer = 'container.apparmor.security.beta.kubernetes.io/'
const useSeccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead'
const useAppArmor = 'deprecated since v1.30; use the "appArmorProfile" field instead'

/** Annotations from before there were fields. Where the field is set, too, nothing is said. */
function warnAnnotations(annotations: ObjectMeta['annotations'], spec: PodSpec, field: string): Warnings {
  if (!annotations) return nothing
  const { securityContext: own } = spec
  const candidates = [
    ...deprecatedAnnotations,
    ...(own.seccompProfile ? [] : [[seccompPod, useSeccomp] as const]),
    ...containersOf(spec, '').flatMap(([{ name, securityContext }]) => [
      ...(securityContext?.seccompProfile ? [] : [[seccompContainer + name, useSeccomp] as const]),
      ...(own.appArmorProfile || securityContext?.appArmorProfile ? [] : [[appArmorContainer + name, useAppArmor] as const]),
    ]),
  ]
  return candidates.flatMap(([key, message]) => (Object.hasOwn(annotations, key) ? [`${field}[${key}]: ${message}`] : []))
}
