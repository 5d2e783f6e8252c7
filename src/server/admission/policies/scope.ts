// The values of what the expressions of policies see of a request; `cel/admission/variables.ts` has their types.

import { namespaceType, requestType } from '../../../cel/admission/variables.ts'
import type { Variables } from '../../../cel/compile.ts'
import { fromJson, reader } from '../../../cel/json.ts'
import { authorizerValue, resourceCheckValue } from '../../../cel/lib/authorizer.ts'
import type { Value } from '../../../cel/values.ts'
import type { KubeObject, TypedObject } from '../../../meta/object-meta.ts'
import type { Authorizer } from '../../authz/authorizer.ts'
import type { Resource } from '../../resource.ts'
import type { Asked } from '../admission.ts'
import { authorityOf } from '../authority.ts'
import { kindAndResource, type Subject } from '../matching.ts'

/** The resource by which a policy meant the request: not that of the request where it is another version of it. */
export interface Matched {
  readonly resource: Resource
  readonly object: TypedObject | undefined
  readonly previous: TypedObject | undefined
}

/** Everything but `params` and `variables`. */
export function requestValues(
  request: Asked,
  subject: Subject,
  { resource, object, previous }: Matched,
  namespace: KubeObject | undefined,
  authorizer: Pick<Authorizer, 'authorize'>,
): Variables {
  const { call } = request
  const authority = authorityOf(authorizer, call.user)
  return {
    object: once(() => (object === undefined ? null : fromJson(object))),
    oldObject: once(() => (previous === undefined ? null : fromJson(previous))),
    request: once(() => reader(requestType)(requestJson(request, subject, resource))),
    namespaceObject: once(() => (namespace === undefined ? null : reader(namespaceType)(namespace))),
    authorizer: () => authorizerValue(authority),
    'authorizer.requestResource': () =>
      resourceCheckValue(authority, {
        kind: 'resource',
        group: call.resource.group,
        resource: call.resource.resource,
        subresource: request.subresource,
        namespace: subject.namespace,
        name: subject.name,
      }),
  }
}

/** A value that several expressions may read is made once. */
function once(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function requestJson(request: Asked, subject: Subject, resource: Resource): object {
  const { call, operation, subresource } = request
  const { name, namespace } = subject
  const { username, uid, groups, extra } = call.user
  const matched = kindAndResource(resource, subject)
  const asked = kindAndResource(call.resource, subject)
  return {
    ...matched,
    subResource: subresource,
    requestKind: asked.kind,
    requestResource: asked.resource,
    requestSubResource: subresource,
    name,
    namespace,
    operation,
    userInfo: { username, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) },
    dryRun: subject.isDryRun,
    options: null,
  }
}
