// The rules of pods beyond those of their spec: what a new pod must not bring, and what may change of one that there is.
import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, forbiddenValue, invalidValue } from '../../meta/field-error.ts'
import { checkAddress } from '../validate-address.ts'
import { type Errors, each, must, shaped, together } from '../validation.ts'
import type { Toleration } from './affinity.ts'
import type { Container } from './container.ts'
import type { PodSpec } from './pod-spec.ts'
import type { ContainerStatus, PodStatus } from './pod-status.ts'
import type { PodObject } from './pod-strategy.ts'
import { inRange, maxSeconds, validatePodSpec } from './validate-pod-spec.ts'

export function validatePod(next: PodObject, previous: PodObject | undefined): Errors {
  return previous ? validateChange(next.spec, previous.spec) : validateNew(next.spec)
}

/** The rules that a pod's spec must keep whatever it was before. */
export function validateOwnPodSpec(spec: PodSpec): Errors {
  return together(
    validatePodSpec(spec, 'spec'),
    validateImageSpace(spec.containers, 'spec.containers'),
    validateImageSpace(spec.initContainers, 'spec.initContainers'),
  )
}

/** Templates may have blanks around an image, which stand for one to be filled in; pods may not. */
function validateImageSpace(containers: readonly Container[] | undefined, field: string): Errors {
  return each(containers, field, ({ image = '' }, at) =>
    must(image === image.trim(), () => invalidValue(`${at}.image`, image, 'must not have leading or trailing whitespace')),
  )
}

function validateNew(spec: PodSpec): Errors {
  return together(
    must(!spec.ephemeralContainers?.length, () => forbiddenValue('spec.ephemeralContainers', 'cannot be set on create')),
    must(!spec.nodeName || !spec.schedulingGates?.length, () =>
      forbiddenValue('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'),
    ),
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
  const errors: FieldError[] = []
  const counts = ['containers', 'initContainers'] as const
  const resized = counts.filter(list => (next[list]?.length ?? 0) !== (previous[list]?.length ?? 0))
  if (resized.length > 0) {
    return [...errors, ...resized.map(list => forbiddenValue(`spec.${list}`, 'pod updates may not add or remove containers'))]
  }
  errors.push(...validateDeadline(next.activeDeadlineSeconds, previous.activeDeadlineSeconds))
  errors.push(...validateAddedTolerations(next.tolerations, previous.tolerations))
  errors.push(...validateGates(next, previous))
  const differing = differences(withChangeableOf(next, previous), previous)
  if (differing.length > 0) {
    errors.push(forbiddenValue('spec', `pod updates may not change fields other than ${changeable.join(',')}\n${differing.join('\n')}`))
  }
  return errors
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
  return (next.schedulingGates ?? [])
    .filter(gate => !known.has(gate.name))
    .map(gate => forbiddenValue('spec.schedulingGates', `only deletion is allowed, but found new scheduling gate '${gate.name}'`))
}

/** The new spec with everything that may differ taken from the old one. */
function withChangeableOf(next: PodSpec, previous: PodSpec): PodSpec {
  const images = (list: readonly Container[] | undefined, old: readonly Container[] | undefined) =>
    list?.map((container, i) => ({ ...container, image: old?.[i]?.image }))
  const isGated = (previous.schedulingGates?.length ?? 0) > 0
  const wasNegative = previous.terminationGracePeriodSeconds < 0 && next.terminationGracePeriodSeconds === 1
  return {
    ...next,
    containers: images(next.containers, previous.containers) ?? [],
    initContainers: images(next.initContainers, previous.initContainers),
    activeDeadlineSeconds: previous.activeDeadlineSeconds,
    tolerations: previous.tolerations,
    schedulingGates: previous.schedulingGates,
    ephemeralContainers: previous.ephemeralContainers,
    ...(wasNegative && { terminationGracePeriodSeconds: previous.terminationGracePeriodSeconds }),
    ...(isGated && narrowedPlacement(next, previous)),
  }
}

/** While a gate keeps a pod from the scheduler, where it may run may still be narrowed. */
function narrowedPlacement(next: PodSpec, previous: PodSpec): Partial<PodSpec> {
  const isNarrowed = Object.entries(previous.nodeSelector ?? {}).every(([key, value]) => next.nodeSelector?.[key] === value)
  return {
    ...(isNarrowed && { nodeSelector: previous.nodeSelector }),
    ...(previous.affinity?.nodeAffinity === undefined && { affinity: previous.affinity }),
  }
}

function differences(next: PodSpec, previous: PodSpec): string[] {
  const fields = [...new Set([...Object.keys(previous), ...Object.keys(next)])].sort() as (keyof PodSpec)[]
  return fields
    .filter(field => !deepEqual(next[field], previous[field]))
    .flatMap(field => [
      `-  ${field}: ${JSON.stringify(previous[field]) ?? 'absent'}`,
      `+  ${field}: ${JSON.stringify(next[field]) ?? 'absent'}`,
    ])
}

export function validatePodStatus(next: PodObject, previous: PodObject): Errors {
  const { status } = next
  return together(
    each(status.podIPs, 'status.podIPs', ({ ip }, at) => shaped(ip, at, checkAddress)),
    each(status.hostIPs, 'status.hostIPs', ({ ip }, at) => shaped(ip, at, checkAddress)),
    validateTransitions(status, previous.status, 'containerStatuses', next.spec),
    next.spec.restartPolicy === 'Always' ? [] : validateTransitions(status, previous.status, 'initContainerStatuses', next.spec),
  )
}

/** What has ended for good does not run again. */
function validateTransitions(
  next: PodStatus,
  previous: PodStatus,
  list: 'containerStatuses' | 'initContainerStatuses',
  spec: PodSpec,
): Errors {
  const declared = list === 'containerStatuses' ? spec.containers : (spec.initContainers ?? [])
  const restarts = (status: ContainerStatus) => {
    const container = declared.find(c => c.name === status.name)
    const policy = container?.restartPolicy ?? spec.restartPolicy
    const hasRules = (container?.restartPolicyRules?.length ?? 0) > 0
    return hasRules || policy === 'Always' || (policy === 'OnFailure' && status.state?.terminated?.exitCode !== 0)
  }
  return (previous[list] ?? []).flatMap(old => {
    if (!old.state?.terminated || restarts(old)) return []
    const i = (next[list] ?? []).findIndex(status => status.name === old.name)
    return must(i < 0 || next[list]?.[i]?.state?.terminated !== undefined, () =>
      forbiddenValue(`status.${list}[${i}].state`, 'may not be transitioned to non-terminated state'),
    )
  })
}
