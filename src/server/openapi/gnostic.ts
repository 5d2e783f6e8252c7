// The OpenAPI v2 document in the Protocol Buffers of google/gnostic (`openapi.v2.Document`), which kubectl asks for where v3 does not know a
// kind (a `List`). Its messages are a table: for each member of the JSON, the field's number and form.
import { ProtoWriter, scalarCodecs, type WireType } from '../../base/protobuf-wire.ts'

export const gnosticType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
/** As clients write it; no media type may have an `@`, so answers are named otherwise. */
const askedFor = [gnosticType, 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf']

export function wantsGnostic(accept: string): boolean {
  return askedFor.some(type => accept.includes(type))
}

/** How a value is written as the field of a number: nothing, one field, or several. */
type Form = (to: ProtoWriter, number: number, value: unknown) => void
type Members = Readonly<Record<string, readonly [number: number, form: Form]>>
type Json = Readonly<Record<string, unknown>>

const text: Form = (to, number, value) => {
  to.tag(number, 2)
  to.string(String(value))
}
const bool: Form = (to, number, value) => {
  to.tag(number, 0)
  to.varint(value ? 1 : 0)
}

const int: Form = (to, number, value) => {
  to.tag(number, 0)
  to.varint(Number(value))
}
const double: Form = (to, number, value) => {
  to.tag(number, 1)
  scalarCodecs.double.write(to, Number(value))
}

function nested(to: ProtoWriter, number: number, write: (inner: ProtoWriter) => void): void {
  const inner = new ProtoWriter()
  write(inner)
  const delimited: WireType = 2
  to.tag(number, delimited)
  to.bytes(inner.finish())
}

const list =
  (of: Form): Form =>
  (to, number, value) => {
    for (const item of value as readonly unknown[]) of(to, number, item)
  }

/** A message around one field. */
const around =
  (inner: number, of: Form): Form =>
  (to, number, value) =>
    nested(to, number, into => of(into, inner, value))

/** A map is a repeated message of a name and a value. */
const named =
  (of: Form): Form =>
  (to, number, value) => {
    for (const [name, member] of Object.entries(value as Json))
      nested(to, number, into => {
        text(into, 1, name)
        of(into, 2, member)
      })
  }

const choice =
  (choose: (value: Json) => Form): Form =>
  (to, number, value) =>
    choose(value as Json)(to, number, value)

/** Anything else is kept as YAML, of which JSON is a part. */
const any: Form = (to, number, value) => nested(to, number, into => text(into, 2, JSON.stringify(value)))
const extension = named(any)

/** Members that begin with `x-` go to the field `extensions`. */
const message =
  (members: () => Members, extensions?: number): Form =>
  (to, number, value) =>
    nested(to, number, into => writeMembers(into, members(), extensions, value as Json))

function writeMembers(to: ProtoWriter, members: Members, extensions: number | undefined, value: Json): void {
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    const field = members[name]
    if (field) field[1](to, field[0], member)
    else if (extensions !== undefined && name.startsWith('x-')) extension(to, extensions, { [name]: member })
    else throw new Error(`gnostic has no field for ${name}`)
  }
}

const externalDocs: Form = message(() => ({ description: [1, text], url: [2, text] }), 3)

const schema: Form = message(() => schemaMembers, 31)
const schemaMembers: Members = {
  $ref: [1, text],
  format: [2, text],
  title: [3, text],
  description: [4, text],
  default: [5, any],
  multipleOf: [6, double],
  maximum: [7, double],
  exclusiveMaximum: [8, bool],
  minimum: [9, double],
  exclusiveMinimum: [10, bool],
  maxLength: [11, int],
  minLength: [12, int],
  pattern: [13, text],
  maxItems: [14, int],
  minItems: [15, int],
  uniqueItems: [16, bool],
  maxProperties: [17, int],
  minProperties: [18, int],
  required: [19, list(text)],
  enum: [20, list(any)],
  additionalProperties: [
    21,
    (to, number, value) => around(typeof value === 'boolean' ? 2 : 1, typeof value === 'boolean' ? bool : schema)(to, number, value),
  ],
  type: [22, (to, number, value) => around(1, list(text))(to, number, Array.isArray(value) ? value : [value])],
  items: [23, around(1, schema)],
  allOf: [24, list(schema)],
  properties: [25, around(1, named(schema))],
  readOnly: [27, bool],
  externalDocs: [29, externalDocs],
  example: [30, any],
}

const bodyParameter = message(
  () => ({ description: [1, text], name: [2, text], in: [3, text], required: [4, bool], schema: [5, schema] }),
  6,
)
const pathParameter = message(
  () => ({
    required: [1, bool],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [5, text],
    format: [6, text],
    uniqueItems: [19, bool],
  }),
  22,
)
const queryParameter = message(
  () => ({
    required: [1, bool],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [6, text],
    format: [7, text],
    uniqueItems: [20, bool],
  }),
  23,
)
const reference = message(() => ({ $ref: [1, text], description: [2, text] }))
const parameter = choice(value => {
  if ('$ref' in value) return around(2, reference)
  const where = value['in']
  if (where === 'body') return around(1, around(1, bodyParameter))
  return around(1, around(2, where === 'path' ? around(4, pathParameter) : around(3, queryParameter)))
})

const response = message(() => ({ description: [1, text], schema: [2, around(1, schema)] }), 5)
const responses = around(1, named(around(1, response)))
const security = list(around(1, named(around(1, list(text)))))
const apiKey = message(() => ({ type: [1, text], name: [2, text], in: [3, text], description: [4, text] }), 5)

const operation = message(
  () => ({
    tags: [1, list(text)],
    summary: [2, text],
    description: [3, text],
    operationId: [5, text],
    produces: [6, list(text)],
    consumes: [7, list(text)],
    parameters: [8, list(parameter)],
    responses: [9, responses],
    schemes: [10, list(text)],
    deprecated: [11, bool],
    security: [12, security],
  }),
  13,
)
const pathItem = message(
  () => ({
    $ref: [1, text],
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    options: [6, operation],
    head: [7, operation],
    patch: [8, operation],
    parameters: [9, list(parameter)],
  }),
  10,
)

const document: Members = {
  swagger: [1, text],
  info: [2, message(() => ({ title: [1, text], version: [2, text], description: [3, text] }), 7)],
  host: [3, text],
  basePath: [4, text],
  schemes: [5, list(text)],
  consumes: [6, list(text)],
  produces: [7, list(text)],
  paths: [8, around(2, named(pathItem))],
  definitions: [9, around(1, named(schema))],
  security: [12, security],
  // The only kind of security that is described is the bearer token, an API key.
  securityDefinitions: [13, around(1, named(around(2, apiKey)))],
}

/** `swagger` is the document as JSON. */
export function encodeGnostic(swagger: object): Buffer {
  const to = new ProtoWriter()
  writeMembers(to, document, 16, swagger as Json)
  return to.finish()
}
