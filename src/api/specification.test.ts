// Holds the kinds against the published OpenAPI description of Kubernetes 1.36: every definition that they reach must have the same
// fields, types, required marks, list types, merge keys and, where it gives them, defaults.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { listMeta, objectMeta } from '../meta/object-meta.ts'
import { deleteOptions, status } from '../meta/status.ts'
import type { Field, ObjectNode, SchemaNode } from '../schema/schema.ts'
import { answeredKinds, postedKinds, storedKinds } from './all.ts'
import { apiextensions } from './apiextensions/json-schema.ts'
import { TokenRequest } from './authentication/token-request.ts'
import { Scale } from './autoscaling/scale.ts'
import { apiVersionOf } from './kind.ts'
import { Eviction } from './policy/eviction.ts'

const specification = new URL('../../../shared/specs/openapi-v2/swagger-1.36.json', import.meta.url)

interface Property {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly items?: Property
  readonly additionalProperties?: Property
  readonly default?: unknown
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-patch-strategy'?: string
  readonly 'x-kubernetes-patch-merge-key'?: string
}
interface Definition extends Property {
  readonly properties?: Readonly<Record<string, Property>>
  readonly required?: readonly string[]
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly group: string; readonly version: string; readonly kind: string }[]
}

/** Where the kinds differ from the description on purpose. */
const exceptions: Readonly<Record<string, string>> = {
  'io.k8s.api.core.v1.Event: required': 'metadata is checked for every kind alike, and need not be marked on one of them',
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec.caBundle: list type': 'bytes are no list',
}

/** What metrics-server serves upstream is described by it. */
const described = answeredKinds.filter(kind => kind.group !== 'metrics.k8s.io')
const kinds = [...storedKinds, ...postedKinds, ...described, TokenRequest, Scale, Eviction]

/** Definitions that stand for a scalar. */
const scalars: Readonly<Record<string, string>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'string:quantity',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'string:date-time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'string:micro-time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Duration': 'string:duration',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'string:int-or-string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'raw:io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1',
  ...Object.fromEntries(
    ['JSON', 'JSONSchemaPropsOrArray', 'JSONSchemaPropsOrBool', 'JSONSchemaPropsOrStringArray'].map(name => [
      apiextensions(name),
      `raw:${apiextensions(name)}`,
    ]),
  ),
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'raw:io.k8s.apimachinery.pkg.runtime.RawExtension',
}

function nameOf(ref: string): string {
  return ref.replace('#/definitions/', '')
}

/** One word for the type of a property, as the description gives it. */
function describedType(property: Property): string {
  if (property.$ref) return scalars[nameOf(property.$ref)] ?? nameOf(property.$ref)
  if (property.type === 'array') return `[]${describedType(property.items ?? {})}`
  if (property.type === 'object') return property.additionalProperties ? `map:${describedType(property.additionalProperties)}` : 'raw:'
  return property.format ? `${property.type}:${property.format}` : (property.type ?? 'raw:')
}

function ownType(node: SchemaNode): string {
  switch (node.type) {
    case 'object':
      return node.name
    case 'array':
      return `[]${ownType(node.items)}`
    case 'map':
      return `map:${ownType(node.values)}`
    case 'raw':
      return `raw:${node.name ?? ''}`
    case 'string':
    case 'integer':
    case 'number':
      return node.format ? `${node.type}:${node.format}` : node.type
    case 'boolean':
      return node.type
  }
}

function reachable(roots: readonly SchemaNode[]): ReadonlyMap<string, ObjectNode> {
  const found = new Map<string, ObjectNode>()
  const visit = (node: SchemaNode): void => {
    if (node.type === 'array') visit(node.items)
    if (node.type === 'map') visit(node.values)
    if (node.type !== 'object' || found.has(node.name)) return
    found.set(node.name, node)
    for (const field of Object.values(node.fields)) visit(field.node)
  }
  for (const root of roots) visit(root)
  return found
}

function compareField(at: string, field: Field, property: Property, definitions: Readonly<Record<string, Definition>>): string[] {
  const { node } = field
  const list = node.type === 'array' ? node : undefined
  const mapType = node.type === 'map' ? node.mapType : undefined
  const pairs: readonly (readonly [what: string, own: unknown, described: unknown])[] = [
    ['type', ownType(node), describedType(property)],
    ['list type', list?.listType, property['x-kubernetes-list-type']],
    ['list map keys', list?.listMapKeys, property['x-kubernetes-list-map-keys']],
    ['merge key', list?.patchMergeKey, property['x-kubernetes-patch-merge-key']],
    ['patch strategy', field.patchStrategy, property['x-kubernetes-patch-strategy']],
    ['map type', mapType, node.type === 'map' ? property['x-kubernetes-map-type'] : undefined],
  ]
  const differing = pairs
    .filter(([, own, described]) => JSON.stringify(own) !== JSON.stringify(described))
    .map(([what, own, described]) => `${at}: ${what} is ${JSON.stringify(own)}, not ${JSON.stringify(described)}`)
  const standard = property.default
  if (standard !== undefined && JSON.stringify(standard) !== JSON.stringify(field.default)) {
    differing.push(`${at}: default is ${JSON.stringify(field.default)}, not ${JSON.stringify(standard)}`)
  }
  if (node.type === 'object') {
    const described = property['x-kubernetes-map-type'] ?? definitions[node.name]?.['x-kubernetes-map-type']
    if (node.mapType !== described) differing.push(`${at}: map type is ${node.mapType}, not ${described}`)
  }
  return differing
}

function compareDefinition(node: ObjectNode, definitions: Readonly<Record<string, Definition>>): string[] {
  const definition = definitions[node.name]
  if (!definition) return [`${node.name}: is not in the description`]
  const properties = definition.properties ?? {}
  const own = Object.keys(node.fields)
  const required = own.filter(name => node.fields[name]?.required).sort()
  const differing = [
    ...own.filter(name => !(name in properties)).map(name => `${node.name}.${name}: is not in the description`),
    ...Object.keys(properties)
      .filter(name => !(name in node.fields))
      .map(name => `${node.name}.${name}: is missing`),
  ]
  if (JSON.stringify(required) !== JSON.stringify([...(definition.required ?? [])].sort())) {
    differing.push(`${node.name}: required are ${required.join(', ')}, not ${(definition.required ?? []).join(', ')}`)
  }
  for (const [name, property] of Object.entries(properties)) {
    const field = node.fields[name]
    if (field) differing.push(...compareField(`${node.name}.${name}`, field, property, definitions))
  }
  return differing
}

type Definitions = Readonly<Record<string, Definition>>
interface Specification {
  readonly paths: Readonly<Record<string, unknown>>
  readonly definitions: Definitions
}

/** Every definition that the paths of the stable versions lead to. */
function stableDefinitions({ paths, definitions }: Specification): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/definitions\/([^"]+)"/g)) {
      if (found.has(name)) continue
      found.add(name)
      visit(definitions[name])
    }
  }
  for (const [path, item] of Object.entries(paths)) if (/^\/(api|apis\/[^/]+)\/v\d+\//.test(path)) visit(item)
  return found
}

/** Definitions that are no kind's, and why they are not held against one here. */
const others: Readonly<Record<string, string>> = {
  'io.k8s.apimachinery.pkg.apis.meta.v1.APIResource': 'discovery is made of the kinds themselves',
  'io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList': 'discovery is made of the kinds themselves',
  'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent': 'the frame of a watch, of a type and any object',
}

describe('the kinds and the published description of Kubernetes 1.36', {
  skip: existsSync(specification) ? false : 'the description is not at ../shared',
}, () => {
  const loadAll = () => JSON.parse(readFileSync(specification, 'utf8')) as Specification
  const load = () => loadAll().definitions
  const roots = [...kinds.map(kind => kind.schema.node), objectMeta.node, listMeta.node, status.node, deleteOptions.node]

  it('leave nothing stable out', t => {
    const nodes = reachable(roots)
    const lists = new Set(kinds.flatMap(({ schema: { node } }) => (node.type === 'object' ? [`${node.name}List`] : [])))
    const missing = [...stableDefinitions(loadAll())].filter(name => !nodes.has(name) && !(name in scalars) && !lists.has(name))
    for (const [name, why] of Object.entries(others)) t.diagnostic(`${name}: ${why}`)
    assert.deepEqual(missing.sort(), Object.keys(others).sort())
  })

  it('agree on every definition', t => {
    const definitions = load()
    const nodes = reachable(roots)
    for (const [what, why] of Object.entries(exceptions)) t.diagnostic(`${what}: ${why}`)
    assert.ok(nodes.size > 200, `only ${nodes.size} definitions are reached`)
    const differing = [...nodes.values()].flatMap(node => compareDefinition(node, definitions))
    const unexpected = differing.filter(line => !Object.keys(exceptions).some(prefix => line.startsWith(prefix)))
    assert.deepEqual(unexpected, [])
    const needless = Object.keys(exceptions).filter(prefix => !differing.some(line => line.startsWith(prefix)))
    assert.deepEqual(needless, [], 'exceptions that hold no more')
  })

  it('agree on the group, version and name of every kind', () => {
    const definitions = load()
    const wrong = kinds.filter(kind => {
      const { node } = kind.schema
      const named = node.type === 'object' ? definitions[node.name]?.['x-kubernetes-group-version-kind'] : undefined
      return !named?.some(gvk => gvk.group === kind.group && gvk.version === kind.version && gvk.kind === kind.kind)
    })
    assert.deepEqual(
      wrong.map(kind => `${apiVersionOf(kind)} ${kind.kind}`),
      [],
    )
  })
})
