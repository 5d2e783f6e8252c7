import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeSelectorTerm } from '../../api/core/affinity.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import type { Plugin, Snapshot, Verdict } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { type SampleNode, sampleInfo, samplePod } from '../samples.ts'
import { imageLocality } from './image-locality.ts'
import { nodeAffinity } from './node-affinity.ts'
import { nodeName } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts'
import { nodeResourcesFit } from './node-resources-fit.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import { prioritySort } from './priority-sort.ts'
import { schedulingGates } from './scheduling-gates.ts'
import { taintToleration } from './taint-toleration.ts'

type Labels = Readonly<Record<string, string>>
interface Row {
  readonly why: string
  readonly spec?: Partial<PodSpec>
  readonly requests?: Labels
  readonly node?: SampleNode
  readonly others?: Parameters<typeof samplePod>[]
  /** The reasons; `final` where evictions cannot help. Absent when the node fits. */
  readonly rejected?: readonly string[]
  readonly final?: boolean
}

function snapshotOf(...nodes: NodeInfo[]): Snapshot {
  return { nodes, get: name => nodes.find(node => node.name === name) }
}
function verdict<F, S>(plugin: Plugin<F, S>, { spec, requests, node, others = [] }: Row): Verdict {
  const pod = samplePod('p', spec, requests)
  const info = sampleInfo(
    'n1',
    node,
    others.map(args => samplePod(...args)),
  )
  const prepared = plugin.preFilter?.(pod, snapshotOf(info)) ?? { kind: 'go on', state: undefined as F }
  if (prepared.kind === 'skip') return { fits: true }
  if (prepared.kind === 'reject') return prepared.rejection
  if (prepared.nodes && !prepared.nodes.has(info.name)) return { fits: false, reasons: ['not among its nodes'], isFinal: true }
  return plugin.filter!(pod, info, prepared.state)
}
function check<F, S>(plugin: Plugin<F, S>, rows: readonly Row[]): void {
  test(`${plugin.name} filters`, () => {
    for (const row of rows) {
      const { rejected, final = false } = row
      assert.deepEqual(verdict(plugin, row), rejected ? { fits: false, reasons: rejected, isFinal: final } : { fits: true }, row.why)
    }
  })
}

check(nodeName, [
  { why: 'no name' },
  { why: 'its name', spec: { nodeName: 'n1' } },
  { why: 'another', spec: { nodeName: 'n2' }, rejected: ["node(s) didn't match the requested node name"], final: true },
])

check(nodeUnschedulable, [
  { why: 'open' },
  { why: 'cordoned', node: { spec: { unschedulable: true } }, rejected: ['node(s) were unschedulable'], final: true },
  {
    why: 'tolerated',
    node: { spec: { unschedulable: true } },
    spec: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] },
  },
])

const tainted = (effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'): SampleNode => ({
  spec: { taints: [{ key: 'a', value: 'b', effect }] },
})
const untolerated = { rejected: ['node(s) had untolerated taint(s)'], final: true }
check(taintToleration, [
  { why: 'no taint' },
  { why: 'NoSchedule', node: tainted('NoSchedule'), ...untolerated },
  { why: 'NoExecute', node: tainted('NoExecute'), ...untolerated },
  { why: 'soft', node: tainted('PreferNoSchedule') },
  { why: 'tolerated', node: tainted('NoSchedule'), spec: { tolerations: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] } },
  {
    why: 'other effect',
    node: tainted('NoExecute'),
    spec: { tolerations: [{ key: 'a', value: 'b', effect: 'NoSchedule' }] },
    ...untolerated,
  },
])

const mismatch = { rejected: ["node(s) didn't match Pod's node affinity/selector"], final: true }
const required = (...nodeSelectorTerms: readonly NodeSelectorTerm[]): Partial<PodSpec> => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
})
check(nodeAffinity, [
  { why: 'nothing asked' },
  { why: 'selector', spec: { nodeSelector: { disk: 'ssd' } }, node: { labels: { disk: 'ssd' } } },
  { why: 'selector fails', spec: { nodeSelector: { disk: 'ssd' } }, ...mismatch },
  { why: 'required', spec: required({ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }), node: { labels: { disk: 'x' } } },
  { why: 'required fails', spec: required({ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }), ...mismatch },
  {
    why: 'both must hold',
    spec: { ...required({ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }), nodeSelector: { gpu: 'no' } },
    node: { labels: { disk: 'x' } },
    ...mismatch,
  },
  { why: 'named', spec: required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }) },
  {
    why: 'another named',
    spec: required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] }),
    rejected: ['not among its nodes'],
    final: true,
  },
  {
    why: 'contradiction',
    spec: required({
      matchFields: [
        { key: 'metadata.name', operator: 'In', values: ['n1'] },
        { key: 'metadata.name', operator: 'In', values: ['n2'] },
      ],
    }),
    rejected: ['pod affinity terms conflict'],
    final: true,
  },
])

const withPort = (hostPort: number, more: { hostIP?: string; protocol?: 'TCP' | 'UDP' } = {}): Partial<PodSpec> => ({
  containers: [{ name: 'main', ports: [{ containerPort: 80, protocol: 'TCP', hostPort, ...more }] }] as unknown as PodSpec['containers'],
})
const taken = { rejected: ["node(s) didn't have free ports for the requested pod ports"] }
check(nodePorts, [
  { why: 'no port', others: [['o', withPort(80)]] },
  { why: 'free', spec: withPort(81), others: [['o', withPort(80)]] },
  { why: 'taken', spec: withPort(80), others: [['o', withPort(80)]], ...taken },
  { why: 'other protocol', spec: withPort(80, { protocol: 'UDP' }), others: [['o', withPort(80)]] },
  { why: 'other addresses', spec: withPort(80, { hostIP: '10.0.0.1' }), others: [['o', withPort(80, { hostIP: '10.0.0.2' })]] },
  { why: 'any address', spec: withPort(80), others: [['o', withPort(80, { hostIP: '10.0.0.2' })]], ...taken },
])

check(nodeResourcesFit, [
  { why: 'nothing asked' },
  { why: 'all of it', requests: { cpu: '4', memory: '16Gi' } },
  { why: 'more than there is', requests: { cpu: '4001m' }, rejected: ['Insufficient cpu'], final: true },
  { why: 'more than is left', requests: { cpu: '3' }, others: [['o', {}, { cpu: '2' }]], rejected: ['Insufficient cpu'] },
  {
    why: 'several',
    requests: { cpu: '3', memory: '10Gi', 'ephemeral-storage': '60Gi' },
    others: [['o', {}, { cpu: '2', memory: '10Gi', 'ephemeral-storage': '60Gi' }]],
    rejected: ['Insufficient cpu', 'Insufficient memory', 'Insufficient ephemeral-storage'],
  },
  { why: 'too many', node: { allocatable: { pods: '1' } }, others: [['o']], rejected: ['Too many pods'] },
  { why: 'extended', requests: { 'x.io/gpu': '2' }, node: { allocatable: { 'x.io/gpu': '2' } } },
  { why: 'no such resource', requests: { 'x.io/gpu': '1' }, rejected: ['Insufficient x.io/gpu'], final: true },
  {
    why: 'init containers count by the greatest',
    spec: { initContainers: [{ name: 'i', resources: { requests: { cpu: '5' } } }] as unknown as PodSpec['containers'] },
    rejected: ['Insufficient cpu'],
    final: true,
  },
])

function scores<F, S>(plugin: Plugin<F, S>, pod: Parameters<typeof samplePod>, ...nodes: NodeInfo[]): number[] | 'skip' {
  const made = samplePod(...pod)
  const prepared = plugin.preScore?.(made, nodes) ?? { kind: 'go on', state: undefined as S }
  if (prepared.kind === 'skip') return 'skip'
  const found = nodes.map(node => plugin.score!(made, node, prepared.state, snapshotOf(...nodes)))
  plugin.normalize?.(found)
  return found
}

test('the emptiest node scores highest', () => {
  const half = sampleInfo('half', {}, [samplePod('o', {}, { cpu: '2', memory: '8Gi' })])
  assert.deepEqual(scores(nodeResourcesFit, ['p', {}, { cpu: '1', memory: '4Gi' }], sampleInfo('empty'), half), [75, 25])
  assert.deepEqual(scores(nodeResourcesFit, ['p', {}, { cpu: '8' }], sampleInfo('small')), [49], 'overdrawn CPU counts 0')
})

test('balanced nodes score higher', () => {
  const uneven = sampleInfo('uneven', {}, [samplePod('o', {}, { cpu: '3' })])
  assert.deepEqual(scores(nodeResourcesBalancedAllocation, ['p', {}, { cpu: '1', memory: '4Gi' }], sampleInfo('even'), uneven), [100, 62])
  assert.equal(scores(nodeResourcesBalancedAllocation, ['p'], uneven), 'skip')
})

test('soft taints and preferences score', () => {
  assert.deepEqual(scores(taintToleration, ['p'], sampleInfo('a'), sampleInfo('b', tainted('PreferNoSchedule'))), [100, 0])
  assert.equal(scores(taintToleration, ['p'], sampleInfo('a')), 'skip')
  const preferred = (weight: number, key: string) => ({ weight, preference: { matchExpressions: [{ key, operator: 'Exists' as const }] } })
  const spec = { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preferred(30, 'x'), preferred(10, 'y')] } } }
  const nodes = [sampleInfo('a', { labels: { x: '', y: '' } }), sampleInfo('b', { labels: { y: '' } }), sampleInfo('c')]
  assert.deepEqual(scores(nodeAffinity, ['p', spec], ...nodes), [100, 25, 0])
})

test('images that are there score by size and spread', () => {
  const has = sampleInfo('has', { images: [{ names: ['app:latest'], sizeBytes: 500 * 1024 * 1024 }] })
  assert.deepEqual(scores(imageLocality, ['p'], has, sampleInfo('lacks')), [23, 0])
  assert.equal(scores(imageLocality, ['p'], sampleInfo('lacks')), 'skip')
})

test('gated pods wait, urgent and older ones go first', () => {
  assert.equal(schedulingGates.preEnqueue?.(samplePod('p')).fits, true)
  assert.deepEqual(schedulingGates.preEnqueue?.(samplePod('p', { schedulingGates: [{ name: 'a' }, { name: 'b' }] })), {
    fits: false,
    reasons: ['waiting for scheduling gates: [a b]'],
    isFinal: true,
  })
  const queued = (priority: number, queuedMs: number) => ({ pod: samplePod('p', { priority }), queuedMs })
  const sorted = [queued(0, 1), queued(5, 3), queued(0, 0), queued(5, 2)].sort((a, b) => prioritySort.compare!(a, b))
  assert.deepEqual(
    sorted.map(q => [q.pod.spec.priority, q.queuedMs]),
    [
      [5, 2],
      [5, 3],
      [0, 0],
      [0, 1],
    ],
  )
})
