import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compare } from './compare.ts'
import { conflictError, conflictsBeyond } from './conflicts.ts'
import { capEntries, type Entries, entryOf, isSameWriter, type ManagedEntry, readEntries, sortEntries, type Writer } from './entries.ts'
import { difference, type FieldSet, formatPath, leaf, pathsOf, setOf, union } from './field-set.ts'
import { addedBranch, appliedFields } from './fields-of.ts'
import { type Applied, afterUpdate, applyConfiguration, type Versions } from './owners.ts'
import { withNamedFields } from './reconcile.ts'
import { isVoid } from './shape.ts'
import { node, values } from './testkit.ts'

const version = 'test/v1'
/** v2 is v1 with `text` called `words`' neighbour: the field has another name, `replicas` none at all. */
const versions: Versions = {
  nodeOf: apiVersion => (apiVersion === version || apiVersion === 'test/v2' ? node : undefined),
  async convert(object, apiVersion) {
    const { text, list, ...rest } = object as { apiVersion?: string; text?: unknown; list?: unknown }
    if (rest.apiVersion === apiVersion) return object
    // The two versions have these two fields the other way round.
    return { ...rest, apiVersion, ...(list !== undefined && { text: list }), ...(text !== undefined && { list: text }) }
  },
}

interface State {
  readonly object: object
  readonly owners: Entries
}
const nothing: State = { object: { apiVersion: version, kind: 'Root' }, owners: [] }
const writer = (manager: string, operation: Writer['operation'], apiVersion = version, subresource = ''): Writer => ({
  manager,
  operation,
  apiVersion,
  subresource,
})
const all = (set: FieldSet) => set

async function update({ object, owners }: State, manager: string, next: object, now = 't'): Promise<State> {
  const live = { node, apiVersion: version, value: object }
  return {
    object: next,
    owners: await afterUpdate(live, next, compare(node, object, next), owners, writer(manager, 'Update'), now, versions),
  }
}
async function attempt(
  { object, owners }: State,
  manager: string,
  config: object,
  options: { force?: boolean; now?: string; apiVersion?: string } = {},
): Promise<Applied> {
  const { force = false, now = 't', apiVersion = version } = options
  const live = { node, apiVersion, value: await versions.convert(object, apiVersion) }
  return applyConfiguration({
    live,
    config: { apiVersion, kind: 'Root', ...config },
    owners,
    writer: writer(manager, 'Apply', apiVersion),
    force,
    now,
    versions,
    filter: all,
  })
}
async function apply(
  state: State,
  manager: string,
  config: object,
  options: { force?: boolean; now?: string; apiVersion?: string } = {},
): Promise<State> {
  const outcome = await attempt(state, manager, config, options)
  assert.equal(outcome.type, 'applied', JSON.stringify(outcome))
  const { object, owners } = outcome as Applied & { type: 'applied' }
  return { object: cleaned(await versions.convert(object, version)) as object, owners }
}
/** As the server decodes what comes out: without nulls. */
function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== null)
      .map(([k, v]) => [k, cleaned(v)]),
  )
}
const fieldsOf = (state: State, manager: string, operation: 'Apply' | 'Update' = 'Apply') => {
  const entry = state.owners.find(owner => owner.manager === manager && owner.operation === operation)
  return entry && pathsOf(entry.fieldsV1).map(formatPath)
}
const contents = ({ object }: State) => {
  const { apiVersion, kind, ...rest } = object as { apiVersion?: string; kind?: string }
  return rest
}

test('an applier owns what it says, and takes back what it says no more', async () => {
  let state = await apply(nothing, 'a', { text: 'x', labels: { l: '1' }, items: [{ name: 'i', value: 'v' }], words: ['w'] })
  assert.deepEqual(fieldsOf(state, 'a'), [
    '.text',
    '.items[name="i"]',
    '.items[name="i"].name',
    '.items[name="i"].value',
    '.labels.l',
    '.words[="w"]',
  ])
  state = await apply(state, 'a', { labels: { m: '2' } })
  assert.deepEqual(contents(state), { labels: { m: '2' } })
  state = await apply(state, 'a', {})
  assert.deepEqual([contents(state), state.owners], [{}, []])
})

test('what another owns stays when its applier gives it up', async () => {
  let state = await apply(nothing, 'a', { text: 'x', labels: { l: '1', m: '2' }, inner: { a: '1', b: '2' } })
  state = await apply(state, 'b', { text: 'x', labels: { l: '1' } })
  state = await update(state, 'c', { ...state.object, inner: { a: '1', b: '3' } })
  state = await apply(state, 'a', {})
  assert.deepEqual(contents(state), { text: 'x', labels: { l: '1' }, inner: { b: '3' } })
  assert.deepEqual(
    [fieldsOf(state, 'a'), fieldsOf(state, 'b'), fieldsOf(state, 'c', 'Update')],
    [undefined, ['.text', '.labels.l'], ['.inner.b']],
  )
})

test('what nobody owns goes with the struct, the map or the item that its applier gives up', async () => {
  const rows: [object, object, object][] = [
    [{ inner: { b: '1' } }, { inner: { a: '1' } }, {}],
    [{ items: [{ name: 'i', value: 'old' }] }, { items: [{ name: 'i', tags: { t: '1' } }] }, {}],
    [{ items: [{ name: 'j' }], text: 'x' }, { items: [{ name: 'i' }] }, { text: 'x' }],
    [{ any: { a: 1 } }, { any: { b: 1 } }, {}],
  ]
  for (const [there, config, left] of rows) {
    const state = await apply({ object: { ...nothing.object, ...there }, owners: [] }, 'a', config)
    assert.deepEqual(contents(await apply(state, 'a', {})), left, JSON.stringify(there))
  }
})

test('of what is left of a map that another took over nothing comes back', async () => {
  let state = await update(nothing, 'a', { ...nothing.object, labels: { l: '1' } })
  state = await apply(state, 'b', { labels: { l: '2' } }, { force: true })
  assert.deepEqual(fieldsOf(state, 'a', 'Update'), ['.labels'])
  state = await apply(state, 'b', { labels: { l: '3' } })
  state = await apply(state, 'b', {})
  assert.deepEqual([contents(state), fieldsOf(state, 'a', 'Update')], [{}, ['.labels']])
})

test('another value is a conflict; the same value is shared; force takes', async () => {
  const first = await apply(nothing, 'a', { replicas: 1, text: 'x' })
  const outcome = await attempt(first, 'b', { replicas: 2, text: 'x' })
  assert.ok(outcome.type === 'conflict')
  assert.deepEqual(
    outcome.conflicts.map(c => [c.owner.manager, pathsOf(c.fields).map(formatPath)]),
    [['a', ['.replicas']]],
  )
  const shared = await apply(first, 'b', { text: 'x' })
  assert.deepEqual([fieldsOf(shared, 'a'), fieldsOf(shared, 'b')], [['.replicas', '.text'], ['.text']])
  const forced = await apply(first, 'b', { replicas: 2 }, { force: true })
  assert.deepEqual([contents(forced), fieldsOf(forced, 'a'), fieldsOf(forced, 'b')], [{ replicas: 2, text: 'x' }, ['.text'], ['.replicas']])
})

test('updates never conflict: they take', async () => {
  let state = await apply(nothing, 'a', { replicas: 1, text: 'x' })
  state = await update(state, 'b', { ...state.object, replicas: 2 })
  assert.deepEqual([fieldsOf(state, 'a'), fieldsOf(state, 'b', 'Update')], [['.text'], ['.replicas']])
  const { text, ...rest } = state.object as { text?: string }
  state = await update(state, 'b', rest)
  assert.deepEqual([fieldsOf(state, 'a'), fieldsOf(state, 'b', 'Update')], [undefined, ['.replicas']])
  const outcome = await attempt(state, 'a', { replicas: 3 })
  assert.equal(outcome.type, 'conflict')
})

test('times tell when an owner changed something last', async () => {
  let state = await apply(nothing, 'a', { replicas: 1 }, { now: '1' })
  state = await update(state, 'b', { ...state.object, text: 'x' }, '2')
  const times = () => state.owners.map(owner => [owner.manager, owner.time])
  state = await apply(state, 'a', { replicas: 1 }, { now: '3' })
  state = await update(state, 'b', state.object, '3')
  assert.deepEqual(times(), [
    ['a', '1'],
    ['b', '2'],
  ])
  state = await update(state, 'b', { ...state.object, text: 'y' }, '4')
  state = await apply(state, 'a', { replicas: 2 }, { now: '5' })
  assert.deepEqual(times(), [
    ['a', '5'],
    ['b', '4'],
  ])
})

test('names, versions and the like belong to nobody', async () => {
  const state = await apply(nothing, 'a', { metadata: { name: 'n', labels: { l: '1' } } })
  assert.deepEqual(fieldsOf(state, 'a'), ['.metadata.labels.l'])
  assert.deepEqual((await apply(nothing, 'a', { metadata: { name: 'n' } })).owners, [])
})

test('owners in another version are asked in theirs; those in none that is known are forgotten', async () => {
  let state = await apply(nothing, 'a', { list: ['x'] }, { apiVersion: 'test/v2' })
  assert.deepEqual(contents(state), { text: ['x'] })
  state = { ...state, owners: [...state.owners, entryOf(writer('old', 'Update', 'test/v0'), 't', setOf(['f:text']))] }
  const outcome = await attempt(state, 'b', { text: 'y' })
  assert.ok(outcome.type === 'conflict')
  assert.deepEqual(
    outcome.conflicts.map(c => [c.owner.manager, pathsOf(c.fields).map(formatPath)]),
    [['a', ['.list']]],
  )
  state = await update(state, 'b', { ...state.object, text: 'z' })
  assert.deepEqual(
    state.owners.map(owner => owner.manager),
    ['b'],
  )
})

test('an applier can go on in another version', async () => {
  let state = await apply(nothing, 'a', { list: ['x'], replicas: 1 }, { apiVersion: 'test/v2' })
  state = await apply(state, 'a', { replicas: 1 })
  assert.deepEqual([contents(state), state.owners.length, fieldsOf(state, 'a')], [{ replicas: 1 }, 1, ['.replicas']])
})

/** What is empty comes and goes by rules of its own: an empty struct that is applied is taken back with its last member, as null. */
const step = fc.record({
  manager: fc.constantFrom('a', 'b', 'c'),
  isApply: fc.boolean(),
  value: values.map(value => bare(value) as object),
})

test('whatever is done: applied twice is applied once, owners own what is there, and all that is there has an owner', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async steps => {
      let state = nothing
      for (const { manager, isApply, value } of steps) {
        if (isApply) {
          state = await apply(state, manager, value, { force: true })
          const again = await attempt(state, manager, value, { now: 'later' })
          assert.ok(again.type === 'applied')
          assert.deepEqual(bare(again.object), bare(state.object))
          assert.deepEqual(again.owners.flatMap(owned).sort(), state.owners.flatMap(owned).sort())
        } else state = await update(state, manager, value)
        const there = withNamedFields(node, union(appliedFields(node, state.object), addedBranch(node, state.object)))
        const all = state.owners.reduce((sum, owner) => union(sum, withNamedFields(node, owner.fieldsV1)), leaf)
        const unowned = difference(difference(appliedFields(node, state.object), all), setOf(['f:apiVersion'], ['f:kind']))
        assert.deepEqual(told(unowned), [], 'nobody owns these')
        assert.deepEqual(told(difference(all, there)), [], 'these are not there')
      }
    }),
    { numRuns: 300 },
  )
})

/** What was emptied is nobody's, or may be said to be there when it is not: the server drops it with its last member. */
const emptied = /^\.(labels|inner|inner\.deep|items|words|any.*)$|\.(tags|ports)$/

/** What is empty is as good as absent, and is not told apart by the API's own types either. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, member]) => [key, bare(member)] as const)
  return Object.fromEntries(members.filter(([, member]) => !isVoid(member)))
}
const owned = ({ manager, operation, fieldsV1 }: ManagedEntry) => told(fieldsV1).map(path => `${operation} ${manager} ${path}`)
const told = (set: FieldSet) =>
  pathsOf(set)
    .map(formatPath)
    .filter(path => !emptied.test(path))

test('entries in their order', () => {
  const entry = (manager: string, operation: 'Apply' | 'Update', time?: string) => entryOf(writer(manager, operation), time, leaf)
  const sorted = [
    entry('z', 'Apply', '1'),
    entry('a', 'Apply', '2'),
    entry('n', 'Update'),
    entry('a', 'Update', '1'),
    entry('b', 'Update', '1'),
  ]
  assert.deepEqual(sortEntries([...sorted].reverse()), sorted)
  assert.equal(sortEntries(sorted), sorted)
  assert.ok(isSameWriter(writer('a', 'Apply', 'v1'), writer('a', 'Apply', 'v2')))
  assert.ok(!isSameWriter(writer('a', 'Update', 'v1'), writer('a', 'Update', 'v2')))
  assert.ok(!isSameWriter(writer('a', 'Update', 'v1'), writer('a', 'Update', 'v1', 'status')))
})

test('of more than ten updates the oldest of a version become one', () => {
  const entry = (i: number, apiVersion = version) => entryOf(writer(`m${i}`, 'Update', apiVersion), String(100 + i), setOf([`f:${i}`]))
  const twelve = Array.from({ length: 12 }, (_, i) => entry(i))
  const capped = sortEntries(capEntries(twelve))
  assert.equal(capped.length, 10)
  assert.deepEqual(
    [capped[0]?.manager, capped[0]?.time, capped[0]?.fieldsV1],
    ['ancient-changes', '102', { 'f:0': {}, 'f:1': {}, 'f:2': {} }],
  )
  const more = sortEntries(capEntries([...capped, entry(12)]))
  assert.deepEqual([more.length, more[0]?.time, Object.keys(more[0]?.fieldsV1 ?? {})], [10, '103', ['f:0', 'f:1', 'f:2', 'f:3']])
  const mixed = capEntries([entry(0, 'x/v1'), ...Array.from({ length: 10 }, (_, i) => entry(i + 1))])
  assert.deepEqual([mixed.length, mixed.filter(e => e.apiVersion === 'x/v1').length], [10, 1])
  assert.equal(capEntries(capped), capped)
})

test('entries that clients send are read, or it is said what they are not', () => {
  const good = { manager: 'm', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:b': {}, 'f:a': {} } }
  const read = readEntries([good])
  assert.deepEqual('entries' in read && Object.keys(read.entries[0]?.fieldsV1 ?? {}), ['f:a', 'f:b'])
  const rows: [object, string][] = [
    [{ ...good, operation: 'x' }, 'operation must be `Apply` or `Update`'],
    [{ ...good, apiVersion: '' }, 'apiVersion must not be empty'],
    [{ ...good, fieldsType: undefined }, 'missing fieldsType in managed fields entry 0'],
    [{ ...good, fieldsType: 'v2' }, 'invalid fieldsType "v2" in managed fields entry 0'],
  ]
  for (const [entry, error] of rows) assert.deepEqual(readEntries([entry]), { error })
  assert.ok('error' in readEntries([{ ...good, fieldsV1: { wrong: {} } }]))
})

test('conflicts in words', () => {
  const owner = (manager: string, operation: 'Apply' | 'Update', subresource = '') =>
    entryOf(writer(manager, operation, 'apps/v1', subresource), '2026-01-01T00:00:00Z', leaf)
  const replicas = setOf(['f:spec', 'f:replicas'])
  const one = conflictError([{ owner: owner('m', 'Update'), fields: replicas }])
  assert.equal(one.message, 'Apply failed with 1 conflict: conflict with "m" using apps/v1: .spec.replicas')
  assert.deepEqual(
    [one.code, one.reason, one.status.details],
    [
      409,
      'Conflict',
      { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "m" using apps/v1', field: '.spec.replicas' }] },
    ],
  )
  const more = [
    { owner: owner('z', 'Apply'), fields: union(replicas, setOf(['f:spec', 'f:paused'])) },
    { owner: owner('m', 'Update', 'scale'), fields: replicas },
  ]
  assert.equal(
    conflictError(more).message,
    'Apply failed with 3 conflicts: conflicts with "m" with subresource "scale" using apps/v1:\n- .spec.replicas\nconflicts with "z":\n- .spec.paused\n- .spec.replicas',
  )
  assert.deepEqual(
    conflictsBeyond(more, replicas).map(c => [c.owner.manager, c.fields]),
    [['z', { 'f:spec': { 'f:paused': {} } }]],
  )
})
