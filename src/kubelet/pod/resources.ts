// Requests and limits of a pod and its containers, in the units the node works with.
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { parseQuantity, quantityMilliValue, quantityValue } from '../../meta/quantity.ts'
import { type AnyContainer, isSidecar } from './containers.ts'

export type Amounts = Readonly<Record<string, string>>

/** Milli-CPU; undefined when not given. */
export function milliCpu(amounts: Amounts | undefined): number | undefined {
  const text = amounts?.['cpu']
  return text === undefined ? undefined : quantityMilliValue(parseQuantity(text))
}
/** Bytes; undefined when not given. */
export function memoryBytes(amounts: Amounts | undefined, resource = 'memory'): number | undefined {
  const text = amounts?.[resource]
  return text === undefined ? undefined : quantityValue(parseQuantity(text))
}

/** The amount of a resource in its own unit: milli for CPU, whole units for anything else. */
export function amountOf(resource: string, amounts: Amounts | undefined): number | undefined {
  return resource === 'cpu' ? milliCpu(amounts) : memoryBytes(amounts, resource)
}

/**
 * What the pod takes as a whole: ordinary containers and sidecars together, or the largest moment of its initialisation, plus overhead.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export function podAmount(spec: PodSpec, resource: string, which: 'requests' | 'limits'): number {
  const explicit = amountOf(resource, spec.resources?.[which])
  const of = (container: AnyContainer) =>
    amountOf(resource, container.resources[which]) ?? amountOf(resource, fallback(container, which)) ?? 0
  let sidecars = 0
  let peak = 0
  for (const container of spec.initContainers ?? []) {
    if (isSidecar(container)) sidecars += of(container)
    peak = Math.max(peak, sidecars + (isSidecar(container) ? 0 : of(container)))
  }
  const sum = spec.containers.reduce((total, container) => total + of(container), sidecars)
  return (explicit ?? Math.max(sum, peak)) + (amountOf(resource, spec.overhead) ?? 0)
}

/** Requests default to limits. */
function fallback(container: AnyContainer, which: 'requests' | 'limits'): Amounts | undefined {
  return which === 'requests' ? container.resources.limits : undefined
}

/** Whether every container that can run has a limit for the resource. */
export function isLimited(spec: PodSpec, resource: string): boolean {
  return [...(spec.initContainers ?? []), ...spec.containers].every(c => (amountOf(resource, c.resources.limits) ?? 0) > 0)
}
