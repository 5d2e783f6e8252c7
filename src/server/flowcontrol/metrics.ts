// What /metrics says of priority and fairness, under upstream's names. Read from the levels when somebody asks: requests pay nothing for it.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { FlowControl, Level } from './flow-control.ts'
import type { InFlightGate } from './gate.ts'

const prefix = 'apiserver_flowcontrol_'

export function flowControlMetrics(registry: Registry, control: FlowControl): void {
  const ofLevels = (name: string, help: string, value: (level: Level) => number) =>
    new Gauge({
      name: prefix + name,
      help,
      labelNames: ['priority_level'],
      registers: [registry],
      collect() {
        this.reset()
        for (const level of control.levels) this.set({ priority_level: level.name }, value(level))
      },
    })
  ofLevels('current_executing_requests', 'Requests that execute.', l => l.queues.executing)
  ofLevels('current_executing_seats', 'Seats that are taken.', l => l.queues.seatsInUse)
  ofLevels('current_inqueue_requests', 'Requests that wait.', l => l.queues.waiting)
  ofLevels('current_inqueue_seats', 'Seats that are waited for.', l => l.queues.seatsWaiting)
  ofLevels('nominal_limit_seats', 'Seats by shares.', l => l.share.nominal)
  ofLevels('lower_limit_seats', 'Seats that are never lent.', l => l.share.least)
  ofLevels('upper_limit_seats', 'Seats with all that may be borrowed.', l => l.share.most)
  ofLevels('current_limit_seats', 'Seats now.', l => l.queues.limits.seats)
  ofLevels('demand_seats_smoothed', 'Seats that were asked for lately.', l => l.smoothDemand)
  ofLevels('demand_seats_high_watermark', 'The most seats asked for at once in the last period.', l => l.highestDemand)

  const labels = ['priority_level', 'flow_schema'] as const
  const ofSchemas = (name: string, help: string, value: (counts: FlowControl['schemas'][number]['counts']) => number) =>
    new Counter({
      name: prefix + name,
      help,
      labelNames: labels,
      registers: [registry],
      collect() {
        this.reset()
        for (const { schema, level, counts } of control.schemas)
          this.inc({ priority_level: level.name, flow_schema: schema.metadata.name }, value(counts))
      },
    })
  ofSchemas('dispatched_requests_total', 'Requests that got their seats.', c => c.started)
  ofSchemas('request_execution_seconds_sum', 'Time that requests executed.', c => c.executionMs / 1000)
  const waits = new Histogram({
    name: `${prefix}request_wait_duration_seconds`,
    help: 'How long requests waited, of those that did.',
    labelNames: [...labels, 'execute'],
    buckets: [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
    registers: [registry],
  })
  control.onWaited = ({ schema, level }, ms, executes) =>
    waits.observe({ priority_level: level.name, flow_schema: schema.metadata.name, execute: String(executes) }, ms / 1000)
  new Counter({
    name: `${prefix}rejected_requests_total`,
    help: 'Requests that were refused, by reason.',
    labelNames: [...labels, 'reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { schema, level, counts } of control.schemas)
        for (const [reason, count] of Object.entries(counts.refused))
          if (count > 0) this.inc({ priority_level: level.name, flow_schema: schema.metadata.name, reason }, count)
    },
  })
}

export function inFlightMetrics(registry: Registry, { inFlight }: InFlightGate): void {
  new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests that are being answered, watches and connections left out.',
    labelNames: ['request_kind'],
    registers: [registry],
    collect() {
      this.set({ request_kind: 'readOnly' }, inFlight.reading)
      this.set({ request_kind: 'mutating' }, inFlight.mutating)
    },
  })
}
