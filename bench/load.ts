// Runs the load generator as its own process, as clients are.
import { resolve } from 'node:path'
import { run } from '../src/platform/process.ts'
import type { LoadReport, LoadTarget } from './load/main.ts'
import type { Work } from './load/works.ts'

export async function load(target: LoadTarget, work: Work): Promise<LoadReport> {
  const program = resolve(import.meta.dirname, 'load/main.ts')
  return JSON.parse(await run(process.execPath, [program, JSON.stringify({ target, work })], { timeoutMs: 300_000 }))
}
