// The rules of what a job should do, in a job or in the template of a cron job.
import { type FieldError, invalidValue, requiredValue, tooLong, tooMany, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Subdomain, checkQualifiedName } from '../../meta/names.ts'
import { validatePodTemplate } from '../core/validate-pod-spec.ts'
import { type Errors, each, must, notNegative, shaped, together, unique, when } from '../validation.ts'
import { parseIndexes } from './indexes.ts'
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from './job-spec.ts'

const maxParallelismOfIndexed = 100_000
const maxFailedIndexes = 100_000
/** Above this many completions, an indexed job with a backoff limit per index has narrower limits. */
const manyCompletions = 100_000
const maxParallelismOfMany = 10_000
const maxFailedIndexesOfMany = 10_000
const maxRules = 20
const maxExitCodes = 255
const maxPatterns = 20
const maxManagedByBytes = 63
const maxSucceededIndexesBytes = 64 * 1024

export function validateJobSpec(spec: JobSpec, field: string): Errors {
  return together(
    ...counts.map(name => notNegative(spec[name], `${field}.${name}`)),
    must(spec.maxFailedIndexes === undefined || spec.backoffLimitPerIndex !== undefined, () =>
      requiredValue(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'),
    ),
    when(spec.managedBy, name => validateManagedBy(name, `${field}.managedBy`)),
    spec.completionMode === 'Indexed' ? validateIndexed(spec, field) : validateNotIndexed(spec, field),
    validateFailurePolicy(spec, `${field}.podFailurePolicy`),
    validateSuccessPolicy(spec, `${field}.successPolicy`),
    must(!spec.podFailurePolicy || !spec.podReplacementPolicy || spec.podReplacementPolicy === 'Failed', () =>
      unsupportedValue(`${field}.podReplacementPolicy`, spec.podReplacementPolicy, ['Failed']),
    ),
    validatePodTemplate(spec.template ?? {}, `${field}.template`),
    validateRestartPolicy(spec, `${field}.template.spec.restartPolicy`),
  )
}

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const

function validateManagedBy(name: string, field: string): Errors {
  if (name === '') return [requiredValue(field)]
  const slash = name.indexOf('/')
  const [domain, path] = slash < 0 ? ['', ''] : [name.slice(0, slash), name.slice(slash + 1)]
  const length = must(Buffer.byteLength(name) <= maxManagedByBytes, () => tooLong(field, maxManagedByBytes))
  if (!domain || !path) return [invalidValue(field, name, 'must be a domain-prefixed path (such as "acme.io/foo")'), ...length]
  return together(
    shaped(domain, field, checkDns1123Subdomain),
    must(new RegExp(`^${pathPattern}$`).test(path), () =>
      invalidValue(field, path, `Invalid path (regex used for validation is '${pathPattern}')`),
    ),
    length,
  )
}
const pathPattern = "[/]?[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"

function validateIndexed(spec: JobSpec, field: string): Errors {
  const { completions, parallelism = 0, maxFailedIndexes: maxFailed } = spec
  const most = (name: 'parallelism' | 'maxFailedIndexes', detail: string) => invalidValue(`${field}.${name}`, spec[name], detail)
  return together(
    must(completions !== undefined, () => requiredValue(`${field}.completions`, 'when completion mode is Indexed')),
    must(parallelism <= maxParallelismOfIndexed, () =>
      most('parallelism', `must be less than or equal to ${maxParallelismOfIndexed} when completion mode is Indexed`),
    ),
    must(completions === undefined || maxFailed === undefined || maxFailed <= completions, () =>
      most('maxFailedIndexes', 'must be less than or equal to completions'),
    ),
    must((maxFailed ?? 0) <= maxFailedIndexes, () => most('maxFailedIndexes', `must be less than or equal to ${maxFailedIndexes}`)),
    (completions ?? 0) > manyCompletions && spec.backoffLimitPerIndex !== undefined ? validateMany(spec, field) : [],
  )
}

function validateMany({ parallelism = 0, maxFailedIndexes: maxFailed }: JobSpec, field: string): Errors {
  const most = (max: number) =>
    `must be less than or equal to ${max} when completions are above ${manyCompletions} and used with backoff limit per index`
  return together(
    must(maxFailed !== undefined, () =>
      requiredValue(`${field}.maxFailedIndexes`, `must be specified when completions is above ${manyCompletions}`),
    ),
    must(parallelism <= maxParallelismOfMany, () => invalidValue(`${field}.parallelism`, parallelism, most(maxParallelismOfMany))),
    must((maxFailed ?? 0) <= maxFailedIndexesOfMany, () =>
      invalidValue(`${field}.maxFailedIndexes`, maxFailed, most(maxFailedIndexesOfMany)),
    ),
  )
}

function validateNotIndexed(spec: JobSpec, field: string): Errors {
  return (['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy'] as const).flatMap(name =>
    must(spec[name] === undefined, () => invalidValue(`${field}.${name}`, spec[name], 'requires indexed completion mode')),
  )
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, field: string): Errors {
  const policy = template?.spec?.restartPolicy
  if (!policy || policy === 'Always') return [requiredValue(field, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [unsupportedValue(field, policy, ['OnFailure', 'Never'])]
  return must(!podFailurePolicy || policy === 'Never', () =>
    invalidValue(field, policy, 'only "Never" is supported when podFailurePolicy is specified'),
  )
}

function validateFailurePolicy(spec: JobSpec, field: string): Errors {
  const rules = spec.podFailurePolicy?.rules ?? []
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {}
  const names = new Set([...containers, ...initContainers].map(container => container.name))
  return together(
    must(rules.length <= maxRules, () => tooMany(`${field}.rules`, rules.length, maxRules)),
    each(rules, `${field}.rules`, (rule, at) => validateFailureRule(rule, spec.backoffLimitPerIndex !== undefined, names, at)),
  )
}

/** `%q` of a list, as messages of what may stand in an empty place have it. */
const oneOfThese = (values: readonly string[]) => `valid values: [${values.map(value => JSON.stringify(value)).join(' ')}]`

function validateFailureRule(rule: PodFailurePolicyRule, hasIndexLimit: boolean, containers: ReadonlySet<string>, field: string): Errors {
  const { action, onExitCodes, onPodConditions = [] } = rule
  const isBoth = onExitCodes !== undefined && onPodConditions.length > 0
  const isNeither = onExitCodes === undefined && onPodConditions.length === 0
  return together(
    must(Boolean(action), () => requiredValue(`${field}.action`, oneOfThese(['Count', 'FailIndex', 'FailJob', 'Ignore']))),
    must(action !== 'FailIndex' || hasIndexLimit, () =>
      invalidValue(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set'),
    ),
    when(onExitCodes, codes => validateExitCodes(codes, containers, `${field}.onExitCodes`)),
    must(onPodConditions.length <= maxPatterns, () => tooMany(`${field}.onPodConditions`, onPodConditions.length, maxPatterns)),
    each(onPodConditions, `${field}.onPodConditions`, validatePattern),
    must(!isBoth, () => wrong(field, 'specifying both OnExitCodes and OnPodConditions is not supported')),
    must(!isNeither, () => wrong(field, 'specifying one of OnExitCodes and OnPodConditions is required')),
  )
}

/** An error that does not show the value. */
function wrong(field: string, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, detail }
}

function validatePattern({ type }: PodFailurePolicyOnPodConditionsPattern, field: string): Errors {
  return shaped(type ?? '', `${field}.type`, checkQualifiedName)
}

function validateExitCodes(codes: PodFailurePolicyOnExitCodesRequirement, containers: ReadonlySet<string>, field: string): Errors {
  const { operator, containerName, values = [] } = codes
  const isRising = values.every((value, i) => i === 0 || (values[i - 1] ?? value) <= value)
  return together(
    must(Boolean(operator), () => requiredValue(`${field}.operator`, oneOfThese(['In', 'NotIn']))),
    must(containerName === undefined || containers.has(containerName), () =>
      invalidValue(`${field}.containerName`, containerName, 'must be one of the container or initContainer names in the pod template'),
    ),
    must(values.length > 0, () => invalidValue(`${field}.values`, values, 'at least one value is required')),
    must(values.length <= maxExitCodes, () => tooMany(`${field}.values`, values.length, maxExitCodes)),
    each(values, `${field}.values`, (value, at) =>
      must(operator !== 'In' || value !== 0, () => invalidValue(at, value, 'must not be 0 for the In operator')),
    ),
    unique(values, String, (value, i) => ({ type: 'FieldValueDuplicate', field: `${field}.values[${i}]`, badValue: value, detail: '' })),
    must(isRising, () => invalidValue(`${field}.values`, values, 'must be ordered')),
  )
}

function validateSuccessPolicy({ successPolicy, completionMode, completions = 0 }: JobSpec, field: string): Errors {
  if (!successPolicy || completionMode !== 'Indexed') return []
  const { rules = [] } = successPolicy
  return together(
    must(rules.length > 0, () =>
      requiredValue(`${field}.rules`, 'at least one rules must be specified when the successPolicy is specified'),
    ),
    must(rules.length <= maxRules, () => tooMany(`${field}.rules`, rules.length, maxRules)),
    each(rules, `${field}.rules`, (rule, at) => validateSuccessRule(rule, completions, at)),
  )
}

function validateSuccessRule(
  { succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule,
  completions: number,
  field: string,
): Errors {
  if (count === undefined && indexes === undefined) {
    return [requiredValue(field, 'at least one of succeededCount or succeededIndexes must be specified')]
  }
  const parsed = indexes === undefined ? undefined : parseIndexes(indexes, completions)
  const listed = parsed?.ok ? parsed.count : 0
  const most = (max: number, what: string) =>
    invalidValue(`${field}.succeededCount`, count, `must be less than or equal to ${max} (the number of ${what})`)
  return together(
    must(Buffer.byteLength(indexes ?? '') <= maxSucceededIndexesBytes, () =>
      tooLong(`${field}.succeededIndexes`, maxSucceededIndexesBytes),
    ),
    parsed && !parsed.ok ? [invalidValue(`${field}.succeededIndexes`, indexes, `error parsing succeededIndexes: ${parsed.error}`)] : [],
    notNegative(count, `${field}.succeededCount`),
    must((count ?? 0) <= completions, () => most(completions, 'specified completions')),
    must(indexes === undefined || (count ?? 0) <= listed, () => most(listed, 'indexes in the specified succeededIndexes field')),
  )
}
