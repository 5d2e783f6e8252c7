// An API server for benchmarks: its own process over a durable store, with an empty cluster in it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ControlPlaneConfig } from '../src/cluster/control-plane-config.ts'
import { daemonEnv } from '../src/cluster/daemons.ts'
import { systemClock } from '../src/platform/clock.ts'
import { Http2Connection } from '../src/platform/http2-connection.ts'
import { ensureClusterPki } from '../src/platform/pki.ts'
import { startDaemon, terminate } from '../src/platform/process.ts'
import type { LoadTarget } from './load/main.ts'

export interface BenchServer {
  readonly target: LoadTarget
  /** From the start of the process to the first good answer of /readyz. */
  readonly readyMs: number
  /** Just then. */
  readonly idleMiB: number
}

/** Starts a server, hands it over, and takes it down again whatever happens. */
export async function withApiServer(use: (server: BenchServer) => Promise<void>): Promise<void> {
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
  const url = `https://127.0.0.1:${port}`
  const start = async () => {
    const begin = performance.now()
    const server = await startDaemon({
      cmd: process.execPath,
      args: ['--max-semi-space-size=16', resolve(import.meta.dirname, '../dist/control-plane.mjs'), '--config', join(dir, 'config.json')],
      logFile: join(dir, 'out.log'),
      env: daemonEnv(process.env, join(dir, 'compiled')),
    })
    const { certificate, key } = pki.admin
    // What waits longer after each failure would count its own waiting.
    const identity = { server: url, ca: pki.ca.certificate, cert: certificate, key, clock: systemClock, retries: 0 }
    const connection = new Http2Connection(identity)
    await untilReady(async () => {
      const { status, stream } = await connection.send({ method: 'GET', path: '/readyz', headers: {} })
      stream.resume()
      if (status !== 200) throw new Error(`/readyz is answered with ${status}`)
    })
    const readyMs = performance.now() - begin
    connection.close()
    return { server, readyMs }
  }
  // As in clusters, where compiled code is kept from one start to the next.
  await terminate((await start()).server, 5_000)
  const { server, readyMs } = await start()
  try {
    const files = { caFile: join(pkiDir, 'ca.crt'), certFile: join(pkiDir, 'admin.crt'), keyFile: join(pkiDir, 'admin.key') }
    await use({ target: { host: '127.0.0.1', port, ...files, pid: server.pid }, readyMs, idleMiB: rssMiB(server.pid) })
  } finally {
    await terminate(server, 5_000)
    rmSync(dir, { recursive: true, force: true })
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
