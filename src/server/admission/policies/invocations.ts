// What a request is held against: policies by their bindings, each with one object of parameters.
import type { ParamKind, ParamRef } from '../../../api/admissionregistration/policy.ts'
import type { MatchResources } from '../../../api/admissionregistration/rules.ts'
import { Namespace } from '../../../api/core/namespace.ts'
import { assert } from '../../../base/assert.ts'
import type { Variables } from '../../../cel/compile.ts'
import { fromJson } from '../../../cel/json.ts'
import { hasMetadata, type KubeObject, type TypedObject } from '../../../meta/object-meta.ts'
import type { Authorizer } from '../../authz/authorizer.ts'
import type { Resource, ResourceTable } from '../../resource.ts'
import type { Storage } from '../../storage.ts'
import type { Asked } from '../admission.ts'
import { matchedResource, namespaceMatches, objectMatches, type Subject } from '../matching.ts'
import type { BoundPolicy } from './bound-policies.ts'
import { collectParams } from './params.ts'
import { type Matched, requestValues } from './scope.ts'

export interface PolicyWorld {
  readonly storage: Storage
  readonly resources: ResourceTable
  readonly authorizer: Pick<Authorizer, 'authorize'>
}

interface PolicyLike {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly matchConstraints?: MatchResources | undefined
    readonly paramKind?: ParamKind | undefined
    readonly failurePolicy?: string | undefined
  }
}
interface BindingLike {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly matchResources?: MatchResources | undefined; readonly paramRef?: ParamRef | undefined }
}

export interface Invocation<P, B> {
  readonly policy: BoundPolicy<P, B>
  readonly binding: B
  readonly resource: Resource
  readonly params: KubeObject | undefined
}
/** A policy or binding that cannot be held as it is. */
export interface Misconfigured<P, B> {
  readonly policy: P
  readonly binding: B | undefined
  readonly error: string
}

export function invocationsOf<P extends PolicyLike, B extends BindingLike>(
  policies: readonly BoundPolicy<P, B>[],
  subject: Subject,
  { storage, resources }: PolicyWorld,
): { readonly invocations: readonly Invocation<P, B>[]; readonly misconfigured: readonly Misconfigured<P, B>[] } {
  const invocations: Invocation<P, B>[] = []
  const misconfigured: Misconfigured<P, B>[] = []
  for (const bound of policies) {
    const { policy, programs, bindings } = bound
    const resource = meantBy(policy.spec.matchConstraints, subject, storage, resources)
    if (!resource) continue
    if (programs.error !== undefined) {
      misconfigured.push({ policy, binding: undefined, error: `failed to configure policy: ${programs.error}` })
      continue
    }
    for (const binding of bindings) {
      if (!meantBy(binding.spec.matchResources, subject, storage, resources)) continue
      const found = collectParams(storage, resources, policy.spec.paramKind, binding.spec.paramRef, subject.namespace)
      if ('error' in found) misconfigured.push({ policy, binding, error: `failed to configure binding: ${found.error}` })
      else for (const params of found.params) invocations.push({ policy: bound, binding, resource, params })
    }
  }
  return { invocations, misconfigured }
}

/** The form of the resource that is meant; undefined where the request is not. */
function meantBy(
  constraints: MatchResources | undefined,
  subject: Subject,
  storage: Storage,
  resources: ResourceTable,
): Resource | undefined {
  if (!constraints) return subject.resource
  const { namespaceSelector, objectSelector, excludeResourceRules, resourceRules, matchPolicy } = constraints
  if (matchedResource(subject, excludeResourceRules, matchPolicy, resources)) return undefined
  const resource = resourceRules?.length ? matchedResource(subject, resourceRules, matchPolicy, resources) : subject.resource
  if (!resource || !namespaceMatches(namespaceSelector, subject, storage) || !objectMatches(objectSelector, subject)) return undefined
  return resource
}

/** The variables of an invocation's expressions, but for those of the policy itself. */
export function valuesFor(
  request: Asked,
  subject: Subject,
  { resource, params }: Pick<Invocation<unknown, unknown>, 'resource' | 'params'>,
  { storage, authorizer }: PolicyWorld,
): Variables {
  const namespace = subject.namespace === '' ? undefined : storage.find(Namespace, undefined, subject.namespace)
  const { object, previous } = subject
  const matched: Matched = {
    resource,
    object: object && shownAs(resource, subject, object),
    previous: previous && shownAs(resource, subject, previous),
  }
  return {
    ...requestValues(request, subject, matched, namespace, authorizer),
    params: () => (params === undefined ? null : fromJson(params)),
  }
}

/** In the form by which the policy means it. What only another server can convert is shown as it came, and what has but one form. */
function shownAs(to: Resource, { resource: from, kind }: Subject, object: TypedObject): TypedObject {
  const isOthers = from.view?.prepare !== undefined || to.view?.prepare !== undefined
  if (to === from || kind !== from.kind || !hasMetadata(object) || isOthers) return object
  const stored = from.view ? from.view.toStored(object) : object
  assert(!(stored instanceof Promise), 'what needs no preparation is converted at once')
  return to.view ? to.view.fromStored(stored) : stored
}
