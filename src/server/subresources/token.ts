// `serviceaccounts/token`: tokens bound to an account, and where asked to a pod, secret or node.
import { TokenRequest } from '../../api/authentication/token-request.ts'
import { StatusError } from '../../meta/status-error.ts'
import { decodeObject, findingsOf, parseBody } from '../body.ts'
import type { Subresource } from './subresource.ts'

export const token: Subresource = {
  name: 'token',
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  verbs: ['create'],
  async serve(context, call) {
    if (!call.body) throw StatusError.badRequest('a body is required')
    const { namespace, name } = call.info
    const findings = findingsOf(call)
    const request = decodeObject(TokenRequest, parseBody(call.body, findings, TokenRequest.schema), findings) as TokenRequest
    await context.admission.validate({
      operation: 'CREATE',
      call,
      subresource: 'token',
      kind: TokenRequest,
      object: request,
      previous: undefined,
    })
    const object = await context.tokens.issue({ namespace, name }, request)
    return { type: 'object', code: 201, object }
  },
}
