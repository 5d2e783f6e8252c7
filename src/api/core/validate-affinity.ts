// Where a pod may run: affinities, tolerations, spreading.
import { duplicateValue, type FieldError, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkLabelValue } from '../../meta/names.ts'
import {
  type Errors,
  each,
  labelKey,
  labelSelector,
  must,
  selectorOperators,
  selectorValues,
  shaped,
  supported,
  together,
  unique,
  when,
} from '../validation.ts'
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from './affinity.ts'
import { parseInteger } from './tolerations.ts'

export function validateAffinity(affinity: Affinity | undefined, field: string): Errors {
  if (!affinity) return []
  return together(
    when(affinity.nodeAffinity, part => validateNodeAffinity(part, `${field}.nodeAffinity`)),
    when(affinity.podAffinity, part => validatePodAffinity(part, `${field}.podAffinity`)),
    when(affinity.podAntiAffinity, part => validatePodAffinity(part, `${field}.podAntiAffinity`)),
  )
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'

function validateNodeAffinity(affinity: NodeAffinity, field: string): Errors {
  return together(
    when(affinity[required], selector => validateNodeSelector(selector, `${field}.${required}`)),
    each(affinity[preferred], `${field}.${preferred}`, ({ weight, preference }, at) =>
      together(
        validateWeight(weight, at),
        when(preference, term => validateNodeTerm(term, `${at}.preference`)),
      ),
    ),
  )
}

export function validateNodeSelector({ nodeSelectorTerms: terms }: NodeSelector, field: string): Errors {
  const at = `${field}.nodeSelectorTerms`
  return together(
    must((terms?.length ?? 0) > 0, () => requiredValue(at, 'must have at least one node selector term')),
    each(terms, at, validateNodeTerm),
  )
}

function validateWeight(weight: number, field: string): Errors {
  return must(weight >= 1 && weight <= 100, () => invalidValue(`${field}.weight`, weight ?? 0, 'must be in the range 1-100'))
}

function validateNodeTerm(term: NodeSelectorTerm, field: string): Errors {
  return together(
    each(term.matchExpressions, `${field}.matchExpressions`, validateNodeRequirement),
    each(term.matchFields, `${field}.matchFields`, validateFieldRequirement),
  )
}

function validateNodeRequirement(requirement: NodeSelectorRequirement, field: string): Errors {
  const { key, operator, values = [] } = requirement
  const isComparison = operator === 'Gt' || operator === 'Lt'
  return together(
    isComparison
      ? must(values.length === 1, () => requiredValue(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
      : // Other unknown words are refused by the schema.
        selectorOperators.includes(operator) || !operator
        ? selectorValues(requirement, field)
        : [],
    labelKey(key, `${field}.key`),
    isComparison ? [] : each(values, `${field}.values`, (value, at) => shaped(value, at, checkLabelValue)),
  )
}

function validateFieldRequirement({ key, operator, values = [] }: NodeSelectorRequirement, field: string): Errors {
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn') errors.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'))
  else if (values.length !== 1) {
    errors.push(requiredValue(`${field}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"))
  }
  if (key !== 'metadata.name') return [...errors, invalidValue(`${field}.key`, key, 'not a valid field selector key')]
  return [...errors, ...each(values, `${field}.values`, (value, at) => shaped(value, at, checkDns1123Subdomain))]
}

function validatePodAffinity(affinity: PodAffinity, field: string): Errors {
  return together(
    each(affinity[required], `${field}.${required}`, validatePodTerm),
    each(affinity[preferred], `${field}.${preferred}`, ({ weight, podAffinityTerm }, at) =>
      together(
        validateWeight(weight, at),
        when(podAffinityTerm, term => validatePodTerm(term, `${at}.podAffinityTerm`)),
      ),
    ),
  )
}

function validatePodTerm(term: PodAffinityTerm, field: string): Errors {
  return together(
    labelSelector(term.labelSelector, `${field}.labelSelector`),
    labelSelector(term.namespaceSelector, `${field}.namespaceSelector`),
    (term.namespaces ?? []).flatMap(namespace => shaped(namespace, `${field}.namespace`, checkDns1123Label)),
    validateLabelKeys(term.matchLabelKeys, term.labelSelector !== undefined, `${field}.matchLabelKeys`),
    validateLabelKeys(term.mismatchLabelKeys, term.labelSelector !== undefined, `${field}.mismatchLabelKeys`),
    validateTopologyKey(term.topologyKey, field),
  )
}

function validateLabelKeys(keys: readonly string[] | undefined, hasSelector: boolean, field: string): Errors {
  if (!keys?.length) return []
  if (!hasSelector) return [forbiddenValue(field, 'must not be specified when labelSelector is not set')]
  return each(keys, field, labelKey)
}

function validateTopologyKey(key: string | undefined, field: string): Errors {
  return key ? labelKey(key, `${field}.topologyKey`) : [requiredValue(`${field}.topologyKey`, 'can not be empty')]
}

export function validateTolerations(tolerations: readonly Toleration[] | undefined, field: string): Errors {
  return each(tolerations, field, (toleration, at) => {
    const { key, operator = '', effect = '', tolerationSeconds } = toleration
    return together(
      key ? labelKey(key, `${at}.key`) : [],
      must(Boolean(key) || operator === 'Exists', () =>
        invalidValue(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      ),
      must(tolerationSeconds === undefined || effect === 'NoExecute', () =>
        invalidValue(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"),
      ),
      validateTolerationValue(toleration, at),
    )
  })
}

function validateTolerationValue(toleration: Toleration, field: string): Errors {
  const { operator, value = '' } = toleration
  switch (operator) {
    case 'Exists':
      return must(value === '', () => invalidValue(`${field}.operator`, toleration, "value must be empty when `operator` is 'Exists'"))
    case 'Lt':
    case 'Gt':
      return must(parseInteger(value) !== undefined, () => invalidValue(`${field}.value`, value, 'value must be a valid integer'))
    default: {
      const reasons = checkLabelValue(value)
      return reasons.length === 0 ? [] : [invalidValue(`${field}.operator`, value, reasons.join(';'))]
    }
  }
}

export function validateSpread(constraints: readonly TopologySpreadConstraint[] | undefined, field: string): Errors {
  const pairOf = (c: TopologySpreadConstraint) => `{${c.topologyKey}, ${c.whenUnsatisfiable}}`
  return together(
    each(constraints, field, validateConstraint),
    unique(constraints, pairOf, (c, i) => duplicateValue(`${field}[${i}].{topologyKey, whenUnsatisfiable}`, pairOf(c))),
  )
}

function validateConstraint(constraint: TopologySpreadConstraint, field: string): Errors {
  const { maxSkew = 0, minDomains, topologyKey, whenUnsatisfiable } = constraint
  return together(
    must(maxSkew > 0, () => invalidValue(`${field}.maxSkew`, maxSkew, 'must be greater than zero')),
    validateTopologyKey(topologyKey, field),
    must(Boolean(whenUnsatisfiable), () => requiredValue(`${field}.whenUnsatisfiable`)),
    must(minDomains === undefined || minDomains > 0, () => invalidValue(`${field}.minDomains`, minDomains, 'must be greater than zero')),
    must(minDomains === undefined || whenUnsatisfiable === 'DoNotSchedule', () =>
      invalidValue(
        `${field}.minDomains`,
        minDomains,
        `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
      ),
    ),
    supported(constraint.nodeAffinityPolicy, `${field}.nodeAffinityPolicy`, ['Ignore', 'Honor']),
    supported(constraint.nodeTaintsPolicy, `${field}.nodeTaintsPolicy`, ['Ignore', 'Honor']),
    labelSelector(constraint.labelSelector, `${field}.labelSelector`),
    validateLabelKeys(constraint.matchLabelKeys, constraint.labelSelector !== undefined, `${field}.matchLabelKeys`),
  )
}
