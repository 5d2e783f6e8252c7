// Upstream's merge schema is the oracle of what server-side apply sees in our schemas. It lies beside the checkout; where it is absent the tests skip.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { storedKinds } from '../../api/all.ts'
import type { SchemaNode } from '../../schema/schema.ts'
import { itemElement } from './element.ts'
import { shapeOf } from './shape.ts'
import { type Skeleton, skeletonOf } from './skeleton.ts'

const file = join(import.meta.dirname, '../../../../shared/specs/structured-merge/typed-schema.yaml')
const skip = existsSync(file) ? false : `no specification at ${file}`

/** Where our schemas differ on purpose: the published OpenAPI says so, or an item without its key is refused rather than taken for an empty one. */
const exceptions = /^Pod\.status\.nodeAllocatableResourceClaimStatuses: |\.imagePullSecrets: defaults of keys/

interface TypeRef {
  readonly namedType?: string
  readonly elementRelationship?: string
  readonly scalar?: string
  readonly list?: { readonly elementType: TypeRef; readonly elementRelationship: string; readonly keys?: readonly string[] }
  readonly map?: { readonly fields?: readonly Field[]; readonly elementType?: TypeRef; readonly elementRelationship?: string }
}
interface Field {
  readonly name: string
  readonly type: TypeRef
  readonly default?: unknown
}

function load(): ReadonlyMap<string, TypeRef> {
  const { types } = parse(readFileSync(file, 'utf8')) as { types: (TypeRef & { name: string })[] }
  return new Map(types.map(type => [type.name, type]))
}

test('lists and maps are merged as upstream merges them', { skip }, () => {
  const types = load()
  const wrong = new Set<string>()
  const seen = new Set<SchemaNode>()
  const visit = (node: SchemaNode, ref: TypeRef, path: string): void => {
    const type = ref.namedType ? types.get(ref.namedType) : ref
    if (!type || seen.has(node)) return
    if (node.type === 'object') seen.add(node)
    const expect = (ok: boolean, what: string) => {
      if (!ok) wrong.add(`${path}: ${what}`)
    }
    switch (node.type) {
      case 'array': {
        const { list } = type
        expect(list !== undefined, 'is no list')
        if (!list) return
        expect((shapeOf(node, []) === 'leaf') === (list.elementRelationship === 'atomic'), `${list.elementRelationship} upstream`)
        expect(String([...(node.listMapKeys ?? [])].sort()) === String([...(list.keys ?? [])].sort()), `keys ${list.keys}`)
        visit(node.items, list.elementType, `${path}[]`)
        if (list.keys) checkDefaults(node, list.keys, list.elementType, path)
        return
      }
      case 'map':
      case 'object': {
        const relationship = ref.elementRelationship ?? type.map?.elementRelationship ?? 'separable'
        expect((shapeOf(node, {}) === 'leaf') === (relationship === 'atomic'), `${relationship} upstream`)
        if (node.type === 'map') {
          if (type.map?.elementType) visit(node.values, type.map.elementType, `${path}{}`)
          return
        }
        for (const field of type.map?.fields ?? []) {
          const own = Object.hasOwn(node.fields, field.name) ? node.fields[field.name] : undefined
          if (own) visit(own.node, field.type, `${path}.${field.name}`)
        }
      }
    }
  }
  const checkDefaults = (node: SchemaNode & { type: 'array' }, keys: readonly string[], ref: TypeRef, path: string) => {
    const fields = (ref.namedType ? types.get(ref.namedType) : ref)?.map?.fields ?? []
    const defaults = keys.map(key => fields.find(field => field.name === key)?.default)
    const missing = defaults.some(value => value === undefined)
    if ((itemElement(node, {}) === undefined) !== missing) wrong.add(`${path}: defaults of keys ${JSON.stringify(defaults)}`)
  }
  for (const kind of storedKinds) {
    const { node } = kind.schema
    if (node.type === 'object' && types.has(node.name)) visit(node, { namedType: node.name }, kind.kind)
  }
  assert.ok(seen.size > 100)
  assert.deepEqual(
    [...wrong].filter(problem => !exceptions.test(problem)),
    [],
  )
})

test('structs that are always there are known', { skip }, () => {
  const types = load()
  const wrong = new Set<string>()
  const visit = (node: SchemaNode, name: string, skeleton: Skeleton, path: string) => {
    for (const field of types.get(name)?.map?.fields ?? []) {
      const own = node.type === 'object' && Object.hasOwn(node.fields, field.name) ? node.fields[field.name] : undefined
      if (own?.node.type !== 'object' || shapeOf(own.node, {}) === 'leaf') continue
      const isStruct = JSON.stringify(field.default) === '{}'
      const inner = skeleton[field.name]
      if (isStruct !== (inner !== undefined)) wrong.add(`${path}.${field.name}`)
      if (isStruct && inner) visit(own.node, field.type.namedType ?? '', inner, `${path}.${field.name}`)
    }
  }
  for (const { kind, schema } of storedKinds)
    if (schema.node.type === 'object') visit(schema.node, schema.node.name, skeletonOf(schema.node), kind)
  assert.deepEqual([...wrong], [])
})
