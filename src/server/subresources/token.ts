// `serviceaccounts/token`: tokens bound to an account, and where asked to a pod, secret or node.
import { TokenRequest } from '../../api/authentication/token-request.ts'
import type { Kind } from '../../api/kind.ts'
import { StatusError } from '../../meta/status-error.ts'
import { decodeObject, findingsOf, parseBody } from '../body.ts'
import { inNamespace } from '../verbs/create.ts'
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
    const sent = inNamespace(decodeObject(TokenRequest, parseBody(call.body, findings, TokenRequest.schema), findings), true, namespace)
    const request = { operation: 'CREATE', call, subresource: 'token', kind: TokenRequest as Kind, previous: undefined } as const
    const wanted = (await context.admission.mutate({ ...request, object: sent })) as TokenRequest
    const complete = context.tokens.complete({ namespace, name }, wanted)
    await context.admission.validate({ ...request, object: complete })
    const object = await context.tokens.issue(complete)
    return { type: 'object', code: 201, object }
  },
}
