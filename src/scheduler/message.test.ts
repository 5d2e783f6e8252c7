import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base/virtual-clock.ts'
import { Cache } from './cache.ts'
import { findNode } from './cycle.ts'
import { describeFailure } from './message.ts'
import { defaultProfile } from './plugins/all.ts'
import { sampleNode, samplePod } from './samples.ts'

const profile = defaultProfile()

function messageFor(
  pod: ReturnType<typeof samplePod>,
  nodes: readonly ReturnType<typeof sampleNode>[],
  placed: [string, string][] = [],
): string {
  const cache = new Cache()
  for (const node of nodes) cache.setNode(node)
  for (const [name, node] of placed) cache.assume(samplePod(name, {}, { cpu: '3' }), node)
  const snapshot = cache.snapshot()
  const outcome = findNode(pod, snapshot, profile, { next: 0 }, seededRandom(1))
  assert.equal(outcome.kind, 'nowhere')
  if (outcome.kind !== 'nowhere') return ''
  return describeFailure(
    outcome.diagnosis,
    profile.postFilter.map(plugin => plugin.postFilter(pod, snapshot, outcome.diagnosis)),
  )
}

const controlPlane = sampleNode('c', { spec: { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] } })
const workers = [sampleNode('w1'), sampleNode('w2')]

test('messages read as kube-scheduler’s', () => {
  assert.equal(
    messageFor(samplePod('p', {}, { cpu: '100' }), [controlPlane, ...workers]),
    '0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to deallocate, ' +
      'preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
  )
  assert.equal(
    messageFor(
      samplePod('p', {}, { cpu: '2' }),
      [controlPlane, ...workers],
      [
        ['a', 'w1'],
        ['b', 'w2'],
      ],
    ),
    '0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to deallocate, ' +
      'preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.',
  )
  const named = (name: string) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [name] }] }],
        },
      },
    },
  })
  assert.equal(
    messageFor(samplePod('p', { ...named('w1'), preemptionPolicy: 'Never' }, { cpu: '5' }), workers),
    "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. " +
      'no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.',
  )
  assert.equal(messageFor(samplePod('p'), []), 'no nodes available to schedule pods')
})
