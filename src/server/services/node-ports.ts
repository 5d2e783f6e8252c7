// Node ports of services, for their ports and for load balancers' questions after health: asked for by value, or picked. One number may be
// taken once a protocol.
import type { Service } from '../../api/core/service.ts'
import { needsHealthCheckPort, needsNodePorts } from '../../api/core/service-strategy.ts'
import { mapShared, withFields } from '../../api/sharing.ts'
import type { Random } from '../../base/clock.ts'
import { type FieldError, invalidValue } from '../../meta/field-error.ts'

export interface PortRange {
  readonly firstNodePort: number
  readonly lastNodePort: number
}

export interface PortAllocation {
  readonly range: PortRange
  readonly random: Random
  /** Keys are `port/protocol`. */
  isTaken(key: string): boolean
  take(key: string): void
  /** Where it is told what cannot be had; nothing is taken any more once there is something. */
  readonly errors: FieldError[]
}

/** The ports that a service holds, as `port/protocol`. */
export function heldPorts({ spec }: Service): readonly string[] {
  const ports = (spec.ports ?? []).flatMap(port => (port.nodePort ? [`${port.nodePort}/${port.protocol}`] : []))
  return spec.healthCheckNodePort ? [...ports, `${spec.healthCheckNodePort}/TCP`] : ports
}

/** The service with the node ports that its type needs, and without those that it left behind. */
export function withNodePorts(service: Service, before: Service | undefined, allocation: PortAllocation): Service {
  const { spec } = service
  const wants = needsNodePorts(spec)
  if (!wants && spec.type !== 'LoadBalancer') return before && sameNodePorts(service, before) ? withoutNodePorts(service) : service
  const own = new Set(before ? heldPorts(before) : [])
  const ports = (spec.ports ?? []).map((port, index) => {
    if (!port.nodePort && !wants) return port
    return { ...port, nodePort: allocate(port.nodePort, port.protocol, `spec.ports[${index}].nodePort`, own, allocation) }
  })
  const given = ports.length > 0 ? { ...service, spec: { ...spec, ports } } : service
  if (!needsHealthCheckPort(spec)) return given
  const healthCheckNodePort = allocate(spec.healthCheckNodePort, 'TCP', 'spec.healthCheckNodePort', own, allocation)
  return { ...given, spec: { ...given.spec, healthCheckNodePort } }
}

function allocate(asked: number | undefined, protocol: string, field: string, own: Set<string>, allocation: PortAllocation): number {
  const port = asked || pick(protocol, field, allocation)
  const key = `${port}/${protocol}`
  if (own.has(key)) return port
  if (asked) check(asked, protocol, field, allocation)
  if (allocation.errors.length > 0) return port
  own.add(key)
  allocation.take(key)
  return port
}

function sameNodePorts(a: Service, b: Service): boolean {
  const portsOf = ({ spec }: Service) => new Set((spec.ports ?? []).flatMap(port => (port.nodePort ? [port.nodePort] : [])))
  return portsOf(a).symmetricDifference(portsOf(b)).size === 0
}

function withoutNodePorts(service: Service): Service {
  const ports = service.spec.ports && mapShared(service.spec.ports, port => withFields(port, { nodePort: undefined }))
  return withFields(service, { spec: withFields(service.spec, { ports }) })
}

function pick(protocol: string, field: string, { range, random, isTaken, errors }: PortAllocation): number {
  const { firstNodePort, lastNodePort } = range
  const count = lastNodePort - firstNodePort + 1
  const start = Math.floor(random() * count)
  for (let i = 0; i < count; i++) {
    const port = firstNodePort + ((start + i) % count)
    if (!isTaken(`${port}/${protocol}`)) return port
  }
  errors.push(invalidValue(field, 0, 'failed to allocate a nodePort: range is full'))
  return 0
}

function check(port: number, protocol: string, field: string, { range, isTaken, errors }: PortAllocation): void {
  const { firstNodePort, lastNodePort } = range
  if (port < firstNodePort || port > lastNodePort)
    errors.push(
      invalidValue(field, port, `provided port is not in the valid range. The range of valid ports is ${firstNodePort}-${lastNodePort}`),
    )
  else if (isTaken(`${port}/${protocol}`)) errors.push(invalidValue(field, port, 'provided port is already allocated'))
}
