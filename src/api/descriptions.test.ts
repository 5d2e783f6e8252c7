// `kubectl explain` has words for every field of every kind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SchemaNode } from '../schema/schema.ts'
import { postedKinds, storedKinds } from './all.ts'
import { TokenRequest } from './authentication/token-request.ts'
import { Scale } from './autoscaling/scale.ts'
import { Eviction } from './policy/eviction.ts'

test('every field is described', () => {
  const seen = new Set<SchemaNode>()
  const silent: string[] = []
  const visit = (node: SchemaNode): void => {
    if (node.type === 'array') visit(node.items)
    if (node.type === 'map') visit(node.values)
    if (node.type !== 'object' || seen.has(node)) return
    seen.add(node)
    for (const [name, { doc, node: field }] of Object.entries(node.fields)) {
      if (doc === '' && !(field.type === 'object' && field.doc !== '')) silent.push(`${node.name}.${name}`)
      visit(field)
    }
  }
  for (const kind of [...storedKinds, ...postedKinds, TokenRequest, Scale, Eviction]) {
    assert.notEqual(kind.schema.node.type === 'object' && kind.schema.node.doc, '', kind.kind)
    visit(kind.schema.node)
  }
  assert.deepEqual(silent, [])
})
