// kube-proxy: watches services and their endpoints and keeps the node's packet filter in step with them.
// The first script replaces whatever an earlier run has left, in one transaction; later ones change what is different. After a failure
// the whole table is written anew, so a lost or altered table heals.

import { Service } from '../api/core/service.ts'
import { EndpointSlice } from '../api/discovery/endpoint-slice.ts'
import { keyOf } from '../api/kind.ts'
import { type Clock, type Random, sleep } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { Backoff } from '../client/backoff.ts'
import type { Client } from '../client/client.ts'
import { Informer } from '../client/informer.ts'
import { Ruleset } from './diff.ts'
import { type ProxyConfig, serviceRules } from './rules.ts'
import { type StaleFlow, staleFlows } from './stale-flows.ts'

export interface ProxyOptions {
  readonly client: Client
  /** Carries out a script as one transaction, or fails. */
  nft(script: string): Promise<void>
  /** Makes the kernel forget UDP flows. Without it they run out by themselves. */
  forgetFlows?(flows: readonly StaleFlow[]): Promise<void>
  readonly config: ProxyConfig
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly signal: AbortSignal
  /** The least time between two scripts; default 50. */
  readonly minIntervalMs?: number
  /** Told after each script that was carried out. */
  onApplied?(): void
}

const SERVICE_INDEX = 'service'
const SERVICE_LABEL = 'kubernetes.io/service-name'
const HEADLESS_LABEL = 'service.kubernetes.io/headless'

/** Runs until the signal aborts, then resolves. The table stays: connections outlive the proxy. */
export async function runProxy(options: ProxyOptions): Promise<void> {
  const { client, clock, random, logger, signal } = options
  const onError = (error: Error) => logger.warn('cannot watch', { error })
  const services = new Informer({ client, kind: Service, clock, random, onError })
  const slices = new Informer({
    client,
    kind: EndpointSlice,
    labelSelector: `${SERVICE_LABEL},!${HEADLESS_LABEL}`,
    clock,
    random,
    indexers: { [SERVICE_INDEX]: slice => [serviceOf(slice)] },
    onError,
  })
  const worker = new Worker(options, key => {
    const service = services.get(key)
    return service && serviceRules(service, slices.byIndex(SERVICE_INDEX, key), options.config)
  })
  services.onChange(changes => worker.touch(changes.map(change => change.key)))
  slices.onChange(changes => worker.touch(changes.flatMap(c => [c.object, c.previous]).flatMap(slice => (slice ? [serviceOf(slice)] : []))))
  const watching = Promise.all([services.run(signal), slices.run(signal)])
  try {
    await Promise.all([services.synced(signal), slices.synced(signal)])
    await worker.run()
  } catch (error) {
    if (!signal.aborted) throw error
  }
  await watching
}

function serviceOf(slice: EndpointSlice): string {
  return keyOf({ ...slice, metadata: { ...slice.metadata, name: slice.metadata.labels?.[SERVICE_LABEL] ?? '' } })
}

class Worker {
  readonly #options: ProxyOptions
  readonly #rulesOf: (service: string) => ReturnType<typeof serviceRules> | undefined
  readonly #ruleset = new Ruleset()
  readonly #touched = new Set<string>()
  #wake = () => {}

  constructor(options: ProxyOptions, rulesOf: (service: string) => ReturnType<typeof serviceRules> | undefined) {
    this.#options = options
    this.#rulesOf = rulesOf
  }

  touch(services: readonly string[]): void {
    for (const service of services) this.#touched.add(service)
    if (services.length > 0) this.#wake()
  }

  async run(): Promise<void> {
    const { clock, random, logger, signal, minIntervalMs = 50 } = this.#options
    const backoff = new Backoff({ baseMs: 500, maxMs: 30_000, jitter: 0.2 }, random)
    let isWhole = false
    while (!signal.aborted) {
      const flows = this.#absorb()
      const script = isWhole ? this.#ruleset.changes() : this.#ruleset.whole()
      try {
        if (script !== '') await this.#options.nft(script)
        if (!isWhole) logger.info('wrote the whole table', { bytes: script.length })
        isWhole = true
        backoff.reset()
        if (flows.length > 0) await this.#options.forgetFlows?.(flows)
        if (script !== '') this.#options.onApplied?.()
      } catch (error) {
        isWhole = false
        logger.error('cannot change the packet filter; the whole table follows', { error })
        await sleep(clock, backoff.nextMs(), signal)
        continue
      }
      await sleep(clock, minIntervalMs, signal)
      await this.#work()
    }
  }

  /** Takes over what has changed. Answers the flows that are stale once the script is carried out. */
  #absorb(): readonly StaleFlow[] {
    const flows: StaleFlow[] = []
    for (const service of this.#touched) {
      const before = this.#ruleset.get(service)
      const after = this.#rulesOf(service)
      for (const notice of after?.notices ?? []) {
        if (!before?.notices.includes(notice)) this.#options.logger.warn(notice, { service })
      }
      this.#ruleset.set(service, after)
      flows.push(...staleFlows(before, after))
    }
    this.#touched.clear()
    return flows
  }

  /** Resolves when something is to be done, or the signal aborts. */
  #work(): Promise<void> {
    const { signal } = this.#options
    if (this.#touched.size > 0 || signal.aborted) return Promise.resolve()
    return new Promise(resolve => {
      const done = () => {
        this.#wake = () => {}
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#wake = done
      signal.addEventListener('abort', done, { once: true })
    })
  }
}
