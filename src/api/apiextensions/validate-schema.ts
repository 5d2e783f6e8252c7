// The schema of a version, as far as a definition may state it: which keywords there are, what may stand with what, and that defaults
// are values that the schema itself accepts.
import {
  duplicateValue,
  type FieldError,
  forbiddenValue,
  invalidValue,
  requiredValue,
  tooMany,
  unsupportedValue,
} from '../../meta/field-error.ts'
import { canonicalQuantity } from '../../meta/quantity.ts'
import { decode } from '../../schema/decode.ts'
import type { SchemaNode } from '../../schema/schema.ts'
import { type Errors, must } from '../validation.ts'
import { type JsonSchema, schemaOfItems, schemaOfValues, type ValidationRule } from './json-schema.ts'
import { nodeOf } from './schema-nodes.ts'
import { schemaAt } from './schema-path.ts'
import { listErrors } from './validate-lists.ts'
import { structureErrors } from './validate-structure.ts'
import { valueErrors } from './validate-value.ts'

const types = ['string', 'number', 'integer', 'boolean', 'array', 'object']
const resourceFields = new Set(['metadata', 'kind', 'apiVersion'])

/** What is known of a place in the schema. */
interface Place {
  readonly isRoot: boolean
  /** Within the metadata, kind or apiVersion of a resource. */
  readonly isMeta: boolean
  /** Why there may be no default, where that is so. */
  readonly noDefault: string | undefined
}

export function schemaErrors(schema: JsonSchema, path: string, hasStatus: boolean): Errors {
  const ofStructure = structureErrors(schema, path)
  return [
    ...(hasStatus ? rootErrors(schema, path) : []),
    ...must(!schema.nullable, () => forbiddenValue(`${path}.nullable`, 'nullable cannot be true at the root')),
    ...ofStructure,
    ...(ofStructure.length === 0 ? defaultErrors(schema, path, false) : []),
    ...keywordErrors(schema, path, { isRoot: true, isMeta: false, noDefault: undefined }),
  ]
}

/** As Go calls them, which is how upstream lists them. */
const rootKeywords: Readonly<Record<string, string>> = {
  description: 'Description',
  type: 'Type',
  format: 'Format',
  title: 'Title',
  maximum: 'Maximum',
  exclusiveMaximum: 'ExclusiveMaximum',
  minimum: 'Minimum',
  exclusiveMinimum: 'ExclusiveMinimum',
  maxLength: 'MaxLength',
  minLength: 'MinLength',
  pattern: 'Pattern',
  maxItems: 'MaxItems',
  minItems: 'MinItems',
  uniqueItems: 'UniqueItems',
  multipleOf: 'MultipleOf',
  required: 'Required',
  items: 'Items',
  properties: 'Properties',
  externalDocs: 'ExternalDocs',
  example: 'Example',
  'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields',
  'x-kubernetes-validations': 'XValidations',
}

/** Status is checked by itself, so the root may say nothing that concerns it together with the rest. */
function rootErrors(schema: JsonSchema, path: string): Errors {
  const isSet = (value: unknown) => value !== undefined && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0)
  const stray = Object.entries(schema).some(([key, value]) => isSet(value) && !Object.hasOwn(rootKeywords, key))
  const list = `[${Object.values(rootKeywords).join(' ')}]`
  return [
    ...must(!schema.type || schema.type === 'object', () =>
      invalidValue(
        `${path}.type`,
        schema.type,
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      ),
    ),
    ...must(!stray, () =>
      invalidValue(path, schema, `only ${list} fields are allowed at the root of the schema if the status subresource is enabled`),
    ),
  ]
}

const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const

function keywordErrors(schema: JsonSchema, path: string, place: Place): Errors {
  const { type, properties = {}, additionalProperties } = schema
  const inner: Place = { ...place, isRoot: false }
  const values = schemaOfValues(schema)
  const items = schemaOfItems(schema)
  const isResource = place.isRoot || schema['x-kubernetes-embedded-resource'] === true
  const ofProperty = (key: string): Place => {
    if (!isResource || !resourceFields.has(key)) return inner
    return { ...inner, isMeta: true, noDefault: place.isRoot ? `in top-level ${key}` : inner.noDefault }
  }
  const alternatives = (['allOf', 'oneOf', 'anyOf'] as const).flatMap(name =>
    (schema[name] ?? []).flatMap((alternative, i) => keywordErrors(alternative, `${path}.${name}[${i}]`, inner)),
  )
  const own: Errors = [
    ...must(!type || types.includes(type), () => unsupportedValue(`${path}.type`, type, [...types].sort())),
    ...must(schema.default === undefined || place.noDefault === undefined, () =>
      forbiddenValue(`${path}.default`, `must not be set ${place.noDefault}`),
    ),
    ...unsupported.flatMap(key => (schema[key] ? [forbiddenValue(`${path}.${key}`, `${key} is not supported`)] : [])),
    ...must(type !== 'null', () => forbiddenValue(`${path}.type`, 'type cannot be set to null, use nullable as an alternative')),
    ...must(!Array.isArray(schema.items), () => forbiddenValue(`${path}.items`, 'items must be a schema object and not an array')),
    ...must(!place.isMeta || !schema['x-kubernetes-embedded-resource'], () =>
      forbiddenValue(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'),
    ),
    ...must(!schema.uniqueItems, () =>
      forbiddenValue(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'),
    ),
    ...must(additionalProperties === undefined || additionalProperties === true || Object.keys(properties).length === 0, () =>
      forbiddenValue(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    ),
    ...must(schema['x-kubernetes-preserve-unknown-fields'] !== false, () =>
      invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'),
    ),
    ...mapErrors(schema, path),
    ...listTypeErrors(schema, path),
    ...(schema['x-kubernetes-validations'] ?? []).flatMap((rule, i) => ruleErrors(schema, rule, `${path}.x-kubernetes-validations[${i}]`)),
  ]
  return [
    ...own,
    ...(values
      ? keywordErrors(values, `${path}.additionalProperties`, {
          ...inner,
          noDefault: place.isMeta ? 'inside additionalProperties applying to object metadata' : inner.noDefault,
        })
      : []),
    ...Object.entries(properties).flatMap(([key, property]) => keywordErrors(property, `${path}.properties[${key}]`, ofProperty(key))),
    ...(schema.not ? keywordErrors(schema.not, `${path}.not`, inner) : []),
    ...alternatives,
    ...(items ? keywordErrors(items, `${path}.items`, inner) : []),
  ]
}

/** Errors of a type that another keyword asks for. */
function typeErrors(type: string | undefined, wanted: string, path: string, keyword: string): Errors {
  const detail = `must be ${wanted} if ${keyword} is specified`
  if (type === wanted) return []
  return [type ? invalidValue(`${path}.type`, type, detail) : requiredValue(`${path}.type`, detail)]
}

function mapErrors(schema: JsonSchema, path: string): Errors {
  const mapType = schema['x-kubernetes-map-type']
  if (mapType === undefined) return []
  return [
    ...typeErrors(schema.type, 'object', path, 'x-kubernetes-map-type'),
    ...must(mapType === 'atomic' || mapType === 'granular', () =>
      unsupportedValue(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']),
    ),
  ]
}

function listTypeErrors(schema: JsonSchema, path: string): Errors {
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const items = schemaOfItems(schema)
  const errors: FieldError[] = []
  const add = (more: Errors) => errors.push(...more)
  if (listType !== undefined) {
    const ofType = typeErrors(schema.type, 'array', path, 'x-kubernetes-list-type')
    add(ofType)
    if (ofType.length === 0 && listType === 'set' && items) add(setItemErrors(items, `${path}.items`))
    if (!['atomic', 'set', 'map'].includes(listType))
      add([unsupportedValue(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map'])])
  }
  const onlyOfMap = 'must be map if x-kubernetes-list-map-keys is non-empty'
  if (keys.length > 0 && listType === undefined) add([requiredValue(`${path}.x-kubernetes-list-type`, onlyOfMap)])
  else if (keys.length > 0 && listType !== 'map') add([invalidValue(`${path}.x-kubernetes-list-type`, listType, onlyOfMap)])
  if (listType === 'map') add(mapKeyErrors(schema, keys, items, path))
  if ((listType === 'map' || listType === 'set') && items?.nullable)
    add([forbiddenValue(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`)])
  return errors
}

function setItemErrors(items: JsonSchema, path: string): Errors {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const listType = items['x-kubernetes-list-type']
  const mapType = items['x-kubernetes-map-type']
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalidValue(`${path}.x-kubernetes-list-type`, listType, detail)]
  // Upstream shows the type of list, which an object has not.
  if (items.type === 'object' && mapType !== 'atomic') return [invalidValue(`${path}.x-kubernetes-map-type`, listType ?? null, detail)]
  return []
}

function mapKeyErrors(schema: JsonSchema, keys: readonly string[], items: JsonSchema | undefined, path: string): Errors {
  const keysPath = `${path}.x-kubernetes-list-map-keys`
  const required = new Set(items?.required)
  return [
    ...must(keys.length > 0, () => requiredValue(keysPath, 'must not be empty if x-kubernetes-list-type is map')),
    ...must(schema.items !== undefined, () => requiredValue(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')),
    ...must(!Array.isArray(schema.items), () =>
      invalidValue(`${path}.items`, schema.items, 'must only have a single schema if x-kubernetes-list-type is map'),
    ),
    ...must(!items || items.type === 'object', () =>
      invalidValue(`${path}.items.type`, items?.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"),
    ),
    ...(items?.type === 'object' ? keys : []).flatMap((key, i): Errors => {
      const property = items?.properties?.[key]
      const at = `${path}.items.properties[${key}]`
      return [
        ...must(property !== undefined, () => invalidValue(keysPath, keys, 'entries must all be names of item properties')),
        ...must(property?.type !== 'array' && property?.type !== 'object', () =>
          invalidValue(`${at}.type`, items?.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"),
        ),
        ...must(keys.indexOf(key) === i, () => invalidValue(keysPath, keys, 'must not contain duplicate entries')),
        ...must(!property || required.has(key) || property.default !== undefined, () =>
          requiredValue(
            `${at}.default`,
            'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
          ),
        ),
        ...must(!property?.nullable, () =>
          forbiddenValue(`${at}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'),
        ),
      ]
    }),
  ]
}

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const hasNewline = (text: string) => /[\r\n]/.test(text)

/** Of a rule's form; what its expressions mean is for the compiler of expressions. */
function ruleErrors(schema: JsonSchema, rule: ValidationRule, path: string): Errors {
  const { message = '', messageExpression, fieldPath = '', reason } = rule
  const text = rule.rule ?? ''
  const ofText = (): Errors => {
    if (text.trim() === '') return [requiredValue(`${path}.rule`, 'rule is not specified')]
    if (message !== '' && message.trim() === '') return [invalidValue(`${path}.message`, message, 'message must be non-empty if specified')]
    if (hasNewline(message.trim())) return [invalidValue(`${path}.message`, message, 'message must not contain line breaks')]
    if (hasNewline(text.trim()) && message.trim() === '')
      return [requiredValue(`${path}.message`, 'message must be specified if rule contains line breaks')]
    return []
  }
  return [
    ...ofText(),
    ...must(messageExpression?.trim() !== '' || messageExpression === '', () =>
      requiredValue(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'),
    ),
    ...must(reason === undefined || reasons.includes(reason), () => unsupportedValue(`${path}.reason`, reason, reasons)),
    ...must(fieldPath === '' || fieldPath.trim() !== '', () =>
      invalidValue(`${path}.fieldPath`, fieldPath, 'fieldPath must be non-empty if specified'),
    ),
    ...must(!hasNewline(fieldPath), () => invalidValue(`${path}.fieldPath`, fieldPath, 'fieldPath must not contain line breaks')),
    ...must(fieldPath === '' || schemaAt(schema, fieldPath).ok, () =>
      invalidValue(`${path}.fieldPath`, fieldPath, 'fieldPath must be a valid path'),
    ),
  ]
}

/** Defaults are pruned, and valid. Those within maps are not looked at, as there are none. */
function defaultErrors(schema: JsonSchema, path: string, isMeta: boolean): Errors {
  const items = schemaOfItems(schema)
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  return [
    ...(schema.default === undefined ? [] : ownDefaultErrors(schema, schema.default, `${path}.default`, isMeta)),
    ...(items ? defaultErrors(items, `${path}.items`, isMeta) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, property]) =>
      defaultErrors(property, `${path}.properties[${key}]`, isMeta || (isEmbedded && resourceFields.has(key))),
    ),
  ]
}

function ownDefaultErrors(schema: JsonSchema, value: unknown, path: string, isMeta: boolean): Errors {
  const node = nodeOf(schema)
  const { unknownFields, errors } = isMeta ? nothingFound : decodeAny(node, value)
  if (unknownFields.length > 0) return [invalidValue(path, value, 'must not have unknown fields')]
  if (errors[0]) return [invalidValue(path, value, errors[0].message)]
  return [...valueErrors(schema, value, '').map(error => under(path, error)), ...listErrors(schema, value, path)]
}
const nothingFound = { unknownFields: [], errors: [] } as const

/** Custom parts may stand below lists and maps; an object around them is one that is looked through. */
function decodeAny(node: SchemaNode, value: unknown): ReturnType<typeof decode> {
  const field = { node, required: false, doc: '' }
  const around = { type: 'object', name: '', doc: '', fields: { it: field }, custom: { isOpen: false, nullable: new Set(['it']) } } as const
  return decode(around, { it: value }, canonicalQuantity)
}

/** An error of a value that stands at a path. */
export function under(path: string, error: FieldError): FieldError {
  const field = error.field === '<nil>' ? path : error.field.startsWith('[') ? path + error.field : `${path}.${error.field}`
  return { ...error, field }
}

const maxSelectableFields = 8

/** Of the fields of a version that objects can be selected by. */
export function selectableFieldErrors(schema: JsonSchema, paths: readonly string[], field: string): Errors {
  const unlike = new Set(paths)
  return [
    ...paths.flatMap((path, i): Errors => {
      const at = `${field}[${i}].jsonPath`
      if (path === '') return [requiredValue(at)]
      const found = schemaAt(schema, path, false)
      if (!found.ok) return [invalidValue(at, path, `is an invalid path: ${found.error}`)]
      return [
        ...must(!/^\.?metadata\b/.test(path), () => invalidValue(at, path, 'must not point to fields in metadata')),
        ...must(['string', 'boolean', 'integer'].includes(found.schema.type ?? ''), () =>
          invalidValue(
            at,
            path,
            'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
          ),
        ),
        ...must(paths.indexOf(path) === i, () => duplicateValue(at, path)),
      ]
    }),
    ...must(unlike.size <= maxSelectableFields, () => tooMany(field, unlike.size, maxSelectableFields)),
  ]
}
