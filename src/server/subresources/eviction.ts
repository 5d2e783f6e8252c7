// `pods/eviction`: a delete that asks first. Disruption budgets will be asked here once the policy kinds are served.
import { Eviction } from '../../api/policy/eviction.ts'
import { StatusError } from '../../meta/status-error.ts'
import { decodeObject, findingsOf, parseBody } from '../body.ts'
import { deleteObject } from '../verbs/delete.ts'
import type { Subresource } from './subresource.ts'

export const eviction: Subresource = {
  name: 'eviction',
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  verbs: ['create'],
  async serve(context, call) {
    if (!call.body) throw StatusError.badRequest('a body is required')
    const findings = findingsOf(call)
    const wanted = decodeObject(Eviction, parseBody(call.body, findings, Eviction.schema), findings) as Eviction
    const { name } = wanted.metadata
    if (name && name !== call.info.name) throw StatusError.badRequest('name in URL does not match name in Eviction object')
    context.admission.validate({ operation: 'CREATE', call, subresource: 'eviction', object: wanted, previous: undefined })
    await deleteObject(context, call, call.info.name, wanted.deleteOptions ?? {})
    return { type: 'object', code: 201, object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } }
  },
}
