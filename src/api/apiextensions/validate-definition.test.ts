import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldErrorMessage } from '../../meta/field-error.ts'
import { complaints, stored } from '../testkit.ts'
import { withAcceptedNames } from './accepted-names.ts'
import { CustomResourceDefinition } from './custom-resource-definition.ts'
import type { JsonSchema } from './json-schema.ts'
import { schemaErrors } from './validate-schema.ts'

type Json = Readonly<Record<string, unknown>>

const version = (more: Json = {}) => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: { type: 'object' } },
  ...more,
})
const made = (spec: Json = {}, metadata: Json = {}) => ({
  metadata: { name: 'foos.example.com', ...metadata },
  spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'foos', kind: 'Foo' }, versions: [version()], ...spec },
})
const of = (spec: Json = {}, metadata: Json = {}) => {
  const definition = stored(CustomResourceDefinition, made(spec, metadata) as never)
  return CustomResourceDefinition.onCreate?.(definition, { username: '', groups: [] }) ?? definition
}

test('a definition that says little is completed', () => {
  const definition = of()
  assert.deepEqual(definition.spec.names, { plural: 'foos', kind: 'Foo', singular: 'foo', listKind: 'FooList' })
  assert.deepEqual(definition.spec.conversion, { strategy: 'None' })
  assert.deepEqual(complaints(CustomResourceDefinition, definition), [])
})

test('what is wrong with a definition is told', () => {
  const rows: readonly (readonly [Json, string])[] = [
    [{ group: 'example' }, 'spec.group: Invalid value: "example": should be a domain with at least one dot'],
    [{ scope: 'Global' }, 'spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"'],
    [{ scope: '' }, 'spec.scope: Required value'],
    [
      { names: { plural: 'foos', kind: 'Foo', listKind: 'Foo' } },
      'spec.names.listKind: Invalid value: "Foo": kind and listKind may not be the same',
    ],
    [
      { names: { plural: 'bars', kind: 'Foo' } },
      'metadata.name: Invalid value: "foos.example.com": must be spec.names.plural+"."+spec.group',
    ],
    [{ versions: [version(), version({ name: 'v2' })] }, 'must have exactly one version marked as storage version'],
    [{ versions: [version(), version({ storage: false })] }, 'must contain unique version names'],
    [{ versions: [version({ schema: undefined })] }, 'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
    [
      { preserveUnknownFields: true },
      'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    ],
    [
      { versions: [version({ additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: 'x' }] })] },
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
    ],
    [
      { versions: [version({ additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: 'x' }] })] },
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "x": must be a simple json path starting with .',
    ],
    [
      { versions: [version({ subresources: { scale: { specReplicasPath: '.status.x', statusReplicasPath: '.status.y' } } })] },
      'spec.subresources.scale.specReplicasPath: Invalid value: ".status.x": should be a json path under .spec',
    ],
    [
      { versions: [version({ selectableFields: [{ jsonPath: '.spec.x' }] })] },
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec.x": is an invalid path: does not refer to a valid field: .spec',
    ],
    [{ versions: [version({ deprecationWarning: 'x' })] }, 'can only be set for deprecated versions'],
    [
      { conversion: { strategy: 'Webhook' } },
      'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
    ],
    [
      { conversion: { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://x' }, conversionReviewVersions: ['v9'] } } },
      'spec.conversion.conversionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
    ],
  ]
  for (const [spec, message] of rows) {
    const found = complaints(CustomResourceDefinition, of(spec))
    assert.ok(
      found.some(text => text.includes(message)),
      `${message}\n${found.join('\n')}`,
    )
  }
})

test('a group of Kubernetes needs approval', () => {
  const names = { group: 'x.k8s.io', names: { plural: 'foos', kind: 'Foo' } }
  const complain = (annotations: Json) => complaints(CustomResourceDefinition, of(names, { name: 'foos.x.k8s.io', annotations }))
  assert.match(complain({})[0] ?? '', /metadata\.annotations\[api-approved\.kubernetes\.io\]: Required value: protected groups must have/)
  assert.deepEqual(complain({ 'api-approved.kubernetes.io': 'https://example.com/1' }), [])
  assert.deepEqual(complain({ 'api-approved.kubernetes.io': 'unapproved, for now' }), [])
})

test('what objects hang on does not change', () => {
  const before = withAcceptedNames(of(), [], '2024-01-01T00:00:00Z')
  const changed = { ...before, spec: { ...before.spec, scope: 'Cluster', group: 'other.com' } }
  const found = complaints(CustomResourceDefinition, changed, before)
  for (const field of ['spec.scope', 'spec.group'])
    assert.ok(found.some(text => text.startsWith(`${field}: `) && text.endsWith('field is immutable')))
  const dropped = { ...before, spec: { ...before.spec, versions: [{ ...before.spec.versions[0]!, name: 'v2' }] } }
  assert.ok(
    complaints(CustomResourceDefinition, dropped, before).some(text =>
      text.includes('missing from spec.versions; v1 was previously a storage version'),
    ),
  )
})

test('a conversion webhook has authorities that can be read, once its definition is established', () => {
  const withBundle = (pem: string) =>
    of({
      conversion: {
        strategy: 'Webhook',
        webhook: {
          clientConfig: { url: 'https://x', caBundle: Buffer.from(pem).toString('base64') },
          conversionReviewVersions: ['v1'],
        },
      },
    })
  const now = '2024-01-01T00:00:00Z'
  const established = ({ status }: CustomResourceDefinition) => status.conditions?.find(({ type }) => type === 'Established')
  const bad = withAcceptedNames(withBundle('x'), [], now)
  assert.deepEqual([established(bad)?.status, established(bad)?.reason], ['False', 'InvalidCABundle'])
  assert.deepEqual(complaints(CustomResourceDefinition, bad, bad), [])
  const good = withAcceptedNames(withBundle(''), [], now)
  assert.equal(established(good)?.status, 'True')
  const rows: readonly (readonly [pem: string, why: string])[] = [
    ['x', 'unable to parse bytes as PEM block'],
    ['-----BEGIN KEY-----\neA==\n-----END KEY-----\n', 'no valid certificate authority data seen'],
    ['-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----\n', 'failed to parse certificate: x509: malformed certificate'],
  ]
  for (const [pem, why] of rows)
    assert.deepEqual(complaints(CustomResourceDefinition, { ...withBundle(pem), status: good.status }, good), [
      `spec.conversion.webhookClientConfig.caBundle: Invalid value: "${Buffer.from(pem).toString('base64')}": unable to load root certificates: ${why}`,
    ])
  const before = { ...bad, status: good.status }
  assert.deepEqual(complaints(CustomResourceDefinition, before, before), [])
})

test('schemas are structural, and their defaults are values', () => {
  const root = (properties: Json, more: Json = {}): JsonSchema => ({ type: 'object', properties, ...more }) as JsonSchema
  const rows: readonly (readonly [JsonSchema, string])[] = [
    [{}, 'at.type: Required value: must not be empty at the root'],
    [root({ a: {} }), 'at.properties[a].type: Required value: must not be empty for specified object fields'],
    [root({ a: { type: 'array' } }), 'at.properties[a].items: Required value: must be specified'],
    [root({ a: { type: 'array', items: {} } }), 'at.properties[a].items.type: Required value: must not be empty for specified array items'],
    [root({}, { additionalProperties: true }), 'at.additionalProperties: Forbidden: must not be used at the root'],
    [
      root({}, { anyOf: [{ properties: { b: { minimum: 1 } } }] }),
      'at.properties[b]: Required value: because it is defined in at.anyOf[0].properties[b]',
    ],
    [
      root({ a: { type: 'integer', anyOf: [{ type: 'integer' }] } }),
      'at.properties[a].anyOf[0].type: Forbidden: must be empty to be structural',
    ],
    [
      root({ metadata: { type: 'object', properties: { labels: { type: 'object' } } } }),
      'at.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
    ],
    [root({ a: { type: 'string', pattern: '(' } }), 'at.properties[a].pattern: Invalid value: "(": must be a valid regular expression'],
    [root({ a: { type: 'text' } }), 'at.properties[a].type: Unsupported value: "text"'],
    [root({ a: { type: 'array', uniqueItems: true, items: { type: 'string' } } }), 'uniqueItems cannot be set to true'],
    [root({ a: { type: 'integer', default: 'x' } }), 'at.properties[a].default: Invalid value: "string": '],
    [root({ a: { type: 'object', default: { b: 1 } } }), 'at.properties[a].default: Invalid value: {"b":1}: must not have unknown fields'],
    [root({ kind: { type: 'string', default: 'x' } }), 'at.properties[kind].default: Forbidden: must not be set in top-level kind'],
    [
      root({
        a: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: { type: 'object', properties: { k: { type: 'string' } } },
        },
      }),
      'at.properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
    ],
    [
      root({ a: { type: 'string', 'x-kubernetes-list-type': 'set' } }),
      'at.properties[a].type: Invalid value: "string": must be array if x-kubernetes-list-type is specified',
    ],
    [
      root({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: 'true', message: 'a\nb' }] } }),
      'x-kubernetes-validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
    ],
    [
      root({ a: { type: 'object', 'x-kubernetes-validations': [{ rule: 'true', fieldPath: '.b' }] } }),
      'x-kubernetes-validations[0].fieldPath: Invalid value: ".b": fieldPath must be a valid path',
    ],
    [
      root({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: ' ' }] } }),
      'x-kubernetes-validations[0].rule: Required value: rule is not specified',
    ],
  ]
  for (const [schema, message] of rows) {
    const found = schemaErrors(schema, 'at', false).map(fieldErrorMessage)
    assert.ok(
      found.some(text => text.includes(message)),
      `${message}\n${found.join('\n')}`,
    )
  }
  const good = root({
    a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    b: { 'x-kubernetes-preserve-unknown-fields': true },
    metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 5 } } },
  })
  assert.deepEqual(schemaErrors(good, 'at', true), [])
})
