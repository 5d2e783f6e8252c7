// The API server alone: its own process over a durable store, under the load generator, on this machine.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createHttpClient } from '../src/client/http.ts'
import type { ControlPlaneConfig } from '../src/cluster/control-plane-config.ts'
import { systemClock } from '../src/platform/clock.ts'
import { ensureClusterPki } from '../src/platform/pki.ts'
import { startDaemon, terminate } from '../src/platform/process.ts'
import { type LoadReport, loadgen, whyNoLoadgen } from './loadgen.ts'
import { type Figure, printTable, round } from './table.ts'

export async function benchApi(): Promise<void> {
  const missing = whyNoLoadgen()
  if (missing) return console.log(`API server: skipped, ${missing}`)
  const dir = mkdtempSync(join(tmpdir(), 'coxswain-bench-'))
  const port = await freePort()
  const pkiDir = join(dir, 'pki')
  const pki = ensureClusterPki(pkiDir, { apiServerNames: ['127.0.0.1'], nodes: [] }, Date.now())
  const config: ControlPlaneConfig = {
    cluster: 'bench',
    pkiDir,
    storeDir: join(dir, 'store'),
    logsDir: join(dir, 'logs'),
    addresses: [{ host: '127.0.0.1', port }],
    advertise: { host: '192.0.2.1', port: 6443 },
    serviceCidr: '10.96.0.0/16',
    issuer: 'https://kubernetes.default.svc.cluster.local',
  }
  mkdirSync(config.logsDir)
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config))
  const begin = performance.now()
  const server = await startDaemon({
    cmd: process.execPath,
    args: ['--max-semi-space-size=16', resolve(import.meta.dirname, '../dist/control-plane.mjs'), '--config', join(dir, 'config.json')],
    logFile: join(dir, 'out.log'),
  })
  try {
    const url = `https://127.0.0.1:${port}`
    const client = createHttpClient({
      server: url,
      ca: pki.ca.certificate,
      cert: pki.admin.certificate,
      key: pki.admin.key,
      userAgent: 'bench',
      clock: systemClock,
    })
    await untilReady(() => client.request({ method: 'GET', path: '/readyz' }))
    const readyMs = performance.now() - begin
    client.close()
    const idleRss = rssMiB(server.pid)
    const target = {
      server: url,
      caFile: join(pkiDir, 'ca.crt'),
      certFile: join(pkiDir, 'admin.crt'),
      keyFile: join(pkiDir, 'admin.key'),
      pid: server.pid,
    }
    const [create] = await loadgen(target, 'create', { count: 10_000, warmup: 500 })
    const gets = []
    for (let i = 0; i < 3; i++) gets.push(...(await loadgen(target, 'get', { count: 40_000, warmup: 2_000 })))
    const get = gets.sort((a, b) => a.perSecond - b.perSecond)[1]
    const lists = await loadgen(target, 'list', { repeat: 7, variants: 'plain,rv0' })
    const [patch] = await loadgen(target, 'patch', { count: 5_000 })
    const [watch] = await loadgen(target, 'watch', { updates: 1_000 })
    printTable('API server (TLS, HTTP/2, durable store, 32 requests in flight)', [
      { what: 'ready after start', measured: `${round(readyMs)} ms, ${round(idleRss)} MiB`, goal: '200 MiB', yardstick: '2.7 s, 374 MiB' },
      rate('create a pod', create, '3,000/s', '1,140/s, 1.47'),
      rate('get', get, '15,000/s', '2,650/s, 0.54'),
      { what: 'list 10,000 pods', measured: `${round(lists[0]?.p50Ms ?? Number.NaN)} ms`, goal: '200 ms', yardstick: '926 ms' },
      {
        what: 'list 10,000 pods, resourceVersion=0',
        measured: `${round(lists[1]?.p50Ms ?? Number.NaN)} ms`,
        goal: '',
        yardstick: '348 ms',
      },
      rate('merge patch', patch, '', '770/s, 2.2'),
      {
        what: '100 watchers',
        measured: `${round(watch?.eventsPerSecond ?? Number.NaN)} events/s, ${round(watch?.cpuSecondsPer1000Events?.['api'] ?? Number.NaN, 4)}`,
        goal: '',
        yardstick: '25,000 events/s, 0.061',
      },
      { what: 'memory after this load', measured: `${round(rssMiB(server.pid))} MiB`, goal: '', yardstick: '2.9 GiB' },
    ])
    console.log('The figure behind a rate is CPU seconds of the server for 1,000 requests or events.')
  } finally {
    await terminate(server, 5_000)
    rmSync(dir, { recursive: true, force: true })
  }
}

function rate(what: string, report: LoadReport | undefined, goal: string, yardstick: string): Figure {
  return {
    what,
    measured: `${round(report?.perSecond ?? Number.NaN)}/s, ${round(report?.cpuSecondsPer1000['api'] ?? Number.NaN, 3)}`,
    goal,
    yardstick,
  }
}

export function rssMiB(pid: number): number {
  const [, kib = ''] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1024
}

/** Tries again until it does not fail, for ten seconds at most. */
export async function untilReady(attempt: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + 10_000
  for (;;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (performance.now() > end) throw error
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
