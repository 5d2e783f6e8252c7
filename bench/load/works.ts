// What the load generator does, each a number of requests at a time over a few connections.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection, Reader } from './connection.ts'
import { countLabel, loadPod } from './pod.ts'

const namespace = 'bench'
const pods = `/api/v1/namespaces/${namespace}/pods`

export interface Connections {
  readonly requests: readonly Connection[]
  /** Watches have connections of their own. */
  readonly watches: readonly Connection[]
}

export interface Work {
  readonly work: 'create' | 'get' | 'patch' | 'list' | 'watch'
  /** Requests, lists, or changes to be watched. */
  readonly count: number
  /** How many pods there are, or the first of those to be created. */
  readonly pods: number
  readonly concurrency?: number
  readonly watchers?: number
  /** Of a list: `resourceVersion=0`, or pages. */
  readonly query?: string
}

/** What is counted starts and stops here, so that preparations are left out. */
export interface Meter {
  start(): void
  stop(): void
  readonly latenciesMs: number[]
}

export async function perform(connections: Connections, work: Work, meter: Meter): Promise<{ events?: number }> {
  const { requests } = connections
  const concurrency = work.concurrency ?? 32
  const measured = (send: Send) => drive(requests, work.count, concurrency, send, meter)
  if (work.work === 'create') {
    await createNamespace(requests[0] as Connection)
    const bodies = Array.from({ length: work.count }, (_, i) => Buffer.from(JSON.stringify(loadPod(namespace, podName(work.pods + i)))))
    await measured((connection, i, reader) => connection.request('POST', pods, reader, bodies[i]))
  } else if (work.work === 'get') {
    const pick = spread(work.pods)
    await measured((connection, i, reader) => connection.request('GET', `${pods}/${podName(pick(i))}`, reader))
  } else if (work.work === 'patch') {
    const tag = String(process.pid)
    await measured(patching(work.pods, tag))
  } else if (work.work === 'list') {
    await drive(requests.slice(0, 1), work.count, 1, listing(work.query ?? ''), meter)
  } else return { events: await watchChanges(connections, work, meter) }
  return {}
}

/** Sends the request of a number. */
type Send = (connection: Connection, i: number, reader: Reader) => void

/** Keeps as many requests in flight until all are answered. Fails with the first answer that is not good. */
async function drive(connections: readonly Connection[], count: number, concurrency: number, send: Send, meter?: Meter): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let next = 0
    let answered = 0
    const go = (connection: Connection) => {
      if (next >= count) return
      const i = next++
      const begin = performance.now()
      let status = 0
      let problem = ''
      send(connection, i, {
        head: code => {
          status = code
        },
        data: (bytes, from, to) => {
          if (status >= 300) problem += bytes.toString('utf8', from, to)
        },
        end: () => {
          meter?.latenciesMs.push(performance.now() - begin)
          if (status >= 300 || status === 0) return reject(new Error(`status ${status}: ${problem}`))
          if (++answered === count) {
            meter?.stop()
            resolve()
          } else go(connection)
        },
        failed: reject,
      })
    }
    meter?.start()
    for (let i = 0; i < Math.min(concurrency, count); i++) go(connections[i % connections.length] as Connection)
  })
}

/** And waits for the service account that pods in it have. */
async function createNamespace(connection: Connection): Promise<void> {
  const body = Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }))
  const created = await statusOf(connection, 'POST', '/api/v1/namespaces', body)
  if (created !== 201 && created !== 409) throw new Error(`the namespace was answered with ${created}`)
  const account = () => statusOf(connection, 'GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`)
  while ((await account()) !== 200) await sleep(10)
}

function statusOf(connection: Connection, method: string, path: string, body?: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0
    const head = (code: number) => {
      status = code
    }
    connection.request(method, path, { head, data() {}, end: () => resolve(status), failed: reject }, body)
  })
}

function patching(podCount: number, tag: string): Send {
  const pick = spread(podCount)
  return (connection, i, reader) => {
    const body = Buffer.from(JSON.stringify({ metadata: { labels: { [countLabel]: `${tag}-${i}` } } }))
    connection.request('PATCH', `${pods}/${podName(pick(i))}`, reader, body, 'application/merge-patch+json')
  }
}

const continueToken = /"continue":"([^"]*)"/

/** All pages of a list count as one request. */
function listing(query: string): Send {
  return function page(connection, i, reader): void {
    let start = ''
    const end = () => {
      const [, token] = continueToken.exec(start.slice(0, start.indexOf('"items"'))) ?? []
      if (!token) return reader.end()
      listing(`${query.replace(/&continue=.*/, '')}&continue=${encodeURIComponent(token)}`)(connection, i, reader)
    }
    const data: Reader['data'] = (bytes, from, to) => {
      if (start.length < 2_000) start += bytes.toString('latin1', from, Math.min(to, from + 2_000))
    }
    connection.request('GET', `${pods}${query && `?${query}`}`, { ...reader, data, end, head: reader.head, failed: reader.failed })
  }
}

const newline = 10

/** Every watcher sees every change. Answers how many events came; until the last of them counts. */
async function watchChanges({ requests, watches }: Connections, work: Work, meter: Meter): Promise<number> {
  const { watchers = 100, concurrency = 16 } = work
  const resourceVersion = await currentVersion(requests[0] as Connection)
  const expected = watchers * work.count
  let events = 0
  let started = 0
  let allStarted = () => {}
  let allSeen = () => {}
  let failed: (error: Error) => void = () => {}
  const ready = new Promise<void>(resolve => {
    allStarted = resolve
  })
  const seen = new Promise<void>((resolve, reject) => {
    allSeen = resolve
    failed = reject
  })
  for (let i = 0; i < watchers; i++) {
    const connection = watches[i % watches.length] as Connection
    connection.request('GET', `${pods}?watch=1&resourceVersion=${resourceVersion}&allowWatchBookmarks=true`, {
      head: status => {
        if (status !== 200) failed(new Error(`a watch was answered with ${status}`))
        if (++started === watchers) allStarted()
      },
      data: (bytes, from, to) => {
        for (let at = bytes.indexOf(newline, from); at >= 0 && at < to; at = bytes.indexOf(newline, at + 1)) events++
        if (events >= expected) allSeen()
      },
      end: () => failed(new Error('a watch ended')),
      failed,
    })
  }
  await ready
  meter.start()
  await drive(requests, work.count, concurrency, patching(work.pods, `watched-${process.pid}`))
  await seen
  meter.stop()
  return events
}

async function currentVersion(connection: Connection): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const data: Reader['data'] = (bytes, from, to) => {
      text += bytes.toString('utf8', from, to)
    }
    const end = () => resolve(JSON.parse(text).metadata.resourceVersion)
    connection.request('GET', `${pods}?limit=1`, { head() {}, data, end, failed: reject })
  })
}

function podName(i: number): string {
  return `pod-${i}`
}

/** Numbers below `count` in an order that looks random and is the same each time. */
function spread(count: number): (i: number) => number {
  return i => (Math.imul(i + 1, 2654435761) >>> 0) % count
}
