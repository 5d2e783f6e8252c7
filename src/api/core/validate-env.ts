// Environment variables and where their values come from.
import { type FieldError, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import {
  checkConfigKey,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkEnvVarName,
  checkQualifiedName,
  maskTrailingDash,
} from '../../meta/names.ts'
import { type Errors, each, must, named, shaped, shapedIfSet, together, when } from '../validation.ts'
import type { EnvFromSource, EnvVar, EnvVarSource } from './container.ts'
import type { ObjectFieldSelector, ResourceFieldSelector } from './field-reference.ts'
import { noBacksteps } from './validate-path.ts'

export function validateEnv(env: readonly EnvVar[] | undefined, field: string): Errors {
  return each(env, field, (variable, at) =>
    together(
      named(variable.name, `${at}.name`, checkEnvVarName),
      when(variable.valueFrom, source => validateSource(source, variable.value ?? '', `${at}.valueFrom`)),
    ),
  )
}

export function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, field: string): Errors {
  return each(sources, field, ({ prefix, configMapRef, secretRef }, at) =>
    together(
      shapedIfSet(prefix, `${at}.prefix`, checkEnvVarName),
      when(configMapRef, ref => named(ref.name, `${at}.configMapRef.name`, checkSourceName)),
      when(secretRef, ref => named(ref.name, `${at}.secretRef.name`, checkSourceName)),
      must(configMapRef !== undefined || secretRef !== undefined, () =>
        invalidValue(field, '', 'must specify one of: `configMapRef` or `secretRef`'),
      ),
      must(configMapRef === undefined || secretRef === undefined, () =>
        invalidValue(field, '', 'may not have more than one field specified at a time'),
      ),
    ),
  )
}

/** Upstream takes the name for one that more may follow. */
const checkSourceName = (name: string) => checkDns1123Subdomain(maskTrailingDash(name))

/** What the downward API gives as environment variables. */
const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

function validateSource(source: EnvVarSource, value: string, field: string): Errors {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source
  const errors: FieldError[] = [
    ...when(fieldRef, ref => validateFieldRef(ref, envFieldPaths, `${field}.fieldRef`)),
    ...when(resourceFieldRef, ref => validateResourceFieldRef(ref, false, `${field}.resourceFieldRef`)),
    ...when(configMapKeyRef, ref => validateKeyRef(ref, `${field}.configMapKeyRef`)),
    ...when(secretKeyRef, ref => validateKeyRef(ref, `${field}.secretKeyRef`)),
    ...when(fileKeyRef, ref =>
      together(
        named(ref.key, `${field}.fileKeyRef.key`, checkEnvVarName),
        named(ref.volumeName, `${field}.fileKeyRef.volumeName`, checkDns1123Label),
        ref.path ? noBacksteps(ref.path, `${field}.fileKeyRef.path`) : [requiredValue(`${field}.fileKeyRef.path`)],
      ),
    ),
  ]
  const count = Object.values(source).filter(part => part !== undefined).length
  if (count === 0) {
    errors.push(
      invalidValue(field, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'),
    )
  } else if (value !== '') errors.push(invalidValue(field, '', 'may not be specified when `value` is not empty'))
  else if (count > 1) errors.push(invalidValue(field, '', 'may not have more than one field specified at a time'))
  return errors
}

function validateKeyRef({ name = '', key }: { readonly name?: string | undefined; readonly key: string }, field: string): Errors {
  return [...shaped(name, `${field}.name`, checkDns1123Subdomain), ...named(key, `${field}.key`, checkConfigKey)]
}

/** Paths that the downward API knows at all; which of them apply depends on the use. */
const knownFieldPaths = new Set([
  ...envFieldPaths,
  'metadata.labels',
  'metadata.annotations',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.host',
  'status.phase',
])

export function validateFieldRef(ref: ObjectFieldSelector, allowed: readonly string[], field: string): Errors {
  const { apiVersion, fieldPath } = ref
  const missing = [...named(apiVersion, `${field}.apiVersion`), ...named(fieldPath, `${field}.fieldPath`)]
  if (missing.length > 0) return missing
  const subscripted = /^(.*)\['(.*)'\]$/.exec(fieldPath)
  if (subscripted) {
    const [, path = '', key = ''] = subscripted
    if (path === 'metadata.annotations') return shapedKey(key.toLowerCase(), field, key)
    if (path === 'metadata.labels') return shapedKey(key, field, key)
    const detail = knownFieldPaths.has(path)
      ? 'does not support subscript'
      : `error converting fieldPath: field label does not support subscript: ${fieldPath}`
    return [invalidValue(`${field}.fieldPath`, knownFieldPaths.has(path) ? path : fieldPath, detail)]
  }
  if (!knownFieldPaths.has(fieldPath)) {
    return [invalidValue(`${field}.fieldPath`, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`)]
  }
  return allowed.includes(fieldPath) ? [] : [unsupportedValue(`${field}.fieldPath`, fieldPath, [...allowed].sort())]
}

function shapedKey(text: string, field: string, shown: string): Errors {
  return checkQualifiedName(text).map(reason => invalidValue(field, shown, reason))
}

const containerResources = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]
const measured: Readonly<Record<string, string>> = { cpu: 'cpu', memory: 'memory', 'ephemeral-storage': 'local ephemeral storage' }
const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']

/** A volume must name the container it asks about; a variable means its own. */
export function validateResourceFieldRef(ref: ResourceFieldSelector, needsContainer: boolean, field: string): Errors {
  return together(validateResource(ref, needsContainer, field), validateDivisor(ref, field))
}

const hugePages = /^(limits|requests)\.hugepages-/

function validateResource({ containerName, resource }: ResourceFieldSelector, needsContainer: boolean, field: string): Errors {
  if (needsContainer && !containerName) return [requiredValue(`${field}.containerName`)]
  if (!resource) return [requiredValue(`${field}.resource`)]
  const isKnown = containerResources.includes(resource) || hugePages.test(resource)
  return must(isKnown, () => unsupportedValue(`${field}.resource`, resource, containerResources))
}

function validateDivisor({ resource = '', divisor = '0' }: ResourceFieldSelector, field: string): Errors {
  const what = hugePages.test(resource) ? 'hugepages' : measured[resource.replace(/^(limits|requests)\./, '')]
  if (what === undefined || divisor === '0') return []
  const values = what === 'cpu' ? ['1m', '1'] : byteDivisors
  const listed = values.join(what === 'cpu' ? ' and ' : ', ')
  return must(values.includes(divisor), () =>
    invalidValue(`${field}.divisor`, resource, `only divisor's values ${listed} are supported with the ${what} resource`),
  )
}
