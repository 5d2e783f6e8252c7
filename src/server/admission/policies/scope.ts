// What the expressions of policies and of webhooks' conditions see: the types of the variables, and their values for a request.

import type { Variables } from '../../../cel/compile.ts'
import { fromJson, reader } from '../../../cel/json.ts'
import { authorizerType, authorizerValue, resourceCheckType, resourceCheckValue } from '../../../cel/lib/authorizer.ts'
import type { Type } from '../../../cel/types.ts'
import * as t from '../../../cel/types.ts'
import type { Value } from '../../../cel/values.ts'
import type { KubeObject } from '../../../meta/object-meta.ts'
import type { Authorizer } from '../../authz/authorizer.ts'
import { isDryRun } from '../../options.ts'
import type { Resource } from '../../resource.ts'
import type { AdmissionRequest } from '../admission.ts'
import { authorityOf } from '../authority.ts'
import type { Subject } from '../matching.ts'

const strings = t.listOf(t.string)
const gvk = t.objectOf('kubernetes.GroupVersionKind', { group: t.string, version: t.string, kind: t.string })
const gvr = t.objectOf('kubernetes.GroupVersionResource', { group: t.string, version: t.string, resource: t.string })
const userInfo = t.objectOf('kubernetes.UserInfo', {
  username: t.string,
  uid: t.string,
  groups: strings,
  extra: t.mapOf(t.string, strings),
})
const requestType = t.objectOf('kubernetes.AdmissionRequest', {
  kind: gvk,
  resource: gvr,
  subResource: t.string,
  requestKind: gvk,
  requestResource: gvr,
  requestSubResource: t.string,
  name: t.string,
  namespace: t.string,
  operation: t.string,
  userInfo,
  dryRun: t.bool,
  options: t.dyn,
})
const labels = t.mapOf(t.string, t.string)
const namespaceType = t.objectOf('kubernetes.Namespace', {
  metadata: t.objectOf('kubernetes.NamespaceMetadata', {
    name: t.string,
    generateName: t.string,
    namespace: t.string,
    labels,
    annotations: labels,
    uid: t.string,
    creationTimestamp: t.timestamp,
    deletionGracePeriodSeconds: t.int,
    deletionTimestamp: t.timestamp,
    generation: t.int,
    resourceVersion: t.string,
    finalizers: strings,
  }),
  spec: t.objectOf('kubernetes.NamespaceSpec', { finalizers: strings }),
  status: t.objectOf('kubernetes.NamespaceStatus', { phase: t.string }),
})

export interface Sees {
  readonly hasParams: boolean
  readonly hasAuthorizer: boolean
  /** Types of `variables.NAME`. */
  readonly variables: Readonly<Record<string, Type>>
  /** Types that are known of the objects; dyn where they are not. */
  readonly object?: Type
  readonly params?: Type
}

export function variableTypes({
  hasParams,
  hasAuthorizer,
  variables,
  object = t.dyn,
  params = t.dyn,
}: Sees): Readonly<Record<string, Type>> {
  return {
    object,
    oldObject: object,
    request: requestType,
    namespaceObject: namespaceType,
    variables: variablesType(variables),
    ...(hasParams && { params }),
    ...(hasAuthorizer && { authorizer: authorizerType, 'authorizer.requestResource': resourceCheckType }),
  }
}
export const variablesType = (variables: Readonly<Record<string, Type>>): t.ObjectType => t.objectOf('kubernetes.variables', variables)

/** The resource by which a policy meant the request: not that of the request where it is another version of it. */
export interface Matched {
  readonly resource: Resource
  readonly object: KubeObject | undefined
  readonly previous: KubeObject | undefined
}

/** Everything but `params` and `variables`. */
export function requestValues(
  request: AdmissionRequest,
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

function requestJson(request: AdmissionRequest, { name, namespace }: Subject, { kind }: Resource): object {
  const { call, operation, subresource } = request
  const asked = call.resource.kind
  const { username, uid, groups, extra } = call.user
  return {
    kind: { group: kind.group, version: kind.version, kind: kind.kind },
    resource: { group: kind.group, version: kind.version, resource: kind.plural },
    subResource: subresource,
    requestKind: { group: asked.group, version: asked.version, kind: asked.kind },
    requestResource: { group: asked.group, version: asked.version, resource: asked.plural },
    requestSubResource: subresource,
    name,
    namespace,
    operation,
    userInfo: { username, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) },
    dryRun: isDryRun(call),
    options: null,
  }
}
