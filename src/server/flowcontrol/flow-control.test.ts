import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserInfo } from '../authn/user-info.ts'
import { requestInfo } from '../request-info.ts'
import type { LevelObject, SchemaObject } from './configuration.ts'
import { FlowControl } from './flow-control.ts'
import { InFlightGate, TooManyRequests } from './gate.ts'
import { RetryAfter } from './retry-after.ts'
import { dealHand } from './shuffle-sharding.ts'
import { isLongRunning, listSeats, widestOf } from './work.ts'

const asked = (method: string, path: string) => requestInfo(method, path, undefined)
const user = (username: string, ...groups: string[]): UserInfo => ({ username, groups: [...groups, 'system:authenticated'] })
const levels: LevelObject[] = [
  {
    metadata: { name: 'low', uid: 'u-low' },
    spec: {
      type: 'Limited',
      limited: {
        nominalConcurrencyShares: 10,
        lendablePercent: 0,
        limitResponse: { type: 'Queue', queuing: { queues: 16, handSize: 4, queueLengthLimit: 2 } },
      },
    },
  },
]
const schemas: SchemaObject[] = [
  {
    metadata: { name: 'pods-of-a', uid: 'u-pods' },
    spec: {
      priorityLevelConfiguration: { name: 'low' },
      matchingPrecedence: 500,
      distinguisherMethod: { type: 'ByNamespace' },
      rules: [
        {
          subjects: [{ kind: 'ServiceAccount', serviceAccount: { namespace: 'a', name: '*' } }],
          resourceRules: [{ verbs: ['list', 'get'], apiGroups: [''], resources: ['pods'], namespaces: ['a'] }],
          nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/metrics/*'] }],
        },
      ],
    },
  },
  { metadata: { name: 'dangling' }, spec: { priorityLevelConfiguration: { name: 'none' }, matchingPrecedence: 2 } },
]
function control(seats = 600) {
  let nowMs = 0
  const made = new FlowControl(seats, () => nowMs)
  made.configure(levels, schemas)
  return { made, pass: (ms: number) => (nowMs += ms) }
}

const account = user('system:serviceaccount:a:builder')
for (const [who, method, path, schema] of [
  [account, 'GET', '/api/v1/namespaces/a/pods', 'pods-of-a'],
  [account, 'GET', '/api/v1/namespaces/a/pods/x', 'pods-of-a'],
  [account, 'GET', '/api/v1/namespaces/b/pods', 'catch-all'],
  [account, 'GET', '/api/v1/pods', 'catch-all'],
  [account, 'DELETE', '/api/v1/namespaces/a/pods/x', 'catch-all'],
  [account, 'GET', '/api/v1/namespaces/a/pods/x/status', 'catch-all'],
  [account, 'GET', '/healthz', 'pods-of-a'],
  [account, 'GET', '/healthz/ping', 'catch-all'],
  [account, 'GET', '/metrics/cadvisor', 'pods-of-a'],
  [user('jane'), 'GET', '/api/v1/namespaces/a/pods', 'catch-all'],
  [user('root', 'system:masters'), 'GET', '/api/v1/namespaces/a/pods', 'exempt'],
] as const)
  test(`${method} ${path} of ${who.username} belongs to ${schema}`, () => {
    const { made } = control()
    assert.equal(made.flowOf(who, asked(method, path)).schema.metadata.name, schema)
  })

test('what was classified is not classified again, until the configuration changes', () => {
  const { made } = control()
  const info = asked('GET', '/api/v1/namespaces/a/pods')
  const flow = made.flowOf(account, info)
  assert.equal(made.flowOf(account, info), flow)
  assert.equal(made.flowOf({ ...account }, info), flow)
  assert.deepEqual(flow.headers, { 'x-kubernetes-pf-flowschema-uid': 'u-pods', 'x-kubernetes-pf-prioritylevel-uid': 'u-low' })
  made.configure([], [])
  assert.equal(made.flowOf(account, info).schema.metadata.name, 'catch-all')
})

test('a request waits for a seat, and leaves its queue when its client goes or its time is over', async () => {
  const { made } = control(3)
  const flow = made.flowOf(account, asked('GET', '/api/v1/namespaces/a/pods'))
  const { queues } = flow.level
  const seated = Array.from({ length: queues.limits.seats }, () => made.enter(flow, 1)!)
  const never = () => () => {}
  const seat = () => made.enter(flow, 1)!
  const gone = new AbortController()
  const first = made.wait(seat(), gone.signal, never)
  let expire = () => {}
  const second = made.wait(seat(), new AbortController().signal, callback => {
    expire = callback
    return () => {}
  })
  const third = made.wait(seat(), new AbortController().signal, never)
  assert.equal(queues.waiting, 3)
  gone.abort()
  expire()
  assert.deepEqual([await first, await second], ['cancelled', 'time-out'])
  assert.equal(queues.waiting, 1)
  made.leave(seated[0]!)
  assert.equal(await third, 'started')
  assert.equal(queues.waiting, 0)
  assert.equal(queues.executing, seated.length)
  assert.deepEqual(flow.counts.refused, { 'queue-full': 0, 'concurrency-limit': 0, 'time-out': 1, cancelled: 1 })
})

test('one flow that floods is refused before another is', () => {
  const { made } = control(3)
  const flow = made.flowOf(account, asked('GET', '/api/v1/namespaces/a/pods'))
  const flood = Array.from({ length: 100 }, () => made.enter(flow, 1)).filter(s => s !== undefined)
  assert.equal(flood.length, flow.level.queues.limits.seats + 4 * 2)
  assert.equal(flow.counts.refused['queue-full'], 100 - flood.length)
})

test('exempt requests are never refused', () => {
  const { made } = control(3)
  const flow = made.flowOf(user('root', 'system:masters'), asked('GET', '/version'))
  assert.ok(Array.from({ length: 1000 }, () => made.enter(flow, 10)).every(s => s?.ticket.state === 'executing'))
})

test('seats go where they are asked for', () => {
  const { made, pass } = control(600)
  const lending: LevelObject['spec'] = {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 10, lendablePercent: 50, limitResponse: { type: 'Reject' } },
  }
  made.configure([{ metadata: { name: 'idle' }, spec: lending }, ...levels], schemas)
  const flow = made.flowOf(account, asked('GET', '/api/v1/namespaces/a/pods'))
  const before = flow.level.queues.limits.seats
  for (let i = 0; i < before; i++) made.enter(flow, 1)
  for (let i = 0; i < 5; i++) made.enter(flow, 1)
  pass(10_000)
  made.lend()
  assert.ok(flow.level.queues.limits.seats > before)
})

test('hands are the same for the same flow and have no number twice', () => {
  const hand = dealHand('s', 'jane', 64, 6)
  assert.deepEqual(dealHand('s', 'jane', 64, 6), hand)
  assert.equal(new Set(hand).size, 6)
  const distinct = new Set(Array.from({ length: 200 }, (_, i) => dealHand('s', `u${i}`, 64, 6).join()))
  assert.ok(distinct.size > 195)
  assert.deepEqual(dealHand('s', 'jane', 0, 0), [])
})

test('the wait that is asked for grows while many are refused', () => {
  const retry = new RetryAfter(0)
  let now = 0
  const heard: number[] = []
  for (let i = 0; i < 4000; i++) {
    now += 10
    heard.push(retry.refuse(now))
  }
  assert.equal(heard[0], 1)
  assert.equal(heard.at(-1), 8)
  assert.equal(retry.refuse(now + 60_000), 1)
})

test('lists take seats by the number of objects', () => {
  assert.deepEqual(
    [0, 100, 101, 5000].map(n => listSeats(n, 10)),
    [1, 1, 2, 10],
  )
  assert.equal(listSeats(5000, 3), 3)
  assert.equal(widestOf(98, 6), 15)
  assert.equal(widestOf(13, 6), 2)
})

test('what lasts as long as its client likes is told by verb and subresource', () => {
  const long = [
    '/api/v1/watch/pods',
    '/api/v1/namespaces/a/pods/x/log',
    '/api/v1/namespaces/a/pods/x/exec',
    '/api/v1/nodes/n/proxy/metrics',
  ]
  assert.deepEqual(
    long.map(path => isLongRunning(asked('GET', path))),
    [true, true, true, true],
  )
  assert.equal(isLongRunning(asked('GET', '/api/v1/namespaces/a/pods/x')), false)
})

test('without fairness, reading and writing have a limit each', () => {
  const gate = new InFlightGate({ reading: 2, mutating: 1 })
  const read = { user: account, info: asked('GET', '/api/v1/pods') }
  const write = { user: account, info: asked('POST', '/api/v1/namespaces/a/pods') }
  const first = gate.enter(read)
  gate.enter(read)
  assert.throws(() => gate.enter(read), TooManyRequests)
  gate.enter(write)
  assert.throws(() => gate.enter(write), /Too many requests, please try again later\./)
  first?.leave()
  first?.leave()
  gate.enter(read)
  assert.throws(() => gate.enter(read), TooManyRequests)
  assert.ok(gate.enter({ ...read, user: user('root', 'system:masters') }))
})
