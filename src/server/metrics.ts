// /metrics: request counts and durations under the API server's usual names, and the process's own figures.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  readonly registry: Registry
  observe(request: {
    readonly verb: string
    readonly resource: string
    readonly subresource: string
    readonly code: number
    readonly seconds: number
  }): void
  watchers(change: 1 | -1): void
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests by verb, resource and status code.',
    labelNames: ['verb', 'resource', 'subresource', 'code'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time until the answer was ready, watches and connections left out.',
    labelNames: ['verb', 'resource', 'subresource'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  const watchers = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches and connections that are open.',
    registers: [registry],
  })
  // Finding a series by its labels costs more than counting in it. There are no more of them than of the series themselves.
  const known = new Map<string, { requests: Counter.Internal; durations: Histogram.Internal<string> }>()
  return {
    registry,
    observe({ verb, resource, subresource, code, seconds }) {
      const id = `${verb} ${resource}/${subresource} ${code}`
      let series = known.get(id)
      if (!series) {
        const labels = { verb: verb.toUpperCase(), resource, subresource }
        series = { requests: requests.labels({ ...labels, code: String(code) }), durations: durations.labels(labels) }
        known.set(id, series)
      }
      series.requests.inc()
      series.durations.observe(seconds)
    },
    watchers: change => watchers.inc(change),
  }
}
