// Webhooks put together: how they are reached, and who answers the questions of their conditions.
import type { Authorizer } from '../../authz/authorizer.ts'
import type { ResourceTable } from '../../resource.ts'
import type { Storage } from '../../storage.ts'
import { callWebhook } from '../../webhook-client.ts'
import { authorityOf } from '../authority.ts'
import { meetsAll } from './match-conditions.ts'
import { Webhooks } from './plugin.ts'
import { admissionReview } from './review.ts'

export interface WebhookSetup {
  readonly storage: Storage
  readonly resources: ResourceTable
  readonly authorizer: Pick<Authorizer, 'authorize'>
  readonly newUid: () => string
}

export function webhookAdmission({ storage, resources, authorizer, newUid }: WebhookSetup): Webhooks {
  return new Webhooks(storage, {
    resources,
    newUid,
    ask: ({ clientConfig, timeoutSeconds }, review) => callWebhook(storage, clientConfig, review, { timeoutMs: timeoutSeconds * 1000 }),
    meetsConditions({ matchConditions = [] }, { call, object, previous }, subject) {
      const question = { uid: '', subject, call, resource: call.resource, object: undefined, previous: undefined }
      const { request } = admissionReview('v1', question) as { readonly request: object }
      return meetsAll(matchConditions, { object, oldObject: previous, request, authority: authorityOf(authorizer, call.user) })
    },
  })
}
