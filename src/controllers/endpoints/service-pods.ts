// Which pods stand behind a Service, for both ways of telling it: EndpointSlices and Endpoints.
import { Pod } from '../../api/core/pod.ts'
import { isPodReady, isPodTerminal } from '../../api/core/pod-conditions.ts'
import { Service } from '../../api/core/service.ts'
import { keyOf } from '../../api/kind.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { type Selector, selectorOfLabels } from '../../meta/selector.ts'
import { type Watch, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'

export const HEADLESS_LABEL = 'service.kubernetes.io/headless'

/** Undefined for Services that route elsewhere, or whose endpoints somebody else writes. */
export function podSelector({ spec }: Service): Selector | undefined {
  return spec.type === 'ExternalName' || !spec.selector ? undefined : selectorOfLabels(spec.selector)
}
export function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === 'None'
}

export function podIps({ status }: Pod): readonly string[] {
  return status.podIPs?.map(({ ip }) => ip) ?? (status.podIP ? [status.podIP] : [])
}
/** A pod has endpoints from when it has an address until it has ended. */
export function podsBehind(view: View, service: Service): readonly Pod[] {
  const selector = podSelector(service)
  if (!selector) return []
  return view.list(Pod, service.metadata.namespace, selector).filter(pod => podIps(pod).length > 0 && !isPodTerminal(pod))
}
/** Its own name in the DNS zone of a headless Service. */
export function endpointHostname(service: Service, { spec }: Pod): string | undefined {
  return spec.hostname && spec.subdomain === service.metadata.name ? spec.hostname : undefined
}
export function podReference({ metadata }: Pod) {
  return { kind: 'Pod', namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }
}

/** Wakes the Services that select a pod when what endpoints tell of it changes. */
export function watchServicePods(): Watch {
  const services = (pod: Pod, view: View) =>
    view
      .list(Service, pod.metadata.namespace)
      .flatMap(service => (podSelector(service)?.matches(pod.metadata.labels) ? [keyOf(service)] : []))
  return watch(Pod, services, (pod, previous) => !deepEqual(told(pod), told(previous)))
}
function told(pod: Pod): readonly unknown[] {
  const { metadata, spec } = pod
  return [
    metadata.labels,
    Boolean(metadata.deletionTimestamp),
    spec.nodeName,
    spec.hostname,
    spec.subdomain,
    podIps(pod),
    isPodReady(pod),
    isPodTerminal(pod),
  ]
}
