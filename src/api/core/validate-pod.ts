// The rules of pods beyond those of their spec: what a new pod must not bring, and what may change of one that there is.

import { deepEqual } from '../../meta/deep-equal.ts'
import { forbiddenValue, invalidValue } from '../../meta/field-error.ts'
import { withFields } from '../sharing.ts'
import { type Errors, each, must, notNegative, together } from '../validation.ts'
import type { Affinity, NodeAffinity, NodeSelectorTerm, Toleration } from './affinity.ts'
import type { Container } from './container.ts'
import { isMirrorPod } from './mirror-pod.ts'
import type { PodSpec } from './pod-spec.ts'
import type { PodObject } from './pod-strategy.ts'
import { validateImageSpace } from './validate-container.ts'
import { validateKeptAnnotations, validateMatchingProfiles, validatePodAnnotations } from './validate-pod-annotations.ts'
import { inRange, maxSeconds, validatePodSpec } from './validate-pod-spec.ts'
import { validateMadeClaims } from './validate-volume.ts'

export function validatePod(next: PodObject, previous: PodObject | undefined): Errors {
  if (!previous) return together(validateWithMetadata(next), validateNew(next))
  return together(
    validateWithMetadata(next),
    validateKeptAnnotations(next.metadata.annotations, previous.metadata.annotations),
    validateChange(next.spec, previous.spec),
  )
}

/** All rules that a pod must keep whatever it was before. */
export function validateAnyPod(pod: PodObject): Errors {
  return together(validateOwnPodSpec(pod.spec), validateWithMetadata(pod))
}

/** Those of its spec alone. */
export function validateOwnPodSpec(spec: PodSpec): Errors {
  return together(
    validatePodSpec(spec, 'spec'),
    spec.serviceAccountName ? [] : validateNoTokens(spec),
    notNegative(spec.terminationGracePeriodSeconds, 'spec.terminationGracePeriodSeconds'),
    each(spec.containers, 'spec.containers', validateImageSpace),
    each(spec.initContainers, 'spec.initContainers', validateImageSpace),
  )
}

/** Tokens are of accounts. */
function validateNoTokens({ volumes }: PodSpec): Errors {
  return each(volumes, 'spec.volumes', ({ projected }, at) =>
    each(projected?.sources, `${at}.projected.sources`, (source, at) =>
      must(source.serviceAccountToken === undefined, () =>
        forbiddenValue(`${at}.serviceAccountToken`, 'must not be specified when serviceAccountName is not set'),
      ),
    ),
  )
}

/** What of a spec depends on the pod's name and annotations. */
function validateWithMetadata({ metadata, spec }: PodObject): Errors {
  const mirrored = isMirrorPod({ metadata }) ? (spec.resourceClaims ?? []) : []
  return together(
    validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations'),
    validateMadeClaims(spec.volumes, metadata.name, 'spec.volumes'),
    mirrored.map(() => forbiddenValue('', 'static pods do not support resource claims')),
  )
}

function validateNew({ metadata, spec }: PodObject): Errors {
  return together(
    must(!spec.ephemeralContainers?.length, () => forbiddenValue('spec.ephemeralContainers', 'cannot be set on create')),
    must(!spec.nodeName || !spec.schedulingGates?.length, () =>
      forbiddenValue('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'),
    ),
    validateMatchingProfiles(metadata.annotations, spec, 'spec'),
  )
}

const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
]

function validateChange(next: PodSpec, previous: PodSpec): Errors {
  if (next === previous) return []
  const resized = (['containers', 'initContainers'] as const).find(list => (next[list]?.length ?? 0) !== (previous[list]?.length ?? 0))
  if (resized) return [forbiddenValue(`spec.${resized}`, 'pod updates may not add or remove containers')]
  const ofDeadline = validateDeadline(next.activeDeadlineSeconds, previous.activeDeadlineSeconds)
  if (ofDeadline.length > 0 && next.activeDeadlineSeconds !== undefined) return ofDeadline
  const isGated = (previous.schedulingGates?.length ?? 0) > 0
  const differing = differences(withChangeableOf(next, previous, isGated), previous)
  return together(
    ofDeadline,
    validateAddedTolerations(next.tolerations, previous.tolerations),
    validateGates(next, previous),
    isGated ? validateNarrowing(next, previous) : [],
    must(differing.length === 0, () =>
      forbiddenValue('spec', `pod updates may not change fields other than ${changeable.join(',')}\n${differing.join('\n')}`),
    ),
  )
}

function validateDeadline(next: number | undefined, previous: number | undefined): Errors {
  const field = 'spec.activeDeadlineSeconds'
  if (next === undefined) {
    return must(previous === undefined, () => invalidValue(field, null, 'must not update from a positive integer to nil value'))
  }
  if (!inRange(next, 0)) return [invalidValue(field, next, `must be between 0 and ${maxSeconds}, inclusive`)]
  return must(previous === undefined || next <= previous, () => invalidValue(field, next, 'must be less than or equal to previous value'))
}

/** All that was tolerated still is, if for another time. */
function validateAddedTolerations(next: readonly Toleration[] = [], previous: readonly Toleration[] = []): Errors {
  const untimed = ({ tolerationSeconds, ...rest }: Toleration) => rest
  const isKept = (old: Toleration) => next.some(toleration => deepEqual(untimed(toleration), untimed(old)))
  return must(previous.every(isKept), () =>
    forbiddenValue('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'),
  )
}

function validateGates(next: PodSpec, previous: PodSpec): Errors {
  const known = new Set(previous.schedulingGates?.map(gate => gate.name))
  return each(next.schedulingGates, 'spec.schedulingGates', ({ name }, at) =>
    must(known.has(name), () => forbiddenValue(`${at}.name`, `only deletion is allowed, but found new scheduling gate '${name}'`)),
  )
}

/** While a gate keeps a pod from the scheduler, where it may run may still be narrowed, and not widened. */
function validateNarrowing(next: PodSpec, previous: PodSpec): Errors {
  const isNarrowed = Object.entries(previous.nodeSelector ?? {}).every(([key, value]) => next.nodeSelector?.[key] === value)
  return together(
    must(isNarrowed, () =>
      invalidValue('spec.nodeSelector', next.nodeSelector, 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'),
    ),
    validateNarrowedTerms(next.affinity?.nodeAffinity, previous.affinity?.nodeAffinity),
  )
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution'

function validateNarrowedTerms(next: NodeAffinity | undefined, previous: NodeAffinity | undefined): Errors {
  const field = `spec.affinity.nodeAffinity.${required}.nodeSelectorTerms`
  const before = previous?.[required]?.nodeSelectorTerms ?? []
  const now = next?.[required]?.nodeSelectorTerms ?? []
  if (before.length > 0 && before.length !== now.length) {
    return [invalidValue(field, now, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')]
  }
  return each(before, field, (old, at, i) =>
    must(hasOnlyMore(now[i] ?? {}, old), () => invalidValue(at, now[i], 'only additions are allowed (no mutations or deletions)')),
  )
}

/** An empty term admits nothing: whatever were added would widen it. */
function hasOnlyMore(next: NodeSelectorTerm, previous: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const
  if (lists.every(list => !previous[list]?.length)) return lists.every(list => !next[list]?.length)
  return lists.every(list => {
    const old = previous[list] ?? []
    return deepEqual((next[list] ?? []).slice(0, old.length), old)
  })
}

/** The new spec with everything that may differ, or is judged by itself, taken from the old one. */
function withChangeableOf(next: PodSpec, previous: PodSpec, isGated: boolean): PodSpec {
  const images = (list: readonly Container[] | undefined, old: readonly Container[] | undefined) =>
    list?.map((container, i) => ({ ...container, image: old?.[i]?.image }))
  const wasNegative = previous.terminationGracePeriodSeconds < 0 && next.terminationGracePeriodSeconds === 1
  return {
    ...next,
    containers: images(next.containers, previous.containers) ?? [],
    initContainers: images(next.initContainers, previous.initContainers),
    activeDeadlineSeconds: previous.activeDeadlineSeconds,
    tolerations: previous.tolerations,
    schedulingGates: previous.schedulingGates,
    ...(wasNegative && { terminationGracePeriodSeconds: previous.terminationGracePeriodSeconds }),
    ...(isGated && { nodeSelector: previous.nodeSelector, affinity: withNodesOf(next.affinity, previous.affinity) }),
  }
}

function withNodesOf(next: Affinity | undefined, previous: Affinity | undefined): Affinity | undefined {
  const affinity = withFields<Affinity>(next ?? {}, { nodeAffinity: previous?.nodeAffinity })
  return previous === undefined && Object.keys(affinity).length === 0 ? undefined : affinity
}

/** The fields that differ, with what they were and are. */
export function differences<T extends object>(next: T, previous: T): string[] {
  const fields = [...new Set([...Object.keys(previous), ...Object.keys(next)])].sort() as (keyof T & string)[]
  return fields
    .filter(field => !deepEqual(next[field], previous[field]))
    .flatMap(field => [
      `-  ${field}: ${JSON.stringify(previous[field]) ?? 'absent'}`,
      `+  ${field}: ${JSON.stringify(next[field]) ?? 'absent'}`,
    ])
}
