import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject, StoredMeta } from '../../meta/object-meta.ts'
import type { DeleteOptions } from '../../meta/status.ts'
import { formatTime } from '../../meta/time.ts'
import { planDeletion } from './plan-deletion.ts'

const now = Date.UTC(2026, 0, 1)
const at = (seconds: number) => formatTime(now + seconds * 1000)

interface Case {
  readonly name: string
  readonly kind?: 'Pod' | 'Namespace' | 'ConfigMap'
  readonly metadata?: Partial<StoredMeta>
  readonly spec?: object
  readonly status?: object
  readonly options?: DeleteOptions
  /** What is left; 'gone' when nothing holds it, 'same' when nothing changes. */
  readonly left: 'gone' | 'same' | { readonly grace: number; readonly until?: string; readonly finalizers?: readonly string[] }
}

const scheduled = { nodeName: 'n', terminationGracePeriodSeconds: 30 }
const ending = (grace: number, more: Partial<StoredMeta> = {}) => ({
  deletionTimestamp: at(30),
  deletionGracePeriodSeconds: grace,
  ...more,
})

const cases: readonly Case[] = [
  { name: 'nothing holds it', left: 'gone' },
  { name: 'a finalizer holds it', metadata: { finalizers: ['x/y'] }, left: { grace: 0, until: at(0), finalizers: ['x/y'] } },
  { name: 'orphan', options: { propagationPolicy: 'Orphan' }, left: { grace: 0, finalizers: ['orphan'] } },
  { name: 'orphan, as it was asked for once', options: { orphanDependents: true }, left: { grace: 0, finalizers: ['orphan'] } },
  { name: 'foreground', options: { propagationPolicy: 'Foreground' }, left: { grace: 0, finalizers: ['foregroundDeletion'] } },
  { name: 'background', options: { propagationPolicy: 'Background' }, left: 'gone' },
  {
    name: 'foreground beside another finalizer',
    metadata: { finalizers: ['x/y'] },
    options: { propagationPolicy: 'Foreground' },
    left: { grace: 0, finalizers: ['x/y', 'foregroundDeletion'] },
  },
  {
    name: 'a second delete changes its mind',
    metadata: ending(0, { finalizers: ['foregroundDeletion'] }),
    options: { propagationPolicy: 'Orphan' },
    left: { grace: 0, until: at(30), finalizers: ['orphan'] },
  },
  {
    name: 'a second delete in the background lets it go',
    metadata: ending(0, { finalizers: ['foregroundDeletion'] }),
    options: { propagationPolicy: 'Background' },
    left: 'gone',
  },
  { name: 'a second delete of what is held', metadata: ending(0, { finalizers: ['x/y'] }), left: 'same' },
  { name: 'a grace means nothing to other kinds', options: { gracePeriodSeconds: 30 }, left: 'gone' },

  { name: 'a pod on no node', kind: 'Pod', spec: { terminationGracePeriodSeconds: 30 }, left: 'gone' },
  { name: 'a pod on a node', kind: 'Pod', spec: scheduled, left: { grace: 30, until: at(30) } },
  {
    name: 'a pod with a grace asked for',
    kind: 'Pod',
    spec: scheduled,
    options: { gracePeriodSeconds: 5 },
    left: { grace: 5, until: at(5) },
  },
  { name: 'a pod, forced', kind: 'Pod', spec: scheduled, options: { gracePeriodSeconds: 0 }, left: 'gone' },
  { name: 'a pod with a negative grace', kind: 'Pod', spec: scheduled, options: { gracePeriodSeconds: -5 }, left: { grace: 1 } },
  { name: 'a pod that has ended', kind: 'Pod', spec: scheduled, status: { phase: 'Succeeded' }, left: 'gone' },
  { name: 'a pod that has failed', kind: 'Pod', spec: scheduled, status: { phase: 'Failed' }, left: 'gone' },
  {
    name: 'a pod, forced, with a finalizer',
    kind: 'Pod',
    spec: scheduled,
    metadata: { finalizers: ['x/y'] },
    options: { gracePeriodSeconds: 0 },
    left: { grace: 0, finalizers: ['x/y'] },
  },
  { name: 'again', kind: 'Pod', spec: scheduled, metadata: ending(30), left: 'same' },
  { name: 'again, for longer', kind: 'Pod', spec: scheduled, metadata: ending(30), options: { gracePeriodSeconds: 60 }, left: 'same' },
  {
    name: 'again, for shorter: it counts from the first',
    kind: 'Pod',
    spec: scheduled,
    metadata: ending(30),
    options: { gracePeriodSeconds: 10 },
    left: { grace: 10, until: at(10) },
  },
  {
    name: 'again, forced: as a kubelet does at the end',
    kind: 'Pod',
    spec: scheduled,
    metadata: ending(30),
    options: { gracePeriodSeconds: 0 },
    left: 'gone',
  },
  {
    name: 'again, forced, with a finalizer',
    kind: 'Pod',
    spec: scheduled,
    metadata: ending(30, { finalizers: ['x/y'] }),
    options: { gracePeriodSeconds: 0 },
    left: { grace: 0, finalizers: ['x/y'] },
  },

  { name: 'a namespace with its own finalizer', kind: 'Namespace', spec: { finalizers: ['kubernetes'] }, left: { grace: 0 } },
  { name: 'a namespace that is emptied', kind: 'Namespace', spec: {}, metadata: ending(0), left: 'gone' },
]

for (const { name, kind = 'ConfigMap', metadata, spec, status = {}, options = {}, left } of cases)
  test(`delete: ${name}`, () => {
    const meta: StoredMeta = { name: 'x', uid: 'u', resourceVersion: '1', creationTimestamp: at(-60), generation: 3, ...metadata }
    const current = { apiVersion: 'v1', kind, metadata: meta, ...(spec && { spec, status }) } as KubeObject
    const before = JSON.stringify(current)
    const plan = planDeletion(current, options, now)
    assert.equal(JSON.stringify(current), before, 'the object itself is not changed')
    assert.equal(plan.remove, left === 'gone')
    if (left === 'same') assert.equal(plan.object, current)
    if (typeof left === 'string') return
    const { deletionGracePeriodSeconds, deletionTimestamp, finalizers, generation } = plan.object.metadata
    assert.equal(deletionGracePeriodSeconds, left.grace)
    if (left.until) assert.equal(deletionTimestamp, left.until)
    assert.deepEqual(finalizers ?? [], left.finalizers ?? [])
    assert.equal(generation, metadata?.deletionTimestamp ? 3 : 4)
    if (kind === 'Namespace') assert.equal((plan.object as { status?: { phase?: string } }).status?.phase, 'Terminating')
  })
