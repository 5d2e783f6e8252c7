import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerOf, controllerReference, isControlledBy } from './owner-references.ts'

test('the controller is the owner that manages', () => {
  const owner = { metadata: { name: 'web', uid: '1' } }
  const reference = controllerReference({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, owner)
  const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '2' }
  const pod = { metadata: { ownerReferences: [other, reference] } }
  assert.equal(controllerOf(pod), reference)
  assert.ok(isControlledBy(pod, owner))
  assert.ok(!isControlledBy(pod, { metadata: { uid: '2' } }))
  assert.equal(controllerOf({ metadata: {} }), undefined)
})
