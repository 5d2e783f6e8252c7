// What holds for everything that keeps pods of one template: counts, selector and template, and how far an update may go.
import { forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { percentOf } from '../../meta/int-or-string.ts'
import type { LabelSelector } from '../../meta/label-selector.ts'
import { checkPercent } from '../../meta/names.ts'
import { nothing, type Selector, selectorOf } from '../../meta/selector.ts'
import type { PodTemplateSpec } from '../core/pod-spec.ts'
import { validatePodTemplate } from '../core/validate-pod-spec.ts'
import { type Errors, immutable, labelSelector, must, notNegative, shaped } from '../validation.ts'

interface WorkloadSpec {
  readonly replicas?: number | undefined
  readonly minReadySeconds?: number | undefined
  readonly revisionHistoryLimit?: number | undefined
  readonly selector: LabelSelector
  readonly template?: PodTemplateSpec | undefined
}

/** `owner` names the kind in messages. The selector of what there is never changes: its pods would be lost. */
export function validateWorkload(next: WorkloadSpec, previous: WorkloadSpec | undefined, owner: string): Errors {
  return [
    ...notNegative(next.replicas, 'spec.replicas'),
    ...notNegative(next.minReadySeconds, 'spec.minReadySeconds'),
    ...notNegative(next.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...validateSelectorAndTemplate(next, owner),
    ...(previous ? immutable(next.selector, previous.selector, 'spec.selector') : []),
  ]
}

/** A missing template is an empty one: what it lacks is said of its parts. A missing selector selects nothing; a DaemonSet's is not asked for by name. */
function validateSelectorAndTemplate({ selector, template = {} }: WorkloadSpec, owner: string): Errors {
  if (!selector) {
    return [...(owner === 'DaemonSet' ? [] : [requiredValue('spec.selector')]), ...validateTemplate(template, nothing, owner)]
  }
  const errors = [...labelSelector(selector, 'spec.selector')]
  const isEmpty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0
  if (isEmpty) {
    const kind = owner === 'DaemonSet' ? 'daemonset' : 'deployment'
    errors.push(invalidValue('spec.selector', selector, `empty selector is invalid for ${kind}`))
  }
  const read = selectorOf(selector)
  if (!read.ok) errors.push(invalidValue('spec.selector', selector, 'invalid label selector'))
  return [...errors, ...validateTemplate(template, read.ok && !isEmpty ? read.selector : undefined, owner)]
}

export function validateTemplate(template: PodTemplateSpec | undefined, selector: Selector | undefined, owner: string): Errors {
  const field = 'spec.template'
  const labels = template?.metadata?.labels
  const spec = template?.spec
  return [
    ...must(!template || !selector || selector.matches(labels), () =>
      invalidValue(`${field}.metadata.labels`, labels ?? null, '`selector` does not match template `labels`'),
    ),
    ...validatePodTemplate(template, field),
    ...must(!spec || spec.restartPolicy === 'Always', () =>
      unsupportedValue(`${field}.spec.restartPolicy`, spec?.restartPolicy, ['Always']),
    ),
    ...must(spec?.activeDeadlineSeconds === undefined, () =>
      forbiddenValue(`${field}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`),
    ),
  ]
}

/** A count, or a share such as `25%`. */
export function countOrPercent(value: number | string | undefined, field: string): Errors {
  if (typeof value === 'string') return shaped(value, field, checkPercent)
  return notNegative(value, field)
}

export function notAboveAll(value: number | string | undefined, field: string): Errors {
  const percent = value === undefined ? undefined : percentOf(value)
  return must((percent ?? 0) <= 100, () => invalidValue(field, value, 'must not be greater than 100%'))
}

export function isZero(value: number | string | undefined): boolean {
  return value === undefined || (typeof value === 'string' ? percentOf(value) === 0 : value === 0)
}

interface Counts {
  readonly unavailableReplicas?: number | undefined
  readonly terminatingReplicas?: number | undefined
  readonly replicas?: number | undefined
  readonly fullyLabeledReplicas?: number | undefined
  readonly readyReplicas?: number | undefined
  readonly availableReplicas?: number | undefined
  readonly updatedReplicas?: number | undefined
  readonly observedGeneration?: number | undefined
}

const counted = [
  'replicas',
  'fullyLabeledReplicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'observedGeneration',
] as const
const parts = ['fullyLabeledReplicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'] as const

/** Counts of a status: of all replicas, only some are ready, and of these only some are available. */
export function validateCounts(status: Counts): Errors {
  const total = status.replicas ?? 0
  const ready = status.readyReplicas ?? 0
  return [
    ...counted.flatMap(name => notNegative(status[name], `status.${name}`)),
    ...parts.flatMap(name =>
      must((status[name] ?? 0) <= total, () => invalidValue(`status.${name}`, status[name], 'cannot be greater than status.replicas')),
    ),
    ...must((status.availableReplicas ?? 0) <= ready, () =>
      invalidValue('status.availableReplicas', status.availableReplicas, 'cannot be greater than readyReplicas'),
    ),
  ]
}

interface Collisions {
  readonly collisionCount?: number | undefined
}

/** How often a generated name was taken is only ever counted up, or the same names would be tried again. */
export function validateCollisions({ collisionCount: count = 0 }: Collisions, previous: Collisions): Errors {
  const field = 'status.collisionCount'
  return [
    ...notNegative(count, field),
    ...must(count >= (previous.collisionCount ?? 0), () => invalidValue(field, count, 'cannot be decremented')),
  ]
}
