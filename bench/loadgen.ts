// Runs the load generator that lies beside the project and reads its JSON lines.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { run } from '../src/platform/process.ts'

export const loadgenFile = resolve(import.meta.dirname, '../../shared/bench/loadgen.mjs')

export function whyNoLoadgen(): string | undefined {
  return existsSync(loadgenFile) ? undefined : `the load generator is not at ${loadgenFile}`
}

export interface LoadTarget {
  readonly server: string
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  /** The server's process, whose CPU time and memory are counted. */
  readonly pid: number
}

export interface LoadReport {
  readonly bench: string
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
  readonly firstError?: string
  readonly cpuSecondsPer1000: Readonly<Record<string, number>>
  readonly rssMiB: Readonly<Record<string, number>>
  readonly eventsPerSecond?: number
  readonly cpuSecondsPer1000Events?: Readonly<Record<string, number>>
}

export async function loadgen(
  target: LoadTarget,
  command: string,
  flags: Readonly<Record<string, string | number>> = {},
): Promise<LoadReport[]> {
  const given = {
    server: target.server,
    ca: target.caFile,
    cert: target.certFile,
    key: target.keyFile,
    pids: `api=${target.pid}`,
    ...flags,
  }
  const args = Object.entries(given).map(([name, value]) => `--${name}=${value}`)
  const out = await run(process.execPath, [loadgenFile, command, ...args], { timeoutMs: 300_000 })
  const reports = out
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as LoadReport)
  const failed = reports.find(report => report.errors > 0)
  if (failed) throw new Error(`${command}: ${failed.errors} errors, the first: ${failed.firstError}`)
  return reports
}
