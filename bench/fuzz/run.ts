// Throws broken and nearly right requests at an API server in a process of its own: objects of every kind, paths, queries, headers, patches,
// custom resources, admission, watches, and bytes that are no HTTP at all. It must stay up, answer each in time and never with 500, read
// back what it has stored, list it all in the end, and stay small. `npm run bench fuzz`, or `node bench/fuzz/run.ts [--seed N] [--seconds N]
// [--count N]`; a finding prints its seed and what was sent, and the exit code is 1. What is sent follows from the seed and from what the
// server has taken before.
import { parseArgs } from 'node:util'
import { storedKinds } from '../../src/api/all.ts'
import { requestsOver } from '../../test/testkit/api-requests.ts'
import { collections, listFindings, memoryFindings } from './afterwards.ts'
import { Definitions } from './definitions.ts'
import { Gun, knownFailure } from './fire.ts'
import { Objects } from './objects.ts'
import { Random } from './random.ts'
import { startServer } from './server.ts'
import { shot } from './shots.ts'
import { Sweep } from './sweep.ts'
import { bytesShot, send } from './wire.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter(arg => arg !== 'fuzz'),
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '600' },
    count: { type: 'string', default: 'Infinity' },
    verbose: { type: 'boolean', default: false },
  },
})
const inFlight = 20
const bytesInFlight = 3
const clearWayEveryMs = 4_000
const clearAllEveryMs = 90_000
const maxFindings = 20
/** No shot may keep the server from answering the others for as long, on a machine that has other work too. */
const longestTurnMs = 5_000
const readyWithinMs = 8_000

let findings = 0
function report(finding: string): void {
  if (knownFailure.test(finding) && finding.startsWith('logged:')) return
  if (findings >= maxFindings) return
  findings++
  console.log(`${new Date().toISOString()} ${finding}`)
}

const server = await startServer(report)
const objects = new Objects(storedKinds)
const supplies = { kinds: storedKinds, objects, definitions: new Definitions() }
const gun = new Gun(server.url, server.identity, (random, text) => {
  objects.take(random, text)
  supplies.definitions.take(text)
})
const keeper = requestsOver('HTTP/1.1', server.url, server.identity)
const prober = requestsOver('HTTP/1.1', server.url, server.identity)
const sweep = await Sweep.of(keeper, await collections(keeper))

const end = performance.now() + Number(values.seconds) * 1000
const count = Number(values.count)
let sent = 0
let bytesSent = 0
const isOver = () => !server.isUp || performance.now() >= end || sent >= count || findings >= maxFindings
/** What is under way, for when the server stands still or falls. */
const underWay = new Map<number, string>()
const shown = () => [...underWay.values()].map(text => text.slice(0, 500)).join('\n')

async function shoot(): Promise<void> {
  while (!isOver()) {
    const seed = Number(values.seed) * 1_000_003 + sent++
    const random = new Random(seed)
    const next = shot(random, supplies)
    const text = JSON.stringify({ ...next, body: next.body?.toString('latin1' as never) }).slice(0, 6000)
    underWay.set(seed, text)
    const finding = await gun.fire(random, next)
    underWay.delete(seed)
    if (finding !== undefined && server.isUp) report(`${finding} (seed ${seed}): ${text}`)
  }
}

/** Connections with bytes that are no requests, one after the other. */
async function shootBytes(): Promise<void> {
  while (!isOver()) {
    const i = bytesSent++
    const seed = Number(values.seed) * 1_000_003 + i
    const bytes = bytesShot(new Random(seed))
    const text = `${bytes.protocol} ${JSON.stringify(bytes.parts.map(part => part.toString('latin1'))).slice(0, 3_000)}`
    underWay.set(-1 - i, text)
    const finding = await send(server.url, server.identity, bytes)
    underWay.delete(-1 - i)
    if (finding !== undefined && server.isUp) report(`${finding} (bytes of seed ${seed}): ${text}`)
  }
}

const pause = () => new Promise(resolve => setTimeout(resolve, 500))

/** Asks the server now and then whether it is well. */
async function probe(): Promise<void> {
  while (!isOver()) {
    await pause()
    const shots = shown()
    const signal = AbortSignal.timeout(readyWithinMs)
    const code = await prober.send('GET', '/readyz', { signal }).then(reply => reply.code, String)
    if (!server.isUp) return
    if (code !== 200) report(`/readyz answered ${code} while these were under way: ${shots}`)
    const { longestTurnMs: turnMs } = await server.figures('figures')
    if (turnMs > longestTurnMs) report(`nobody was answered for ${Math.round(turnMs)} ms; under way: ${shots}`)
  }
}

/** Clears the field. */
async function clear(): Promise<void> {
  let clearedAllMs = performance.now()
  let clearedWayMs = clearedAllMs
  while (!isOver()) {
    await pause()
    const nowMs = performance.now()
    if (nowMs - clearedAllMs > clearAllEveryMs) {
      await sweep.clearAll(await collections(keeper))
      clearedAllMs = nowMs
      clearedWayMs = nowMs
    } else if (nowMs - clearedWayMs > clearWayEveryMs) {
      await sweep.clearTheWay()
      clearedWayMs = nowMs
    }
  }
}

try {
  await Promise.all([...Array.from({ length: inFlight }, shoot), ...Array.from({ length: bytesInFlight }, shootBytes), probe(), clear()])
  if (!server.isUp) throw new Error('the server has ended')
  await sweep.clearTheWay()
  for (const finding of [...(await listFindings(keeper)), ...(await memoryFindings(server))]) report(finding)
} catch (error) {
  report(`the run broke off: ${error instanceof Error ? error.stack : String(error)}; under way: ${shown()}`)
  findings = maxFindings
}

const inOrder = <K extends string | number>(counts: ReadonlyMap<K, number>) =>
  [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `${what}: ${times}`)
console.log(inOrder(gun.codes).join(', '))
if (values.verbose) console.log(inOrder(gun.taken).join('\n'))
console.log(
  `${sent} requests and ${bytesSent} connections of bytes, ${[...gun.taken.values()].reduce((a, b) => a + b, 0)} stored and read back, ${findings} findings`,
)
gun.close()
keeper.close()
prober.close()
await server.stop()
process.exitCode = findings > 0 ? 1 : 0
