// Which requests a rule of a webhook or a policy is about: the operation, the resource by any of its versions, the labels of the namespace
// and of the object.
import type { NamedRuleWithOperations, RuleWithOperations } from '../../api/admissionregistration/rules.ts'
import { Namespace } from '../../api/core/namespace.ts'
import type { Kind } from '../../api/kind.ts'
import type { LabelSelector } from '../../meta/label-selector.ts'
import { hasMetadata, type KubeObject, type TypedObject } from '../../meta/object-meta.ts'
import { nothing, type Selector, selectorOf } from '../../meta/selector.ts'
import type { DeleteOptions } from '../../meta/status.ts'
import { StatusError } from '../../meta/status-error.ts'
import { isDryRun } from '../options.ts'
import type { Resource, ResourceTable } from '../resource.ts'
import type { Storage } from '../storage.ts'
import type { Asked } from './admission.ts'

type Rule = Omit<NamedRuleWithOperations, 'resourceNames'> | RuleWithOperations

/** A request as rules see it. */
export interface Subject {
  readonly operation: Asked['operation']
  readonly resource: Resource
  readonly subresource: string
  /** Empty for what belongs to the cluster, and for namespaces themselves. */
  readonly namespace: string
  readonly name: string
  /** What the object is. */
  readonly kind: KindName
  readonly object: TypedObject | undefined
  readonly previous: KubeObject | undefined
  /** How it is to be deleted. */
  readonly deletion: DeleteOptions | undefined
  readonly isDryRun: boolean
}

export type KindName = Pick<Kind, 'group' | 'version' | 'kind'>

export function subjectOf({ operation, call, subresource, kind, object, previous, deletion }: Asked): Subject {
  const { resource, info } = call
  const namespace = resource.kind.namespaced ? info.namespace : ''
  // What goes with a whole collection is not named.
  const name = info.name || metadataOf(object)?.name || ''
  const isTrial = isDryRun(call, deletion?.dryRun)
  return { operation, resource, subresource, namespace, name, kind, object, previous, deletion, isDryRun: isTrial }
}

function metadataOf(object: TypedObject | undefined): KubeObject['metadata'] | undefined {
  return object && hasMetadata(object) ? object.metadata : undefined
}

/** The object's kind and resource in a form of the resource, as reviews name them. The kind that a subresource has for itself has one form. */
export function kindAndResource(form: Resource, { kind, resource }: Subject) {
  const { group, version, plural } = form.kind
  const named = kind === resource.kind ? form.kind : kind
  return {
    kind: { group: named.group, version: named.version, kind: named.kind },
    resource: { group, version, resource: plural },
  }
}

/** The form of the resource that a rule means: the request's own, or for `Equivalent` another version of the same objects. */
export function matchedResource(
  subject: Subject,
  rules: readonly Rule[] | undefined,
  matchPolicy: 'Equivalent' | 'Exact' | undefined,
  resources: ResourceTable,
): Resource | undefined {
  if (!rules?.length) return undefined
  const { resource } = subject
  if (rules.some(rule => ruleMatches(rule, subject, resource))) return resource
  if (matchPolicy === 'Exact') return undefined
  const others = resources.all.filter(other => other !== resource && other.prefix === resource.prefix)
  return others.find(other => rules.some(rule => ruleMatches(rule, subject, other)))
}

function ruleMatches(rule: Rule, subject: Subject, { kind }: Resource): boolean {
  return (
    includes(rule.operations, subject.operation) &&
    includes(rule.apiGroups, kind.group) &&
    includes(rule.apiVersions, kind.version) &&
    scopeMatches(rule.scope, subject, kind.namespaced) &&
    (rule.resources ?? []).some(pattern => resourceMatches(pattern, kind.plural, subject.subresource)) &&
    nameMatches(rule, subject.name)
  )
}

function includes(words: readonly string[] | undefined, word: string): boolean {
  return words?.some(w => w === '*' || w === word) ?? false
}

/** A namespace is an object of the cluster, whatever its requests look like. */
function scopeMatches(scope: string | undefined, { resource }: Subject, namespaced: boolean): boolean {
  if (scope === 'Namespaced') return namespaced && resource.kind.namespaced
  return scope !== 'Cluster' || !namespaced
}

function resourceMatches(pattern: string, plural: string, subresource: string): boolean {
  const [wanted = '', wantedSub = ''] = pattern.split('/', 2)
  return (wanted === '*' || wanted === plural) && (pattern === '*/*' || wantedSub === '*' || wantedSub === subresource)
}

function nameMatches(rule: Rule, name: string): boolean {
  const { resourceNames: names } = rule as Partial<NamedRuleWithOperations>
  return !names?.length || names.includes(name)
}

const selectors = new WeakMap<LabelSelector, Selector>()

function compiled(selector: LabelSelector): Selector {
  let known = selectors.get(selector)
  if (!known) {
    const made = selectorOf(selector)
    // Validation lets none in that cannot be read.
    known = made.ok ? made.selector : nothing
    selectors.set(selector, known)
  }
  return known
}

function isEmpty(selector: LabelSelector | undefined): selector is undefined {
  return !selector?.matchExpressions?.length && Object.keys(selector?.matchLabels ?? {}).length === 0
}

/** Labels of the namespace that the request is in; of the namespace itself where that is the object. Fails where there is none. */
export function namespaceMatches(selector: LabelSelector | undefined, subject: Subject, storage: Pick<Storage, 'find'>): boolean {
  if (isEmpty(selector)) return true
  const { resource, namespace, object, previous, name } = subject
  if (resource.kind === Namespace) return compiled(selector).matches(metadataOf(object ?? previous)?.labels ?? {})
  if (namespace === '') return true
  const found = storage.find(Namespace, undefined, namespace)
  if (!found) throw StatusError.notFound({ group: '', resource: 'namespaces' }, namespace || name)
  return compiled(selector).matches(found.metadata.labels ?? {})
}

/** The labels of the object as it is to be or as it was. What cannot have any is never meant. */
export function objectMatches(selector: LabelSelector | undefined, { object, previous }: Subject): boolean {
  if (isEmpty(selector)) return true
  const matches = (o: TypedObject | undefined) => o !== undefined && hasMetadata(o) && compiled(selector).matches(o.metadata.labels ?? {})
  return matches(object) || matches(previous)
}

/** What could lock everybody out of changing it is never asked about. */
export function isExempt({ resource }: Subject): boolean {
  return resource.group === 'admissionregistration.k8s.io' && exempt.has(resource.kind.plural)
}

/** Nor are policies about questions that the cluster's own parts ask all the time. */
export function isExemptFromPolicies(subject: Subject): boolean {
  return isExempt(subject) || questions.has(subject.resource.group)
}

const questions = new Set(['authentication.k8s.io', 'authorization.k8s.io'])

const exempt = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
])
