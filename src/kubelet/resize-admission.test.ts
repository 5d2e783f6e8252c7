import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pod } from '../api/core/pod.ts'
import { stored } from '../api/testkit.ts'
import { byUrgency, judgeResize } from './resize-admission.ts'

const pod = (name: string, cpu: string, memory = '1Gi', more: object = {}): Pod =>
  stored(Pod, {
    metadata: { name },
    spec: {
      containers: [{ name: 'app', image: 'i', resources: { requests: { cpu, memory }, limits: { cpu: '64', memory: '64Gi' } } }],
      ...more,
    },
  })
const allocatable = { cpu: '4', memory: '8Gi', pods: '110' }

describe('a resize', () => {
  const shrinking = (actual: string): Pod => {
    const other = pod('other', '1')
    const containerStatuses = [{ name: 'app', resources: { requests: { cpu: actual } } }] as never
    return { ...other, status: { containerStatuses } }
  }
  const rows: readonly (readonly [string, Pod, readonly Pod[], string | undefined])[] = [
    ['is granted where there is room', pod('p', '3'), [pod('other', '1')], undefined],
    [
      'waits for others',
      pod('p', '3'),
      [pod('other', '2')],
      "Deferred Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000",
    ],
    [
      'waits for others that have not shrunk yet',
      pod('p', '3'),
      [shrinking('2')],
      "Deferred Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000",
    ],
    ['is granted once they have', pod('p', '3'), [shrinking('1')], undefined],
    [
      'can never be when the node is too small',
      pod('p', '5'),
      [],
      "Infeasible Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000",
    ],
    [
      'names memory before CPU',
      pod('p', '5', '9Gi'),
      [],
      "Infeasible Node didn't have enough capacity: memory, requested: 9663676416, capacity: 8589934592",
    ],
  ]
  for (const [name, wanted, others, expected] of rows)
    it(name, () => {
      const why = judgeResize(wanted, { others, allocatable })
      assert.equal(why && `${why.reason} ${why.message}`, expected)
    })

  it('is heard in the order of its urgency', () => {
    const same = { cpu: '64', memory: '64Gi' }
    const guaranteed = { containers: [{ name: 'app', image: 'i', resources: { requests: same, limits: same } }] }
    const applicants = [
      { wanted: pod('new', '2'), allocated: pod('new', '1'), sinceMs: undefined },
      { wanted: pod('late', '2'), allocated: pod('late', '1'), sinceMs: 2 },
      { wanted: pod('early', '2'), allocated: pod('early', '1'), sinceMs: 1 },
      { wanted: pod('guaranteed', '2', '1Gi', guaranteed), allocated: pod('guaranteed', '1'), sinceMs: 3 },
      { wanted: pod('important', '2', '1Gi', { priority: 10 }), allocated: pod('important', '1'), sinceMs: 4 },
      { wanted: pod('modest', '1'), allocated: pod('modest', '2'), sinceMs: 5 },
    ]
    const names = applicants.sort(byUrgency).map(({ wanted }) => wanted.metadata.name)
    assert.deepEqual(names, ['modest', 'important', 'guaranteed', 'early', 'late', 'new'])
  })
})
