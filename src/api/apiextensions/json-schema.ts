// The schema of a custom resource as its definition gives it: JSON Schema, as far as OpenAPI v3 and Kubernetes take it, in its own schema.
import {
  array,
  atomicList,
  boolean,
  describe,
  double,
  either,
  type Infer,
  int64,
  listMap,
  map,
  object,
  patch,
  raw,
  recursive,
  required,
  type Schema,
  string,
} from '../../schema/schema.ts'

export const apiextensions = (name: string) => `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.${name}`

const externalDocumentation = object(apiextensions('ExternalDocumentation'), 'Where more is written.', {
  description: string('What is written there.'),
  url: string('Its address.'),
})

export const validationRule = object(apiextensions('ValidationRule'), 'A rule over values, in the Common Expression Language.', {
  fieldPath: string('The field that an error is reported at, relative to where the rule stands.'),
  message: string('What is said when the rule is broken.'),
  messageExpression: string('An expression that gives the message.'),
  optionalOldSelf: boolean('Whether the rule is also asked of new values, with oldSelf as an optional.'),
  reason: string('The kind of error: FieldValueInvalid, FieldValueForbidden, FieldValueRequired or FieldValueDuplicate.'),
  rule: required(string('The expression that must be true; `self` is the value, `oldSelf` the one before.')),
})
export type ValidationRule = Infer<typeof validationRule>

/** Any JSON. */
const json = (doc: string) => raw(doc, apiextensions('JSON'))

export interface JsonSchema {
  readonly $ref?: string | undefined
  readonly $schema?: string | undefined
  readonly additionalItems?: JsonSchema | boolean | undefined
  readonly additionalProperties?: JsonSchema | boolean | undefined
  readonly allOf?: readonly JsonSchema[] | undefined
  readonly anyOf?: readonly JsonSchema[] | undefined
  readonly default?: unknown
  readonly definitions?: Readonly<Record<string, JsonSchema>> | undefined
  readonly dependencies?: Readonly<Record<string, JsonSchema | readonly string[]>> | undefined
  readonly description?: string | undefined
  readonly enum?: readonly unknown[] | undefined
  readonly example?: unknown
  readonly exclusiveMaximum?: boolean | undefined
  readonly exclusiveMinimum?: boolean | undefined
  readonly externalDocs?: Infer<typeof externalDocumentation> | undefined
  readonly format?: string | undefined
  readonly id?: string | undefined
  readonly items?: JsonSchema | readonly JsonSchema[] | undefined
  readonly maxItems?: number | undefined
  readonly maxLength?: number | undefined
  readonly maxProperties?: number | undefined
  readonly maximum?: number | undefined
  readonly minItems?: number | undefined
  readonly minLength?: number | undefined
  readonly minProperties?: number | undefined
  readonly minimum?: number | undefined
  readonly multipleOf?: number | undefined
  readonly not?: JsonSchema | undefined
  readonly nullable?: boolean | undefined
  readonly oneOf?: readonly JsonSchema[] | undefined
  readonly pattern?: string | undefined
  readonly patternProperties?: Readonly<Record<string, JsonSchema>> | undefined
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  readonly required?: readonly string[] | undefined
  readonly title?: string | undefined
  readonly type?: string | undefined
  readonly uniqueItems?: boolean | undefined
  readonly 'x-kubernetes-embedded-resource'?: boolean | undefined
  readonly 'x-kubernetes-int-or-string'?: boolean | undefined
  readonly 'x-kubernetes-list-map-keys'?: readonly string[] | undefined
  readonly 'x-kubernetes-list-type'?: string | undefined
  readonly 'x-kubernetes-map-type'?: string | undefined
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean | undefined
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[] | undefined
}

const doc = 'A JSON Schema.'
export const jsonSchema: Schema<JsonSchema> = recursive<JsonSchema>(apiextensions('JSONSchemaProps'), doc, self => ({
  $ref: string('Not supported.'),
  $schema: string('The dialect of the schema.'),
  additionalItems: either(apiextensions('JSONSchemaPropsOrBool'), self, boolean(), 'Not supported.'),
  additionalProperties: either(
    apiextensions('JSONSchemaPropsOrBool'),
    self,
    boolean(),
    'The schema of the values of a map, or whether there may be any.',
  ),
  allOf: describe('Schemas of which all must hold.', atomicList(self)),
  anyOf: describe('Schemas of which at least one must hold.', atomicList(self)),
  default: json('What stands for an absent value.'),
  definitions: map(self, 'Not supported.'),
  dependencies: map(either(apiextensions('JSONSchemaPropsOrStringArray'), self, array(string())), 'Not supported.'),
  description: string('What the value means, for people.'),
  enum: describe('The values that are allowed.', atomicList(json(''))),
  example: json('A value as it may be.'),
  exclusiveMaximum: boolean('Whether the value must be less than `maximum`.'),
  exclusiveMinimum: boolean('Whether the value must be more than `minimum`.'),
  externalDocs: describe('Where more is written about it.', externalDocumentation),
  format: string('The format of a string or number, such as date-time or int32. Unknown ones are ignored.'),
  id: string('Not supported.'),
  items: either(apiextensions('JSONSchemaPropsOrArray'), self, array(self), 'The schema of the items of a list.'),
  maxItems: int64('The most items of a list.'),
  maxLength: int64('The most characters of a string.'),
  maxProperties: int64('The most fields of an object.'),
  maximum: double('The largest number.'),
  minItems: int64('The fewest items of a list.'),
  minLength: int64('The fewest characters of a string.'),
  minProperties: int64('The fewest fields of an object.'),
  minimum: double('The smallest number.'),
  multipleOf: double('What the number must be a multiple of.'),
  not: describe('A schema that must not hold.', self),
  nullable: boolean('Whether null is a value.'),
  oneOf: describe('Schemas of which exactly one must hold.', atomicList(self)),
  pattern: string('A regular expression (RE2) that a string must match somewhere.'),
  patternProperties: map(self, 'Not supported.'),
  properties: map(self, 'The fields of an object.'),
  required: describe('The fields that must be there.', atomicList(string())),
  title: string('A name for people.'),
  type: string('object, array, string, integer, number or boolean.'),
  uniqueItems: boolean('Not supported; use x-kubernetes-list-type: set.'),
  'x-kubernetes-embedded-resource': boolean('Whether the object is a whole resource, with apiVersion, kind and metadata.'),
  'x-kubernetes-int-or-string': boolean('Whether the value is an integer or a string.'),
  'x-kubernetes-list-map-keys': describe('The fields that tell the items of a list of type map apart.', atomicList(string())),
  'x-kubernetes-list-type': string('atomic, set or map: how changes of a list by several writers come together.'),
  'x-kubernetes-map-type': string('granular or atomic: how changes of an object by several writers come together.'),
  'x-kubernetes-preserve-unknown-fields': boolean('Whether fields that the schema does not know are kept.'),
  'x-kubernetes-validations': describe('Rules that the value must follow.', patch('merge', 'rule', listMap(['rule'], validationRule))),
}))

/** The schema of what an object of free keys holds; undefined where it says nothing of them. */
/** The schemas that stand directly within one. */
export function schemasWithin(schema: JsonSchema): readonly JsonSchema[] {
  const { properties, allOf = [], anyOf = [], oneOf = [], not } = schema
  const parts = [schemaOfItems(schema), schemaOfValues(schema), not, ...Object.values(properties ?? {}), ...allOf, ...anyOf, ...oneOf]
  return parts.filter(part => part !== undefined)
}

export function schemaOfValues({ additionalProperties }: JsonSchema): JsonSchema | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}

/** The one schema of a list's items. */
export function schemaOfItems({ items }: JsonSchema): JsonSchema | undefined {
  return items && !isList(items) ? items : undefined
}

function isList(items: JsonSchema | readonly JsonSchema[]): items is readonly JsonSchema[] {
  return Array.isArray(items)
}
