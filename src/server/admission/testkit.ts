// For tests of admission: a storage of just these objects, and requests by kind.
import type { Kind } from '../../api/kind.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Call } from '../call.ts'
import { resourceFor } from '../resource.ts'
import type { Storage } from '../storage.ts'
import { Admission, type AdmissionPlugin, type AdmissionRequest, type Mutation } from './admission.ts'

export function having(...objects: readonly KubeObject[]): Storage {
  const of = (kind: Kind) => objects.filter(o => o.kind === kind.kind)
  const find = (kind: Kind, namespace: string | undefined, name: string) =>
    of(kind).find(o => o.metadata.name === name && (!kind.namespaced || o.metadata.namespace === namespace))
  return { find, all: of } as unknown as Storage
}

/** A CREATE in the namespace `default`, but for what is told otherwise. */
export function request<O extends KubeObject>(
  kind: Kind,
  more: Partial<AdmissionRequest> & { object: O },
): AdmissionRequest & { object: O } {
  const call = { resource: resourceFor(kind), info: { namespace: 'default', name: '', verb: 'create' }, query: new URLSearchParams() }
  return { operation: 'CREATE', subresource: '', kind, previous: undefined, call: call as unknown as Call, ...more }
}

/** What one plugin makes of an object. */
export function mutated(plugin: AdmissionPlugin, request: Mutation, storage: Storage): KubeObject | Promise<KubeObject> {
  return new Admission([plugin], storage).mutate(request)
}
