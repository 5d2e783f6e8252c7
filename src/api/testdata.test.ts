// Reads the fully populated object of every kind, as published with Kubernetes 1.36: nothing in it may be unknown or of another type,
// and whatever is filled in must stay as it is when it is filled in again.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { KubeObject } from '../meta/object-meta.ts'
import { canonicalQuantity } from '../meta/quantity.ts'
import { decode } from '../schema/decode.ts'
import { applyDefaults } from '../schema/default.ts'
import { answeredKinds, postedKinds, storedKinds } from './all.ts'
import { TokenRequest } from './authentication/token-request.ts'
import { Scale } from './autoscaling/scale.ts'
import type { Kind } from './kind.ts'
import { Eviction } from './policy/eviction.ts'

const folder = new URL('../../../shared/specs/testdata-1.36/', import.meta.url)

function complete(kind: Kind, object: KubeObject): KubeObject {
  const defaulted = applyDefaults(kind.schema.node, object) as KubeObject
  return kind.complete?.(defaulted) ?? defaulted
}

describe('the published objects', { skip: existsSync(folder) ? false : 'the objects are not at ../shared' }, () => {
  for (const kind of [...storedKinds, ...postedKinds, ...answeredKinds, TokenRequest, Scale, Eviction]) {
    const file = new URL(`${kind.group || 'core'}.${kind.version}.${kind.kind}.json`, folder)
    // Those of the aggregator and of custom resources are not published.
    it(`${kind.group || 'core'} ${kind.kind}`, { skip: existsSync(file) ? false : 'not published' }, () => {
      const decoded = decode(kind.schema.node, JSON.parse(readFileSync(file, 'utf8')), canonicalQuantity)
      assert.deepEqual(decoded.unknownFields, [])
      assert.deepEqual(decoded.errors, [])
      const once = complete(kind, decoded.value as KubeObject)
      assert.equal(complete(kind, once), once, 'completing again changes something')
      for (const column of kind.columns) assert.notEqual(column.cell(once, 0), undefined, column.name)
    })
  }
})
