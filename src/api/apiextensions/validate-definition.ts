// The rules of definitions. Upstream keeps what is the same in all versions in one place of its own, and its errors name that place:
// `spec.validation` for the schema of a definition with a single version.
import { isConditionTrue } from '../../meta/conditions.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1035Label, checkDns1123Subdomain } from '../../meta/names.ts'
import { validateWebhookService, validateWebhookUrl } from '../admissionregistration/validate-webhook.ts'
import { caBundleProblem } from '../validate-ca-bundle.ts'
import { type Errors, each, immutable, must } from '../validation.ts'
import { approvalAnnotation, approvalOf, isProtectedGroup } from './api-approval.ts'
import type {
  CustomResourceColumn,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceNames,
  CustomResourceVersion,
} from './custom-resource-definition.ts'
import type { JsonSchema } from './json-schema.ts'
import { schemaErrors, selectableFieldErrors } from './validate-schema.ts'
import { structureErrors } from './validate-structure.ts'

export function validateDefinition(next: CustomResourceDefinition, previous: CustomResourceDefinition | undefined): Errors {
  const { spec, metadata, status } = next
  return [
    ...must(Boolean(previous) || metadata.name === `${spec.names.plural}.${spec.group}`, () =>
      invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'),
    ),
    ...specErrors(spec, previous),
    ...(previous ? changeErrors(next, previous) : []),
    ...validateDefinitionStatus(next),
    // The server sets the first one.
    ...(previous || status.storedVersions ? storedVersionErrors(status.storedVersions ?? [], spec.versions) : []),
    ...approvalErrors(next, previous),
    ...must(!spec.preserveUnknownFields || previous?.spec.preserveUnknownFields === true, () =>
      invalidValue(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    ),
  ]
}

export function validateDefinitionStatus({ status }: CustomResourceDefinition): Errors {
  return namesErrors(status.acceptedNames, 'status.acceptedNames')
}

/** What the names and the stored objects hang on stays as it is. */
function changeErrors({ spec }: CustomResourceDefinition, previous: CustomResourceDefinition): Errors {
  const isEstablished = isConditionTrue(previous.status.conditions, 'Established')
  return [
    ...(isEstablished ? immutable(spec.scope, previous.spec.scope, 'spec.scope') : []),
    ...(isEstablished ? immutable(spec.names.kind, previous.spec.names.kind, 'spec.names.kind') : []),
    ...immutable(spec.group, previous.spec.group, 'spec.group'),
    ...immutable(spec.names.plural, previous.spec.names.plural, 'spec.names.plural'),
  ]
}

function storedVersionErrors(stored: readonly string[], versions: readonly CustomResourceVersion[]): Errors {
  const field = 'status.storedVersions'
  if (stored.length === 0) return [invalidValue(field, stored, 'must have at least one stored version')]
  return [
    ...versions.flatMap(version =>
      must(!version.storage || stored.includes(version.name), () =>
        invalidValue(field, stored, `must have the storage version ${version.name}`),
      ),
    ),
    ...stored.flatMap((name, i) =>
      must(
        versions.some(version => version.name === name),
        () =>
          invalidValue(
            `${field}[${i}]`,
            name,
            `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
          ),
      ),
    ),
  ]
}

function specErrors(spec: CustomResourceDefinitionSpec, old: CustomResourceDefinition | undefined): Errors {
  const previous = old?.spec
  const { group, scope, versions } = spec
  const names = versions.map(version => version.name)
  return [
    ...groupErrors(group ?? ''),
    ...oneOfErrors(scope, ['Cluster', 'Namespaced'], 'spec.scope'),
    ...versionsErrors(spec, previous),
    ...must(new Set(names).size === names.length, () => invalidValue('spec.versions', versions, 'must contain unique version names')),
    ...must(versions.filter(version => version.storage).length === 1, () =>
      invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'),
    ),
    ...(['plural', 'singular', 'kind', 'listKind'] as const).flatMap(name =>
      must(Boolean(spec.names[name]), () => requiredValue(`spec.names.${name}`)),
    ),
    ...namesErrors(spec.names, 'spec.names'),
    ...(spec.conversion ? conversionErrors(spec.conversion, old, 'spec.conversion') : []),
  ]
}

function groupErrors(group: string): Errors {
  if (group === '') return [requiredValue('spec.group')]
  const reasons = checkDns1123Subdomain(group)
  if (reasons.length > 0) return [invalidValue('spec.group', group, reasons.join(','))]
  return must(group.includes('.'), () => invalidValue('spec.group', group, 'should be a domain with at least one dot'))
}

function oneOfErrors(value: string | undefined, accepted: readonly string[], field: string): Errors {
  if (!value) return [requiredValue(field)]
  return must(accepted.includes(value), () => unsupportedValue(field, value, accepted))
}

/** A part of the versions with where upstream has it: at the top when it is the same in all of them, else in each. */
function* placed<K extends keyof CustomResourceVersion>(
  versions: readonly CustomResourceVersion[],
  key: K,
  top: string,
): Generator<readonly [part: CustomResourceVersion[K], path: string, version: CustomResourceVersion]> {
  const [first] = versions
  if (first && versions.every(version => deepEqual(version[key], first[key]))) yield [first[key], top, first]
  else for (const [i, version] of versions.entries()) yield [version[key], `spec.versions[${i}].${key}`, version]
}

/** The schemas of a definition with the paths that errors have. */
export function placedSchemas(
  versions: readonly CustomResourceVersion[],
): readonly { readonly schema: JsonSchema; readonly path: string; readonly version: CustomResourceVersion }[] {
  return [...placed(versions, 'schema', 'spec.validation')].flatMap(([part, path, version]) =>
    part?.openAPIV3Schema ? [{ schema: part.openAPIV3Schema, path: `${path}.openAPIV3Schema`, version }] : [],
  )
}

function versionsErrors(spec: CustomResourceDefinitionSpec, previous: CustomResourceDefinitionSpec | undefined): Errors {
  const { versions } = spec
  // What was stored before structure was asked for may stay so.
  const mayBeLoose = (previous?.versions ?? []).some(
    ({ schema }) => schema?.openAPIV3Schema && structureErrors(schema.openAPIV3Schema, '').length > 0,
  )
  const hasStatus = (version: CustomResourceVersion) => version.subresources?.status !== undefined
  return [
    ...each(versions, 'spec.versions', (version, at) => [
      ...must(version.schema?.openAPIV3Schema !== undefined, () => requiredValue(`${at}.schema.openAPIV3Schema`, 'schemas are required')),
      ...nameErrors(version.name ?? '', `${at}.name`),
      ...deprecationErrors(version, `${at}.deprecationWarning`),
    ]),
    ...[...placed(versions, 'schema', 'spec.validation')].flatMap(([schema, path, version]) => {
      const isStatus = path === 'spec.validation' ? versions.some(hasStatus) : hasStatus(version)
      if (!schema?.openAPIV3Schema || (mayBeLoose && isSame(version, previous))) return []
      return schemaErrors(schema.openAPIV3Schema, `${path}.openAPIV3Schema`, isStatus)
    }),
    ...[...placed(versions, 'subresources', 'spec.subresources')].flatMap(([subresources, path]) =>
      scaleErrors(subresources?.scale, `${path}.scale`),
    ),
    ...[...placed(versions, 'additionalPrinterColumns', 'spec.additionalPrinterColumns')].flatMap(([columns, path]) =>
      each(columns, path, columnErrors),
    ),
    ...[...placed(versions, 'selectableFields', 'spec.selectableFields')].flatMap(([fields, path, version]) =>
      fields
        ? selectableFieldErrors(
            version.schema?.openAPIV3Schema ?? {},
            fields.map(f => f.jsonPath ?? ''),
            path,
          )
        : [],
    ),
  ]
}

function isSame(version: CustomResourceVersion, previous: CustomResourceDefinitionSpec | undefined): boolean {
  return deepEqual(version.schema, previous?.versions.find(({ name }) => name === version.name)?.schema)
}

function nameErrors(name: string, field: string): Errors {
  const reasons = checkDns1035Label(name)
  return must(reasons.length === 0, () => invalidValue(field, name, reasons.join(',')))
}

function deprecationErrors({ deprecated, deprecationWarning: warning }: CustomResourceVersion, field: string): Errors {
  if (warning === undefined) return []
  if (!deprecated) return [invalidValue(field, warning, 'can only be set for deprecated versions')]
  const stray = warning.search(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u)
  return [
    ...must(Buffer.byteLength(warning) <= 256, () => invalidValue(field, warning, 'must be <= 256 characters long')),
    ...must(warning !== '', () => invalidValue(field, warning, 'must not be an empty string')),
    ...must(stray < 0, () =>
      invalidValue(
        field,
        warning,
        `must only contain printable UTF-8 characters; non-printable character found at index ${Buffer.byteLength(warning.slice(0, stray))}`,
      ),
    ),
  ]
}

function namesErrors(names: CustomResourceNames, field: string): Errors {
  const { plural, singular = '', kind, listKind = '', shortNames, categories } = names
  const label = (value: string, at: string, prefix = '') => {
    const reasons = checkDns1035Label(prefix ? value.toLowerCase() : value)
    return must(value === '' || reasons.length === 0, () => invalidValue(`${field}.${at}`, value, prefix + reasons.join(',')))
  }
  const mixed = 'may have mixed case, but should otherwise match: '
  return [
    ...label(plural, 'plural'),
    ...label(singular, 'singular'),
    ...label(kind, 'kind', mixed),
    ...label(listKind, 'listKind', mixed),
    ...each(shortNames, `${field}.shortNames`, nameErrors),
    ...must(kind === '' || kind !== listKind, () => invalidValue(`${field}.listKind`, listKind, 'kind and listKind may not be the same')),
    ...each(categories, `${field}.categories`, nameErrors),
  ]
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function columnErrors({ name, type = '', format = '', jsonPath = '' }: CustomResourceColumn, field: string): Errors {
  const ofType = `must be one of ${columnTypes.join(',')}`
  return [
    ...must(Boolean(name), () => requiredValue(`${field}.name`)),
    ...must(columnTypes.includes(type), () =>
      type === '' ? requiredValue(`${field}.type`, ofType) : invalidValue(`${field}.type`, type, ofType),
    ),
    ...must(format === '' || columnFormats.includes(format), () =>
      invalidValue(`${field}.format`, format, `must be one of ${columnFormats.join(',')}`),
    ),
    ...(jsonPath === '' ? [requiredValue(`${field}.JSONPath`)] : pathErrors(jsonPath, `${field}.JSONPath`)),
  ]
}

function pathErrors(path: string, field: string): Errors {
  return must(path.startsWith('.'), () => invalidValue(field, path, 'must be a simple json path starting with .'))
}

type Scale = NonNullable<NonNullable<CustomResourceVersion['subresources']>['scale']>

function scaleErrors(scale: Scale | undefined, field: string): Errors {
  if (!scale) return []
  const below = (path: string, roots: readonly string[], at: string, where: string): Errors => {
    const ofPath = pathErrors(path, at)
    if (ofPath.length > 0) return ofPath
    return must(
      roots.some(root => path.startsWith(root)),
      () => invalidValue(at, path, `should be a json path under ${where}`),
    )
  }
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale
  return [
    ...(specReplicasPath === ''
      ? [requiredValue(`${field}.specReplicasPath`)]
      : below(specReplicasPath, ['.spec.'], `${field}.specReplicasPath`, '.spec')),
    ...(statusReplicasPath === ''
      ? [requiredValue(`${field}.statusReplicasPath`)]
      : below(statusReplicasPath, ['.status.'], `${field}.statusReplicasPath`, '.status')),
    ...(labelSelectorPath === ''
      ? []
      : below(labelSelectorPath, ['.spec.', '.status.'], `${field}.labelSelectorPath`, 'either .spec or .status')),
  ]
}

const reviewVersions = ['v1', 'v1beta1']

function conversionErrors(
  { strategy, webhook }: CustomResourceConversion,
  previous: CustomResourceDefinition | undefined,
  field: string,
): Errors {
  const ofStrategy = oneOfErrors(strategy, ['None', 'Webhook'], `${field}.strategy`)
  if (strategy !== 'Webhook')
    return [
      ...ofStrategy,
      ...must(!webhook?.clientConfig, () =>
        forbiddenValue(`${field}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook'),
      ),
      ...must(!webhook?.conversionReviewVersions?.length, () =>
        forbiddenValue(`${field}.conversionReviewVersions`, 'should not be set when strategy is not set to Webhook'),
      ),
    ]
  const knew = (versions: readonly string[] | undefined) => !versions?.length || versions.some(v => reviewVersions.includes(v))
  const old = previous?.spec.conversion?.webhook
  // Before it is established a definition may have any bundle, which keeps it from being so.
  const mayHaveBadBundle =
    !isConditionTrue(previous?.status.conditions, 'Established') || caBundleProblem(old?.clientConfig?.caBundle) !== undefined
  return [
    ...ofStrategy,
    ...clientErrors(webhook, `${field}.webhookClientConfig`),
    ...(mayHaveBadBundle ? [] : bundleErrors(webhook?.clientConfig?.caBundle, `${field}.webhookClientConfig.caBundle`)),
    ...reviewVersionErrors(
      webhook?.conversionReviewVersions ?? [],
      knew(old?.conversionReviewVersions),
      `${field}.conversionReviewVersions`,
    ),
  ]
}

function bundleErrors(bundle: string | undefined, field: string): Errors {
  const problem = caBundleProblem(bundle)
  return problem === undefined ? [] : [invalidValue(field, bundle, problem)]
}

function clientErrors(webhook: CustomResourceConversion['webhook'], field: string): Errors {
  if (!webhook?.clientConfig) return [requiredValue(field, 'required when strategy is set to Webhook')]
  const { url, service } = webhook.clientConfig
  if ((url === undefined) === (service === undefined)) return [requiredValue(field, 'exactly one of url or service is required')]
  return url === undefined ? validateWebhookService(service!, `${field}.service`) : validateWebhookUrl(url, `${field}.url`)
}

function reviewVersionErrors(versions: readonly string[], mustBeKnown: boolean, field: string): Errors {
  if (versions.length === 0) return [requiredValue(field)]
  return [
    ...each(versions, field, (version, at, i) =>
      versions.indexOf(version) < i
        ? [invalidValue(at, version, 'duplicate version')]
        : checkDns1035Label(version).map(reason => invalidValue(at, version, reason)),
    ),
    ...must(!mustBeKnown || versions.some(v => reviewVersions.includes(v)), () =>
      invalidValue(field, versions, `must include at least one of ${reviewVersions.join(', ')}`),
    ),
  ]
}

function approvalErrors({ spec, metadata }: CustomResourceDefinition, previous: CustomResourceDefinition | undefined): Errors {
  if (!isProtectedGroup(spec.group ?? '')) return []
  const { approval, message } = approvalOf(metadata.annotations)
  if (previous && approvalOf(previous.metadata.annotations).approval === approval) return []
  const field = `metadata.annotations[${approvalAnnotation}]`
  if (approval === 'missing') return [requiredValue(field, message)]
  return approval === 'invalid' ? [invalidValue(field, metadata.annotations?.[approvalAnnotation], message)] : []
}
