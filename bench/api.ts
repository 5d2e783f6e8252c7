// The API server alone under the load generator, on this machine: the figures asked for, and how they grow with what is stored.
import { type BenchServer, rssMiB, withApiServer } from './api-server.ts'
import { type LoadReport, loadgen, whyNoLoadgen } from './loadgen.ts'
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
  readonly listMs: number
  readonly cachedListMs: number
  /** In pages of 500. */
  readonly pagedListMs: number
  readonly loadedMiB: number
}

export async function benchApi(): Promise<void> {
  const missing = whyNoLoadgen()
  if (missing) return console.log(`API server: skipped, ${missing}`)
  const all: Measured[] = []
  for (const pods of sizes) {
    await withApiServer(async server => void all.push(await measure(server, pods)))
    if (all.length === 1 && all[0]) printGoals(all[0])
  }
  printGrowth(all.sort((a, b) => a.pods - b.pods))
}

async function measure(server: BenchServer, pods: number): Promise<Measured> {
  const { target } = server
  const warmup = 500
  const [create] = await loadgen(target, 'create', { count: pods - warmup, warmup })
  const gets: LoadReport[] = []
  for (let i = 0; i < 3; i++) gets.push(...(await loadgen(target, 'get', { count: 40_000, warmup: 2_000 })))
  const lists = await loadgen(target, 'list', pods > mostAtOnce ? { repeat: 3, variants: 'paged' } : { repeat: 7 })
  const listMs = (variant: string) => lists.find(list => list.bench === `list-${variant}`)?.p50Ms ?? Number.NaN
  const [patch] = await loadgen(target, 'patch', { count: Math.min(pods, 5_000) })
  const [watch] = await loadgen(target, 'watch', { updates: Math.min(pods, 1_000) })
  const middle = median(gets.map(get => get.perSecond))
  const get = gets.find(report => report.perSecond === middle)
  if (!create || !get || !patch || !watch) throw new Error('the load generator gave no report')
  return {
    pods,
    server,
    create,
    get,
    patch,
    watch,
    listMs: listMs('plain'),
    cachedListMs: listMs('rv0'),
    pagedListMs: listMs('paged'),
    loadedMiB: rssMiB(target.pid),
  }
}

function printGoals({ server, create, get, patch, watch, listMs, cachedListMs, loadedMiB }: Measured): void {
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
    { what: 'list 10,000 pods', measured: `${round(listMs)} ms`, goal: '90 ms', yardstick: '926 ms' },
    { what: 'list 10,000 pods, resourceVersion=0', measured: `${round(cachedListMs)} ms`, goal: '', yardstick: '348 ms' },
    { what: '100 watchers', measured: events(watch), goal: '250,000 events/s, 0.006', yardstick: '25,000 events/s, 0.061' },
    { what: 'memory after this load', measured: `${round(loadedMiB)} MiB`, goal: '400 MiB', yardstick: '2.9 GiB' },
  ])
  console.log('The figure behind a rate is CPU seconds of the server for 1,000 requests or events; of three runs of get, the middle one.')
}

function printGrowth(all: readonly Measured[]): void {
  const row = (what: string, cell: (measured: Measured) => string) => [what, ...all.map(cell)]
  printColumns('The same as more is stored', [
    row('', m => `${round(m.pods)} pods`),
    row('create a pod', m => rate(m.create)),
    row('get', m => rate(m.get)),
    row('merge patch', m => rate(m.patch)),
    row('list all', m => milliseconds(m.listMs)),
    row('list all, resourceVersion=0', m => milliseconds(m.cachedListMs)),
    row('list all, in pages of 500', m => milliseconds(m.pagedListMs)),
    row('100 watchers', m => events(m.watch)),
    row('memory', m => `${round(m.loadedMiB)} MiB`),
  ])
}

/** The load generator cannot take in a list of more than half a gigabyte. */
const mostAtOnce = 50_000

function milliseconds(ms: number): string {
  return Number.isNaN(ms) ? '' : `${round(ms)} ms`
}

function rate(report: LoadReport): string {
  return `${round(report.perSecond)}/s, ${round(report.cpuSecondsPer1000['api'] ?? Number.NaN, 3)}`
}

function events(report: LoadReport): string {
  return `${round(report.eventsPerSecond ?? Number.NaN)} events/s, ${round(report.cpuSecondsPer1000Events?.['api'] ?? Number.NaN, 4)}`
}
