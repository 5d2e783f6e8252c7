// Ranges of service addresses: each gets a finalizer and is told to be ready; one that is deleted stays, and says so, until no address of a
// service needs it any more. The range that the cluster began with comes back when it is gone.
import { keyOf } from '../../api/kind.ts'
import { IPAddress } from '../../api/networking/ip-address.ts'
import { defaultRangeName, holdsAddress, holdsNetwork, isManaged, rangeFinalizer } from '../../api/networking/service-address.ts'
import { ServiceCIDR } from '../../api/networking/service-cidr.ts'
import { findCondition, setCondition } from '../../meta/conditions.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { formatTime, parseTime } from '../../meta/time.ts'
import { nothingToDo, type Outcome, type Reconciler, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
import { type Write, write } from '../runtime/writes.ts'

/** As long after the deletion nobody gives out an address of the range any more, who has not seen it yet. */
const GRACE_MS = 10_000
const stillNeeded = 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'

const leaving = (view: View) => view.list(ServiceCIDR).filter(({ metadata }) => metadata.deletionTimestamp !== undefined)

export const serviceCidrController: Reconciler = {
  name: 'service-cidr-controller',
  account: 'service-cidrs-controller',
  watches: [
    // A range that comes or goes may take over from one that is being deleted, or leave its addresses to it.
    watch(ServiceCIDR, (range, view) => [keyOf(range), ...leaving(view).map(keyOf)]),
    watch(IPAddress, ({ metadata }, view) =>
      leaving(view)
        .filter(range => holdsAddress(range, metadata.name))
        .map(keyOf),
    ),
  ],
  reconcile(key, { view, now }) {
    const range = view.get(ServiceCIDR, key)
    if (!range) return nothingToDo
    const { deletionTimestamp, finalizers = [] } = range.metadata
    const isKept = finalizers.includes(rangeFinalizer)
    if (!deletionTimestamp) {
      if (!isKept) return { writes: [write.patch(ServiceCIDR, range, 'strategic', { metadata: { finalizers: [rangeFinalizer] } })] }
      return { writes: told(range, 'True', '', 'Kubernetes Service CIDR is ready', now) }
    }
    if (!isKept) return nothingToDo
    if (isNeeded(range, view)) return { writes: told(range, 'False', 'Terminating', stillNeeded, now) }
    const waitMs = parseTime(deletionTimestamp) + GRACE_MS - now
    return waitMs > 0 ? { writes: [], requeueAfterMs: waitMs } : released(range)
  },
}

/** `cidrs`: what the cluster was set up with. */
export function defaultServiceCidrController(cidrs: readonly string[]): Reconciler {
  return {
    name: 'kubernetes-service-cidr-controller',
    isServers: true,
    watches: [watch(ServiceCIDR, ({ metadata }) => (metadata.name === defaultRangeName ? [metadata.name] : []))],
    reconcile(key, { view, now }) {
      const range = view.get(ServiceCIDR, key)
      if (!range) return { writes: [write.create(ServiceCIDR, { metadata: { name: key }, spec: { cidrs } })] }
      if (range.metadata.deletionTimestamp) return nothingToDo
      const own = range.spec.cidrs ?? []
      if (!deepEqual(own, cidrs)) {
        const message = `The default ServiceCIDR [${own.join(' ')}] does not match the controller flag configurations [${cidrs.join(' ')}]`
        return { writes: [write.event(ServiceCIDR, range, 'Warning', 'KubernetesDefaultServiceCIDRInconsistent', message)] }
      }
      const ready = findCondition(range.status.conditions, 'Ready')
      if (ready?.status === 'False')
        return { writes: [write.event(ServiceCIDR, range, 'Warning', ready.reason, `Configuration matches, but ${ready.message}`)] }
      return ready?.status === 'True' ? nothingToDo : { writes: told(range, 'True', '', 'Kubernetes default Service CIDR is ready', now) }
    },
  }
}

function released(range: ServiceCIDR): Outcome {
  const body = { metadata: { '$deleteFromPrimitiveList/finalizers': [rangeFinalizer] } }
  return { writes: [write.patch(ServiceCIDR, range, 'strategic', body)] }
}

function told(range: ServiceCIDR, status: 'True' | 'False', reason: string, message: string, now: number): readonly Write[] {
  const time = formatTime(now)
  const conditions = setCondition(range.status.conditions, { type: 'Ready', status, reason, message, lastTransitionTime: time }, time)
  if (conditions === range.status.conditions) return []
  return [write.updateStatus(ServiceCIDR, { ...range, status: { ...range.status, conditions } })]
}

/** Whether an address of a service would be in no range without it. Ranges that are being deleted themselves do not count. */
function isNeeded(range: ServiceCIDR, view: View): boolean {
  const others = view.list(ServiceCIDR).filter(({ metadata }) => metadata.name !== range.metadata.name && !metadata.deletionTimestamp)
  if ((range.spec.cidrs ?? []).every(cidr => others.some(other => holdsNetwork(other, cidr)))) return false
  return view
    .list(IPAddress)
    .some(
      address =>
        isManaged(address) &&
        holdsAddress(range, address.metadata.name) &&
        !others.some(other => holdsAddress(other, address.metadata.name)),
    )
}
