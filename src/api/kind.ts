// What a kind is: one value from which paths, discovery, OpenAPI, defaulting, validation, patching and tables follow.
import { humanDuration } from '../meta/duration.ts'
import type { FieldError } from '../meta/field-error.ts'
import { type KubeObject, objectMeta, type StoredMeta } from '../meta/object-meta.ts'
import { defaulted, describe, type Fields, type Infer, object, type Schema, string } from '../schema/schema.ts'

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

/** A column of `kubectl get`. Columns with a `priority` above 0 show with `-o wide` only. */
export interface Column<O> {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'date' | 'boolean'
  readonly format?: string
  readonly doc: string
  readonly priority?: number
  /** `now` in milliseconds since the epoch, for ages. */
  cell(object: O, now: number): string | number | boolean | null
}

/** Where the scale subresource reads and writes. */
export interface ScaleMapping<O> {
  replicas(object: O): number
  withReplicas(object: O, replicas: number): O
  statusReplicas(object: O): number
  /** The label selector of the scaled pods in its text form. */
  selector(object: O): string
}

/** Who sends a request. */
export interface Requester {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** A subresource that writes a part of the object, as `status` does. `now` in milliseconds since the epoch. */
export interface Part<O> {
  change(next: O, previous: O, now: number): O
  validate(next: O, previous: O): readonly FieldError[]
}

type SpecOf<O> = O extends { readonly spec: infer S } ? S : never

export interface Kind<O extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  /** The kind of lists, where it is not the kind with `List`. */
  readonly listKind?: string
  /** The resource: lower-case plural, as in paths. */
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  /** The whole object, `apiVersion`, `kind` and `metadata` included. */
  readonly schema: Schema<O>
  readonly verbs: readonly Verb[]
  /** Defined while the server runs: its objects have no Protocol Buffers and no strategic merge patch. */
  readonly isCustom?: boolean
  /** Whether status is written by its own subresource, and dropped from other writes. */
  readonly hasStatus: boolean
  /** Whether a status sent on create is stored: nodes register with theirs. */
  readonly keepsStatusOnCreate?: boolean
  /** Whether a PUT of an object that is not there creates it. */
  readonly createsOnUpdate?: boolean
  /** Whether a PUT must name the version that it changes. Others overwrite whatever is there when they name none. */
  readonly updatesNeedVersion?: boolean
  /** Whether `metadata.generation` counts the changes outside metadata and status. */
  readonly hasGeneration: boolean
  /** A part of the metadata whose changes it counts too. */
  generationCounts?(metadata: StoredMeta): unknown
  readonly scale?: ScaleMapping<O>
  readonly columns: readonly Column<O>[]
  /** Field selectors besides metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[]
  selectField(object: O, field: string): string
  /** How `metadata.name` is checked; returns messages. The default is a DNS subdomain. */
  checkName?(name: string, prefix: boolean): readonly string[]
  /** Defaults that a field alone does not know; runs after the schema's own. Must be idempotent. */
  complete?(object: O): O
  /** What the server sets or drops on create, on update, and on a write of the status subresource (at `now`, in ms), before validation. */
  onCreate?(object: O, by: Requester): O
  onUpdate?(next: O, previous: O): O
  onStatusUpdate?(next: O, previous: O, now: number): O
  /** What the first delete makes of an object before it goes, or waits to go; `now` is a time of the API. */
  onDelete?(object: O, now: string): O
  /** Subresources besides `status` that write a part of the object, by name. */
  readonly parts?: Readonly<Record<string, Part<O>>>
  /**
   * For kinds whose objects are made from templates: equal specs are kept once, and checked once by `errors`, which
   * sees nothing but the spec. Its errors come before those of `validate`. `complete` concerns the spec alone.
   */
  readonly sharedSpec?: { errors(spec: SpecOf<O>): readonly FieldError[] }
  /** Field errors of a new object (`previous` undefined) or of a change. Metadata is checked by the server. */
  validate(next: O, previous: O | undefined): readonly FieldError[]
  validateStatus?(next: O, previous: O): readonly FieldError[]
  /** What is to be said of a sound new object (`previous` undefined), or of a sound change: shown as `Warning` headers. */
  warnings?(next: O, previous: O | undefined): readonly string[]
  /** The same of a write of the status. */
  statusWarnings?(next: O): readonly string[]
}

/** A kind whose objects are answers, not stored: reviews. */
export type StoredObject<F extends Fields> = Infer<Schema<ObjectType<F>>>
type AlwaysThere<F extends Fields> = { [K in keyof F]: F[K] extends Schema<unknown, 'required' | 'defaulted'> ? K : never }[keyof F]
type ObjectType<F extends Fields> = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: StoredMeta
} & { readonly [K in AlwaysThere<F>]: Infer<F[K]> } & { readonly [K in Exclude<keyof F, AlwaysThere<F>>]?: Infer<F[K]> | undefined }

/** The fields that a namespaced object adds to its metadata type. */
export interface Namespaced {
  readonly metadata: StoredMeta & { readonly namespace: string }
}

/** The object type of a namespaced kind with these fields besides apiVersion, kind and metadata. */
export type NamespacedObject<F extends Fields> = ObjectType<F> & Namespaced
export type ClusterObject<F extends Fields> = ObjectType<F>

interface Definition<F extends Fields, O extends KubeObject> {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  /** The OpenAPI definition's name, such as `io.k8s.api.core.v1.Pod`. */
  readonly definition: string
  readonly doc: string
  /** The fields besides apiVersion, kind and metadata. */
  readonly fields: F
  readonly verbs?: readonly Verb[]
  readonly hasStatus?: boolean
  readonly keepsStatusOnCreate?: boolean
  readonly createsOnUpdate?: boolean
  readonly updatesNeedVersion?: boolean
  readonly hasGeneration?: boolean
  generationCounts?(metadata: StoredMeta): unknown
  readonly scale?: ScaleMapping<O>
  readonly columns?: readonly Column<O>[]
  readonly selectableFields?: Readonly<Record<string, (object: O) => string>>
  checkName?(name: string, prefix: boolean): readonly string[]
  complete?(object: O): O
  onCreate?(object: O, by: Requester): O
  onUpdate?(next: O, previous: O): O
  onStatusUpdate?(next: O, previous: O, now: number): O
  onDelete?(object: O, now: string): O
  readonly parts?: Readonly<Record<string, Part<O>>>
  readonly sharedSpec?: { errors(spec: SpecOf<O>): readonly FieldError[] }
  validate?(next: O, previous: O | undefined): readonly FieldError[]
  validateStatus?(next: O, previous: O): readonly FieldError[]
  warnings?(next: O, previous: O | undefined): readonly string[]
  statusWarnings?(next: O): readonly string[]
}

export const allVerbs: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

function define<F extends Fields, O extends KubeObject>(namespaced: boolean, d: Definition<F, O>): Kind<O> {
  const { definition, doc, fields, selectableFields, ...rest } = d
  const schema = object(definition, doc, {
    apiVersion: string('Version of the schema of this object.'),
    kind: string('Kind of this object.'),
    metadata: describe('What every object has: its name, labels, annotations and history.', defaulted(objectMeta, {})),
    ...fields,
  }) as unknown as Schema<O>
  return {
    singular: d.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: allVerbs,
    hasStatus: false,
    hasGeneration: false,
    columns: [nameColumn, ageColumn],
    validate: () => [],
    ...rest,
    schema,
    namespaced,
    selectableFields: Object.keys(selectableFields ?? {}),
    selectField: (o, field) => selectableFields?.[field]?.(o) ?? '',
  }
}

/** Defines a kind whose objects live in namespaces. */
export function namespacedKind<F extends Fields>(d: Definition<F, ObjectType<F> & Namespaced>): Kind<ObjectType<F> & Namespaced> {
  return define(true, d)
}
/** Defines a kind whose objects belong to the cluster as a whole. */
export function clusterKind<F extends Fields>(d: Definition<F, ObjectType<F>>): Kind<ObjectType<F>> {
  return define(false, d)
}

export type ObjectOfKind<K> = K extends Kind<infer O> ? O : never

export function apiVersionOf(kind: { readonly group: string; readonly version: string }): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
}
/** `pods` or `deployments.apps`, as messages name a resource. */
export function resourceName(kind: { readonly group: string; readonly plural: string }): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
}
/** `namespace/name`, or `name` for cluster-scoped objects. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata
  return namespace ? `${namespace}/${name}` : name
}
export function splitKey(key: string): { readonly namespace: string | undefined; readonly name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { namespace: undefined, name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

export const nameColumn: Column<KubeObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  doc: 'Name of the object, unique in its namespace.',
  cell: o => o.metadata.name,
}
export const ageColumn: Column<KubeObject> = {
  name: 'Age',
  type: 'string',
  doc: 'Time since the object was created.',
  cell: (o, now) => age(o.metadata.creationTimestamp, now),
}

/** The age of a timestamp as tables show it; `<unknown>` when there is none. */
export function age(timestamp: string | undefined, now: number): string {
  return timestamp ? humanDuration(now - Date.parse(timestamp)) : '<unknown>'
}
