// `namespaces/finalize`: the only way to take finalizers off a namespace's spec, which lets a deleted one go.
import type { Namespace } from '../../api/core/namespace.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import { decodeObject, findingsOf, parseBody } from '../body.ts'
import { changeObject } from '../verbs/update.ts'
import type { Subresource } from './subresource.ts'

export const finalize: Subresource = {
  name: 'finalize',
  group: '',
  version: 'v1',
  kind: 'Namespace',
  verbs: ['update'],
  async serve(context, call) {
    if (!call.body) throw StatusError.badRequest('a body is required')
    const findings = findingsOf(call)
    const wanted = decodeFinalizers(parseBody(call.body, findings, call.resource.kind.schema))
    const object = decodeObject(call.resource.kind, wanted, findings) as Namespace
    const finalizers = (wanted as { spec?: { finalizers?: readonly string[] } }).spec?.finalizers ?? []
    const entry = await changeObject(context, call, current => {
      const { resourceVersion, uid } = object.metadata
      const { resourceVersion: version, ...metadata } = current.metadata
      return {
        ...current,
        metadata: { ...metadata, ...(resourceVersion && { resourceVersion }), ...(uid && { uid }) },
        spec: { ...(current as Namespace).spec, finalizers },
      } as KubeObject
    })
    return { type: 'entry', code: 200, resource: call.resource, entry }
  },
}

function decodeFinalizers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) throw StatusError.badRequest('the body must be a Namespace')
  return value
}
