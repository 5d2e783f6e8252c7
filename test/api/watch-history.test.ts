// What watchers see is what was written: random writers at once, and watchers that come and go, over the API in process.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import type { Client, WatchEvent } from '../../src/client/client.ts'
import { StatusError } from '../../src/meta/status-error.ts'
import { startTestServer } from '../testkit/api-server.ts'

interface Seen {
  readonly type: string
  readonly name: string
  readonly resourceVersion: number
  readonly text: string
}

type Step =
  | { readonly do: 'create' | 'update' | 'delete'; readonly name: string; readonly text: string }
  /** A watcher that goes after so many more steps. `from` picks one of the versions that there were, or the newest. */
  | { readonly do: 'watch'; readonly from: number; readonly stays: number; readonly labelled: boolean }

const name = fc.constantFrom('a', 'b', 'c', 'd')
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('create' as const, 'update' as const, 'delete' as const),
      name,
      text: fc.constantFrom('x', 'y', 'z'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('watch' as const), from: fc.nat(20), stays: fc.nat(30), labelled: fc.boolean() }) },
)
/** Objects with this text are those that selecting watchers want. */
const wanted = 'x'

function seen({ type, object }: Exclude<WatchEvent<ConfigMap>, { type: 'BOOKMARK' }>): Seen {
  const { name, resourceVersion } = object.metadata
  return { type, name, resourceVersion: Number(resourceVersion), text: object.metadata.labels?.['text'] ?? '' }
}

/** What one who wants these objects alone is told of a write: it comes into sight, changes, or goes out of it. */
function asSelected(history: readonly Seen[]): Seen[] {
  const texts = new Map<string, string>()
  return history.flatMap(event => {
    const had = texts.get(event.name) === wanted
    const before = texts.get(event.name) ?? ''
    const has = event.type !== 'DELETED' && event.text === wanted
    texts.set(event.name, event.type === 'DELETED' ? '' : event.text)
    if (!had && !has) return []
    // Who goes out of sight is shown as it was, at the version of the change.
    return has ? [{ ...event, type: had ? 'MODIFIED' : 'ADDED' }] : [{ ...event, type: 'DELETED', text: before }]
  })
}

test('watch history equals the sequence of writes', async t => {
  const server = await startTestServer()
  t.after(() => server.close())
  const client = server.client()
  let round = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async steps => {
      const namespace = `round-${round++}`
      await client.create(Namespace, { metadata: { name: namespace } })
      await runSteps(client, namespace, steps)
    }),
    { numRuns: 120, interruptAfterTimeLimit: 20_000 },
  )
})

async function runSteps(client: Client, namespace: string, steps: readonly Step[]): Promise<void> {
  const begin = Number((await client.list(ConfigMap, { namespace })).resourceVersion)
  const done: Done = { written: [], deleted: [] }
  const versions = [begin]
  const whole = startWatcher(client, namespace, begin, false)
  const watchers: { readonly until: number; readonly from: number; readonly labelled: boolean; readonly watcher: Watcher }[] = []
  const writes: Promise<void>[] = []
  for (const [i, step] of steps.entries()) {
    for (const gone of watchers) if (gone.until === i) await gone.watcher.stop()
    if (step.do === 'watch') {
      const from = versions[step.from] ?? versions.at(-1) ?? begin
      const { labelled } = step
      watchers.push({ until: i + step.stays, from, labelled, watcher: startWatcher(client, namespace, from, labelled) })
      continue
    }
    const write = perform(client, namespace, step, done).then(version => {
      if (version !== undefined) versions.push(version)
    })
    // Some are waited for, others run side by side.
    if (i % 3 === 0) await write
    else writes.push(write)
  }
  await Promise.all(writes)
  await perform(client, namespace, { do: 'create', name: last, text: wanted }, done)
  await whole.complete
  checkHistory(whole.events, done)
  for (const { until, from, labelled, watcher } of watchers) {
    const history = labelled ? asSelected(whole.events) : whole.events
    const expected = history.filter(event => event.resourceVersion > from)
    if (until >= steps.length) await watcher.complete
    else assert.ok(watcher.events.length <= expected.length)
    assert.deepEqual(watcher.events, until >= steps.length ? expected : expected.slice(0, watcher.events.length))
  }
  await Promise.all([whole, ...watchers.map(({ watcher }) => watcher)].map(watcher => watcher.stop()))
}

interface Done {
  readonly written: Seen[]
  /** Names with the last version before. */
  readonly deleted: (readonly [name: string, resourceVersion: number])[]
}

/** The name that ends a round. */
const last = 'last'

interface Watcher {
  readonly events: Seen[]
  /** When the last write has been seen. */
  readonly complete: Promise<void>
  stop(): Promise<void>
}

function startWatcher(client: Client, namespace: string, from: number, labelled: boolean): Watcher {
  const controller = new AbortController()
  const { signal } = controller
  const events: Seen[] = []
  let ended: Promise<void> | undefined
  const complete = new Promise<void>((resolve, reject) => {
    const options = { namespace, resourceVersion: String(from), signal, ...(labelled && { labelSelector: `text=${wanted}` }) }
    ended = client.watch(ConfigMap, options, batch => {
      for (const event of batch) {
        if (event.type === 'BOOKMARK') continue
        events.push(seen(event))
        if (event.object.metadata.name === last) resolve()
      }
    })
    ended.catch(reject)
  })
  complete.catch(() => {})
  return {
    events,
    complete,
    async stop() {
      controller.abort()
      await ended
    },
  }
}

/** Each write is one event, at its version and with its content; deletions stand where the object was there and is not any more. */
function checkHistory(events: readonly Seen[], { written, deleted }: Done): void {
  const byVersion = [...written].sort((a, b) => a.resourceVersion - b.resourceVersion)
  assert.deepEqual(
    events.filter(event => event.type !== 'DELETED'),
    byVersion,
  )
  const there = new Map<string, Seen>()
  const gone: (readonly [string, number])[] = []
  let version = 0
  for (const event of events) {
    assert.ok(event.resourceVersion > version, 'versions grow')
    version = event.resourceVersion
    const before = there.get(event.name)
    assert.equal(before !== undefined, event.type !== 'ADDED', `${event.type} ${event.name}`)
    if (event.type === 'DELETED') {
      assert.equal(event.text, before?.text, 'what is deleted is shown as it was')
      gone.push([event.name, before?.resourceVersion ?? 0])
      there.delete(event.name)
    } else there.set(event.name, event)
  }
  assert.deepEqual(gone.map(String).sort(), deleted.map(String).sort())
}

/** The version that came of it; undefined where it was refused, as another was faster, or where nothing says. */
async function perform(
  client: Client,
  namespace: string,
  { do: deed, name, text }: Exclude<Step, { do: 'watch' }>,
  { written, deleted }: Done,
): Promise<number | undefined> {
  const labels = { text }
  const note = (type: 'ADDED' | 'MODIFIED', object: ConfigMap) => {
    const event = seen({ type, object })
    written.push(event)
    return event.resourceVersion
  }
  try {
    if (deed === 'create') return note('ADDED', await client.create(ConfigMap, { metadata: { name, namespace, labels } }))
    const before = await client.get(ConfigMap, { namespace, name })
    const { uid, resourceVersion } = before.metadata
    if (deed === 'update') {
      const object = await client.update(ConfigMap, { ...before, metadata: { ...before.metadata, labels } })
      return object.metadata.resourceVersion === resourceVersion ? undefined : note('MODIFIED', object)
    }
    await client.delete(ConfigMap, { namespace, name }, { preconditions: { uid, resourceVersion } })
    deleted.push([name, Number(resourceVersion)])
    return undefined
  } catch (error) {
    if (StatusError.is(error, 'AlreadyExists', 'NotFound', 'Conflict')) return undefined
    throw error
  }
}
