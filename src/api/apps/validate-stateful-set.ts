import { deepEqual } from '../../meta/deep-equal.ts'
import { forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { selectorOf } from '../../meta/selector.ts'
import { validateAnnotations } from '../validate-metadata.ts'
import { type Errors, labelSelector, labels, must, notNegative, together, when } from '../validation.ts'
import type { RollingUpdateStatefulSetStrategy, StatefulSetSpec, StatefulSetStatus, StatefulSetUpdateStrategy } from './stateful-set.ts'
import { countOrPercent, isZero, notAboveAll, validateCollisions } from './validate-workload.ts'

export function validateStatefulSet(spec: StatefulSetSpec, previous: StatefulSetSpec | undefined): Errors {
  const { podManagementPolicy: policy, ordinals } = spec
  return together(
    must(policy === 'OrderedReady' || policy === 'Parallel', () =>
      invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"),
    ),
    validateStrategy(spec.updateStrategy, 'spec.updateStrategy'),
    notNegative(spec.replicas, 'spec.replicas'),
    notNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    notNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    notNegative(ordinals?.start, 'spec.ordinals.start'),
    validateSelector(spec),
    validateTemplate(spec.template, 'spec.template'),
    previous ? validateChange(spec, previous) : [],
  )
}

function validateStrategy(strategy: StatefulSetUpdateStrategy, field: string): Errors {
  const { type, rollingUpdate } = strategy
  if (type === 'OnDelete') {
    return must(rollingUpdate === undefined, () =>
      invalidValue(`${field}.rollingUpdate`, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'"),
    )
  }
  if (type !== 'RollingUpdate') return [invalidValue(field, strategy, "must be 'RollingUpdate' or 'OnDelete'")]
  return when(rollingUpdate, update => validateRollingUpdate(update, `${field}.rollingUpdate`))
}

function validateRollingUpdate({ partition, maxUnavailable }: RollingUpdateStatefulSetStrategy, field: string): Errors {
  return together(
    notNegative(partition, `${field}.partition`),
    countOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    must(maxUnavailable === undefined || !isZero(maxUnavailable), () =>
      invalidValue(`${field}.maxUnavailable`, maxUnavailable, 'cannot be 0'),
    ),
    notAboveAll(maxUnavailable, `${field}.maxUnavailable`),
  )
}

function validateSelector({ selector, template }: StatefulSetSpec): Errors {
  const own = template?.metadata?.labels
  const isEmpty = selector && Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0
  const read = selectorOf(selector)
  return together(
    selector ? labelSelector(selector, 'spec.selector') : [requiredValue('spec.selector')],
    must(!isEmpty, () => invalidValue('spec.selector', selector, 'empty selector is invalid for statefulset')),
    read.ok ? [] : [invalidValue('spec.selector', selector, '')],
    must(!read.ok || isEmpty === true || read.selector.matches(own), () =>
      invalidValue('spec.template.metadata.labels', own ?? null, '`selector` does not match template `labels`'),
    ),
  )
}

/** Volumes of the pods come from the claims too, so what the template alone says of them is not held against it here, but when pods are made. */
function validateTemplate(template: StatefulSetSpec['template'] | undefined, field: string): Errors {
  const { metadata, spec } = template ?? {}
  return together(
    labels(metadata?.labels, `${field}.labels`),
    validateAnnotations(metadata?.annotations, `${field}.annotations`),
    must(spec?.restartPolicy === 'Always', () => unsupportedValue(`${field}.spec.restartPolicy`, spec?.restartPolicy ?? '', ['Always'])),
    must(spec?.activeDeadlineSeconds === undefined, () =>
      forbiddenValue(`${field}.spec.activeDeadlineSeconds`, 'activeDeadlineSeconds in StatefulSet is not Supported'),
    ),
  )
}

const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const

function validateChange(next: StatefulSetSpec, previous: StatefulSetSpec): Errors {
  const fixed = (spec: StatefulSetSpec) => Object.fromEntries(Object.entries(spec).filter(([name]) => !changeable.some(c => c === name)))
  const [last, ...others] = changeable.map(name => `'${name}'`).reverse()
  return must(deepEqual(fixed(next), fixed(previous)), () =>
    forbiddenValue('spec', `updates to statefulset spec for fields other than ${others.reverse().join(', ')} and ${last} are forbidden`),
  )
}

const parts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const

export function validateStatefulSetStatus(next: StatefulSetStatus, previous: StatefulSetStatus): Errors {
  const { readyReplicas = 0, availableReplicas } = next
  return together(
    notNegative(next.replicas, 'status.replicas'),
    ...parts.map(name => notNegative(next[name], `status.${name}`)),
    notNegative(next.observedGeneration, 'status.observedGeneration'),
    ...parts.map(name =>
      must((next[name] ?? 0) <= next.replicas, () => invalidValue(`status.${name}`, next[name], 'cannot be greater than status.replicas')),
    ),
    must(availableReplicas <= readyReplicas, () =>
      invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than status.readyReplicas'),
    ),
    validateCollisions(next, previous),
  )
}
