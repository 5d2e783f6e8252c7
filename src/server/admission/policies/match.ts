// Which requests a policy, or a binding of it, is about.
import type { MatchResources, NamedRuleWithOperations } from '../../../api/admissionregistration/rules.ts'
import { Namespace } from '../../../api/core/namespace.ts'
import type { Kind } from '../../../api/kind.ts'
import type { LabelSelector } from '../../../meta/label-selector.ts'
import type { KubeObject } from '../../../meta/object-meta.ts'
import { selectorOf } from '../../../meta/selector.ts'
import type { AdmissionRequest } from '../admission.ts'
import { nameOf, namespaceOf } from './scope.ts'

/** What of a request does not change from one object to the next: what rules can be asked ahead. */
export interface Target {
  readonly operation: AdmissionRequest['operation']
  readonly kind: Kind
  readonly subresource: string
}

/** Whether a rule may mean such requests at all; the names and scopes of single ones aside. */
export function ruleMeans(rule: NamedRuleWithOperations, { operation, kind, subresource }: Target): boolean {
  return (
    includes(rule.operations, operation) &&
    includes(rule.apiGroups, kind.group) &&
    includes(rule.apiVersions, kind.version) &&
    (rule.resources ?? []).some(pattern => resourceMatches(pattern, kind.plural, subresource))
  )
}

function includes(values: readonly string[] | undefined, value: string): boolean {
  return values?.some(one => one === '*' || one === value) === true
}

function resourceMatches(pattern: string, resource: string, subresource: string): boolean {
  const slash = pattern.indexOf('/')
  const [wanted, sub] = slash < 0 ? [pattern, ''] : [pattern.slice(0, slash), pattern.slice(slash + 1)]
  return (wanted === '*' || wanted === resource) && (sub === subresource || (sub === '*' && slash >= 0))
}

function ruleMatches(rule: NamedRuleWithOperations, target: Target, request: AdmissionRequest): boolean {
  if (!ruleMeans(rule, target)) return false
  const names = rule.resourceNames ?? []
  if (names.length > 0 && !names.includes(nameOf(request))) return false
  // A namespace is not in itself.
  const isNamespaced = target.kind.plural !== 'namespaces' && namespaceOf(request) !== ''
  return rule.scope === '*' || rule.scope === undefined || (rule.scope === 'Namespaced') === isNamespaced
}

/** The first of the kinds by which the request can be seen that the constraints mean. No constraints mean everything. */
export function matchedKind(
  constraints: MatchResources | undefined,
  request: AdmissionRequest,
  kinds: readonly Kind[],
  namespace: KubeObject | undefined,
): Kind | undefined {
  const [asked] = kinds
  if (!constraints) return asked
  if (!namespaceMatches(constraints.namespaceSelector, request, namespace) || !objectMatches(constraints.objectSelector, request))
    return undefined
  const target = (kind: Kind): Target => ({ operation: request.operation, kind, subresource: request.subresource })
  const seen = constraints.matchPolicy === 'Exact' ? kinds.slice(0, 1) : kinds
  if (seen.some(kind => constraints.excludeResourceRules?.some(rule => ruleMatches(rule, target(kind), request)))) return undefined
  const rules = constraints.resourceRules ?? []
  if (rules.length === 0) return asked
  return seen.find(kind => rules.some(rule => ruleMatches(rule, target(kind), request)))
}

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  Object.keys(matchLabels).length === 0 && matchExpressions.length === 0

function selects(selector: LabelSelector, object: KubeObject | undefined): boolean {
  const read = selectorOf(selector)
  return read.ok && object !== undefined && read.selector.matches(object.metadata.labels ?? {})
}

function namespaceMatches(selector: LabelSelector | undefined, request: AdmissionRequest, namespace: KubeObject | undefined): boolean {
  if (!selector || isEmpty(selector)) return true
  // Namespaces are selected by their own labels, other objects of the cluster always.
  if (request.call.resource.kind === Namespace) return selects(selector, request.object ?? request.previous)
  return namespaceOf(request) === '' || selects(selector, namespace)
}

function objectMatches(selector: LabelSelector | undefined, { object, previous }: AdmissionRequest): boolean {
  return !selector || isEmpty(selector) || selects(selector, object) || selects(selector, previous)
}
