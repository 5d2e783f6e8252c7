// EndpointSlices of every Service that selects pods: addresses, whether they are ready, serving or terminating, and where they are.
import { Node } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import { isPodReady } from '../../api/core/pod-conditions.ts'
import { Service } from '../../api/core/service.ts'
import { targetPortOf } from '../../api/core/service-ports.ts'
import { type Endpoint, type EndpointPort, EndpointSlice } from '../../api/discovery/endpoint-slice.ts'
import { apiVersionOf, keyOf } from '../../api/kind.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { controllerReference } from '../../meta/owner-references.ts'
import { canonicalJson } from '../pod-template.ts'
import { type Context, index, nothingToDo, type Outcome, type Reconciler, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
import { type Write, write } from '../runtime/writes.ts'
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
import { distribute, type Group } from './slicing.ts'

const SERVICE_LABEL = 'kubernetes.io/service-name'
const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by'
const MANAGER = 'endpointslice-controller.k8s.io'
const ZONE_LABEL = 'topology.kubernetes.io/zone'
const BY_SERVICE = 'service'

type AddressType = 'IPv4' | 'IPv6'

export const endpointSliceController: Reconciler = {
  name: 'endpoint-slice-controller',
  account: 'endpointslice-controller',
  watches: [
    watch(Service, service => [keyOf(service)]),
    watchServicePods(),
    watch(EndpointSlice, slice => {
      const { namespace, labels } = slice.metadata
      return isOurs(slice) && labels?.[SERVICE_LABEL] ? [`${namespace}/${labels[SERVICE_LABEL]}`] : []
    }),
    watch(Node, servicesOnNode, (node, previous) => zoneOf(node) !== zoneOf(previous)),
  ],
  indices: [
    index(EndpointSlice, BY_SERVICE, slice =>
      isOurs(slice) ? [`${slice.metadata.namespace}/${slice.metadata.labels?.[SERVICE_LABEL]}`] : [],
    ),
  ],
  reconcile,
}

function isOurs({ metadata }: EndpointSlice): boolean {
  return metadata.labels?.[MANAGED_BY_LABEL] === MANAGER
}
function zoneOf(node: Node): string | undefined {
  return node.metadata.labels?.[ZONE_LABEL]
}
/** A node that comes, goes or moves changes what is told of its pods. */
function servicesOnNode(node: Node, view: View): readonly string[] {
  return view
    .list(Service)
    .flatMap(service => (podsBehind(view, service).some(pod => pod.spec.nodeName === node.metadata.name) ? [keyOf(service)] : []))
}

function reconcile(key: string, { view }: Context): Outcome {
  const service = view.get(Service, key)
  if (!service || !podSelector(service) || service.metadata.deletionTimestamp) return nothingToDo
  const slices = view.byIndex(EndpointSlice, BY_SERVICE, key).filter(slice => !slice.metadata.deletionTimestamp)
  const types = (service.spec.ipFamilies ?? ['IPv4']).map(family => (family === 'IPv6' ? 'IPv6' : 'IPv4'))
  return {
    writes: [
      ...types.flatMap(type =>
        slicesOf(
          view,
          service,
          type,
          slices.filter(slice => slice.addressType === type),
        ),
      ),
      ...slices.filter(slice => !types.some(type => type === slice.addressType)).map(slice => write.delete(EndpointSlice, slice)),
    ],
  }
}

function slicesOf(view: View, service: Service, addressType: AddressType, slices: readonly EndpointSlice[]): readonly Write[] {
  const { update, create, remove } = distribute(groupsOf(view, service, addressType), slices)
  const labels = labelsFor(service)
  const changed = new Map(update.map(({ slice, to }) => [slice, { ...slice, ...to }]))
  return [
    ...create.map(group => write.create(EndpointSlice, { metadata: metadataFor(service), addressType, ...group })),
    ...slices
      .filter(slice => !remove.includes(slice))
      .flatMap(slice => {
        const next = changed.get(slice) ?? slice
        const same = next === slice && deepEqual(labels, slice.metadata.labels ?? {})
        return same ? [] : [write.update(EndpointSlice, { ...next, metadata: { ...slice.metadata, labels } })]
      }),
    ...remove.map(slice => write.delete(EndpointSlice, slice)),
  ]
}

function metadataFor(service: Service) {
  const { namespace, name } = service.metadata
  const owner = controllerReference({ apiVersion: apiVersionOf(Service), kind: Service.kind }, service)
  return { namespace, generateName: `${name}-`, labels: labelsFor(service), ownerReferences: [owner] }
}
function labelsFor(service: Service): Readonly<Record<string, string>> {
  const { [HEADLESS_LABEL]: _headless, ...labels } = service.metadata.labels ?? {}
  return {
    ...labels,
    [SERVICE_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: MANAGER,
    ...(isHeadless(service) && { [HEADLESS_LABEL]: '' }),
  }
}

/** Pods may have unlike numbers for a named port, so endpoints go by the ports that they have. */
function groupsOf(view: View, service: Service, addressType: AddressType): readonly Group[] {
  const groups = new Map<string, { ports: readonly EndpointPort[]; endpoints: Endpoint[] }>()
  for (const pod of podsBehind(view, service)) {
    const addresses = podIps(pod).filter(ip => ip.includes(':') === (addressType === 'IPv6'))
    const node = pod.spec.nodeName ? view.get(Node, pod.spec.nodeName) : undefined
    const isLost = pod.spec.nodeName !== undefined && !node && !service.spec.publishNotReadyAddresses
    if (addresses.length === 0 || isLost) continue
    const ports = portsOf(service, pod)
    const group = groups.get(canonicalJson(ports)) ?? { ports, endpoints: [] }
    group.endpoints.push(endpointOf(service, pod, addresses, node && zoneOf(node)))
    groups.set(canonicalJson(ports), group)
  }
  return [...groups.values()]
}

function portsOf({ spec }: Service, pod: Pod): readonly EndpointPort[] {
  return (spec.ports ?? []).flatMap(port => {
    const number = targetPortOf(port, pod.spec)
    if (number === undefined) return []
    return [
      {
        name: port.name ?? '',
        port: number,
        protocol: port.protocol,
        ...(port.appProtocol !== undefined && { appProtocol: port.appProtocol }),
      },
    ]
  })
}

function endpointOf(service: Service, pod: Pod, addresses: readonly string[], zone: string | undefined): Endpoint {
  const serving = isPodReady(pod)
  const terminating = Boolean(pod.metadata.deletionTimestamp)
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  const hostname = endpointHostname(service, pod)
  const { nodeName } = pod.spec
  const hints = hintsFor(service, ready, nodeName, zone)
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && { hostname }),
    ...(nodeName && { nodeName }),
    targetRef: podReference(pod),
    ...(zone !== undefined && { zone }),
    ...(hints && { hints }),
  }
}

/** Whom an endpoint prefers to serve, where the Service asks for that. */
function hintsFor({ spec }: Service, ready: boolean, nodeName: string | undefined, zone: string | undefined): Endpoint['hints'] {
  const { trafficDistribution } = spec
  if (!trafficDistribution || !ready || zone === undefined) return undefined
  const forZones = [{ name: zone }]
  return trafficDistribution === 'PreferSameNode' && nodeName ? { forZones, forNodes: [{ name: nodeName }] } : { forZones }
}
