// What the server decides about jobs: their defaults, and for a new one the selector that no other job has.
import type { KubeObject } from '../../meta/object-meta.ts'
import { completeTemplateOf } from '../core/complete-pod-spec.ts'
import { withFields, withMissing } from '../sharing.ts'
import type { JobStatus } from './job.ts'
import type { JobSpec } from './job-spec.ts'

export type JobObject = KubeObject & {
  readonly metadata: { readonly namespace: string }
  readonly spec: JobSpec
  readonly status: JobStatus
}

/** Labels of a job's pods. Those without a domain are from before labels of Kubernetes had one. */
export const controllerUidLabel = 'batch.kubernetes.io/controller-uid'
export const jobNameLabel = 'batch.kubernetes.io/job-name'
export const oldControllerUidLabel = 'controller-uid'
export const oldJobNameLabel = 'job-name'

const unlimited = 2 ** 31 - 1

export function completeJob(job: JobObject): JobObject {
  const spec = completeTemplateOf(job.spec)
  const { metadata } = job
  const labels = spec.template?.metadata?.labels
  return withFields(job, {
    spec: completeSpec(spec),
    metadata: isEmpty(metadata.labels) && !isEmpty(labels) ? { ...metadata, labels } : metadata,
  })
}

/** A job that says nothing of numbers is of one pod. */
function completeSpec(spec: JobSpec): JobSpec {
  const isSingle = spec.completions === undefined && spec.parallelism === undefined
  return withFields(spec, {
    completions: isSingle ? 1 : spec.completions,
    parallelism: spec.parallelism ?? 1,
    backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : unlimited),
    completionMode: spec.completionMode || 'NonIndexed',
    suspend: spec.suspend ?? false,
    podReplacementPolicy: spec.podReplacementPolicy || (spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'),
    manualSelector: spec.manualSelector ?? false,
  })
}

/** What is there stays, and is refused where it is of another job. A job that took its labels from the template has the made ones too. */
export function createJob(job: JobObject): JobObject {
  const { metadata, spec } = job
  if (spec.manualSelector) return job
  const { template = {} } = spec
  const { uid, name } = metadata
  const given = template.metadata?.labels
  const labels = withMissing(given, {
    [oldJobNameLabel]: name,
    [jobNameLabel]: name,
    [oldControllerUidLabel]: uid,
    [controllerUidLabel]: uid,
  })
  const matchLabels = withMissing(spec.selector?.matchLabels, { [controllerUidLabel]: uid })
  return {
    ...job,
    metadata: metadata.labels === given || isEmpty(metadata.labels) ? { ...metadata, labels } : metadata,
    spec: { ...spec, selector: { ...spec.selector, matchLabels }, template: { ...template, metadata: { ...template.metadata, labels } } },
  }
}

function isEmpty(map: Readonly<Record<string, string>> | undefined): boolean {
  return Object.keys(map ?? {}).length === 0
}
