// Says who serves a version of an API group: this server, or one behind a service of the cluster.

import { findCondition } from '../../meta/conditions.ts'
import {
  boolean,
  bytes,
  defaulted,
  describe,
  type Infer,
  int32,
  listMap,
  object,
  patch,
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { withMetadataOf } from '../status-metadata.ts'
import { validateApiService, validateApiServiceStatus } from './validate-api-service.ts'

const definition = (name: string) => `io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.${name}`

const serviceReference = object(definition('ServiceReference'), 'A service of this cluster.', {
  name: string('Name of the service.'),
  namespace: string('Namespace of the service.'),
  port: describe('The port of the service.', defaulted(int32(), 443)),
})

const spec = object(definition('APIServiceSpec'), 'Which group version it is, who serves it, and before which others it stands.', {
  caBundle: bytes('PEM of the authorities that may sign the certificate of the server; those of the system by default.'),
  group: string('Name of the API group.'),
  groupPriorityMinimum: required(
    int32('Groups with more stand before others in discovery; the highest of the versions of a group counts.'),
  ),
  insecureSkipTLSVerify: boolean('Whether the certificate of the server is not looked at. Better give a caBundle.'),
  service: describe('Who serves it; this server itself when there is none.', serviceReference),
  version: string('Version of the group.'),
  versionPriority: required(int32('Versions with more stand before others of their group; by name where it is the same.')),
})
export type APIServiceSpec = Infer<typeof spec>

const apiServiceCondition = object(definition('APIServiceCondition'), 'One aspect of how an API service stands.', {
  lastTransitionTime: time('When the status last changed.'),
  message: string('Why, for people.'),
  reason: string('Why, in one word.'),
  status: required(string('True, False or Unknown.')),
  type: required(string('Which aspect it is: `Available`.')),
})
export type APIServiceCondition = Infer<typeof apiServiceCondition>

const status = object(definition('APIServiceStatus'), 'How an API service stands.', {
  conditions: describe('Its aspects.', patch('merge', 'type', listMap(['type'], apiServiceCondition))),
})
export type APIServiceStatus = Infer<typeof status>

const fields = {
  spec: describe('What is served by whom.', defaulted(spec, {})),
  status: describe('Whether it can be reached.', defaulted(status, {})),
}
export type APIService = ClusterObject<typeof fields>

/** The one that every API service without a service has. */
export const localCondition = {
  type: 'Available',
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
} as const

function onCreate(service: APIService): APIService {
  if (service.spec.service) return service
  const { creationTimestamp } = service.metadata
  return withFields(service, { status: { conditions: [{ ...localCondition, lastTransitionTime: creationTimestamp }] } })
}

function availability({ status }: APIService): string {
  const found = findCondition(status.conditions, 'Available')
  if (!found) return 'Unknown'
  return found.status !== 'True' && found.reason ? `${found.status} (${found.reason})` : found.status
}

const columns: readonly Column<APIService>[] = [
  nameColumn,
  text('Service', 'Who serves it.', ({ spec: { service } }) => (service ? `${service.namespace ?? ''}/${service.name ?? ''}` : 'Local')),
  text('Available', 'Whether it can be reached.', availability),
  ageColumn,
]

export const APIService: Kind<APIService> = clusterKind({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  definition: definition('APIService'),
  doc: 'Puts a version of an API group into this API, served by this server or by one behind a service.',
  updatesNeedVersion: true,
  hasStatus: true,
  fields,
  checkName: () => [],
  onCreate,
  validate: validateApiService,
  onStatusUpdate: withMetadataOf,
  validateStatus: ({ status }) => validateApiServiceStatus(status),
  columns,
})
