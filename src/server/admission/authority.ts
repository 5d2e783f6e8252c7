// The authorizer as CEL expressions ask it, for the user of a request or for a service account.
import type { Authority, Question } from '../../cel/lib/authorizer.ts'
import { parseFieldSelector } from '../../meta/field-selector.ts'
import { serviceAccountUser, type UserInfo } from '../authn/user-info.ts'
import { type Attributes, nonResourceAttributes, resourceAttributes } from '../authz/attributes.ts'
import type { Authorizer } from '../authz/authorizer.ts'

export function authorityOf(authorizer: Pick<Authorizer, 'authorize'>, user: UserInfo): Authority {
  return {
    ask(question, verb) {
      const { verdict, reason } = authorizer.authorize(attributesOf(user, question, verb))
      return { allowed: verdict === 'allow', reason }
    },
    serviceAccount: (namespace, name) => authorityOf(authorizer, serviceAccountUser({ namespace, name })),
  }
}

function attributesOf(user: UserInfo, question: Question, verb: string): Attributes {
  if (question.kind === 'path') return nonResourceAttributes({ user, verb, path: question.path })
  const { kind, fieldSelector, labelSelector, ...rest } = question
  // The version is part of no question that a role answers.
  return resourceAttributes({
    user,
    verb,
    version: '*',
    ...rest,
    ...(fieldSelector && { fieldSelector: parseFieldSelector(fieldSelector).terms }),
  })
}
