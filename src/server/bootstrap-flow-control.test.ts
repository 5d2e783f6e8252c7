import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FlowSchema } from '../api/flowcontrol/flow-schema.ts'
import { PriorityLevelConfiguration } from '../api/flowcontrol/priority-level-configuration.ts'
import type { Kind } from '../api/kind.ts'
import { stored } from '../api/testkit.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import type { Draft } from '../schema/schema.ts'
import { type FlowControlWrite, reconcileFlowControl } from './bootstrap-flow-control.ts'

function all(): readonly KubeObject[] {
  return reconcileFlowControl(() => undefined).map(({ kind, object }) => {
    const draft = object as Draft<KubeObject>
    return stored(kind, { ...draft, metadata: { ...draft.metadata, generation: 1 } })
  })
}

/** The writes of a server that finds all its objects, of which `change` changed one. */
function after(kind: Kind, name: string, change: (object: KubeObject) => KubeObject): readonly FlowControlWrite[] {
  const objects = all().map(o => (o.kind === kind.kind && o.metadata.name === name ? change(o) : o))
  return reconcileFlowControl((kind, name) => objects.find(o => o.kind === kind.kind && o.metadata.name === name))
}
const described = (writes: readonly FlowControlWrite[]) =>
  writes.map(w => `${w.verb} ${w.kind.kind} ${(w.object.metadata as { name: string }).name}`)

const withSpec =
  (spec: object, annotations?: Readonly<Record<string, string>>, generation = 2) =>
  (object: KubeObject) => {
    const own = (object as KubeObject & { spec: object }).spec
    const metadata = { ...object.metadata, generation, ...(annotations && { annotations }) }
    return { ...object, metadata, spec: { ...own, ...spec } } as KubeObject
  }

test('a new server makes them all, and then nothing', () => {
  const made = described(reconcileFlowControl(() => undefined))
  assert.equal(made.length, 21)
  assert.deepEqual([made[0], made.at(-1)], ['create PriorityLevelConfiguration exempt', 'create FlowSchema global-default'])
  assert.deepEqual(
    after(FlowSchema, 'none', o => o),
    [],
  )
})

test('suggested ones follow the release until somebody says that they shall not', () => {
  const changed = (annotations?: Readonly<Record<string, string>>, generation?: number) =>
    described(after(FlowSchema, 'probes', withSpec({ matchingPrecedence: 3 }, annotations, generation)))
  const update = ['update FlowSchema probes']
  assert.deepEqual(changed(), update)
  assert.deepEqual(changed({ 'apf.kubernetes.io/autoupdate-spec': 'false' }), [])
  assert.deepEqual(changed({}), [], 'somebody has changed it')
  assert.deepEqual(changed({}, 1), update, 'nobody has changed it')
})

test('mandatory ones are put back, but for what the exempt level lends', () => {
  const off = { 'apf.kubernetes.io/autoupdate-spec': 'false' }
  const changed = after(FlowSchema, 'catch-all', withSpec({ matchingPrecedence: 9000 }, off))
  assert.deepEqual(described(changed), ['update FlowSchema catch-all'])
  const exempt = after(PriorityLevelConfiguration, 'exempt', withSpec({ exempt: { nominalConcurrencyShares: 0, lendablePercent: 50 } }))
  assert.deepEqual(exempt, [])
})
