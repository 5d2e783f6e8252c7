import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Toleration } from '../../api/core/affinity.ts'
import { Pod } from '../../api/core/pod.ts'
import { RuntimeClass } from '../../api/node/runtime-class.ts'
import { stored } from '../../api/testkit.ts'
import type { Draft } from '../../schema/schema.ts'
import type { Call } from '../call.ts'
import { resourceFor } from '../resource.ts'
import type { Storage } from '../storage.ts'
import { mergeTolerations, runtimeClass } from './runtime-class.ts'
import { mutated } from './testkit.ts'

const kata = stored(RuntimeClass, {
  metadata: { name: 'kata' },
  handler: 'kata',
  overhead: { podFixed: { cpu: '250m' } },
  scheduling: { nodeSelector: { kata: 'true' }, tolerations: [{ key: 'kata', operator: 'Exists' }] },
})
const plain = stored(RuntimeClass, { metadata: { name: 'plain' }, handler: 'runc' })
const storage = {
  find: (_kind: unknown, _namespace: unknown, name: string) => [kata, plain].find(c => c.metadata.name === name),
} as unknown as Storage
const call = { resource: resourceFor(Pod), info: { namespace: 'default', name: '' } } as unknown as Call

function podOf(spec: Draft<Pod>['spec']): Pod {
  return stored(Pod, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })
}
const request = (pod: Pod) => ({ operation: 'CREATE' as const, call, subresource: '', kind: Pod, previous: undefined, object: pod })
function admitted(spec: Draft<Pod>['spec']): Pod['spec'] {
  const pod = mutated(runtimeClass, request(podOf(spec)), storage) as Pod
  runtimeClass.validate?.(request(pod), storage)
  return pod.spec
}
const forbidden = (why: string) => ({ reason: 'Forbidden', message: `pods "p" is forbidden: ${why}` })

test('a pod gets what its class says', () => {
  const { overhead, nodeSelector, tolerations } = admitted({
    runtimeClassName: 'kata',
    nodeSelector: { zone: 'a' },
    tolerations: [{ key: 'x', operator: 'Exists' }],
  })
  assert.deepEqual(overhead, { cpu: '250m' })
  assert.deepEqual(nodeSelector, { zone: 'a', kata: 'true' })
  assert.deepEqual(
    tolerations?.map(t => t.key),
    ['x', 'kata'],
  )
})

test('a pod without a class, or with one that says nothing, stays as it is', () => {
  for (const spec of [{}, { runtimeClassName: 'plain' }]) {
    const pod = podOf(spec)
    assert.equal(mutated(runtimeClass, request(pod), storage), pod)
  }
  const changed = podOf({ runtimeClassName: 'none' })
  assert.equal(mutated(runtimeClass, { ...request(changed), operation: 'UPDATE', previous: changed }, storage), changed)
})

test('what does not agree with the class is refused', () => {
  assert.throws(() => admitted({ runtimeClassName: 'none' }), forbidden('pod rejected: RuntimeClass "none" not found'))
  const other = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
  assert.throws(() => admitted({ runtimeClassName: 'kata', overhead: { cpu: '1' } }), forbidden(other))
  assert.deepEqual(admitted({ runtimeClassName: 'kata', overhead: { cpu: '250m' } }).overhead, { cpu: '250m' })
  const unfounded = 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'
  assert.throws(() => admitted({ overhead: { cpu: '1' } }), forbidden(unfounded))
  assert.throws(() => admitted({ runtimeClassName: 'plain', overhead: { cpu: '1' } }), forbidden(unfounded))
  assert.throws(
    () => admitted({ runtimeClassName: 'kata', nodeSelector: { kata: 'false' } }),
    forbidden('conflict: runtimeClass.scheduling.nodeSelector[kata] = true; pod.spec.nodeSelector[kata] = false'),
  )
})

test('of tolerations, those stay that no other covers', () => {
  const all: Toleration = { operator: 'Exists' }
  const key: Toleration = { key: 'a', operator: 'Exists' }
  const value: Toleration = { key: 'a', operator: 'Equal', value: 'b' }
  const once: Toleration = { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }
  const longer: Toleration = { ...once, tolerationSeconds: 300 }
  const cases: readonly (readonly [given: readonly Toleration[], merged: readonly Toleration[]])[] = [
    [[value, key], [key]],
    [[key, value, all], [all]],
    [[key, { ...key }], [key]],
    [[once, longer], [longer]],
    [
      [longer, value],
      [longer, value],
    ],
    [
      [value, { ...value, value: 'c' }],
      [value, { ...value, value: 'c' }],
    ],
  ]
  for (const [given, merged] of cases) assert.deepEqual(mergeTolerations(given), merged)
})
