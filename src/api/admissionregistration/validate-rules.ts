// The rules of rules: which operations on which resources a webhook or policy may name, and how.
import { duplicateValue, type FieldError, invalidValue, requiredValue, tooMany, unsupportedValue } from '../../meta/field-error.ts'
import type { LabelSelector } from '../../meta/label-selector.ts'
import { checkPathSegment, checkQualifiedName } from '../../meta/names.ts'
import { type Errors, each, labelSelector, must, named, shaped, uniqueNames } from '../validation.ts'
import { type MatchCondition, type MatchResources, type NamedRuleWithOperations, operations, type RuleWithOperations } from './rules.ts'

/** Empty text is in no closed set either; the schema takes it for absent, which an item of a list cannot be. */
export function emptyChoice(value: string, field: string, values: readonly string[]): Errors {
  return must(value !== '', () => unsupportedValue(field, '', [...values].sort()))
}

export function validateRule(rule: RuleWithOperations, field: string): Errors {
  return [
    ...atLeastOne(rule.operations, `${field}.operations`),
    ...wildcardAlone(rule.operations, `${field}.operations`, 'operations'),
    ...each(rule.operations, `${field}.operations`, (operation, at) => emptyChoice(operation, at, operations)),
    ...atLeastOne(rule.apiGroups, `${field}.apiGroups`),
    ...wildcardAlone(rule.apiGroups, `${field}.apiGroups`, 'API groups'),
    ...atLeastOne(rule.apiVersions, `${field}.apiVersions`),
    ...wildcardAlone(rule.apiVersions, `${field}.apiVersions`, 'API versions'),
    ...each(rule.apiVersions, `${field}.apiVersions`, (version, at) => must(version !== '', () => requiredValue(at))),
    ...validateResources(rule.resources ?? [], `${field}.resources`),
  ]
}

function atLeastOne(items: readonly string[] | undefined, field: string): Errors {
  return must((items?.length ?? 0) > 0, () => requiredValue(field))
}

function wildcardAlone(items: readonly string[] = [], field: string, what: string): Errors {
  return must(items.length < 2 || !items.includes('*'), () =>
    invalidValue(field, items, `if '*' is present, must not specify other ${what}`),
  )
}

function validateResources(resources: readonly string[], field: string): Errors {
  const errors: FieldError[] = [...atLeastOne(resources, field)]
  const withAllSubresources = new Set<string>()
  const ofAllResources = new Set<string>()
  for (const [i, text] of resources.entries()) {
    const slash = text.indexOf('/')
    if (text === '') errors.push(requiredValue(`${field}[${i}]`))
    if (slash < 0) continue
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)]
    const present = (pattern: string) =>
      errors.push(invalidValue(`${field}[${i}]`, text, `if '${pattern}' is present, must not specify ${text}`))
    if (withAllSubresources.has(resource)) present(`${resource}/*`)
    if (ofAllResources.has(subresource)) present(`*/${subresource}`)
    if (subresource === '*') withAllSubresources.add(resource)
    if (resource === '*') ofAllResources.add(subresource)
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalidValue(field, resources, "if '*/*' is present, must not specify other resources"))
  }
  // Upstream looks at the last of those without a subresource only, and so may be what people have stored.
  const last = resources.findLast(text => text !== '' && !text.includes('/'))
  if (resources.includes('*') && last !== '*') {
    errors.push(invalidValue(field, resources, "if '*' is present, must not specify other resources without subresources"))
  }
  return errors
}

function validateNamedRule(rule: NamedRuleWithOperations, field: string): Errors {
  const names = rule.resourceNames ?? []
  return [
    ...each(names, `${field}.resourceNames`, (name, at, i) => [
      ...shaped(name, at, checkPathSegment),
      ...must(names.indexOf(name) === i, () => duplicateValue(at, name)),
    ]),
    ...validateRule(rule, field),
  ]
}

export function validateMatchResources(match: MatchResources, field: string): Errors {
  return [
    ...labelSelector(match.namespaceSelector, `${field}.namespaceSelector`),
    ...labelSelector(match.objectSelector, `${field}.objectSelector`),
    ...each(match.resourceRules, `${field}.resourceRules`, validateNamedRule),
    ...each(match.excludeResourceRules, `${field}.excludeResourceRules`, validateNamedRule),
  ]
}

/** Everything of match conditions but whether their expressions compile: see `expressions.ts`. */
export function validateMatchConditions(conditions: readonly MatchCondition[] | undefined, field: string): Errors {
  return [
    ...must((conditions?.length ?? 0) <= 64, () => tooMany(field, conditions?.length ?? 0, 64)),
    ...each(conditions, field, ({ name, expression }, at) => [
      ...must(expression?.trim() !== '' && expression !== undefined, () => requiredValue(`${at}.expression`)),
      ...named(name, `${at}.name`, checkQualifiedName),
    ]),
    ...uniqueNames(conditions, field),
  ]
}

/** The same selector checks, without those of values: what was stored with wrong ones may stay. */
export function lenientSelector(selector: LabelSelector | undefined, field: string): Errors {
  return labelSelector(selector, field).filter(error => !/\.matchExpressions\[\d+\]\.values\[\d+\]$/.test(error.field))
}
