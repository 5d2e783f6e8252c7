// The metadata that every object carries, as data and as types.
import {
  array,
  atomic,
  boolean,
  describe,
  type Infer,
  int64,
  listMap,
  map,
  object,
  patch,
  raw,
  required,
  set,
  string,
  time,
} from '../schema/schema.ts'

const meta = (name: string) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`

export const ownerReference = atomic(
  object(meta('OwnerReference'), 'Names the object in the same namespace, or cluster-scoped, that this one belongs to.', {
    apiVersion: required(string('API version of the owner.')),
    blockOwnerDeletion: boolean('Keeps the owner from going in a foreground deletion before this object is gone.'),
    controller: boolean('Whether the owner manages this object.'),
    kind: required(string('Kind of the owner.')),
    name: required(string('Name of the owner.')),
    uid: required(string('UID of the owner.')),
  }),
)
export type OwnerReference = Infer<typeof ownerReference>

export const managedFieldsEntry = object(meta('ManagedFieldsEntry'), 'The fields that one manager has set.', {
  apiVersion: string('API version the field set is written in.'),
  fieldsType: string('Always FieldsV1.'),
  fieldsV1: raw('The set of fields.', meta('FieldsV1')),
  manager: string('Name of the writer.'),
  operation: string('Apply or Update.'),
  subresource: string('Subresource by which the fields were set.'),
  time: time('When the entry was last changed.'),
})

export const objectMeta = object(meta('ObjectMeta'), 'Metadata that all stored objects have.', {
  annotations: map(string(), 'Free text by key, not for selecting.'),
  creationTimestamp: time('When the server stored the object first. Set by the server.'),
  deletionGracePeriodSeconds: int64('Seconds left to end gracefully. Set by the server.'),
  deletionTimestamp: time('When the object is to be gone; set by a graceful delete.'),
  finalizers: patch('merge', undefined, set(string(), 'Must be empty before the object is removed.')),
  generateName: string('Prefix of a name that the server completes, when no name is given.'),
  generation: int64('Counts changes of the desired state. Set by the server.'),
  labels: map(string(), 'Words to select by.'),
  managedFields: {
    ...array(managedFieldsEntry, 'Which manager set which fields.'),
    node: { type: 'array', items: managedFieldsEntry.node, listType: 'atomic' },
  },
  name: string('Unique among objects of a kind in a namespace; cannot change.'),
  namespace: string('The space in which the name is unique; cannot change.'),
  ownerReferences: patch('merge', 'uid', listMap(['uid'], ownerReference, 'The objects this one belongs to.')),
  resourceVersion: string('Opaque version of this state, for optimistic concurrency and watches. Set by the server.'),
  selfLink: string('No longer set.'),
  uid: string('Unique in time and space. Set by the server.'),
})

/** Metadata as clients and templates write it: everything may be absent. */
export type ObjectMeta = Infer<typeof objectMeta>

/** Metadata of a stored object. `namespace` is absent exactly on cluster-scoped objects. */
export type StoredMeta = ObjectMeta & {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly creationTimestamp: string
}

export const shardInfo = object(meta('ShardInfo'), 'Which part of a list this is, where a part was asked for.', {
  selector: required(string('What chose the part.')),
})

export const listMeta = object(meta('ListMeta'), 'Metadata of a list.', {
  continue: string('Token of the next page.'),
  remainingItemCount: int64('How many items follow, where it is known.'),
  resourceVersion: string('The version that the list shows.'),
  selfLink: string('No longer set.'),
  shardInfo: describe('Which part of the list this is. Lists come whole here, so it is not set.', shardInfo),
})

/** What says itself what it is. Options are no more than that: nothing names or labels them. */
export interface TypedObject {
  readonly apiVersion: string
  readonly kind: string
}

export interface KubeObject extends TypedObject {
  readonly metadata: StoredMeta
}

export function hasMetadata(object: TypedObject): object is KubeObject {
  return 'metadata' in object
}
