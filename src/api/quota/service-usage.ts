// Services: how many, how many of them ask for load balancers, and how many ports of the nodes they will have.
import { quantityOf } from '../../meta/quantity.ts'
import { type Service, Service as ServiceKind } from '../core/service.ts'
import { countName, type Evaluator, one } from './evaluator.ts'

const names = { count: countName(ServiceKind), services: 'services', nodePorts: 'services.nodeports', balancers: 'services.loadbalancers' }
const known = new Set(Object.values(names))

export const serviceUsage: Evaluator<Service> = {
  counts: name => known.has(name),
  usage: service =>
    new Map([
      [names.count, one],
      [names.services, one],
      [names.nodePorts, quantityOf(nodePortsOf(service))],
      [names.balancers, quantityOf(service.spec.type === 'LoadBalancer' ? 1 : 0)],
    ]),
  isAffected: (_next, _previous, subresource) => subresource === '',
}

/** What it is going to have: ports are only assigned later. */
function nodePortsOf({ spec }: Service): number {
  const ports = spec.ports ?? []
  if (spec.type === 'NodePort') return ports.length
  if (spec.type !== 'LoadBalancer') return 0
  return spec.allocateLoadBalancerNodePorts === false ? ports.filter(port => port.nodePort).length : ports.length
}
