import { labelSelector } from '../../meta/label-selector.ts'
import {
  atomicList,
  boolean,
  defaulted,
  describe,
  type Infer,
  int32,
  int64,
  object,
  oneOf,
  required,
  set,
  string,
} from '../../schema/schema.ts'
import { podTemplateSpec } from '../core/pod-spec.ts'

const batch = (name: string) => `io.k8s.api.batch.v1.${name}`

export const podFailurePolicyOnExitCodesRequirement = object(
  batch('PodFailurePolicyOnExitCodesRequirement'),
  'How the exit codes of a failed pod are looked at.',
  {
    containerName: string('The only container, or init container, to look at; all of them when absent.'),
    operator: required(oneOf(['In', 'NotIn'], 'Whether a code has to be among the values or not.')),
    values: describe('Exit codes, unlike and in rising order; 0 is none for In. At most 255.', required(set(int32()))),
  },
)
export type PodFailurePolicyOnExitCodesRequirement = Infer<typeof podFailurePolicyOnExitCodesRequirement>

export const podFailurePolicyOnPodConditionsPattern = object(
  batch('PodFailurePolicyOnPodConditionsPattern'),
  'A condition of a failed pod.',
  {
    status: defaulted(oneOf(['False', 'True', 'Unknown'], 'The status that the condition must have.'), 'True'),
    type: required(string('The type of the condition.')),
  },
)
export type PodFailurePolicyOnPodConditionsPattern = Infer<typeof podFailurePolicyOnPodConditionsPattern>

export const podFailurePolicyRule = object(
  batch('PodFailurePolicyRule'),
  'What follows when a pod has failed in a certain way; told by exit codes or by conditions, not by both.',
  {
    action: required(
      oneOf(
        ['Count', 'FailIndex', 'FailJob', 'Ignore'],
        'What follows: the failure counts as usual, its index fails, the whole job fails, or it does not count.',
      ),
    ),
    onExitCodes: describe('The exit codes that the rule is for.', podFailurePolicyOnExitCodesRequirement),
    onPodConditions: describe(
      'The rule is for pods that have one of these conditions. At most 20.',
      atomicList(podFailurePolicyOnPodConditionsPattern),
    ),
  },
)
export type PodFailurePolicyRule = Infer<typeof podFailurePolicyRule>

export const podFailurePolicy = object(batch('PodFailurePolicy'), 'How failed pods weigh on the fate of a job.', {
  rules: describe(
    'Looked through in order; the first that is for the failure decides. At most 20.',
    required(atomicList(podFailurePolicyRule)),
  ),
})
export type PodFailurePolicy = Infer<typeof podFailurePolicy>

export const successPolicyRule = object(batch('SuccessPolicyRule'), 'When a job has done enough. At least one of the two is given.', {
  succeededCount: int32('How many indexes must have succeeded, of all or of those listed.'),
  succeededIndexes: string('The indexes that count, as numbers and ranges: `1,3-5,7`. All of them must succeed where no count is given.'),
})
export type SuccessPolicyRule = Infer<typeof successPolicyRule>

export const successPolicy = object(batch('SuccessPolicy'), 'When an indexed job counts as done before all its indexes are.', {
  rules: describe('The alternatives, looked through in order. From 1 to 20.', required(atomicList(successPolicyRule))),
})
export type SuccessPolicy = Infer<typeof successPolicy>

export const jobSpec = object(batch('JobSpec'), 'What a job should do.', {
  activeDeadlineSeconds: int64('Seconds after its start at which the job is ended; the time while it is suspended does not count.'),
  backoffLimit: int32('How many pods may fail before the job does: 6, or without limit where each index has its own.'),
  backoffLimitPerIndex: int32('How many pods of one index may fail before the index does. Indexed jobs only; cannot change.'),
  completionMode: oneOf(
    ['Indexed', 'NonIndexed'],
    'Whether any pods will do (NonIndexed) or each has its own index, from 0 to completions - 1 (Indexed). Cannot change.',
  ),
  completions: int32('How many pods have to succeed. When absent, the success of one is that of all.'),
  managedBy: string('Who sees to the job, as `domain/path`; the built-in controller when absent. Cannot change.'),
  manualSelector: boolean('Whether the selector and the labels of the pods are given, and not made up to be the only ones.'),
  maxFailedIndexes: int32('How many indexes may fail before the job does; goes with backoffLimitPerIndex.'),
  parallelism: int32('How many pods may run at a time.'),
  podFailurePolicy: describe('How failed pods weigh on the fate of the job; cannot change.', podFailurePolicy),
  podReplacementPolicy: oneOf(
    ['Failed', 'TerminatingOrFailed'],
    'When a pod gets its successor: once it has come to its end (Failed), or as soon as it is going (TerminatingOrFailed).',
  ),
  selector: describe('Labels of its pods; made up unless manualSelector is set. Cannot change.', labelSelector),
  successPolicy: describe('When the job counts as done before all its indexes are; cannot change.', successPolicy),
  suspend: boolean('Hold the job: its pods are deleted, and no new ones made.'),
  template: describe(
    'What its pods are like. They are never restarted forever: restartPolicy is OnFailure or Never.',
    required(podTemplateSpec),
  ),
  ttlSecondsAfterFinished: int32('Seconds after its end at which the job is deleted; never when absent.'),
})
export type JobSpec = Infer<typeof jobSpec>
