// Where a pod may run: affinities, tolerations, spreading.
import { duplicateValue, type FieldError, forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import type { LabelSelector } from '../../meta/label-selector.ts'
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
        when(preference, term => validateNodeTerm(term, `${at}.preference`, false)),
      ),
    ),
  )
}

export function validateNodeSelector({ nodeSelectorTerms: terms }: NodeSelector, field: string): Errors {
  const at = `${field}.nodeSelectorTerms`
  return together(
    must((terms?.length ?? 0) > 0, () => requiredValue(at, 'must have at least one node selector term')),
    each(terms, at, (term, at) => validateNodeTerm(term, at, true)),
  )
}

function validateWeight(weight: number, field: string): Errors {
  return must(weight >= 1 && weight <= 100, () => invalidValue(`${field}.weight`, weight ?? 0, 'must be in the range 1-100'))
}

/** A preference may name values that no label can have: it just is not met. */
function validateNodeTerm(term: NodeSelectorTerm, field: string, isRequired: boolean): Errors {
  return together(
    each(term.matchExpressions, `${field}.matchExpressions`, (requirement, at) => validateNodeRequirement(requirement, at, isRequired)),
    each(term.matchFields, `${field}.matchFields`, validateFieldRequirement),
  )
}

function validateNodeRequirement(requirement: NodeSelectorRequirement, field: string, isRequired: boolean): Errors {
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
    each(isRequired ? values : [], `${field}.values`, (value, at) => shaped(value, at, checkLabelValue)),
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
    validateMatchedKeys(term, field),
    validateTopologyKey(term.topologyKey, field),
    labelKey(term.topologyKey, `${field}.topologyKey`),
  )
}

interface KeyMatching {
  readonly labelSelector?: LabelSelector | undefined
  readonly matchLabelKeys?: readonly string[] | undefined
  readonly mismatchLabelKeys?: readonly string[] | undefined
}

/** Labels whose values come from the pod itself. A new pod's selector has requirements on them already, and may have no others. */
function validateMatchedKeys({ labelSelector: selector, matchLabelKeys = [], mismatchLabelKeys }: KeyMatching, field: string): Errors {
  const selected = new Set(Object.keys(selector?.matchLabels ?? {}))
  const twice = (selector?.matchExpressions ?? []).flatMap(({ key }) => {
    const isKnown = selected.has(key)
    selected.add(key)
    return isKnown && matchLabelKeys.includes(key) ? [key] : []
  })
  return together(
    validateLabelKeys(matchLabelKeys, selector, `${field}.matchLabelKeys`),
    validateLabelKeys(mismatchLabelKeys, selector, `${field}.mismatchLabelKeys`),
    twice.map(key => invalidValue(`${field}[${matchLabelKeys.lastIndexOf(key)}]`, key, 'exists in both matchLabelKeys and labelSelector')),
    each(matchLabelKeys, `${field}.matchLabelKeys`, (key, at) =>
      must(!mismatchLabelKeys?.includes(key), () => invalidValue(at, key, 'exists in both matchLabelKeys and mismatchLabelKeys')),
    ),
  )
}

function validateLabelKeys(keys: readonly string[] | undefined, selector: LabelSelector | undefined, field: string): Errors {
  if (!keys?.length) return []
  if (!selector) return [forbiddenValue(field, 'must not be specified when labelSelector is not set')]
  return each(keys, field, labelKey)
}

function validateTopologyKey(key: string | undefined, field: string): Errors {
  return key ? [] : [requiredValue(`${field}.topologyKey`, 'can not be empty')]
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
      return must(value === '', () => invalidValue(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'"))
    case 'Lt':
    case 'Gt':
      return shaped(value, `${field}.value`, checkDecimal)
    default: {
      const reasons = checkLabelValue(value)
      return reasons.length === 0 ? [] : [invalidValue(`${field}.operator`, value, reasons.join(';'))]
    }
  }
}

/** Of whole numbers there is one way to write each; they have 64 bits. */
function checkDecimal(value: string): string[] {
  const shape =
    value === '' ? ['must be non-empty'] : /^(0|-?[1-9]\d*)$/.test(value) ? [] : ['must be a valid decimal integer in canonical form']
  const number = parseInteger(value)
  const failed = number === undefined ? 'invalid syntax' : BigInt.asIntN(64, number) === number ? undefined : 'value out of range'
  return failed === undefined ? shape : [...shape, `strconv.ParseInt: parsing ${JSON.stringify(value)}: ${failed}`]
}

/** Of two alike, the first one is told. */
export function validateSpread(constraints: readonly TopologySpreadConstraint[] = [], field: string): Errors {
  const pairOf = (c: TopologySpreadConstraint) => `{${c.topologyKey ?? ''}, ${c.whenUnsatisfiable ?? ''}}`
  return each(constraints, field, (constraint, at, i) => {
    const pair = pairOf(constraint)
    return together(
      validatePlaces(constraint, at),
      must(!constraints.slice(i + 1).some(other => pairOf(other) === pair), () =>
        duplicateValue(`${at}.{topologyKey, whenUnsatisfiable}`, pair),
      ),
      validateConstraint(constraint, at),
    )
  })
}

const actions = ['DoNotSchedule', 'ScheduleAnyway']

function validatePlaces({ maxSkew = 0, topologyKey, whenUnsatisfiable }: TopologySpreadConstraint, field: string): Errors {
  return together(
    must(maxSkew > 0, () => invalidValue(`${field}.maxSkew`, maxSkew, 'must be greater than zero')),
    validateTopologyKey(topologyKey, field),
    must(Boolean(whenUnsatisfiable), () => unsupportedValue(`${field}.whenUnsatisfiable`, '', actions)),
  )
}

function validateConstraint(constraint: TopologySpreadConstraint, field: string): Errors {
  const { minDomains, whenUnsatisfiable = '' } = constraint
  return together(
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
    validateMatchedKeys(constraint, field),
    labelSelector(constraint.labelSelector, `${field}.labelSelector`),
  )
}
