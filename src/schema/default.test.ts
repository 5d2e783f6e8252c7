import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { applyDefaults } from './default.ts'
import { array, defaulted, int32, map, object, recursive, string } from './schema.ts'

const port = object('v1.Port', '', { number: int32(), protocol: defaulted(string(), 'TCP') })
const policy = object('v1.Policy', '', { type: defaulted(string(), 'RollingUpdate'), surge: defaulted(int32(), 1) })
const spec = object('v1.Spec', '', {
  ports: array(port),
  byName: map(port),
  replicas: defaulted(int32(), 1),
  policy: defaulted(policy, {}),
  plain: object('v1.Plain', '', { a: string() }),
})
const kind = object('v1.Kind', '', { spec, status: object('v1.Status', '', { n: int32() }) }).node

test('absent fields are filled in at every depth', () => {
  const rows: [unknown, unknown][] = [
    [{}, {}],
    [{ spec: {} }, { spec: { replicas: 1, policy: { type: 'RollingUpdate', surge: 1 } } }],
    [{ spec: { replicas: 0, policy: { surge: 0 } } }, { spec: { replicas: 0, policy: { surge: 0, type: 'RollingUpdate' } } }],
    [
      {
        spec: {
          replicas: 2,
          policy: { type: 'x', surge: 2 },
          ports: [{ number: 1 }, { protocol: 'UDP' }, { protocol: '' }],
          byName: { a: {} },
        },
      },
      {
        spec: {
          replicas: 2,
          policy: { type: 'x', surge: 2 },
          ports: [{ number: 1, protocol: 'TCP' }, { protocol: 'UDP' }, { protocol: 'TCP' }],
          byName: { a: { protocol: 'TCP' } },
        },
      },
    ],
  ]
  for (const [input, output] of rows) assert.deepEqual(applyDefaults(kind, input), output)
})

test('what needs nothing is shared with the input', () => {
  const full = { spec: { replicas: 1, policy: { type: 'a', surge: 1 }, ports: [{ protocol: 'UDP' }], plain: {} }, status: {} }
  assert.equal(applyDefaults(kind, full), full)
  const input = { spec: { policy: full.spec.policy, ports: full.spec.ports, plain: full.spec.plain }, status: full.status }
  const output = applyDefaults(kind, input) as typeof full
  assert.equal(output.spec.policy, full.spec.policy)
  assert.equal(output.spec.ports, full.spec.ports)
  assert.equal(output.status, full.status)
  assert.equal('replicas' in input.spec, false)
})

test('defaults are shared and cannot be changed', () => {
  const [a, b] = [applyDefaults(kind, { spec: {} }), applyDefaults(kind, { spec: {} })] as { spec: { policy: { surge: number } } }[]
  assert.equal(a?.spec.policy, b?.spec.policy)
  assert.throws(() => {
    a!.spec.policy.surge = 2
  }, TypeError)
})

test('recursive definitions are filled in as deep as they go', () => {
  const tree = recursive<unknown>('v1.Tree', '', self => ({ children: array(self), size: defaulted(int32(), 1) })).node
  assert.deepEqual(applyDefaults(tree, { children: [{ children: [{}] }] }), { size: 1, children: [{ size: 1, children: [{ size: 1 }] }] })
})

test('applying twice is applying once', () => {
  const shape = fc.record(
    {
      spec: fc.record(
        {
          ports: fc.array(fc.record({ number: fc.nat(), protocol: fc.constantFrom('', 'TCP', 'UDP') }, { requiredKeys: [] })),
          replicas: fc.nat(),
          policy: fc.record({ surge: fc.nat() }, { requiredKeys: [] }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(shape, input => {
      const once = applyDefaults(kind, input)
      assert.equal(applyDefaults(kind, once), once)
    }),
  )
})
