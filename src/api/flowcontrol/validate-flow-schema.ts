// The rules of flow schemas.
import { deepEqual } from '../../meta/deep-equal.ts'
import { forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain } from '../../meta/names.ts'
import { type Errors, each, must, named, shaped } from '../validation.ts'
import { mandatoryFlowSchemas } from './defaults.ts'
import type {
  FlowSchema,
  FlowSchemaSpec,
  FlowSubject,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
} from './flow-schema.ts'

const maxPrecedence = 10_000

export function validateFlowSchema({ metadata, spec }: FlowSchema): Errors {
  const fixed = mandatoryFlowSchemas.find(schema => schema.name === metadata.name)
  return [
    ...validateSpec(spec, metadata.name),
    ...must(!fixed || deepEqual(spec, fixed.spec), () =>
      invalidValue('spec', spec, `spec of '${metadata.name}' must equal the fixed value`),
    ),
  ]
}

function validateSpec(
  { matchingPrecedence: precedence, distinguisherMethod, priorityLevelConfiguration, rules }: FlowSchemaSpec,
  name: string,
): Errors {
  const field = 'spec.matchingPrecedence'
  const level: FlowSchemaSpec['priorityLevelConfiguration'] | undefined = priorityLevelConfiguration
  const levelField = 'spec.priorityLevelConfiguration.name'
  return [
    ...must(precedence > 0, () => invalidValue(field, precedence, 'must be a positive value')),
    ...must(precedence <= maxPrecedence, () => invalidValue(field, precedence, `must not be greater than ${maxPrecedence}`)),
    ...must(precedence !== 1 || name === 'exempt', () =>
      invalidValue(field, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"),
    ),
    // Other unknown words are refused by the schema.
    ...must(!distinguisherMethod || Boolean(distinguisherMethod.type), () =>
      unsupportedValue('spec.distinguisherMethod.type', '', ['ByNamespace', 'ByUser']),
    ),
    ...(level?.name
      ? shaped(level.name, levelField, checkDns1123Subdomain)
      : [requiredValue(levelField, 'must reference a priority level')]),
    ...each(rules, 'spec.rules', validateRules),
  ]
}

function validateRules({ subjects, resourceRules, nonResourceRules }: PolicyRulesWithSubjects, field: string): Errors {
  return [
    ...must(Boolean(subjects?.length), () => requiredValue(`${field}.subjects`, 'subjects must contain at least one value')),
    ...each(subjects, `${field}.subjects`, validateSubject),
    ...must(Boolean(resourceRules?.length || nonResourceRules?.length), () =>
      requiredValue(field, 'at least one of resourceRules and nonResourceRules has to be non-empty'),
    ),
    ...each(resourceRules, `${field}.resourceRules`, validateResourceRule),
    ...each(nonResourceRules, `${field}.nonResourceRules`, validateNonResourceRule),
  ]
}

const memberOfKind = { User: 'user', Group: 'group', ServiceAccount: 'serviceAccount' } as const
const kinds = ['ServiceAccount', 'User', 'Group'] as const

function validateSubject(subject: FlowSubject, field: string): Errors {
  const { kind } = subject
  if (!kind) return [unsupportedValue(`${field}.kind`, '', ['Group', 'ServiceAccount', 'User'])]
  if (!kinds.includes(kind)) return []
  const own = memberOfKind[kind]
  return [
    ...must(subject[own] !== undefined, () => requiredValue(`${field}.${own}`, `${own} is required when subject kind is '${kind}'`)),
    ...validateNamed(subject, `${field}.${own}`),
    ...kinds
      .filter(other => other !== kind && subject[memberOfKind[other]] !== undefined)
      .map(other => {
        const member = memberOfKind[other]
        return forbiddenValue(`${field}.${member}`, `${member} is forbidden when subject kind is not '${other}'`)
      }),
  ]
}

function validateNamed({ kind, user, group, serviceAccount }: FlowSubject, field: string): Errors {
  if (kind !== 'ServiceAccount') {
    const found = kind === 'User' ? user : group
    return found ? named(found.name, `${field}.name`) : []
  }
  if (!serviceAccount) return []
  const { name, namespace } = serviceAccount
  return [
    ...(name === '*' ? [] : named(name, `${field}.name`, checkDns1123Subdomain)),
    ...(namespace
      ? shaped(namespace, `${field}.namespace`, checkDns1123Label)
      : [requiredValue(`${field}.namespace`, 'must specify namespace for service account')]),
  ]
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']

function validateVerbs(found: readonly string[] | undefined, field: string): Errors {
  if (!found?.length) return [requiredValue(field, 'verbs must contain at least one value')]
  if (found.includes('*')) return aloneIfAll(found, field, 'verbs')
  return must(
    found.every(verb => verbs.includes(verb)),
    () => unsupportedValue(field, found, verbs),
  )
}

function aloneIfAll(found: readonly string[], field: string, what: string): Errors {
  return must(found.length < 2 || !found.includes('*'), () =>
    invalidValue(field, found, `if '*' is present, must not specify other ${what}`),
  )
}

function validateResourceRule({ verbs, apiGroups, resources, namespaces, clusterScope }: ResourcePolicyRule, field: string): Errors {
  const needed = (found: readonly string[] | undefined, name: string, one: string, many: string) =>
    found?.length
      ? aloneIfAll(found, `${field}.${name}`, many)
      : [requiredValue(`${field}.${name}`, `resource rules must supply at least one ${one}`)]
  return [
    ...validateVerbs(verbs, `${field}.verbs`),
    ...needed(apiGroups, 'apiGroups', 'api group', 'api groups'),
    ...needed(resources, 'resources', 'resource', 'resources'),
    ...validateNamespaces(namespaces ?? [], clusterScope ?? false, `${field}.namespaces`),
  ]
}

function validateNamespaces(namespaces: readonly string[], isOptional: boolean, field: string): Errors {
  if (namespaces.length === 0)
    return must(isOptional, () => requiredValue(field, 'resource rules that are not cluster scoped must supply at least one namespace'))
  if (namespaces.includes('*')) return aloneIfAll(namespaces, field, 'namespaces')
  return each(namespaces, field, (namespace, at) =>
    checkDns1123Label(namespace).map(reason =>
      invalidValue(at, namespace, `each member of this list must be '*' or a DNS-1123 label; ${reason}`),
    ),
  )
}

function validateNonResourceRule({ verbs, nonResourceURLs }: NonResourcePolicyRule, field: string): Errors {
  const at = `${field}.nonResourceURLs`
  return [
    ...validateVerbs(verbs, `${field}.verbs`),
    ...(nonResourceURLs?.length
      ? nonResourceURLs.includes('*')
        ? aloneIfAll(nonResourceURLs, at, 'non-resource URLs')
        : each(nonResourceURLs, at, validatePath)
      : [requiredValue(at, 'nonResourceURLs must contain at least one value')]),
  ]
}

/** The first thing that is wrong with it. */
function validatePath(path: string, field: string): Errors {
  const stars = path.split('*').length - 1
  const problem =
    path === '/'
      ? undefined
      : path === ''
        ? 'must not be empty'
        : !path.startsWith('/')
          ? 'must start with slash'
          : path.includes(' ')
            ? 'must not contain white-space'
            : path.includes('//')
              ? 'must not contain double slash'
              : stars > 1 || (stars === 1 && !path.endsWith('/*'))
                ? 'wildcard can only do suffix matching'
                : undefined
  return must(problem === undefined, () => invalidValue(field, path, problem ?? ''))
}
