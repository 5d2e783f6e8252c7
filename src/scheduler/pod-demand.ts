// What a pod takes from a node, in plain numbers: computed once a pod, compared with thousands of nodes.
import type { Container } from '../api/core/container.ts'
import { isSidecar } from '../api/core/container-roles.ts'
import type { Pod } from '../api/core/pod.ts'
import { podRequests } from '../api/core/pod-resources.ts'
import type { PodSpec } from '../api/core/pod-spec.ts'
import { reservedSpec } from '../api/core/reserved-spec.ts'
import { parseQuantity, type Quantity, quantityMilliValue, quantityValue } from '../meta/quantity.ts'

export interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

/** CPU in thousandths, everything else in whole units. */
export interface Amounts {
  readonly cpu: number
  readonly memory: number
  readonly ephemeralStorage: number
  /** Extended resources and huge pages by name. */
  readonly others: ReadonlyMap<string, number>
}
export interface PodDemand {
  readonly requests: Amounts
  /** For scoring, a container that asks for nothing counts with a usual amount, lest all such pods go to one node. */
  readonly scoring: { readonly cpu: number; readonly memory: number }
  readonly hostPorts: readonly HostPort[]
}

/** kube-scheduler's defaults. */
const USUAL_CPU = '100m'
const USUAL_MEMORY = '200Mi'

const known = new WeakMap<PodSpec, PodDemand>()

export function demandOf(pod: Pod): PodDemand {
  const spec = reservedSpec(pod)
  const found = known.get(spec)
  if (found) return found
  const usual = amountsOf(podRequests(withUsualRequests(spec)))
  const demand: PodDemand = {
    requests: amountsOf(podRequests(spec)),
    scoring: { cpu: usual.cpu, memory: usual.memory },
    hostPorts: [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)].flatMap(portsOf),
  }
  known.set(spec, demand)
  return demand
}

/** CPU and memory alone change while a pod runs, by a resize. */
export function takesTheSame(a: Pod, b: Pod): boolean {
  const [one, other] = [demandOf(a).requests, demandOf(b).requests]
  return one.cpu === other.cpu && one.memory === other.memory
}

export function amountsOf(list: ReadonlyMap<string, Quantity>): Amounts {
  const others = new Map<string, number>()
  for (const [name, value] of list) if (!plain.has(name)) others.set(name, quantityValue(value))
  const whole = (name: string) => {
    const value = list.get(name)
    return value ? quantityValue(value) : 0
  }
  const cpu = list.get('cpu')
  return { cpu: cpu ? quantityMilliValue(cpu) : 0, memory: whole('memory'), ephemeralStorage: whole('ephemeral-storage'), others }
}
export function parseAmounts(list: Readonly<Record<string, string>>): ReadonlyMap<string, Quantity> {
  return new Map(Object.entries(list).map(([name, text]) => [name, parseQuantity(text)]))
}

const plain = new Set(['cpu', 'memory', 'ephemeral-storage', 'pods'])

function withUsualRequests(spec: PodSpec): PodSpec {
  const filled = (container: Container): Container => ({
    ...container,
    resources: { ...container.resources, requests: { cpu: USUAL_CPU, memory: USUAL_MEMORY, ...container.resources?.requests } },
  })
  return {
    ...spec,
    containers: spec.containers.map(filled),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(filled) }),
  }
}

function portsOf({ ports }: Container): HostPort[] {
  return (ports ?? []).flatMap(({ hostIP, hostPort, protocol }) =>
    hostPort ? [{ ip: hostIP || anyAddress, protocol: protocol ?? 'TCP', port: hostPort }] : [],
  )
}

const anyAddress = '0.0.0.0'

/** Any address conflicts with every one. */
export function portsConflict(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === anyAddress || b.ip === anyAddress)
}
