// Node ports of services: kept from the service as it was, asked for by value, or picked. One number may be taken once a protocol.
import type { Service } from '../../api/core/service.ts'
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
  return (spec.ports ?? []).flatMap(port => (port.nodePort ? [`${port.nodePort}/${port.protocol}`] : []))
}

/** The service with the node ports that its type needs, and without those that it left behind. */
export function withNodePorts(service: Service, before: Service | undefined, allocation: PortAllocation): Service {
  const { errors } = allocation
  const { spec } = service
  const ports = spec.ports ?? []
  const wants = spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
  const keeps = wants || spec.type === 'LoadBalancer'
  const oldPorts = new Map((before?.spec.ports ?? []).map(p => [`${p.port}/${p.protocol}`, p.nodePort]))
  const own = new Set(before ? heldPorts(before) : [])
  const next = ports.map((port, index) => {
    const old = oldPorts.get(`${port.port}/${port.protocol}`)
    if (!keeps) {
      if (port.nodePort === undefined || port.nodePort !== old) return port
      const { nodePort, ...rest } = port
      return rest
    }
    let nodePort = port.nodePort || old || 0
    if (nodePort === 0 && !wants) return port
    if (nodePort === 0) nodePort = pick(port.protocol, index, allocation)
    const key = `${nodePort}/${port.protocol}`
    if (!own.has(key)) {
      if (port.nodePort) check(port.nodePort, port.protocol, index, allocation)
      if (errors.length === 0) {
        own.add(key)
        allocation.take(key)
      }
    }
    return { ...port, nodePort }
  })
  return ports.length === 0 ? service : { ...service, spec: { ...spec, ports: next } }
}

function pick(protocol: string, index: number, { range, random, isTaken, errors }: PortAllocation): number {
  const { firstNodePort, lastNodePort } = range
  const count = lastNodePort - firstNodePort + 1
  const start = Math.floor(random() * count)
  for (let i = 0; i < count; i++) {
    const port = firstNodePort + ((start + i) % count)
    if (!isTaken(`${port}/${protocol}`)) return port
  }
  errors.push(invalidValue(`spec.ports[${index}].nodePort`, 0, 'failed to allocate a nodePort: range is full'))
  return 0
}

function check(port: number, protocol: string, index: number, { range, isTaken, errors }: PortAllocation): void {
  const { firstNodePort, lastNodePort } = range
  const field = `spec.ports[${index}].nodePort`
  if (port < firstNodePort || port > lastNodePort)
    errors.push(
      invalidValue(field, port, `provided port is not in the valid range. The range of valid ports is ${firstNodePort}-${lastNodePort}`),
    )
  else if (isTaken(`${port}/${protocol}`)) errors.push(invalidValue(field, port, 'provided port is already allocated'))
}
