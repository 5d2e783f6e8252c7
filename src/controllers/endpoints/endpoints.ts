// The Endpoints object of every Service that selects pods: the older form of what EndpointSlices tell, which many readers still use.
import { type EndpointAddress, type EndpointPort, type EndpointSubset, Endpoints } from '../../api/core/endpoints.ts'
import type { Pod } from '../../api/core/pod.ts'
import { isPodReady } from '../../api/core/pod-conditions.ts'
import { Service } from '../../api/core/service.ts'
import { targetPortOf } from '../../api/core/service-ports.ts'
import { keyOf } from '../../api/kind.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { canonicalJson } from '../pod-template.ts'
import { type Context, nothingToDo, type Outcome, type Reconciler, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
import { write } from '../runtime/writes.ts'
import {
  endpointHostname,
  HEADLESS_LABEL,
  isHeadless,
  podIps,
  podReference,
  podSelector,
  podsBehind,
  watchServicePods,
} from './service-pods.ts'

const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by'
const MANAGER = 'endpoint-controller'
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity'
const MAX_ADDRESSES = 1000

export const endpointsController: Reconciler = {
  name: MANAGER,
  watches: [watch(Service, service => [keyOf(service)]), watchServicePods(), watch(Endpoints, endpoints => [keyOf(endpoints)])],
  reconcile,
}

function reconcile(key: string, { view }: Context): Outcome {
  const service = view.get(Service, key)
  const endpoints = view.get(Endpoints, key)
  if (!service) {
    const isOurs = endpoints?.metadata.labels?.[MANAGED_BY_LABEL] === MANAGER
    return endpoints && isOurs ? { writes: [write.delete(Endpoints, endpoints)] } : nothingToDo
  }
  if (!podSelector(service) || service.metadata.deletionTimestamp) return nothingToDo
  const { subsets, isTruncated } = subsetsOf(view, service)
  const { [HEADLESS_LABEL]: _headless, ...inherited } = service.metadata.labels ?? {}
  const labels = { ...inherited, [MANAGED_BY_LABEL]: MANAGER, ...(isHeadless(service) && { [HEADLESS_LABEL]: '' }) }
  const { [OVER_CAPACITY]: _capacity, ...others } = endpoints?.metadata.annotations ?? {}
  const annotations = { ...others, ...(isTruncated && { [OVER_CAPACITY]: 'truncated' }) }
  if (!endpoints) {
    const { namespace, name } = service.metadata
    return { writes: [write.create(Endpoints, { metadata: { namespace, name, labels, annotations }, subsets })] }
  }
  const { metadata } = endpoints
  const same =
    deepEqual(subsets, endpoints.subsets ?? []) &&
    deepEqual(labels, metadata.labels ?? {}) &&
    deepEqual(annotations, metadata.annotations ?? {})
  return same
    ? nothingToDo
    : { writes: [write.update(Endpoints, { ...endpoints, metadata: { ...metadata, labels, annotations }, subsets })] }
}

interface Entry {
  readonly address: EndpointAddress
  readonly isReady: boolean
  readonly ports: readonly EndpointPort[]
}

/** Addresses with the same ports go together. Of more than a thousand the rest is left out, ready ones last. */
function subsetsOf(view: View, service: Service): { readonly subsets: readonly EndpointSubset[]; readonly isTruncated: boolean } {
  const all = podsBehind(view, service)
    .filter(pod => service.spec.publishNotReadyAddresses || !pod.metadata.deletionTimestamp)
    .flatMap(pod => entryOf(service, pod))
    .sort((a, b) => Number(b.isReady) - Number(a.isReady) || compareText(a.address.ip, b.address.ip))
  const groups = Map.groupBy(all.slice(0, MAX_ADDRESSES), entry => canonicalJson(entry.ports))
  const subsets = [...groups].sort(([a], [b]) => compareText(a, b)).map(([, entries]) => subsetOf(entries))
  return { subsets, isTruncated: all.length > MAX_ADDRESSES }
}

function entryOf(service: Service, pod: Pod): Entry[] {
  const isIPv6 = service.spec.ipFamilies?.[0] === 'IPv6'
  const ip = podIps(pod).find(candidate => candidate.includes(':') === isIPv6)
  const ports = (service.spec.ports ?? []).flatMap(port => {
    const number = targetPortOf(port, pod.spec)
    if (number === undefined) return []
    const { name, appProtocol, protocol } = port
    return [{ ...(name && { name }), port: number, protocol, ...(appProtocol !== undefined && { appProtocol }) }]
  })
  const isUnreachable = ports.length === 0 && !(isHeadless(service) && (service.spec.ports ?? []).length === 0)
  if (ip === undefined || isUnreachable) return []
  const hostname = endpointHostname(service, pod)
  const { nodeName } = pod.spec
  const address = { ip, ...(hostname !== undefined && { hostname }), ...(nodeName && { nodeName }), targetRef: podReference(pod) }
  return [{ address, isReady: service.spec.publishNotReadyAddresses === true || isPodReady(pod), ports }]
}

function subsetOf(entries: readonly Entry[]): EndpointSubset {
  const ready = entries.filter(entry => entry.isReady).map(entry => entry.address)
  const notReady = entries.filter(entry => !entry.isReady).map(entry => entry.address)
  const ports = entries[0]?.ports ?? []
  return {
    ...(ready.length > 0 && { addresses: ready }),
    ...(notReady.length > 0 && { notReadyAddresses: notReady }),
    ...(ports.length > 0 && { ports }),
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
