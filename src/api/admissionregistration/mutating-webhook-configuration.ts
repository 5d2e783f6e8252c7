import { defaulted, describe, listMap, object, oneOf, patch } from '../../schema/schema.ts'
import { count } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { definition, reinvocationPolicies } from './rules.ts'
import { validateWebhooks } from './validate-webhook.ts'
import { webhookFields } from './webhook.ts'

const mutatingWebhook = object(definition('MutatingWebhook'), 'One who may change the object of a request.', {
  ...webhookFields,
  reinvocationPolicy: describe(
    'Whether it is asked again when others changed the object after it.',
    defaulted(oneOf(reinvocationPolicies), 'Never'),
  ),
})

const fields = {
  webhooks: patch(
    'merge',
    'name',
    describe('Who is asked, in order of the names of their configurations.', listMap(['name'], mutatingWebhook)),
  ),
}
export type MutatingWebhookConfiguration = ClusterObject<typeof fields>

const columns: readonly Column<MutatingWebhookConfiguration>[] = [
  nameColumn,
  count('Webhooks', 'How many webhooks there are.', o => o.webhooks?.length ?? 0),
  ageColumn,
]

export const MutatingWebhookConfiguration: Kind<MutatingWebhookConfiguration> = clusterKind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  categories: ['api-extensions'],
  definition: definition('MutatingWebhookConfiguration'),
  doc: 'Webhooks that may change or refuse requests.',
  updatesNeedVersion: true,
  hasGeneration: true,
  fields,
  validate: (next, previous) => validateWebhooks(next.webhooks, previous && (previous.webhooks ?? [])),
  columns,
})
