// The process that is shot at: an API server in memory, with the controllers that namespaces and owners need. What its objects name as
// addresses, anywhere but here, is not called: nobody else shall hear of a fuzz.
import { Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { silentLogger } from '../../src/base/logger.ts'
import { InformerSet } from '../../src/client/informer-set.ts'
import { garbageCollector } from '../../src/controllers/garbage/garbage-collector.ts'
import { namespaceController } from '../../src/controllers/namespace-contents.ts'
import { preferredKinds } from '../../src/controllers/runtime/kind-source.ts'
import { Runner } from '../../src/controllers/runtime/runner.ts'
import { issue } from '../../src/platform/certificate.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { servedKinds } from '../../src/server/resource.ts'
import { startTestServer } from '../../test/testkit/api-server.ts'
import type { Asked, Told } from './server.ts'

const tell = (told: Told): void => void process.send?.(told)

stayHere()
const server = await startTestServer({
  settings: {
    logger: {
      ...silentLogger,
      error: (message, { error, ...fields } = {}) => tell({ type: 'error', message, fields, error: errorText(error) }),
    },
  },
})
const { ca } = server.pki
const nowMs = Date.now()
// Nobody can lock these out: not by taking their rights away, nor by giving them no seat.
const subject = { commonName: 'fuzz', organizations: ['system:masters'] }
const master = issue({ subject, usage: 'client', notBefore: nowMs - 60_000, notAfter: nowMs + 86_400_000 }, ca)
tell({ type: 'ready', url: server.url, identity: { ca: ca.certificate, cert: master.certificate, key: master.key } })

const stopping = new AbortController()
const controllers = runControllers(stopping.signal)
const turns = monitorEventLoopDelay({ resolution: 10 })
turns.enable()

process.on('message', ({ type }: Asked) => {
  if (type === 'stop') void stop()
  else {
    if (type === 'memory') globalThis.gc?.()
    const { heapUsed, rss } = process.memoryUsage()
    tell({ type: 'figures', heapMiB: heapUsed / 2 ** 20, rssMiB: rss / 2 ** 20, longestTurnMs: turns.max / 1e6 })
    turns.reset()
  }
})

async function stop(): Promise<void> {
  stopping.abort()
  await controllers
  await server.close()
  process.disconnect()
}

function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function stayHere(): void {
  const { connect } = Socket.prototype
  const isHere = (host: unknown) => typeof host !== 'string' || /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host)
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    // Node's own callers hand over their arguments in a list.
    const [first] = args.flat()
    const host = typeof first === 'object' && first !== null ? (first as { readonly host?: unknown }).host : undefined
    if (isHere(host)) return connect.apply(this, args as Parameters<typeof connect>)
    process.nextTick(() => this.destroy(Object.assign(new Error(`connect ENETUNREACH ${String(host)}`), { code: 'ENETUNREACH' })))
    return this
  } as typeof connect
}

async function runControllers(signal: AbortSignal): Promise<void> {
  const kinds = servedKinds(server.server.context.resources)
  const client = server.client()
  const informers = new InformerSet({ client, clock: systemClock, random: Math.random, onError: () => {} })
  const runners = [namespaceController(() => preferredKinds(kinds.all())), garbageCollector(kinds)].map(
    reconciler =>
      new Runner({ reconciler, informers, client, clock: systemClock, random: Math.random, logger: silentLogger, record: () => {} }),
  )
  const running = informers.run(signal)
  await informers.synced(signal)
  await Promise.all([running, ...runners.map(runner => runner.run(signal))])
}
