// The gate of a server: priority and fairness by what is stored, or plain limits where that is switched off.
import type { Registry } from 'prom-client'
import type { Client } from '../../client/client.ts'
import { prefixEnd } from '../../store/store.ts'
import type { Context } from '../context.ts'
import { storePrefix } from '../resource.ts'
import { FlowControl } from './flow-control.ts'
import { defaultInFlight, fairGate, type Gate, InFlightGate } from './gate.ts'
import { flowControlMetrics, inFlightMetrics } from './metrics.ts'
import { followConfiguration } from './stored-configuration.ts'

export interface LimitOptions {
  /** Default: true. */
  readonly fairness?: boolean | undefined
  /** 0: no limit. Defaults: 400 and 200. Together they are the seats of fairness. */
  readonly maxRequestsInFlight?: number | undefined
  readonly maxMutatingRequestsInFlight?: number | undefined
}

export interface RequestLimits {
  readonly gate: Gate
  /** Begins to follow what is stored, once that is there. */
  follow(client: Client): void
  close(): void
}

const lendEveryMs = 10_000

export function requestLimits(
  options: LimitOptions,
  { resources, storage, clock }: Context,
  monotonic: () => number,
  registry: Registry,
  onError: (error: unknown) => void,
): RequestLimits {
  const reading = options.maxRequestsInFlight ?? defaultInFlight.reading
  const mutating = options.maxMutatingRequestsInFlight ?? defaultInFlight.mutating
  // As upstream: without a limit at all there is nothing to be shared.
  if (options.fairness === false || reading + mutating <= 0) {
    const gate = new InFlightGate({ reading, mutating })
    inFlightMetrics(registry, gate)
    return { gate, follow() {}, close() {} }
  }
  const control = new FlowControl(reading + mutating, monotonic)
  flowControlMetrics(registry, control)
  let stop = () => {}
  let cancel = () => {}
  const lend = () => {
    control.lend()
    cancel = clock.after(lendEveryMs, lend)
  }
  return {
    gate: fairGate(control, clock, info => {
      const resource = resources.find(info.group, info.version, info.plural)
      if (!resource) return 0
      const prefix = storePrefix(resource, info.namespace || undefined)
      return storage.store.count(prefix, prefixEnd(prefix))
    }),
    follow(client) {
      stop = followConfiguration({ control, storage, client, now: () => clock.now(), onError })
      cancel = clock.after(lendEveryMs, lend)
    },
    close() {
      stop()
      cancel()
    },
  }
}
