// Structural schemas: a schema says of every field once what it is, outside of all alternatives, so that objects can be pruned, filled
// in and merged by it. Alternatives only say more about values of fields that are known.
import { RE2JS, RE2JSSyntaxException } from 're2js'
import { deepEqual } from '../../meta/deep-equal.ts'
import { fieldErrorMessage, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { type Errors, must } from '../validation.ts'
import { type JsonSchema, schemaOfItems, schemaOfValues } from './json-schema.ts'

type Level = 'root' | 'item' | 'field'

export function structureErrors(schema: JsonSchema, path: string): Errors {
  const errors = [...invariants(schema, 'root', path), ...completeness(schema, schema, path, path)]
  return errors.sort((a, b) => (fieldErrorMessage(a) < fieldErrorMessage(b) ? -1 : 1))
}

const property = (path: string, key: string) => `${path}.properties[${key}]`
const resourceFields = ['kind', 'apiVersion'] as const
const emptyTypes: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function invariants(schema: JsonSchema, level: Level, path: string): Errors {
  const items = schemaOfItems(schema)
  const values = schemaOfValues(schema)
  const { type, properties = {}, additionalProperties } = schema
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true
  const isResource = level === 'root' || isEmbedded
  const mustBeObject = 'must be object if x-kubernetes-embedded-resource is true'
  const mustBeFalse = 'must be false if x-kubernetes-int-or-string is true'
  const typeErrors: Errors =
    isEmbedded && type !== 'object'
      ? [type ? invalidValue(`${path}.type`, type, mustBeObject) : requiredValue(`${path}.type`, mustBeObject)]
      : must(Boolean(type) || isIntOrString || isOpen, () => requiredValue(`${path}.type`, emptyTypes[level]))
  return [
    ...must(type !== 'array' || items !== undefined, () => requiredValue(`${path}.items`, 'must be specified')),
    ...(items ? invariants(items, 'item', `${path}.items`) : []),
    ...Object.entries(properties).flatMap(([key, inner]) => invariants(inner, 'field', property(path, key))),
    ...must(additionalProperties === undefined || level !== 'root', () =>
      forbiddenValue(`${path}.additionalProperties`, 'must not be used at the root'),
    ),
    ...(values ? invariants(values, 'field', `${path}.additionalProperties`) : []),
    ...must(!(isIntOrString && isOpen), () => invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, true, mustBeFalse)),
    ...must(!(isIntOrString && isEmbedded), () => invalidValue(`${path}.x-kubernetes-embedded-resource`, true, mustBeFalse)),
    ...alternativeErrors(schema, path, isIntOrStringChoice(schema.anyOf), isIntOrStringChoice(schema.allOf?.[0]?.anyOf)),
    ...typeErrors,
    ...must(!isEmbedded || additionalProperties === undefined, () =>
      forbiddenValue(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'),
    ),
    ...must(level !== 'root' || !type || type === 'object', () => invalidValue(`${path}.type`, type, 'must be object at the root')),
    ...resourceFields.flatMap(key => {
      const inner = properties[key]
      return must(!isResource || !inner || inner.type === 'string', () =>
        invalidValue(`${property(path, key)}.type`, inner?.type ?? '', 'must be string'),
      )
    }),
    ...(properties['metadata'] ? metadataErrors(properties['metadata'], isResource, level, property(path, 'metadata')) : []),
    ...must(!isEmbedded || isOpen || Object.keys(properties).length > 0, () =>
      requiredValue(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    ),
  ]
}

function metadataErrors(schema: JsonSchema, isResource: boolean, level: Level, path: string): Errors {
  const { type, default: _, properties = {}, ...rest } = schema
  const keys = Object.keys(properties)
  const isPlain = Object.values(rest).every(value => value === undefined) && keys.every(key => key === 'name' || key === 'generateName')
  return [
    ...must(!isResource || type === 'object', () => invalidValue(`${path}.type`, type ?? '', 'must be object')),
    ...must(level !== 'root' || isPlain, () =>
      forbiddenValue(path, 'must not specify anything other than name and generateName, but metadata is implicitly specified'),
    ),
  ]
}

/** The way in which an integer or a string is written in plain OpenAPI. */
function isIntOrStringChoice(alternatives: readonly JsonSchema[] | undefined): boolean {
  return deepEqual(alternatives, [{ type: 'integer' }, { type: 'string' }])
}

function alternativeErrors(schema: JsonSchema, path: string, skipsAnyOf: boolean, skipsFirstAnyOf: boolean): Errors {
  const nested = (alternatives: readonly JsonSchema[] | undefined, name: string) =>
    (alternatives ?? []).flatMap((inner, i) => nestedErrors(inner, `${path}.${name}[${i}]`, name === 'allOf' && i === 0 && skipsFirstAnyOf))
  return [
    ...(skipsAnyOf ? [] : nested(schema.anyOf, 'anyOf')),
    ...nested(schema.allOf, 'allOf'),
    ...nested(schema.oneOf, 'oneOf'),
    ...(schema.not ? nestedErrors(schema.not, `${path}.not`, false) : []),
    ...patternErrors(schema.pattern, `${path}.pattern`),
  ]
}

function patternErrors(pattern: string | undefined, path: string): Errors {
  if (!pattern) return []
  try {
    RE2JS.compile(pattern)
    return []
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    return [invalidValue(path, pattern, `must be a valid regular expression, but isn't: ${error.message}`)]
  }
}

const undefinedNested = ['default', 'externalDocs', 'x-kubernetes-list-type', 'x-kubernetes-map-type'] as const
const emptyNested = ['type', 'title', 'description', 'x-kubernetes-list-map-keys', 'x-kubernetes-validations'] as const
const falseNested = [
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
] as const

/** Of a schema under allOf, anyOf, oneOf or not: it may say nothing of structure. */
function nestedErrors(schema: JsonSchema, path: string, skipsAnyOf: boolean): Errors {
  const items = schemaOfItems(schema)
  const forbid = (keys: readonly (keyof JsonSchema)[], isSet: (value: unknown) => boolean, what: string) =>
    keys.flatMap(key => (isSet(schema[key]) ? [forbiddenValue(`${path}.${key}`, `must be ${what} to be structural`)] : []))
  return [
    ...alternativeErrors(schema, path, skipsAnyOf, false),
    ...(items ? nestedErrors(items, `${path}.items`, false) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => nestedErrors(inner, property(path, key), false)),
    ...forbid(emptyNested, value => ((value as string | readonly unknown[] | undefined)?.length ?? 0) > 0, 'empty'),
    ...forbid(['additionalProperties', ...undefinedNested], value => value !== undefined, 'undefined'),
    ...forbid(falseNested, value => value === true, 'false'),
    ...must(!schema.properties?.['metadata'], () =>
      forbiddenValue(property(path, 'metadata'), 'must not be specified in a nested context'),
    ),
  ]
}

/** What alternatives say of fields and items must be known outside of them. */
function completeness(of: JsonSchema, known: JsonSchema | undefined, knownPath: string, path: string): Errors {
  const nested = (alternatives: readonly JsonSchema[] | undefined, name: string) =>
    (alternatives ?? []).flatMap((inner, i) => nestedCompleteness(inner, known, knownPath, `${path}.${name}[${i}]`))
  return [
    ...(of.not ? nestedCompleteness(of.not, known, knownPath, `${path}.not`) : []),
    ...nested(of.allOf, 'allOf'),
    ...nested(of.anyOf, 'anyOf'),
    ...nested(of.oneOf, 'oneOf'),
  ]
}

function nestedCompleteness(of: JsonSchema, known: JsonSchema | undefined, knownPath: string, path: string): Errors {
  if (!known) return [requiredValue(knownPath, `because it is defined in ${path}`)]
  const items = schemaOfItems(of)
  return [
    ...completeness(of, known, knownPath, path),
    ...(items ? nestedCompleteness(items, schemaOfItems(known), `${knownPath}.items`, `${path}.items`) : []),
    ...Object.entries(of.properties ?? {}).flatMap(([key, inner]) =>
      nestedCompleteness(inner, known.properties?.[key], property(knownPath, key), property(path, key)),
    ),
  ]
}
