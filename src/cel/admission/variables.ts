// The types of what the expressions of policies and of webhooks' conditions see.
import { authorizerType, resourceCheckType } from '../lib/authorizer.ts'
import type { Type } from '../types.ts'
import * as t from '../types.ts'

const strings = t.listOf(t.string)
const gvk = t.objectOf('kubernetes.GroupVersionKind', { group: t.string, version: t.string, kind: t.string })
const gvr = t.objectOf('kubernetes.GroupVersionResource', { group: t.string, version: t.string, resource: t.string })
const userInfo = t.objectOf('kubernetes.UserInfo', {
  username: t.string,
  uid: t.string,
  groups: strings,
  extra: t.mapOf(t.string, strings),
})
export const requestType = t.objectOf('kubernetes.AdmissionRequest', {
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
export const namespaceType = t.objectOf('kubernetes.Namespace', {
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
