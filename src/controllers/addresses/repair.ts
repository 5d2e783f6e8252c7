// Each address of a service has its object, and each object that the API server made has its service. Both are written in one commit, so what
// is mended here is what others did to them, and what is from a time before. Views of the two kinds do not move together: what looks wrong is
// looked at once more on the server.
import { type Service, Service as ServiceKind } from '../../api/core/service.ts'
import { type Kind, keyOf } from '../../api/kind.ts'
import { IPAddress } from '../../api/networking/ip-address.ts'
import { addressesOf, addressFor, familyLabel, holdsAddress, isManaged, parentService } from '../../api/networking/service-address.ts'
import { ServiceCIDR } from '../../api/networking/service-cidr.ts'
import { familyOf } from '../../api/validate-address.ts'
import type { Client, Key } from '../../client/client.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import { parseTime } from '../../meta/time.ts'
import { index, nothingToDo, type Reconciler, readOnly, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
import { type Write, write } from '../runtime/writes.ts'

const name = 'ipallocator-repair-controller'
/** An object without its service may be somebody's who makes the service next. */
const GRACE_MS = 60_000

/** The addresses of the service whose objects are not as they should be on the server either, and these objects. */
type ServiceFacts = { readonly wrong: ReadonlyMap<string, IPAddress | undefined> }

export const serviceAddressRepair: Reconciler<ServiceFacts> = {
  name,
  isServers: true,
  watches: [
    watch(ServiceKind, service => [keyOf(service)]),
    watch(IPAddress, ({ metadata }, view) => view.byIndex(ServiceKind, 'address', metadata.name).map(keyOf)),
    readOnly(ServiceCIDR),
  ],
  indices: [index(ServiceKind, 'address', addressesOf)],
  async observe(key, { view, client }) {
    const wrong = new Map<string, IPAddress | undefined>()
    const service = view.get(ServiceKind, key)
    if (!service) return { wrong }
    for (const address of addressesOf(service).filter(address => !isRight(service, view.get(IPAddress, address)))) {
      const object = await find(client, IPAddress, { name: address })
      if (!isRight(service, object)) wrong.set(address, object)
    }
    // The service was there, as it is, before its addresses were looked at. It must have been so after it, too.
    return wrong.size > 0 && (await isUnchanged(client, ServiceKind, service)) ? { wrong } : { wrong: new Map() }
  },
  reconcile(key, { view, facts }) {
    const service = view.get(ServiceKind, key)
    return service ? { writes: addressesOf(service).flatMap(address => mended(service, address, view, facts.wrong)) } : nothingToDo
  },
}

function isRight(service: Service, object: IPAddress | undefined): boolean {
  return object !== undefined && parentService(object) === keyOf(service) && isLabelled(object)
}

function isLabelled(object: IPAddress): boolean {
  return isManaged(object) && object.metadata.labels?.[familyLabel] === familyOf(object.metadata.name)
}

function mended(service: Service, address: string, view: View, wrong: ServiceFacts['wrong']): readonly Write[] {
  const family = familyOf(address)
  const tell = (reason: string, message: string) => write.event(ServiceKind, service, 'Warning', reason, message)
  if (!view.list(ServiceCIDR).some(range => holdsAddress(range, address))) {
    const message = `Cluster IP [${family}]: ${address} is not within any configured Service CIDR; please recreate service`
    return [tell('ClusterIPOutOfRange', message)]
  }
  if (!wrong.has(address)) return []
  const object = wrong.get(address)
  const made = write.create(IPAddress, addressFor(service, address))
  if (!object) return [tell('ClusterIPNotAllocated', `Cluster IP [${family}]: ${address} is not allocated; repairing`), made]
  const madeAgain = [write.delete(IPAddress, object), made]
  const parent = parentService(object)
  if (parent === keyOf(service)) return madeAgain
  const other = parent === undefined ? undefined : view.get(ServiceKind, parent)
  if (!other) {
    const { namespace, name } = service.metadata
    const message = `the ClusterIP [${family}]: ${address} for Service ${namespace}/${name} has a wrong reference; repairing`
    return [tell('ClusterIPNotAllocated', message), ...madeAgain]
  }
  // An object of a service that does not have the address goes by itself (see below), and then this one gets its own.
  if (!addressesOf(other).includes(address)) return []
  return [tell('ClusterIPAlreadyAllocated', `Cluster IP [${family}]:${address} was assigned to multiple services; please recreate service`)]
}

/** The service that the object names, when the object is not as it should be on the server either. */
type AddressFacts = { readonly isWrong: boolean; readonly service?: Service | undefined }

export const addressRepair: Reconciler<AddressFacts> = {
  name,
  isServers: true,
  watches: [watch(IPAddress, ({ metadata }) => [metadata.name]), watch(ServiceKind, addressesOf)],
  async observe(key, { view, client }) {
    const object = view.get(IPAddress, key)
    if (!object || !isManaged(object) || object.metadata.deletionTimestamp) return { isWrong: false }
    const parent = parentService(object)
    if (parent === undefined) return { isWrong: true }
    const has = (service: Service | undefined) => service !== undefined && addressesOf(service).includes(key)
    if (has(view.get(ServiceKind, parent))) return { isWrong: false }
    const { namespace, name } = object.spec.parentRef
    const service = await find(client, ServiceKind, { namespace, name })
    return { isWrong: !has(service) && (await isUnchanged(client, IPAddress, object)), service }
  },
  reconcile(key, { view, now, facts: { isWrong, service } }) {
    const object = view.get(IPAddress, key)
    if (!object || !isWrong) return nothingToDo
    const { group = '', resource, namespace = '', name } = object.spec.parentRef
    const removed = (reason: string, message: string) => ({
      writes: [write.event(IPAddress, object, 'Warning', reason, message), write.delete(IPAddress, object)],
    })
    if (parentService(object) === undefined) {
      const parent = `&{${[group, resource, namespace, name].join(' ')}}`
      const message = `IPAddress ${key} appears to have been modified, not referencing a Service ${parent}: cleaning up`
      return removed('IPAddressNotAllocated', message)
    }
    const subject = `IPAddress: ${key} for Service ${namespace}/${name}`
    if (service) return removed('IPAddressWrongReference', `${subject} has a wrong reference; cleaning up`)
    const leftMs = parseTime(object.metadata.creationTimestamp) + GRACE_MS - now
    return leftMs >= 0
      ? { writes: [], requeueAfterMs: leftMs + 1 }
      : removed('IPAddressNotAllocated', `${subject} appears to have leaked: cleaning up`)
  },
}

async function find<O extends KubeObject>(client: Client, kind: Kind<O>, key: Key): Promise<O | undefined> {
  try {
    return await client.get(kind, key)
  } catch (error) {
    if (StatusError.is(error, 'NotFound')) return undefined
    throw error
  }
}

async function isUnchanged<O extends KubeObject>(client: Client, kind: Kind<O>, { metadata }: O): Promise<boolean> {
  const { namespace, name, uid, resourceVersion } = metadata
  const now = (await find(client, kind, { ...(namespace !== undefined && { namespace }), name }))?.metadata
  return now?.uid === uid && now.resourceVersion === resourceVersion
}
