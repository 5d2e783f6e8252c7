import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import { whatIsMissing } from './readiness.ts'

const startedMs = Date.parse('2026-01-02T03:04:05.700Z')
const expected = [{ node: 'n1', sinceMs: startedMs, pods: ['kube-proxy-n1'] }]

function node(status: string, lastHeartbeatTime: string, message?: string): Node {
  const metadata = { name: 'n1', uid: 'u', resourceVersion: '1', creationTimestamp: lastHeartbeatTime }
  const condition = { type: 'Ready', status, lastHeartbeatTime, ...(message !== undefined && { message }) }
  return { apiVersion: 'v1', kind: 'Node', metadata, status: { conditions: [condition] } } as unknown as Node
}
function pod(phase: string, ready: string): Pod {
  const metadata = { name: 'kube-proxy-n1', namespace: 'kube-system', uid: 'u', resourceVersion: '1', creationTimestamp: '' }
  return { apiVersion: 'v1', kind: 'Pod', metadata, status: { phase, conditions: [{ type: 'Ready', status: ready }] } } as unknown as Pod
}
const current = '2026-01-02T03:04:05Z'
const runs = pod('Running', 'True')

const cases: readonly [name: string, nodes: Node[], pods: Pod[], missing: string[]][] = [
  ['nothing there', [], [], ['node n1 has not registered']],
  ['a heartbeat of the same second counts', [node('True', current)], [runs], []],
  ['a heartbeat of an earlier life does not', [node('True', '2026-01-02T03:04:04Z')], [runs], ['node n1 has not reported yet']],
  ['not Ready, with its reason', [node('False', current, 'no network')], [runs], ['node n1 is not Ready: no network']],
  ['Ready, but a system pod is not there', [node('True', current)], [], ['pod kube-system/kube-proxy-n1 is not there yet']],
  ['Ready, but a system pod waits', [node('True', current)], [pod('Pending', 'False')], ['pod kube-system/kube-proxy-n1 is Pending']],
  [
    'Ready, but a system pod is not ready',
    [node('True', current)],
    [pod('Running', 'False')],
    ['pod kube-system/kube-proxy-n1 is Running but not ready'],
  ],
]

for (const [name, nodes, pods, missing] of cases) test(name, () => assert.deepEqual(whatIsMissing(nodes, pods, expected), missing))

test('a node that ran before owes no new heartbeat', () => {
  assert.deepEqual(whatIsMissing([node('True', '2020-01-01T00:00:00Z')], [runs], [{ ...expected[0]!, sinceMs: 0 }]), [])
})
