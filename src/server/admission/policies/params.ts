// The objects that a binding takes its policy's parameters from.
import type { ParamKind, ParamRef } from '../../../api/admissionregistration/policy.ts'
import { apiVersionOf } from '../../../api/kind.ts'
import type { KubeObject } from '../../../meta/object-meta.ts'
import { selectorOf } from '../../../meta/selector.ts'
import { prefixEnd } from '../../../store/store.ts'
import { type Resource, type ResourceTable, storePrefix } from '../../resource.ts'
import { present, type Storage } from '../../storage.ts'

/** One `undefined` stands for a policy or binding without parameters. No parameters at all: the binding does not hold. */
export type Params = { readonly params: readonly (KubeObject | undefined)[] } | { readonly error: string }

export function collectParams(
  storage: Storage,
  resources: ResourceTable,
  kind: ParamKind | undefined,
  ref: ParamRef | undefined,
  requestNamespace: string,
): Params {
  if (!kind || !ref) return { params: [undefined] }
  const resource = resources.all.find(one => one.kind.kind === kind.kind && apiVersionOf(one.kind) === kind.apiVersion)
  if (!resource) return { error: `failed to find resource referenced by paramKind: '${kind.apiVersion}, Kind=${kind.kind}'` }
  const { namespaced } = resource.kind
  if (ref.namespace && !namespaced) return { error: 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`' }
  const namespace = namespaced ? ref.namespace || requestNamespace : undefined
  if (namespace === '') return { error: 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources' }
  const found = ref.name ? named(storage, resource, namespace, ref.name) : selected(storage, resource, namespace, ref)
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny')
    return { error: 'no params found for policy binding with `Deny` parameterNotFoundAction' }
  return { params: found }
}

function named(storage: Storage, resource: Resource, namespace: string | undefined, name: string): readonly KubeObject[] {
  const entry = storage.entry(resource, namespace, name)
  return entry ? [present(resource, entry)] : []
}

function selected(storage: Storage, resource: Resource, namespace: string | undefined, { selector }: ParamRef): readonly KubeObject[] {
  const read = selectorOf(selector)
  if (!read.ok) return []
  const start = storePrefix(resource, namespace)
  const { entries } = storage.store.range({ start, end: prefixEnd(start) })
  return entries.map(entry => present(resource, entry)).filter(object => read.selector.matches(object.metadata.labels ?? {}))
}
