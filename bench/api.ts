// The API server alone under load, on this machine: the figures asked for, and how they grow with what is stored. The work is that of the
// load generator beside the project; our own (load/) does the same for a fraction of the CPU, which on two cores is the server's to use.
import { type BenchServer, rssMiB, withApiServer } from './api-server.ts'
import type { LoadReport } from './load/main.ts'
import type { Work } from './load/works.ts'
import { load } from './load.ts'
import { median, printColumns, printTable, round } from './table.ts'

/** The figures are asked for at the first; all of them are in the table of growth. */
const sizes = [10_000, 1_000, 100_000]

interface Measured {
  readonly pods: number
  readonly server: BenchServer
  readonly create: LoadReport
  readonly get: LoadReport
  readonly patch: LoadReport
  readonly watch: LoadReport
  readonly list: LoadReport
  readonly cachedList: LoadReport
  readonly pagedList: LoadReport
  readonly loadedMiB: number
}

export async function benchApi(): Promise<void> {
  const all: Measured[] = []
  for (const pods of sizes) {
    await withApiServer(async server => void all.push(await measure(server, pods)))
    if (all.length === 1 && all[0]) printGoals(all[0])
  }
  printGrowth(all.sort((a, b) => a.pods - b.pods))
}

/** How many times each of the works is done; the middle one counts. Pods are made once, most of them after the server is warm. */
const rounds = 3

async function measure(server: BenchServer, pods: number): Promise<Measured> {
  const { target } = server
  const once = (work: Work) => load(target, work)
  const middle = async (work: Work) => {
    const reports: LoadReport[] = []
    for (let i = 0; i < rounds; i++) reports.push(await once(work))
    const perSecond = median(reports.map(report => report.perSecond))
    return reports.find(report => report.perSecond === perSecond) as LoadReport
  }
  const warmup = Math.min(500, pods / 2)
  await once({ work: 'create', count: warmup, pods: 0 })
  const create = await once({ work: 'create', count: pods - warmup, pods: warmup })
  return {
    pods,
    server,
    create,
    get: await middle({ work: 'get', count: 40_000, pods }),
    list: await middle({ work: 'list', count: 5, pods }),
    cachedList: await middle({ work: 'list', count: 5, pods, query: 'resourceVersion=0' }),
    pagedList: await middle({ work: 'list', count: 5, pods, query: 'limit=500' }),
    patch: await middle({ work: 'patch', count: 5_000, pods }),
    watch: await middle({ work: 'watch', count: 3_000, pods }),
    loadedMiB: rssMiB(target.pid),
  }
}

function printGoals({ server, create, get, patch, watch, list, cachedList, loadedMiB }: Measured): void {
  printTable('API server (TLS, HTTP/2, durable store, 32 requests in flight, 10,000 pods)', [
    {
      what: 'ready after start',
      measured: `${round(server.readyMs)} ms, ${round(server.idleMiB)} MiB`,
      goal: '300 ms, 120 MiB',
      yardstick: '2.7 s, 374 MiB',
    },
    { what: 'create a pod', measured: rate(create), goal: '5,000/s, 0.3', yardstick: '1,140/s, 1.47' },
    { what: 'get', measured: rate(get), goal: '25,000/s, 0.05', yardstick: '2,650/s, 0.54' },
    { what: 'merge patch', measured: rate(patch), goal: '4,000/s, 0.4', yardstick: '770/s, 2.2' },
    { what: 'list 10,000 pods', measured: milliseconds(list), goal: '90 ms', yardstick: '926 ms' },
    { what: 'list 10,000 pods, resourceVersion=0', measured: milliseconds(cachedList), goal: '', yardstick: '348 ms' },
    { what: '100 watchers', measured: events(watch), goal: '250,000 events/s, 0.006', yardstick: '25,000 events/s, 0.061' },
    { what: 'memory after this load', measured: `${round(loadedMiB)} MiB`, goal: '400 MiB', yardstick: '2.9 GiB' },
  ])
  console.log(
    'The figure behind a rate is CPU seconds of the server for 1,000 requests or events. Of all but create, the middle one of three runs.',
  )
}

function printGrowth(all: readonly Measured[]): void {
  const row = (what: string, cell: (measured: Measured) => string) => [what, ...all.map(cell)]
  printColumns('The same as more is stored', [
    row('', m => `${round(m.pods)} pods`),
    row('create a pod', m => rate(m.create)),
    row('get', m => rate(m.get)),
    row('merge patch', m => rate(m.patch)),
    row('list all', m => milliseconds(m.list)),
    row('list all, resourceVersion=0', m => milliseconds(m.cachedList)),
    row('list all, in pages of 500', m => milliseconds(m.pagedList)),
    row('100 watchers', m => events(m.watch)),
    row('memory', m => `${round(m.loadedMiB)} MiB`),
  ])
}

function milliseconds({ p50Ms }: LoadReport): string {
  return `${round(p50Ms)} ms`
}

function rate({ perSecond, serverPer1000 }: LoadReport): string {
  return `${round(perSecond)}/s, ${round(serverPer1000, 3)}`
}

function events({ perSecond, serverPer1000 }: LoadReport): string {
  return `${round(perSecond)} events/s, ${round(serverPer1000, 4)}`
}
