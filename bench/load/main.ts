// The load generator's process: does the work that its argument describes and prints one line of JSON.
import { readFileSync } from 'node:fs'
import { openConnection } from './connection.ts'
import { type Meter, perform, type Work } from './works.ts'

export interface LoadTarget {
  readonly host: string
  readonly port: number
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  /** The server's process, whose CPU time and memory are counted. */
  readonly pid: number
}

export interface LoadReport {
  readonly perSecond: number
  /** CPU seconds of the server, and of this process, for 1,000 of what is counted: requests, or events of a watch. */
  readonly serverPer1000: number
  readonly ownPer1000: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const connectionCount = 4

if (import.meta.main) {
  const { target, work } = JSON.parse(process.argv[2] ?? '') as { target: LoadTarget; work: Work }
  const identity = {
    host: target.host,
    port: target.port,
    ca: readFileSync(target.caFile),
    cert: readFileSync(target.certFile),
    key: readFileSync(target.keyFile),
  }
  const open = () => Promise.all(Array.from({ length: connectionCount }, () => openConnection(identity)))
  const connections = { requests: await open(), watches: work.work === 'watch' ? await open() : [] }
  const { meter, report } = measure(target.pid)
  const { events = work.count } = await perform(connections, work, meter)
  console.log(JSON.stringify(report(events)))
  for (const connection of [...connections.requests, ...connections.watches]) connection.close()
}

function measure(pid: number): { meter: Meter; report: (count: number) => LoadReport } {
  const latenciesMs: number[] = []
  let begin = 0
  let seconds = 0
  let server = 0
  let own = 0
  const meter = {
    latenciesMs,
    start() {
      server = -cpuSeconds(pid)
      own = -ownSeconds()
      begin = performance.now()
    },
    stop() {
      seconds = (performance.now() - begin) / 1000
      server += cpuSeconds(pid)
      own += ownSeconds()
    },
  }
  const report = (count: number) => {
    const sorted = latenciesMs.sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
    return {
      perSecond: count / seconds,
      serverPer1000: (server / count) * 1000,
      ownPer1000: (own / count) * 1000,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
    }
  }
  return { meter, report }
}

function ownSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** User and system time of a process. Linux counts it in hundredths of seconds. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
