// The rules of jobs beyond those of their spec: the selector and the labels that were made up, and what may change.

import { isConditionTrue } from '../../meta/conditions.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkDns1123Label } from '../../meta/names.ts'
import { selectorOf } from '../../meta/selector.ts'
import type { Container } from '../core/container.ts'
import type { PodSpec, PodTemplateSpec } from '../core/pod-spec.ts'
import { withFields } from '../sharing.ts'
import { type Errors, immutable, labelSelector, must, together } from '../validation.ts'
import type { JobSpec } from './job-spec.ts'
import { controllerUidLabel, type JobObject, jobNameLabel, oldControllerUidLabel, oldJobNameLabel } from './job-strategy.ts'
import { validateJobSpec } from './validate-job-spec.ts'

export function validateJob(next: JobObject, previous: JobObject | undefined): Errors {
  return together(
    next.spec.manualSelector || !next.spec.selector ? [] : validateMadeSelector(next, previous),
    validateJobSpec(next.spec, 'spec'),
    validateSelector(next.spec),
    validateHostname(next),
    previous ? validateChange(next, previous) : [],
  )
}

function labelsOf(job: JobObject): Readonly<Record<string, string>> {
  return job.spec.template?.metadata?.labels ?? {}
}

/** The made labels must be there and be those of this job. Jobs of before the labels had a domain need not have these. */
function validateMadeSelector(job: JobObject, previous: JobObject | undefined): Errors {
  const { name, uid } = job.metadata
  const old = previous && labelsOf(previous)
  const hasDomain = old === undefined || (Object.hasOwn(old, jobNameLabel) && Object.hasOwn(old, controllerUidLabel))
  const expected: Readonly<Record<string, string>> = {
    [oldControllerUidLabel]: uid,
    [oldJobNameLabel]: name,
    ...(hasDomain && { [controllerUidLabel]: uid, [jobNameLabel]: name }),
  }
  const labels = labelsOf(job)
  const read = selectorOf(job.spec.selector)
  return together(
    ...Object.entries(expected).map(([key, value]): Errors => {
      const field = `spec.template.metadata.labels[${key}]`
      if (!Object.hasOwn(labels, key)) return [requiredValue(field, `must be '${value}'`)]
      return must(labels[key] === value, () => invalidValue(field, labels, `must be '${value}'`))
    }),
    must(!read.ok || read.selector.matches(expected), () =>
      invalidValue('spec.selector', job.spec.selector, '`selector` not auto-generated'),
    ),
  )
}

function validateSelector({ selector, template }: JobSpec): Errors {
  const labels = template?.metadata?.labels
  const read = selectorOf(selector)
  return together(
    selector ? labelSelector(selector, 'spec.selector') : [requiredValue('spec.selector')],
    must(!read.ok || read.selector.matches(labels), () =>
      invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
    ),
  )
}

/** The pods of an indexed job are named after it and their index. */
function validateHostname({ metadata: { name }, spec: { completionMode, completions = 0 } }: JobObject): Errors {
  if (completionMode !== 'Indexed' || completions <= 0) return []
  const longest = `${name}-${completions - 1}`
  return must(checkDns1123Label(longest).length === 0, () =>
    invalidValue('metadata.name', name, `will not able to create pod with invalid DNS label: ${longest}`),
  )
}

const fixed = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const

function validateChange(next: JobObject, previous: JobObject): Errors {
  return together(
    validateCompletions(next.spec, previous.spec),
    immutable(next.spec.selector, previous.spec.selector, 'spec.selector'),
    must(deepEqual(next.spec.template, withChangeable(next, previous)), () =>
      invalidValue('spec.template', next.spec.template, 'field is immutable'),
    ),
    ...fixed.map(name => immutable(next.spec[name], previous.spec[name], `spec.${name}`)),
  )
}

/** An indexed job grows and shrinks when its completions and its parallelism do so as one. */
function validateCompletions(next: JobSpec, previous: JobSpec): Errors {
  const { completions, parallelism } = next
  if (next.completionMode !== 'Indexed') return immutable(completions, previous.completions, 'spec.completions')
  return must(completions === undefined || completions === previous.completions || completions === parallelism, () =>
    invalidValue('spec.completions', completions, 'can only be modified in tandem with spec.parallelism'),
  )
}

/** The old template with all that may differ taken from the new one: where and with what the pods of a job that is held will run. */
function withChangeable(next: JobObject, previous: JobObject): PodTemplateSpec {
  const [template, old] = [next.spec.template, previous.spec.template]
  const { active = 0, startTime, conditions } = previous.status
  const isHeld = (previous.spec.suspend ?? false) && active === 0 && (startTime === undefined || isConditionTrue(conditions, 'Suspended'))
  if (!isHeld || !template.spec || !old.spec) return old
  const { spec, metadata } = template
  return withFields(old, {
    metadata: withFields(old.metadata ?? {}, { annotations: metadata?.annotations, labels: metadata?.labels }),
    spec: withFields(old.spec, {
      affinity: changeableAffinity(spec, old.spec),
      nodeSelector: spec.nodeSelector,
      tolerations: spec.tolerations,
      schedulingGates: spec.schedulingGates,
      containers: withResources(old.spec.containers, spec.containers),
      initContainers: old.spec.initContainers && withResources(old.spec.initContainers, spec.initContainers),
    }),
  })
}

/** The affinity to nodes may change, that to pods may not. */
function changeableAffinity({ affinity: next }: PodSpec, { affinity: old }: PodSpec): PodSpec['affinity'] {
  const { nodeAffinity, ...ofPods } = old ?? {}
  if (!next) return Object.values(ofPods).some(part => part !== undefined) ? ofPods : undefined
  return { ...ofPods, ...(next.nodeAffinity && { nodeAffinity: next.nodeAffinity }) }
}

function withResources(old: readonly Container[], next: readonly Container[] | undefined): readonly Container[] {
  if (old.length !== next?.length) return old
  return old.map((container, i) => ({ ...container, resources: next[i]?.resources ?? container.resources }))
}
