import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ConfigMap } from '../api/core/config-map.ts'
import { keyOf } from '../api/kind.ts'
import { seededRandom, VirtualClock } from '../base/virtual-clock.ts'
import { StatusError } from '../meta/status-error.ts'
import { FakeClient } from './fake-client.ts'
import { type Change, Informer, isAtLeast } from './informer.ts'

const draft = (name: string, data: Record<string, string> = {}, namespace = 'a') => ({ metadata: { namespace, name }, data })

async function started(options: { readonly labelSelector?: string } = {}) {
  const clock = new VirtualClock()
  const client = new FakeClient({ clock, random: seededRandom(1) })
  const informer = new Informer<ConfigMap>({
    client,
    kind: ConfigMap,
    clock,
    random: seededRandom(2),
    indexers: { colour: o => (o.data?.['colour'] ? [o.data['colour']] : []) },
    ...options,
  })
  const heard: string[] = []
  informer.onChange(changes => heard.push(...changes.map(show)))
  const stop = new AbortController()
  const running = informer.run(stop.signal)
  return { clock, client, informer, heard, stop, running, settle: () => clock.advance(0) }
}
const show = ({ key, object, previous }: Change<ConfigMap>) => `${object ? (previous ? '~' : '+') : '-'}${key}`

describe('Informer', () => {
  it('lists, then follows the watch, and keeps its indices', async () => {
    const t = await started()
    t.client.seed(ConfigMap, draft('x', { colour: 'red' }))
    await t.settle()
    assert.ok(t.informer.hasSynced)
    await t.informer.synced()
    await t.client.create(ConfigMap, draft('y', { colour: 'red' }, 'b'))
    await t.client.patch(ConfigMap, { namespace: 'a', name: 'x' }, 'merge', { data: { colour: 'blue' } })
    assert.deepEqual(t.heard, ['+a/x', '+b/y', '~a/x'])
    assert.deepEqual(t.informer.byIndex('colour', 'red').map(keyOf), ['b/y'])
    assert.deepEqual(t.informer.byIndex('colour', 'blue').map(keyOf), ['a/x'])
    assert.deepEqual(t.informer.list('b').map(keyOf), ['b/y'])
    await t.client.delete(ConfigMap, { namespace: 'b', name: 'y' })
    assert.deepEqual(t.informer.list('b'), [])
    assert.deepEqual(t.informer.byIndex('colour', 'red'), [])
    t.stop.abort()
    await t.running
  })

  it('goes on where it was after a watch ended, without listing again', async () => {
    const t = await started()
    await t.clock.advance(2000)
    t.client.endWatches()
    t.client.seed(ConfigMap, draft('x'))
    await t.settle()
    assert.deepEqual(t.heard, ['+a/x'])
    assert.deepEqual(
      t.client.calls.map(c => c.verb),
      ['list', 'watch', 'watch'],
    )
    t.stop.abort()
    await t.running
  })

  it('lists anew when its version has expired and tells the difference', async () => {
    const t = await started()
    const x = t.client.seed(ConfigMap, draft('x'))
    t.client.seed(ConfigMap, draft('y'))
    t.client.seed(ConfigMap, draft('z'))
    await t.clock.advance(2000)
    t.heard.length = 0
    t.client.holdWatches()
    await t.client.delete(ConfigMap, { namespace: 'a', name: 'x' })
    t.client.seed(ConfigMap, draft('x', { again: 'yes' }))
    await t.client.delete(ConfigMap, { namespace: 'a', name: 'y' })
    t.client.seed(ConfigMap, draft('w'))
    t.client.compact()
    t.client.endWatches()
    await t.clock.advance(5000)
    assert.deepEqual(t.heard, ['+a/w', '-a/x', '+a/x', '-a/y'])
    assert.notEqual(t.informer.get('a/x')?.metadata.uid, x.metadata.uid)
    t.stop.abort()
    await t.running
  })

  it('backs off while the server fails, and moves its version on by bookmarks', async () => {
    const t = await started()
    let failures = 0
    t.client.intercept = call => {
      if (call.verb === 'list' && ++failures <= 3) throw StatusError.serviceUnavailable('down')
    }
    await t.clock.advance(500)
    assert.ok(failures <= 1)
    await t.clock.advance(30_000)
    assert.ok(t.informer.hasSynced)
    t.client.seed(ConfigMap, draft('x'))
    const other = await t.client.create(ConfigMap, draft('y'))
    t.client.bookmark()
    assert.ok(isAtLeast(t.informer.resourceVersion, other.metadata.resourceVersion))
    t.stop.abort()
    await t.running
  })

  it('sees objects leave its selection as gone', async () => {
    const t = await started({ labelSelector: 'on=yes' })
    t.client.seed(ConfigMap, { metadata: { namespace: 'a', name: 'x', labels: { on: 'yes' } } })
    await t.settle()
    await t.client.patch(ConfigMap, { namespace: 'a', name: 'x' }, 'merge', { metadata: { labels: { on: 'no' } } })
    assert.deepEqual(t.heard, ['+a/x', '-a/x'])
    t.stop.abort()
    await t.running
  })

  it('ends up with what the server has, whatever happens on the way', async () => {
    const step = fc.tuple(fc.constantFrom('set', 'set', 'delete', 'end', 'compact', 'hold', 'release'), fc.constantFrom('p', 'q', 'r'))
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        const t = await started()
        const told = new Map<string, ConfigMap>()
        t.informer.onChange(changes => {
          for (const { key, object, previous } of changes) {
            assert.equal(told.get(key), previous)
            if (object) told.set(key, object)
            else told.delete(key)
          }
        })
        await t.settle()
        for (const [[what, name], i] of steps.map((s, i) => [s, i] as const)) {
          const there = t.client.all(ConfigMap).some(o => o.metadata.name === name)
          if (what === 'set' && there) await t.client.patch(ConfigMap, { namespace: 'a', name }, 'merge', { data: { i: `${i}` } })
          else if (what === 'set') t.client.seed(ConfigMap, draft(name, { i: `${i}` }))
          else if (what === 'delete' && there) await t.client.delete(ConfigMap, { namespace: 'a', name })
          else if (what === 'end') t.client.endWatches()
          else if (what === 'compact') t.client.compact()
          else if (what === 'hold') t.client.holdWatches()
          else if (what === 'release') t.client.releaseWatches()
          await t.settle()
        }
        t.client.releaseWatches()
        await t.clock.advance(120_000)
        assert.deepEqual(new Map(t.client.all(ConfigMap).map(o => [keyOf(o), o])), told)
        assert.deepEqual(t.informer.list().length, told.size)
        t.stop.abort()
        await t.running
      }),
      { numRuns: 30 },
    )
  })
})
