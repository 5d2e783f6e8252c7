import { describe, listMap, object, patch } from '../../schema/schema.ts'
import { count } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { definition } from './rules.ts'
import { validateWebhooks } from './validate-webhook.ts'
import { webhookFields } from './webhook.ts'

const validatingWebhook = object(definition('ValidatingWebhook'), 'One who is asked whether a request may go on.', webhookFields)

const fields = {
  webhooks: patch('merge', 'name', describe('Who is asked.', listMap(['name'], validatingWebhook))),
}
export type ValidatingWebhookConfiguration = ClusterObject<typeof fields>

const columns: readonly Column<ValidatingWebhookConfiguration>[] = [
  nameColumn,
  count('Webhooks', 'How many webhooks there are.', o => o.webhooks?.length ?? 0),
  ageColumn,
]

export const ValidatingWebhookConfiguration: Kind<ValidatingWebhookConfiguration> = clusterKind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  categories: ['api-extensions'],
  definition: definition('ValidatingWebhookConfiguration'),
  doc: 'Webhooks that may refuse requests and change nothing of them.',
  updatesNeedVersion: true,
  hasGeneration: true,
  fields,
  validate: (next, previous) => validateWebhooks(next.webhooks, previous && (previous.webhooks ?? [])),
  columns,
})
