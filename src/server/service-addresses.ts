// Cluster addresses and node ports of Services. What is taken is read off the stored Services themselves, kept up to date by the store's
// events, plus what writes under way have picked; so nothing leaks and nothing is given twice.
import type { Service } from '../api/core/service.ts'
import { Service as ServiceKind } from '../api/core/service.ts'
import { withFamilies } from '../api/core/service-families.ts'
import { alignAddresses, keepAllocated, needsHealthCheckPort, needsNodePorts } from '../api/core/service-strategy.ts'
import { mapShared, withFields } from '../api/sharing.ts'
import { assert } from '../base/assert.ts'
import { formatIp, parseCidr, parseIp, sizeOf } from '../base/cidr.ts'
import type { Random } from '../base/clock.ts'
import { type FieldError, invalidValue } from '../meta/field-error.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { StatusError } from '../meta/status-error.ts'
import { prefixEnd } from '../store/store.ts'
import { resourceFor } from './resource.ts'
import { objectOf, type Storage } from './storage.ts'

export interface ServiceRanges {
  /** IPv4, such as `10.96.0.0/16`. Its first address is the API server's, its tenth the cluster's DNS. */
  readonly serviceCidr: string
  readonly firstNodePort: number
  readonly lastNodePort: number
}

/** Of the cluster's addresses; the range is of IPv4. */
const families = ['IPv4'] as const

/** Addresses below this offset are given out only when asked for by value. */
const reservedAddresses = 16

export class ServiceAddresses {
  readonly #ranges: ServiceRanges
  readonly #random: Random
  readonly #base: number
  readonly #size: number
  /** `ip` and `port/protocol` to how many hold it: stored, or picked by a write under way. */
  readonly #taken = new Map<string, number>()
  readonly #picked = new Map<KubeObject, readonly string[]>()
  readonly #stop: () => void

  constructor(storage: Storage, ranges: ServiceRanges, random: Random) {
    this.#ranges = ranges
    this.#random = random
    const cidr = parseCidr(ranges.serviceCidr)
    assert(cidr, `the service range ${ranges.serviceCidr} is not an IPv4 CIDR`)
    this.#base = cidr.base
    this.#size = sizeOf(cidr)
    const prefix = resourceFor(ServiceKind).prefix
    const range = { start: prefix, end: prefixEnd(prefix) }
    const { entries, revision } = storage.store.range(range)
    for (const entry of entries) this.#hold(heldBy(objectOf(entry)))
    this.#stop = storage.store.watch({
      ...range,
      after: revision,
      onEvents: events => {
        for (const event of events) {
          if (event.type === 'put') this.#hold(heldBy(objectOf(event.entry)))
          if (event.previous) this.#release(heldBy(objectOf(event.previous)))
        }
      },
    })
  }

  close(): void {
    this.#stop()
  }

  /** The service with addresses filled in; other kinds pass through. Call `settle` with the outcome once the write is over. */
  assign(object: KubeObject, current: KubeObject | undefined): KubeObject {
    if (object.kind !== 'Service' || object.apiVersion !== 'v1') return object
    const before = current as Service | undefined
    const picked: string[] = []
    const errors: FieldError[] = []
    const service = this.#give(object as Service, before, picked, errors)
    if (errors.length > 0) {
      this.#release(picked)
      throw StatusError.invalid(ServiceKind, object.metadata.name, errors)
    }
    this.#picked.set(service, picked)
    return service
  }

  /** The write of what `assign` gave has ended, either way. */
  settle(object: KubeObject): void {
    const picked = this.#picked.get(object)
    if (!picked) return
    this.#picked.delete(object)
    this.#release(picked)
  }

  #give(object: Service, before: Service | undefined, picked: string[], errors: FieldError[]): Service {
    const kept = before ? keepAllocated(object.spec, before.spec) : alignAddresses(object.spec, undefined)
    const { spec, errors: wrong } = withFamilies(kept, before?.spec, families)
    errors.push(...wrong)
    if (errors.length > 0) return object
    const addressed = this.#withAddress({ ...object, spec }, before, picked, errors)
    return this.#withHealthPort(this.#withPorts(addressed, before, picked, errors), before, picked, errors)
  }

  #withAddress(service: Service, before: Service | undefined, picked: string[], errors: FieldError[]): Service {
    const { spec } = service
    if (spec.type === 'ExternalName') {
      const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, ...rest } = spec
      const inherited = before && before.spec.type !== 'ExternalName' && clusterIP === before.spec.clusterIP
      return inherited || !clusterIP ? { ...service, spec: rest } : service
    }
    const old = before && before.spec.type !== 'ExternalName' ? before.spec.clusterIP : undefined
    let address = spec.clusterIP || ''
    if (address !== 'None' && address !== old) {
      if (address === '') address = this.#pickAddress(errors)
      else this.#checkAddress(address, errors)
      if (errors.length === 0) {
        picked.push(address)
        this.#hold([address])
      }
    }
    return { ...service, spec: { ...spec, clusterIP: address, clusterIPs: spec.clusterIPs?.[0] === address ? spec.clusterIPs : [address] } }
  }

  #pickAddress(errors: FieldError[]): string {
    const count = this.#size - 1 - reservedAddresses
    const start = Math.floor(this.#random() * Math.max(count, 1))
    for (let i = 0; i < count; i++) {
      const address = formatIp(this.#base + reservedAddresses + ((start + i) % count))
      if (!this.#taken.has(address)) return address
    }
    errors.push(invalidValue('spec.clusterIPs', [], 'failed to allocate a serviceIP: range is full'))
    return ''
  }

  #checkAddress(address: string, errors: FieldError[]): void {
    const value = parseIp(address)
    const offset = value === undefined ? -1 : value - this.#base
    if (offset <= 0 || offset >= this.#size - 1) {
      const range = `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${this.#ranges.serviceCidr}`
      errors.push(invalidValue('spec.clusterIPs', [address], `failed to allocate IP ${address}: ${range}`))
    } else if (this.#taken.has(address))
      errors.push(invalidValue('spec.clusterIPs', [address], `failed to allocate IP ${address}: provided IP is already allocated`))
  }

  #withPorts(service: Service, before: Service | undefined, picked: string[], errors: FieldError[]): Service {
    const { spec } = service
    const ports = spec.ports ?? []
    const wants = needsNodePorts(spec)
    const keeps = wants || spec.type === 'LoadBalancer'
    if (!keeps) return before && sameNodePorts(service, before) ? withoutNodePorts(service) : service
    const oldKeys = new Set(before ? heldBy(before) : [])
    const next = ports.map((port, index) => {
      let nodePort = port.nodePort || 0
      if (nodePort === 0 && !wants) return port
      if (nodePort === 0) nodePort = this.#pickPort(port.protocol, `spec.ports[${index}].nodePort`, errors)
      const key = `${nodePort}/${port.protocol}`
      if (!oldKeys.has(key) && !picked.includes(key)) {
        if (port.nodePort) this.#checkPort(port.nodePort, port.protocol, `spec.ports[${index}].nodePort`, errors)
        if (errors.length === 0) {
          picked.push(key)
          this.#hold([key])
        }
      }
      return { ...port, nodePort }
    })
    return ports.length === 0 ? service : { ...service, spec: { ...spec, ports: next } }
  }

  /** Where load balancers ask whether a node has endpoints. */
  #withHealthPort(service: Service, before: Service | undefined, picked: string[], errors: FieldError[]): Service {
    const { spec } = service
    if (errors.length > 0 || !needsHealthCheckPort(spec)) return service
    const field = 'spec.healthCheckNodePort'
    const port = spec.healthCheckNodePort || this.#pickPort('TCP', field, errors)
    const key = `${port}/TCP`
    if (before && heldBy(before).includes(key)) return service
    if (spec.healthCheckNodePort) this.#checkPort(port, 'TCP', field, errors)
    if (errors.length > 0) return service
    picked.push(key)
    this.#hold([key])
    return { ...service, spec: { ...spec, healthCheckNodePort: port } }
  }

  #pickPort(protocol: string, field: string, errors: FieldError[]): number {
    const { firstNodePort, lastNodePort } = this.#ranges
    const count = lastNodePort - firstNodePort + 1
    const start = Math.floor(this.#random() * count)
    for (let i = 0; i < count; i++) {
      const port = firstNodePort + ((start + i) % count)
      if (!this.#taken.has(`${port}/${protocol}`)) return port
    }
    errors.push(invalidValue(field, 0, 'failed to allocate a nodePort: range is full'))
    return 0
  }

  #checkPort(port: number, protocol: string, field: string, errors: FieldError[]): void {
    const { firstNodePort, lastNodePort } = this.#ranges
    if (port < firstNodePort || port > lastNodePort)
      errors.push(
        invalidValue(field, port, `provided port is not in the valid range. The range of valid ports is ${firstNodePort}-${lastNodePort}`),
      )
    else if (this.#taken.has(`${port}/${protocol}`)) errors.push(invalidValue(field, port, 'provided port is already allocated'))
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

function heldBy(object: KubeObject): string[] {
  const { spec } = object as Service
  const keys: string[] = []
  if (spec.type !== 'ExternalName' && spec.clusterIP && spec.clusterIP !== 'None') keys.push(spec.clusterIP)
  for (const port of spec.ports ?? []) if (port.nodePort) keys.push(`${port.nodePort}/${port.protocol}`)
  if (spec.healthCheckNodePort) keys.push(`${spec.healthCheckNodePort}/TCP`)
  return keys
}

function sameNodePorts(a: Service, b: Service): boolean {
  const portsOf = ({ spec }: Service) => new Set((spec.ports ?? []).flatMap(port => (port.nodePort ? [port.nodePort] : [])))
  return portsOf(a).symmetricDifference(portsOf(b)).size === 0
}

function withoutNodePorts(service: Service): Service {
  const ports = service.spec.ports && mapShared(service.spec.ports, port => withFields(port, { nodePort: undefined }))
  return withFields(service, { spec: withFields(service.spec, { ports }) })
}
