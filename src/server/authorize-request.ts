// Authorization of a request by what its URL asks for.
import { parseFieldSelector } from '../meta/field-selector.ts'
import type { UserInfo } from './authn/user-info.ts'
import { type Decision, requestAttributes } from './authz/attributes.ts'
import type { Authorizer } from './authz/authorizer.ts'
import { forbidden } from './authz/forbidden.ts'
import type { RequestInfo } from './request-info.ts'

/** Fails with Forbidden. `fields` is the field selector of a list or watch; `onDecision` is told whatever was decided. */
export function authorizeRequest(
  authorizer: Authorizer,
  user: UserInfo,
  info: RequestInfo,
  fields: string | null,
  onDecision?: (decision: Decision) => void,
): void {
  const attributes = requestAttributes(user, info, fields ? parseFieldSelector(fields).terms : [])
  const decision = authorizer.authorize(attributes)
  onDecision?.(decision)
  if (decision.verdict !== 'allow') throw forbidden(attributes, decision)
}
