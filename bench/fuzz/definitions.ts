// Random custom resources: definitions with structural schemas, rules and several versions, and objects after them. Their names are few, so
// that definitions change and go while there are objects.
import { expression } from './expressions.ts'
import type { Json } from './objects.ts'
import type { Random } from './random.ts'
import { oddValue, words } from './words.ts'

export const group = 'fuzz.example.com'
const plurals = ['gears', 'springs', 'levers'] as const
const kinds = { gears: 'Gear', springs: 'Spring', levers: 'Lever' } as const
const versionNames = ['v1', 'v1beta1', 'v2'] as const

/** What an object may be written to. */
export interface Written {
  readonly plural: string
  readonly version: string
  readonly object: Json
}

interface Taken {
  readonly group: string
  readonly names: { readonly plural: string }
  readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Json } }[]
}

export class Definitions {
  /** The schemas that the server has taken, by plural and version. */
  readonly #schemas = new Map<string, Json>()

  any(random: Random): Json {
    const plural = random.pick(plurals)
    const served = versionNames.slice(0, 1 + random.below(3))
    const stored = random.pick(served)
    const versions = served.map(name => {
      const schema = { type: 'object', properties: { spec: specOf(random), status: statusOf(random) } }
      return {
        name,
        served: random.chance(0.9),
        storage: name === stored,
        schema: { openAPIV3Schema: schema },
        ...(random.chance(0.7) && { subresources: subresources(random) }),
        ...(random.chance(0.3) && { deprecated: true, deprecationWarning: rarely(random, words, ['old', 'ü "quoted"']) }),
        ...(random.chance(0.5) && { additionalPrinterColumns: random.some(3, i => column(random, i)) }),
        ...(random.chance(0.3) && {
          selectableFields: [{ jsonPath: rarely(random, ['x', '.metadata.name', '.spec.b'], ['.spec.a', '.spec.name']) }],
        }),
      }
    })
    const kind = kinds[plural]
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: random.chance(0.9) ? 'Namespaced' : 'Cluster',
        names: { plural, kind, ...(random.chance(0.3) && { shortNames: [random.pick(['g', 'po', 'x'])], categories: ['all'] }) },
        versions,
        ...(random.chance(0.03) && { preserveUnknownFields: random.chance(0.5) }),
        ...(random.chance(0.2) && { conversion: conversion(random) }),
      },
    }
  }

  /** What the server has answered to a write. */
  take(text: string): void {
    const { kind, spec } = JSON.parse(text) as { readonly kind?: string; readonly spec?: Partial<Taken> }
    if (kind !== 'CustomResourceDefinition' || spec?.group !== group || !spec.names || !spec.versions) return
    for (const { name, schema } of spec.versions) this.#schemas.set(`${spec.names.plural} ${name}`, schema.openAPIV3Schema)
  }

  object(random: Random): Written {
    const plural = random.pick(plurals)
    const version = random.chance(0.7) ? 'v1' : random.pick(versionNames)
    const schema = this.#schemas.get(`${plural} ${version}`)
    const made = schema && random.chance(0.95) ? exampleOf(random, schema, 0) : { spec: oddValue(random) }
    const kind = kinds[plural]
    const metadata = { name: random.pick(['x', 'y', 'z']), labels: { a: 'b' } }
    return { plural, version, object: { ...(made as Json), apiVersion: `${group}/${version}`, kind, metadata } }
  }
}

function subresources(random: Random): Json {
  return {
    ...(random.chance(0.8) && { status: {} }),
    ...(random.chance(0.5) && {
      scale: {
        specReplicasPath: rarely(random, ['x', '.spec.b', '.status.a'], ['.spec.a', '.spec.name']),
        statusReplicasPath: rarely(random, ['.status', 'x'], ['.status.a', '.status.b']),
        ...(random.chance(0.3) && { labelSelectorPath: '.status.name' }),
      },
    }),
  }
}

/** One of what is wrong, now and then; else of what is right. */
function rarely<T>(random: Random, wrong: readonly T[], right: readonly T[]): T {
  return random.pick(random.chance(0.015) ? wrong : right)
}

const columnPaths = ['.spec.a', '.spec.b[0]', '.spec.*', ".spec['a']", '.spec.b[?(@.a==1)]', '.spec.b[-1:]', '.metadata.creationTimestamp']

function column(random: Random, i: number): Json {
  const type = rarely(random, ['x'], ['string', 'integer', 'number', 'boolean', 'date'])
  return { name: `C${i}`, type, jsonPath: rarely(random, ['{', 'x', '..a'], columnPaths), priority: random.below(2) }
}

/** With fields that the rest of a definition may name. */
function specOf(random: Random): Json {
  if (random.chance(0.05)) return schemaOf(random, 2)
  const schema: Json = { type: 'object', ...rules(random), ...detailsOf(random, 'object', 3) }
  const named = { a: { type: 'integer', ...rules(random) }, name: { type: 'string', maxLength: 50 } }
  const { additionalProperties, maxProperties, ...rest } = schema
  return { ...rest, properties: { ...(schema['properties'] as Json | undefined), ...named } }
}

const statusOf = (random: Random): Json => ({
  type: 'object',
  properties: { a: { type: 'integer' }, name: { type: 'string' }, b: schemaOf(random, 1) },
})

function conversion(random: Random): Json {
  if (random.chance(0.3)) return { strategy: 'None' }
  return { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: 'https://127.0.0.1:1/convert' } } }
}

const keys = ['a', 'b', 'name', '__proto__', 'constructor', 'ü', 'a-b', 'in', 'x/y'] as const
const formats = [
  'date',
  'date-time',
  'duration',
  'uuid',
  'ipv4',
  'ipv6',
  'cidr',
  'byte',
  'email',
  'uri',
  'int32',
  'int64',
  'x',
  'password',
  'bsonobjectid',
] as const

function rules(random: Random): Json {
  if (!random.chance(0.06)) return {}
  const rule = () => ({
    rule: random.chance(0.5)
      ? random.pick(['true', 'self == self', 'self == oldSelf', 'type(self) != bool', '[self].all(x, x == x)'])
      : expression(random),
    ...(random.chance(0.3) && { messageExpression: expression(random) }),
    ...(random.chance(0.3) && { message: random.pick(words) }),
    ...(random.chance(0.03) && { fieldPath: random.pick(['.a', '.b[0]', "['a']", 'x']) }),
    ...(random.chance(0.1) && { optionalOldSelf: true }),
    ...(random.chance(0.1) && { reason: rarely(random, ['x'], ['FieldValueInvalid', 'FieldValueDuplicate']) }),
  })
  return { 'x-kubernetes-validations': [rule(), ...random.some(1, rule)] }
}

function schemaOf(random: Random, depth: number): Json {
  const type =
    depth <= 0 ? random.pick(['string', 'integer', 'number', 'boolean']) : random.pick(['object', 'object', 'array', 'string', 'integer'])
  const shared = {
    type,
    ...rules(random),
    ...(random.chance(0.1) && { nullable: true }),
    ...(random.chance(0.01) && { enum: random.some(3, () => oddValue(random)) }),
    ...(random.chance(0.03) && { [random.pick(['anyOf', 'allOf', 'oneOf'])]: [{ minLength: 1 }, { required: ['a'] }] }),
    ...(random.chance(0.02) && { not: { pattern: 'a' } }),
  }
  const schema = { ...shared, ...detailsOf(random, type, depth) }
  if (random.chance(0.03)) return { 'x-kubernetes-int-or-string': true }
  return random.chance(0.12) ? { ...schema, default: exampleOf(random, schema, 0.05) } : schema
}

function detailsOf(random: Random, type: string, depth: number): Json {
  switch (type) {
    case 'object': {
      if (random.chance(0.15)) return { additionalProperties: schemaOf(random, depth - 1), ...(random.chance(0.5) && { maxProperties: 5 }) }
      if (random.chance(0.1)) return { 'x-kubernetes-preserve-unknown-fields': true }
      if (random.chance(0.03)) return { 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true }
      const properties = Object.fromEntries(random.some(4, () => [random.pick(keys), schemaOf(random, depth - 1)]))
      return {
        properties,
        ...(random.chance(0.3) && { required: Object.keys(properties).slice(0, 2) }),
        ...(random.chance(0.1) && { 'x-kubernetes-map-type': random.pick(['atomic', 'granular']) }),
      }
    }
    case 'array': {
      if (random.chance(0.3)) {
        const items = {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string', maxLength: 10 }, a: schemaOf(random, depth - 2) },
        }
        return { items, maxItems: 10, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }
      }
      const items = schemaOf(random, depth - 1)
      return {
        items,
        ...(random.chance(0.5) && { maxItems: 8 }),
        ...(random.chance(0.3) && { 'x-kubernetes-list-type': random.pick(['set', 'atomic']) }),
      }
    }
    case 'string':
      return {
        ...(random.chance(0.3) && { maxLength: 20, minLength: random.below(3) }),
        ...(random.chance(0.2) && { pattern: rarely(random, ['[', '(?=a)'], ['^a', '(a+)+$', '\\p{L}', '']) }),
        ...(random.chance(0.25) && { format: random.pick(formats) }),
      }
    case 'boolean':
      return {}
    default:
      return {
        ...(random.chance(0.3) && {
          minimum: random.pick([0, -5]),
          maximum: random.pick([10, 1e20]),
          exclusiveMinimum: random.chance(0.3),
        }),
        ...(random.chance(0.1) && { multipleOf: random.pick([2, 0.1, 0]) }),
        ...(random.chance(0.2) && { format: random.pick(['int32', 'int64', 'double', 'float']) }),
      }
  }
}

/** A value after such a schema, wrong now and then. */
function exampleOf(random: Random, schema: Json, wrong = 0.03): unknown {
  if (random.chance(wrong)) return oddValue(random)
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0 && random.chance(0.8)) return random.pick(schema['enum'])
  switch (schema['type']) {
    case 'object': {
      const { properties, additionalProperties } = schema as { properties?: Json; additionalProperties?: Json }
      if (additionalProperties)
        return Object.fromEntries(random.some(3, () => [random.pick(keys), exampleOf(random, additionalProperties, wrong)]))
      if (!properties) return { a: oddValue(random), kind: 'Pod', apiVersion: 'v1', metadata: { name: 'x' } }
      const chosen = Object.entries(properties).filter(() => random.chance(0.8))
      return Object.fromEntries(chosen.map(([key, part]) => [key, exampleOf(random, part as Json, wrong)]))
    }
    case 'array':
      return random.some(4, () => exampleOf(random, schema['items'] as Json, wrong))
    case 'string':
      return random.pick(['a', 'aa', '2026-01-01', '2026-01-01T00:00:00Z', '127.0.0.1', '5s', 'a@b.c', ...words.slice(0, 12)])
    case 'boolean':
      return random.chance(0.5)
    case 'number':
      return random.pick([0, 1, 2.5, 1e20, -3])
    default:
      return random.pick([0, 1, 2, 10, 2 ** 31, 'x'])
  }
}
