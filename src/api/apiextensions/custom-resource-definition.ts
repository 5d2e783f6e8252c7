// The definition of a kind that comes while the server runs: its names, its versions, and the schema of each.
import { setCondition } from '../../meta/conditions.ts'
import {
  always,
  atomicList,
  boolean,
  bytes,
  defaulted,
  describe,
  type Infer,
  int32,
  int64,
  listMap,
  object,
  oneOf,
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { warnDefinition } from './definition-warnings.ts'
import { apiextensions, type JsonSchema, jsonSchema } from './json-schema.ts'
import { validateDefinition, validateDefinitionStatus } from './validate-definition.ts'

const names = object(apiextensions('CustomResourceDefinitionNames'), 'What the kind and its resource are called.', {
  categories: describe('Groups of resources that this one is listed with, such as `all`.', atomicList(string())),
  kind: always(string('The kind, in CamelCase.'), ''),
  listKind: string('The kind of lists; the kind with `List` unless given.'),
  plural: always(string('The resource as paths have it: lower-case plural.'), ''),
  shortNames: describe('Short names for the command line.', atomicList(string())),
  singular: string('The singular; the lower-case kind unless given.'),
})
export type CustomResourceNames = Infer<typeof names>

const serviceReference = object(apiextensions('ServiceReference'), 'A service of the cluster.', {
  name: required(string('Name of the service.')),
  namespace: required(string('Namespace of the service.')),
  path: string('Path of the requests.'),
  port: defaulted(int32('Port of the service.'), 443),
})
const webhookClientConfig = object(apiextensions('WebhookClientConfig'), 'How a webhook is reached: by url or by service.', {
  caBundle: bytes('Certificates (PEM) that the webhook is checked by; those of the system unless given.'),
  service: describe('The service that answers.', serviceReference),
  url: string('The address, `https://host:port/path`.'),
})
export type WebhookClientConfig = Infer<typeof webhookClientConfig>

const webhookConversion = object(apiextensions('WebhookConversion'), 'A webhook that converts objects.', {
  clientConfig: describe('How it is reached.', webhookClientConfig),
  conversionReviewVersions: describe('The versions of ConversionReview that it understands, best first.', required(atomicList(string()))),
})
const conversion = object(apiextensions('CustomResourceConversion'), 'How objects go from one version to another.', {
  strategy: required(string('None: only the apiVersion changes. Webhook: a webhook is asked.')),
  webhook: describe('The webhook, with the strategy Webhook.', webhookConversion),
})
export type CustomResourceConversion = Infer<typeof conversion>

const column = object(apiextensions('CustomResourceColumnDefinition'), 'A column of tables.', {
  description: string('What it shows.'),
  format: string('Format of the value.'),
  jsonPath: required(string('Where the value is in the object.')),
  name: required(string('Its heading.')),
  priority: int32('Above 0, it shows in wide tables only.'),
  type: required(string('integer, number, string, boolean or date.')),
})
export type CustomResourceColumn = Infer<typeof column>

const scale = object(apiextensions('CustomResourceSubresourceScale'), 'Where the subresource scale reads and writes.', {
  labelSelectorPath: string('Path of the selector in its text form, below .status or .spec.'),
  specReplicasPath: required(string('Path of the wanted replicas, below .spec.')),
  statusReplicasPath: required(string('Path of the actual replicas, below .status.')),
})
const subresources = object(apiextensions('CustomResourceSubresources'), 'The subresources that are served.', {
  scale: describe('Whether and how there is a scale.', scale),
  status: describe(
    'Whether status is written by itself.',
    object(apiextensions('CustomResourceSubresourceStatus'), 'The subresource status; it has no settings.', {}),
  ),
})

const selectableField = object(apiextensions('SelectableField'), 'A field that objects can be selected by.', {
  jsonPath: required(string('Where it is in the object.')),
})

const version = object(apiextensions('CustomResourceDefinitionVersion'), 'A version of the kind.', {
  additionalPrinterColumns: describe('Columns of tables, after the name; the age unless given.', atomicList(column)),
  deprecated: boolean('Whether its users are warned.'),
  deprecationWarning: string('What they are told.'),
  name: required(string('The version, such as v1 or v2beta1.')),
  schema: describe(
    'What objects look like.',
    object(apiextensions('CustomResourceValidation'), 'The schema of objects.', {
      openAPIV3Schema: describe('The schema.', jsonSchema),
    }),
  ),
  selectableFields: describe('Fields that objects can be selected by.', atomicList(selectableField)),
  served: always(boolean('Whether it is served.'), false),
  storage: always(boolean('Whether objects are stored in it; true of exactly one.'), false),
  subresources: describe('Its subresources.', subresources),
})
export type CustomResourceVersion = Infer<typeof version>

const spec = object(apiextensions('CustomResourceDefinitionSpec'), 'What is defined.', {
  conversion: describe('How objects go from one version to another.', conversion),
  group: required(string('The API group; the name is plural.group.')),
  names: describe('What the kind is called.', always(names, {})),
  preserveUnknownFields: boolean('Deprecated: must be false. x-kubernetes-preserve-unknown-fields takes its place.'),
  scope: required(string('Cluster or Namespaced.')),
  versions: describe('The versions.', always(atomicList(version), [])),
})
export type CustomResourceDefinitionSpec = Infer<typeof spec>

const condition = object(apiextensions('CustomResourceDefinitionCondition'), 'A condition of the definition.', {
  lastTransitionTime: time('When the status last changed.'),
  message: string('What it means, for people.'),
  observedGeneration: int64('The generation that it was found of.'),
  reason: string('Why, in one word for programs.'),
  status: required(oneOf(['True', 'False', 'Unknown'], 'True, False or Unknown.')),
  type: required(string('Which condition this is, such as NamesAccepted, Established or Terminating.')),
})
export type CustomResourceDefinitionCondition = Infer<typeof condition>

const status = object(apiextensions('CustomResourceDefinitionStatus'), 'What became of the definition.', {
  acceptedNames: describe('The names that are in use; those of another definition cannot be taken.', defaulted(names, {})),
  conditions: describe('What holds of the definition.', listMap(['type'], condition)),
  observedGeneration: int64('The generation that was last acted on.'),
  storedVersions: describe(
    'All versions that objects were ever stored in. One is taken off by hand, when no object is left in it.',
    atomicList(string()),
  ),
})

const fields = {
  spec: describe('What is defined.', always(spec, {})),
  status: describe('What became of it.', defaulted(status, {})),
}
export type CustomResourceDefinition = ClusterObject<typeof fields>

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

function complete(definition: CustomResourceDefinition): CustomResourceDefinition {
  const { kind, singular, listKind } = definition.spec.names
  const given = withFields(definition.spec.names, {
    singular: singular || kind.toLowerCase() || undefined,
    listKind: listKind || (kind ? `${kind}List` : undefined),
  })
  return withFields(definition, {
    spec: withFields(definition.spec, { names: given, conversion: definition.spec.conversion ?? noConversion }),
  })
}
const noConversion: CustomResourceConversion = Object.freeze({ strategy: 'None' })

/** The version that objects are stored in is remembered as long as there may be objects in it. */
function withStorageVersion(definition: CustomResourceDefinition): CustomResourceDefinition {
  const { storedVersions = [] } = definition.status
  const storage = definition.spec.versions.find(v => v.storage)?.name
  if (storage === undefined || storedVersions.includes(storage)) return definition
  return withFields(definition, { status: withFields(definition.status, { storedVersions: [...storedVersions, storage] }) })
}

/** Its objects have to go first. */
function onDelete(definition: CustomResourceDefinition, now: string): CustomResourceDefinition {
  const { finalizers = [] } = definition.metadata
  const terminating: CustomResourceDefinitionCondition = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  }
  return {
    ...definition,
    metadata: {
      ...definition.metadata,
      finalizers: finalizers.includes(cleanupFinalizer) ? finalizers : [...finalizers, cleanupFinalizer],
    },
    status: { ...definition.status, conditions: setCondition(definition.status.conditions, terminating, now) },
  }
}

const columns: readonly Column<CustomResourceDefinition>[] = [
  nameColumn,
  {
    name: 'Created At',
    type: 'date',
    doc: 'When it was created.',
    cell: ({ metadata }) => metadata.creationTimestamp,
  },
]

export const CustomResourceDefinition: Kind<CustomResourceDefinition> = clusterKind({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  definition: apiextensions('CustomResourceDefinition'),
  doc: 'Defines a kind of objects that the server then serves like its own.',
  fields,
  updatesNeedVersion: true,
  hasStatus: true,
  hasGeneration: true,
  complete,
  onCreate: withStorageVersion,
  onUpdate: withStorageVersion,
  onDelete,
  validate: validateDefinition,
  validateStatus: validateDefinitionStatus,
  warnings: warnDefinition,
  columns,
})

/** The schema that a version states; one that lets everything through where it states none. */
export function schemaOf(version: CustomResourceVersion): JsonSchema {
  return version.schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
}
