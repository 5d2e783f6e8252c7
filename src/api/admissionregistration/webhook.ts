// What the two kinds of webhooks share: where they listen, and what they are asked about.
import {
  atomicList,
  bytes,
  defaulted,
  describe,
  type Infer,
  int32,
  listMap,
  object,
  oneOf,
  patch,
  required,
  string,
} from '../../schema/schema.ts'
import { definition, failurePolicies, matchCondition, matchPolicy, namespaceSelector, objectSelector, ruleWithOperations } from './rules.ts'

export const serviceReference = object(definition('ServiceReference'), 'A service of this cluster that answers the webhook.', {
  name: required(string('Name of the service.')),
  namespace: required(string('Namespace of the service.')),
  path: string('The path of the URL that is called.'),
  port: describe('The port of the service.', defaulted(int32(), 443)),
})

export const webhookClientConfig = object(definition('WebhookClientConfig'), 'How a webhook is reached: by a service or by a URL.', {
  caBundle: bytes('PEM of the authorities that may sign its certificate; those of the system by default.'),
  service: describe('The service that answers; not together with `url`.', serviceReference),
  url: string('Where it listens, `https://host:port/path`; not together with `service`.'),
})
export type WebhookClientConfig = Infer<typeof webhookClientConfig>

export const matchConditions = patch(
  'merge',
  'name',
  listMap(['name'], matchCondition, 'Conditions that a request must all meet besides, at most 64.'),
)

export const webhookFields = {
  admissionReviewVersions: required(atomicList(string(), 'Versions of AdmissionReview that it understands, best first: `v1`, `v1beta1`.')),
  clientConfig: required(describe('How it is reached.', webhookClientConfig)),
  failurePolicy: describe('What becomes of the request when it cannot be asked.', defaulted(oneOf(failurePolicies), 'Fail')),
  matchConditions,
  matchPolicy,
  name: required(string('A name with at least three parts, such as `policy.example.com`.')),
  namespaceSelector,
  objectSelector,
  rules: describe('What it is asked about: any rule will do.', atomicList(ruleWithOperations)),
  sideEffects: required(string('Whether asking changes anything elsewhere: `None`, or `NoneOnDryRun`.')),
  timeoutSeconds: describe('How long it may take, 1 to 30 seconds.', defaulted(int32(), 10)),
}
const webhook = object('', '', webhookFields)
/** What is the same in both kinds. */
export type Webhook = Infer<typeof webhook>
