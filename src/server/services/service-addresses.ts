// Cluster addresses and node ports of services. An address is taken by its IPAddress object, which is written and removed in one commit with the
// service; what is taken is kept up by the store's events, plus what writes under way have picked. So nothing leaks and nothing is given twice.
import { type Service, Service as ServiceKind } from '../../api/core/service.ts'
import { withFamilies } from '../../api/core/service-families.ts'
import { alignAddresses, keepAllocated } from '../../api/core/service-strategy.ts'
import { apiVersionOf } from '../../api/kind.ts'
import { IPAddress } from '../../api/networking/ip-address.ts'
import { addressesOf, addressFor, parentService } from '../../api/networking/service-address.ts'
import { ServiceCIDR } from '../../api/networking/service-cidr.ts'
import { formatIp, parseIp } from '../../base/cidr.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { type FieldError, invalidValue } from '../../meta/field-error.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import { prefixEnd, type StoreEvent } from '../../store/store.ts'
import { ownedByWriter, withEntries } from '../managed-fields.ts'
import { resourceFor } from '../resource.ts'
import { type Change, objectOf, type Storage } from '../storage.ts'
import { planDeletion } from '../verbs/plan-deletion.ts'
import { type AddressRange, isInRange, pickAddress, rangesOf } from './address-ranges.ts'
import { heldPorts, type PortRange, withNodePorts } from './node-ports.ts'

export interface ServiceRanges extends PortRange {
  /** IPv4, such as `10.96.0.0/16`: what the ServiceCIDR `kubernetes` begins with. Its first address is the API server's, its tenth the cluster's DNS. */
  readonly serviceCidr: string
}

export interface ServiceAddressesOptions {
  readonly storage: Storage
  readonly nodePorts: PortRange
  readonly random: Random
  readonly clock: Clock
  readonly newUid: () => string
}

const addresses = resourceFor(IPAddress)
/** Of the cluster's addresses; all ranges are of IPv4. */
const families = ['IPv4'] as const

export class ServiceAddresses {
  readonly #options: ServiceAddressesOptions
  #ranges: readonly AddressRange[] = []
  /** `ip` and `port/protocol` to how many hold it: services and addresses that are stored, and writes under way. */
  readonly #taken = new Map<string, number>()
  readonly #picked = new Map<KubeObject, readonly string[]>()
  readonly #stops: (() => void)[] = []

  constructor(options: ServiceAddressesOptions) {
    this.#options = options
    this.#count(ServiceKind, object => heldBy(object as Service))
    this.#count(IPAddress, ({ metadata }) => [metadata.name])
    const readRanges = () => {
      this.#ranges = rangesOf(options.storage.readable(ServiceCIDR))
    }
    this.#follow(ServiceCIDR, readRanges)
    readRanges()
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  /** The service with addresses filled in; other kinds pass through. Call `settle` with the outcome once the write is over. */
  assign(object: KubeObject, current: KubeObject | undefined): KubeObject {
    if (!isService(object)) return object
    const before = current as Service | undefined
    const picked: string[] = []
    const errors: FieldError[] = []
    try {
      const service = this.#give(object, before, picked, errors)
      if (errors.length > 0) throw StatusError.invalid(ServiceKind, object.metadata.name, errors)
      this.#picked.set(service, picked)
      return service
    } catch (error) {
      this.#release(picked)
      throw error
    }
  }

  /** The write of what `assign` gave has ended, either way. */
  settle(object: KubeObject): void {
    const picked = this.#picked.get(object)
    if (!picked) return
    this.#picked.delete(object)
    this.#release(picked)
  }

  /** What is to be written along with a change of a service: the addresses that it takes and gives back. `next`: undefined when it goes. */
  along(next: KubeObject | undefined, current: KubeObject | undefined): readonly Change[] {
    if (!isService(next ?? current)) return []
    const [service, before] = [next, current] as readonly (Service | undefined)[]
    const has = service ? addressesOf(service) : []
    const had = before ? addressesOf(before) : []
    return [
      ...(service ? has.filter(address => !had.includes(address)).map(address => this.#taking(service, address)) : []),
      ...(before ? had.filter(address => !has.includes(address)).flatMap(address => this.#givingBack(before, address)) : []),
    ]
  }

  #taking(service: Service, address: string): Change {
    const { clock, newUid } = this.#options
    const now = clock.now()
    const { metadata, spec } = addressFor(service, address)
    const apiVersion = apiVersionOf(IPAddress)
    const own = { name: address, uid: newUid(), creationTimestamp: formatTime(now) }
    const object = { apiVersion, kind: IPAddress.kind, metadata: { ...metadata, ...own, resourceVersion: '' }, spec } as IPAddress
    const writer = { manager: 'kube-apiserver', operation: 'Update', apiVersion, subresource: '' } as const
    return { type: 'create', resource: addresses, object: withEntries(object, ownedByWriter(IPAddress, object, [], writer, now)) }
  }

  /** Nothing where somebody else has made the object, or has removed it. */
  #givingBack({ metadata }: Service, address: string): readonly Change[] {
    const { storage, clock } = this.#options
    const current = storage.entry(addresses, undefined, address)
    const object = current && (objectOf(current) as IPAddress)
    if (!object || parentService(object) !== `${metadata.namespace}/${metadata.name}`) return []
    const plan = planDeletion(object, {}, clock.now())
    if (plan.object === object && !plan.remove) return []
    return [{ type: plan.remove ? 'remove' : 'replace', resource: addresses, current, object: plan.object }]
  }

  /** What could not be given is told in `errors`. */
  #give(object: Service, before: Service | undefined, picked: string[], errors: FieldError[]): Service {
    const kept = before ? keepAllocated(object.spec, before.spec) : alignAddresses(object.spec, undefined)
    const { spec, errors: wrong } = withFamilies(kept, before?.spec, families)
    errors.push(...wrong)
    if (errors.length > 0) return object
    return withNodePorts(this.#withAddress({ ...object, spec }, before, picked, errors), before, {
      range: this.#options.nodePorts,
      random: this.#options.random,
      isTaken: key => this.#taken.has(key),
      take: key => this.#pick(key, picked),
      errors,
    })
  }

  #withAddress(service: Service, before: Service | undefined, picked: string[], errors: FieldError[]): Service {
    const { spec } = service
    if (spec.type === 'ExternalName') {
      const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, ...rest } = spec
      const inherited = before && before.spec.type !== 'ExternalName' && clusterIP === before.spec.clusterIP
      return inherited || !clusterIP ? { ...service, spec: rest } : service
    }
    const old = before && before.spec.type !== 'ExternalName' ? before.spec.clusterIP : undefined
    const { clusterIP: wanted = '', clusterIPs } = spec
    const address = wanted === '' ? this.#free() : wanted
    if (address !== 'None' && address !== old) {
      if (wanted !== '') this.#checkAsked(wanted, clusterIPs, errors)
      this.#pick(address, picked)
    }
    return { ...service, spec: { ...spec, clusterIP: address, clusterIPs: clusterIPs?.[0] === address ? clusterIPs : [address] } }
  }

  #free(): string {
    const address = pickAddress(this.#ranges, value => !this.#taken.has(formatIp(value)), this.#options.random)
    if (address === undefined) throw StatusError.internal('failed to allocate a serviceIP: range is full')
    return formatIp(address)
  }

  #checkAsked(address: string, clusterIPs: readonly string[] | undefined, errors: FieldError[]): void {
    const refuse = (why: string) => errors.push(invalidValue('spec.clusterIPs', clusterIPs, `failed to allocate IP ${address}: ${why}`))
    if (!isInRange(this.#ranges, parseIp(address) ?? -1)) refuse('the provided network does not match the current range')
    else if (this.#taken.has(address)) refuse('provided IP is already allocated')
  }

  #pick(key: string, picked: string[]): void {
    picked.push(key)
    this.#hold([key])
  }

  /** Holds what the stored objects of a kind hold, now and from now on. */
  #count(kind: typeof ServiceKind | typeof IPAddress, held: (object: KubeObject) => readonly string[]): void {
    for (const object of this.#options.storage.readable<KubeObject>(kind)) this.#hold(held(object))
    this.#follow(kind, events => {
      for (const event of events) {
        if (event.type === 'put') this.#hold(held(objectOf(event.entry)))
        if (event.previous) this.#release(held(objectOf(event.previous)))
      }
    })
  }

  #follow(kind: Parameters<typeof resourceFor>[0], onEvents: (events: readonly StoreEvent[]) => void): void {
    const { store } = this.#options.storage
    const start = resourceFor(kind).prefix
    this.#stops.push(store.watch({ start, end: prefixEnd(start), after: store.revision, onEvents }))
  }

  #hold(keys: readonly string[]): void {
    for (const key of keys) this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1)
  }

  #release(keys: readonly string[]): void {
    for (const key of keys) {
      const left = (this.#taken.get(key) ?? 1) - 1
      if (left > 0) this.#taken.set(key, left)
      else this.#taken.delete(key)
    }
  }
}

function isService(object: KubeObject | undefined): object is Service {
  return object?.kind === ServiceKind.kind && object.apiVersion === 'v1'
}

function heldBy(service: Service): readonly string[] {
  return [...addressesOf(service), ...heldPorts(service)]
}
