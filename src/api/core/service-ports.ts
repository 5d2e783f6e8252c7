// Where a port of a Service leads in a pod.
import { isSidecar } from './container-roles.ts'
import type { PodSpec } from './pod-spec.ts'
import type { ServicePort } from './service.ts'

/** The number of the pod's port; undefined when the pod has no port of that name and protocol. */
export function targetPortOf(port: Pick<ServicePort, 'port' | 'protocol' | 'targetPort'>, spec: PodSpec): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target === 0 ? port.port : target
  const containers = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)]
  return containers.flatMap(c => c.ports ?? []).find(p => p.name === target && p.protocol === port.protocol)?.containerPort
}
