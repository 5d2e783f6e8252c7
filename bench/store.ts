// Measures the store on disk: durable writes per second, one at a time and 32 in flight, and opening it with 10,000 objects.
// `node bench/store.ts [folder]` (default: a temporary folder; its disk is what is measured).
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock as clock } from '../src/platform/clock.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import type { Store } from '../src/store/store.ts'

const OBJECTS = 10_000
const OBJECT_BYTES = 2_048
const MIB = 1024 * 1024

/** The key of object `i`. */
function keyOf(i: number): string {
  return `/registry/pods/namespace-${i % 20}/pod-${i}`
}

function write(store: Store, i: number): Promise<unknown> {
  const key = keyOf(i)
  const expect = store.get(key)?.modRevision ?? 0
  return store.commit({ key, expect, value: revision => ({ bytes: Buffer.from(`${revision}`.padEnd(OBJECT_BYTES, 'x')) }) })
}

/** Writes objects `from` to `to`, so many at a time. Returns milliseconds, and those of CPU. */
async function writeAll(
  store: Store,
  from: number,
  to: number,
  inFlight: number,
): Promise<{ wallMs: number; cpuMs: number; p50Ms: number; p99Ms: number }> {
  const begin = performance.now()
  const cpu = process.cpuUsage()
  const latencies: number[] = []
  let next = from
  const writer = async () => {
    while (next < to) {
      const start = performance.now()
      await write(store, next++ % OBJECTS)
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, writer))
  const { user, system } = process.cpuUsage(cpu)
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0
  return { wallMs: performance.now() - begin, cpuMs: (user + system) / 1000, p50Ms: at(0.5), p99Ms: at(0.99) }
}

function report(what: string, writes: number, { wallMs, cpuMs, p50Ms, p99Ms }: Awaited<ReturnType<typeof writeAll>>): void {
  const rate = Math.round((writes / wallMs) * 1000)
  console.log(`${what}: ${rate}/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, CPU ${(cpuMs / writes).toFixed(3)} s per 1,000`)
}

function memory(): string {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return `rss ${Math.round(rss / MIB)} MiB, heap ${Math.round(heapUsed / MIB)} MiB, buffers ${Math.round(arrayBuffers / MIB)} MiB`
}

const parent = process.argv[2] ?? tmpdir()
mkdirSync(parent, { recursive: true })
const path = mkdtempSync(join(parent, 'coxswain-bench-'))
try {
  let store = await openSqliteStore({ path, clock })
  console.log(`opened empty: ${memory()}`)
  report('creates, 32 in flight', OBJECTS, await writeAll(store, 0, OBJECTS, 32))
  report('updates, 32 in flight', 3 * OBJECTS, await writeAll(store, 0, 3 * OBJECTS, 32))
  report('updates, one at a time', 2_000, await writeAll(store, 0, 2_000, 1))
  await store.compact(store.revision)
  await store.close()

  const begin = performance.now()
  store = await openSqliteStore({ path, clock })
  console.log(`opening ${OBJECTS} objects of ${OBJECT_BYTES} bytes: ${(performance.now() - begin).toFixed(0)} ms, ${memory()}`)

  const scan = performance.now()
  for (let i = 0; i < 100; i++) store.range({ start: '/registry/pods/', end: '/registry/pods0' })
  console.log(`range of ${OBJECTS}: ${((performance.now() - scan) / 100).toFixed(2)} ms`)
  await store.close()
} finally {
  rmSync(path, { recursive: true })
}
