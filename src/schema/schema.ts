// The combinators that every kind is written in. A schema is data; its TypeScript type is inferred from it.
// The verbs over it (decode, default, openapi, ...) live beside this file, one a file, and know nothing of any kind.

declare const outType: unique symbol
declare const presenceMark: unique symbol

/** What a field's value is. `$ref`s of the published OpenAPI come from the names of objects. */
export type SchemaNode = StringNode | NumberNode | BooleanNode | ArrayNode | MapNode | ObjectNode | RawNode

export interface StringNode {
  readonly type: 'string'
  /** `quantity` and `int-or-string` also take JSON numbers; `quantity` is stored canonically. */
  readonly format?: 'date-time' | 'micro-time' | 'duration' | 'byte' | 'quantity' | 'int-or-string'
  /** The values that validation accepts: others are `Unsupported value`. */
  readonly enum?: readonly string[]
}
export interface NumberNode {
  readonly type: 'integer' | 'number'
  readonly format?: 'int32' | 'int64' | 'double'
}
export interface BooleanNode {
  readonly type: 'boolean'
}
export interface ArrayNode {
  readonly type: 'array'
  readonly items: SchemaNode
  /** For server-side apply. */
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listMapKeys?: readonly string[]
  /** For strategic merge patch. */
  readonly patchMergeKey?: string
}
/** `granular`, which is what nothing said means too, stands where a definition that is atomic elsewhere is not, or where upstream says so. */
export type MapType = 'atomic' | 'granular'
export interface MapNode {
  readonly type: 'map'
  readonly values: SchemaNode
  /** Of a custom resource: an entry with null is no entry. */
  readonly dropsNull?: true
  readonly mapType?: MapType
}
export interface ObjectNode {
  readonly type: 'object'
  /** Of a custom resource; see custom.ts. */
  readonly custom?: CustomObject
  /** The definition's full name in OpenAPI, such as `io.k8s.api.core.v1.Container`. */
  readonly name: string
  readonly doc: string
  readonly fields: Readonly<Record<string, Field>>
  readonly mapType?: MapType
}
/** Any JSON, kept as it is (FieldsV1, RawExtension). */
export interface RawNode {
  readonly type: 'raw'
  readonly name?: string
  /** Where it is not any JSON, but an object or something else (`additionalProperties`: a schema or a boolean). */
  readonly either?: { readonly object: SchemaNode; readonly or: SchemaNode }
}
/** What sets an object of a custom resource apart: its schema came while the server runs. */
export interface CustomObject {
  /** Whether unknown fields are kept. */
  readonly isOpen: boolean
  /** Fields that may be null; others are absent when they are. */
  readonly nullable: ReadonlySet<string>
  /** The definition to publish, where the object is a whole resource. */
  readonly published?: { readonly v2: object; readonly v3: object }
}

export type PatchStrategy = 'merge' | 'replace' | 'retainKeys' | 'merge,retainKeys'

export interface Field {
  readonly node: SchemaNode
  readonly required: boolean
  readonly doc: string
  readonly default?: unknown
  readonly patchStrategy?: PatchStrategy
}

export type Presence = 'optional' | 'required' | 'defaulted'

/** A field's description, carrying its TypeScript type `T` and whether the stored object always has it. */
export interface Schema<T, P extends Presence = 'optional'> extends Field {
  readonly [outType]?: T
  readonly [presenceMark]?: P
}

/** The stored form: what a reader of the API sees, defaults filled in. */
export type Infer<S> = S extends Schema<infer T, Presence> ? T : never

export type Fields = Readonly<Record<string, Schema<unknown, Presence>>>
type Flat<T> = { readonly [K in keyof T]: T[K] }
type AlwaysThere<F extends Fields> = { [K in keyof F]: F[K] extends Schema<unknown, 'required' | 'defaulted'> ? K : never }[keyof F]
export type ObjectOf<F extends Fields> = Flat<
  { [K in AlwaysThere<F>]: Infer<F[K]> } & { [K in Exclude<keyof F, AlwaysThere<F>>]?: Infer<F[K]> | undefined }
>

/** What a client may send: the same, with every field optional at every depth. The server checks and fills in. */
export type Draft<T> = T extends readonly (infer E)[]
  ? readonly Draft<E>[]
  : T extends object
    ? { readonly [K in keyof T]?: Draft<T[K]> | undefined }
    : T

function make<T>(node: SchemaNode, doc = ''): Schema<T> {
  return { node, required: false, doc }
}

export function string(doc?: string): Schema<string> {
  return make({ type: 'string' }, doc)
}
/** A closed set of values. */
export function oneOf<const V extends readonly string[]>(values: V, doc?: string): Schema<V[number]> {
  return make({ type: 'string', enum: values }, doc)
}
/** RFC 3339 with seconds, as `metav1.Time`. */
export function time(doc?: string): Schema<string> {
  return make({ type: 'string', format: 'date-time' }, doc)
}
/** RFC 3339 with microseconds, as `metav1.MicroTime`. */
export function microTime(doc?: string): Schema<string> {
  return make({ type: 'string', format: 'micro-time' }, doc)
}
/** A time span as Go writes it, such as `1m30s`; `metav1.Duration`. */
export function duration(doc?: string): Schema<string> {
  return make({ type: 'string', format: 'duration' }, doc)
}
/** Base64 in JSON. */
export function bytes(doc?: string): Schema<string> {
  return make({ type: 'string', format: 'byte' }, doc)
}
/** A resource amount such as `100m` or `64Mi`; see meta/quantity.ts. */
export function quantity(doc?: string): Schema<string> {
  return make({ type: 'string', format: 'quantity' }, doc)
}
export function intOrString(doc?: string): Schema<number | string> {
  return make({ type: 'string', format: 'int-or-string' }, doc)
}
export function int32(doc?: string): Schema<number> {
  return make({ type: 'integer', format: 'int32' }, doc)
}
export function int64(doc?: string): Schema<number> {
  return make({ type: 'integer', format: 'int64' }, doc)
}
export function double(doc?: string): Schema<number> {
  return make({ type: 'number', format: 'double' }, doc)
}
export function boolean(doc?: string): Schema<boolean> {
  return make({ type: 'boolean' }, doc)
}
/** Any JSON value, kept as it is. */
export function raw(doc?: string, name?: string): Schema<unknown> {
  return make({ type: 'raw', ...(name !== undefined && { name }) }, doc)
}

/** An object, or something else in its place: Go's unions such as `JSONSchemaPropsOrBool`. */
export function either<T, U>(name: string, object: Schema<T, Presence>, or: Schema<U, Presence>, doc?: string): Schema<T | U> {
  return make({ type: 'raw', name, either: { object: object.node, or: or.node } }, doc ?? '')
}
/** A list whose merge behaviour is not stated: replaced whole by patches. */
export function array<T>(items: Schema<T, Presence>, doc?: string): Schema<readonly T[]> {
  return make({ type: 'array', items: items.node }, doc ?? '')
}
export function atomicList<T>(items: Schema<T, Presence>, doc?: string): Schema<readonly T[]> {
  return make({ type: 'array', items: items.node, listType: 'atomic' }, doc ?? '')
}
/** A list of unlike scalars. */
export function set<T>(items: Schema<T, Presence>, doc?: string): Schema<readonly T[]> {
  return make({ type: 'array', items: items.node, listType: 'set' }, doc ?? '')
}
/** A list of objects that are told apart by the named fields. */
export function listMap<T>(keys: readonly string[], items: Schema<T, Presence>, doc?: string): Schema<readonly T[]> {
  return make({ type: 'array', items: items.node, listType: 'map', listMapKeys: keys }, doc ?? '')
}
export function map<T>(values: Schema<T, Presence>, doc?: string): Schema<Readonly<Record<string, T>>> {
  return make({ type: 'map', values: values.node }, doc)
}
export function object<F extends Fields>(name: string, doc: string, fields: F): Schema<ObjectOf<F>> {
  return make({ type: 'object', name, doc, fields }, '')
}
/** An object definition that refers to itself. The type must be given, as inference cannot close the loop. */
export function recursive<T>(name: string, doc: string, fields: (self: Schema<T>) => Fields): Schema<T> {
  const node: { type: 'object'; name: string; doc: string; fields: Fields } = { type: 'object', name, doc, fields: {} }
  const self: Schema<T> = { node, required: false, doc: '' }
  node.fields = fields(self)
  return self
}

/** The same value under another description. */
export function describe<T, P extends Presence>(doc: string, schema: Schema<T, P>): Schema<T, P> {
  return { ...schema, doc }
}
/** The field must be sent. */
export function required<T>(schema: Schema<T, Presence>): Schema<T, 'required'> {
  return { ...schema, required: true } as Schema<T, 'required'>
}
/** The field is in every stored object: the server fills it in where it is absent. */
export function defaulted<T>(schema: Schema<T, Presence>, value: NoInfer<Draft<T>>): Schema<T, 'defaulted'> {
  return { ...schema, default: value } as Schema<T, 'defaulted'>
}
/** Required in the published schema, and yet filled in where it is absent (Go's non-pointer fields). */
export function always<T>(schema: Schema<T, Presence>, value: NoInfer<Draft<T>>): Schema<T, 'defaulted'> {
  return { ...schema, required: true, default: value } as Schema<T, 'defaulted'>
}
/** How strategic merge patch treats a list or an object; `mergeKey` names a list item's identity. */
export function patch<T, P extends Presence>(strategy: PatchStrategy, mergeKey: string | undefined, schema: Schema<T, P>): Schema<T, P> {
  const node = mergeKey !== undefined && schema.node.type === 'array' ? { ...schema.node, patchMergeKey: mergeKey } : schema.node
  return { ...schema, node, patchStrategy: strategy }
}
/** Marks a map or an object that server-side apply replaces whole. */
export function atomic<T, P extends Presence>(schema: Schema<T, P>): Schema<T, P> {
  return withMapType('atomic', schema)
}
/** Marks a use of an atomic object, or a map, that server-side apply merges member by member. */
export function granular<T, P extends Presence>(schema: Schema<T, P>): Schema<T, P> {
  return withMapType('granular', schema)
}
function withMapType<T, P extends Presence>(mapType: MapType, schema: Schema<T, P>): Schema<T, P> {
  const { node } = schema
  return node.type === 'map' || node.type === 'object' ? { ...schema, node: { ...node, mapType } } : schema
}
