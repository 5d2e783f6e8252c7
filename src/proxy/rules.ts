// What one service asks of the packet filter: elements of the table's maps and the chains that they lead to.
// Traffic finds its service port by one map look-up, its endpoint by a second one at a random index; chains are shared by all
// services with as many endpoints. Only services with session affinity have chains of their own.
import type { Service, ServicePort } from '../api/core/service.ts'
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts'
import { type Endpoint, endpointsOf } from './endpoints.ts'
import { MARK_CHAIN, type MapName, REFUSE_CHAIN } from './table.ts'

export interface ProxyConfig {
  readonly nodeName: string
  /** The pods' addresses. Traffic to a cluster IP from elsewhere is masqueraded, lest the answer takes another way back. */
  readonly clusterCIDR?: string
  /** Whether the kernel tracks SCTP connections. */
  readonly sctp?: boolean
}

export interface ServiceRules {
  /** By key in nft's words. The value is empty where the map is a set. */
  readonly elements: ReadonlyMap<MapName, ReadonlyMap<string, string>>
  /** The rules of each chain that is referred to. The same name means the same rules, whichever service asks. */
  readonly chains: ReadonlyMap<string, readonly string[]>
  /** Sets of clients, filled by the kernel, for session affinity. */
  readonly clientSets: ReadonlySet<string>
  /** The endpoints behind each way in by UDP: `10.96.0.10:53`, or `:30053` for a node port. */
  readonly udp: ReadonlyMap<string, ReadonlySet<string>>
  /** What could not be had, for the operator. */
  readonly notices: readonly string[]
}

/** Where indices begin. They are marks of packets for a moment, so they keep away from what routing rules use. */
const FIRST_INDEX = 0xc50000
/** Where the indices of a node's own endpoints begin. */
const FIRST_LOCAL_INDEX = FIRST_INDEX + 0x8000
const PROXY_NAME_LABEL = 'service.kubernetes.io/service-proxy-name'

/** The slices are those of the service. A service that is not for this proxy has empty rules. */
export function serviceRules(service: Service, slices: readonly EndpointSlice[], config: ProxyConfig): ServiceRules {
  const rules = new RulesBuilder(config)
  const { spec, metadata } = service
  const clusterIPs = (spec.clusterIPs ?? [spec.clusterIP ?? '']).filter(isIPv4)
  if (spec.type === 'ExternalName' || clusterIPs.length === 0 || metadata.labels?.[PROXY_NAME_LABEL] !== undefined) return rules
  for (const port of spec.ports ?? []) {
    if (port.protocol === 'SCTP' && !config.sctp) {
      rules.notices.push(`port ${port.port}/SCTP is not served: the kernel does not track SCTP`)
      continue
    }
    addPort(rules, service, port, clusterIPs, endpointsOf(slices, port, config.nodeName))
  }
  for (const ip of clusterIPs) rules.set('cluster-ips', ip, '')
  return rules
}

function addPort(
  rules: RulesBuilder,
  service: Service,
  port: ServicePort,
  clusterIPs: readonly string[],
  endpoints: readonly Endpoint[],
): void {
  const { spec } = service
  const local = endpoints.filter(e => e.isLocal)
  const affinity = affinityOf(service, port)
  const all: Pool = { isLocal: false, endpoints: usable(endpoints) }
  const own: Pool = { isLocal: true, endpoints: usable(local) }
  const inside = spec.internalTrafficPolicy === 'Local' ? own : all
  const outside = spec.externalTrafficPolicy === 'Local' ? own : undefined
  const destination = `${protocolOf(port)} . ${port.port}`
  for (const ip of clusterIPs) rules.inside(`${ip} . ${destination}`, inside, affinity, all.endpoints.length > 0)
  for (const ip of externalAddresses(service)) rules.outside('vip', `${ip} . ${destination}`, all, outside, affinity)
  if (port.nodePort) rules.outside('node-port', `${protocolOf(port)} . ${port.nodePort}`, all, outside, affinity)
  for (const { address } of local) rules.set('hairpins', `${address} . ${address}`, '')
  rules.guard(service, port)
}

/** Endpoints to choose from: all of them, or those of this node. */
interface Pool {
  readonly isLocal: boolean
  readonly endpoints: readonly Endpoint[]
}
type Family = 'vip' | 'node-port'
interface Affinity {
  /** Distinguishes the service port's chains and sets. */
  readonly id: string
  readonly protocol: string
  readonly timeoutSeconds: number
}

class RulesBuilder implements ServiceRules {
  readonly elements = new Map<MapName, Map<string, string>>()
  readonly chains = new Map<string, readonly string[]>()
  readonly clientSets = new Set<string>()
  readonly udp = new Map<string, Set<string>>()
  readonly notices: string[] = []
  readonly #config: ProxyConfig

  constructor(config: ProxyConfig) {
    this.#config = config
  }

  set(map: MapName, key: string, value: string): void {
    const elements = this.elements.get(map) ?? new Map<string, string>()
    this.elements.set(map, elements)
    elements.set(key, value)
  }

  /** A cluster IP and port. `isServedElsewhere`: other nodes have endpoints, so that without own ones packets are dropped, not refused. */
  inside(key: string, pool: Pool, affinity: Affinity | undefined, isServedElsewhere: boolean): void {
    this.#note(key, [pool])
    if (pool.endpoints.length === 0) this.set('unserved-vips', key, isServedElsewhere ? 'drop' : `goto ${REFUSE_CHAIN}`)
    else this.set('vips', key, `goto ${this.#insideChain(this.#picker('vip', key, pool, affinity))}`)
  }

  /** Another address and port, or a node port. With `own`, those from outside the cluster are led to this node's endpoints only. */
  outside(family: Family, key: string, all: Pool, own: Pool | undefined, affinity: Affinity | undefined): void {
    this.#note(key, own ? [all, own] : [all])
    if (all.endpoints.length === 0) {
      this.set(`unserved-${family}s`, key, `goto ${REFUSE_CHAIN}`)
      return
    }
    const picker = this.#picker(family, key, all, affinity)
    if (own?.endpoints.length === 0) this.set(`unserved-${family}s`, key, 'drop')
    const ownPicker = own && own.endpoints.length > 0 ? this.#picker(family, key, own, affinity) : undefined
    this.set(`${family}s`, key, `goto ${own ? this.#ownChain(picker, ownPicker) : this.#masqueraded(picker)}`)
  }

  /** Only the ranges of `loadBalancerSourceRanges` may use the addresses of the load balancer. */
  guard(service: Service, port: ServicePort): void {
    const ranges = (service.spec.loadBalancerSourceRanges ?? []).map(range => range.trim()).filter(isIPv4)
    if (service.spec.type !== 'LoadBalancer' || ranges.length === 0) return
    const chain = `guard-${service.metadata.namespace}/${service.metadata.name}`
    this.chains.set(chain, [`ip saddr != { ${[...new Set(ranges)].sort().join(', ')} } drop`])
    for (const ip of loadBalancerAddresses(service)) this.set('guarded-vips', `${ip} . ${protocolOf(port)} . ${port.port}`, `goto ${chain}`)
  }

  #note(key: string, pools: readonly Pool[]): void {
    const [protocol, ...rest] = key.split(' . ').reverse().slice(1)
    if (protocol !== 'udp') return
    const port = key.slice(key.lastIndexOf(' ') + 1)
    this.udp.set(`${rest[0] ?? ''}:${port}`, new Set(pools.flatMap(pool => pool.endpoints.map(e => e.target))))
  }

  /** The chain that sends a connection to one of the endpoints. */
  #picker(family: Family, key: string, pool: Pool, affinity: Affinity | undefined): string {
    if (affinity) return this.#affinityPicker(pool, affinity)
    const count = pool.endpoints.length
    const offset = pool.isLocal ? FIRST_LOCAL_INDEX : FIRST_INDEX
    const name = `pick-${family}${pool.isLocal ? '-local' : ''}-${count}`
    const fields = family === 'vip' ? 'ip daddr . ip protocol . th dport' : 'ip protocol . th dport'
    this.chains.set(name, [
      `meta mark set numgen random mod ${count} offset ${offset}`,
      `dnat to ${fields} . meta mark map @${family}-endpoints`,
    ])
    for (const [i, { target }] of pool.endpoints.entries())
      this.set(`${family}-endpoints`, `${key} . 0x${(i + offset).toString(16)}`, target)
    return name
  }

  /** Known clients first, to where they were before; the others by lot, and they are remembered. */
  #affinityPicker({ endpoints, isLocal }: Pool, { id, protocol, timeoutSeconds }: Affinity): string {
    const name = `affinity${isLocal ? '-local' : ''}-${id}`
    const choices = endpoints.map(({ target }, i) => {
      const [address = '', , port = ''] = target.split(' ')
      const set = `clients-${id}/${address}/${port}`
      this.clientSets.add(set)
      const proceed = `update @${set} { ip saddr timeout ${timeoutSeconds}s } dnat to ${address}:${port}`
      const matching = `meta l4proto ${protocol}`
      return {
        known: `${matching} ip saddr @${set} ${proceed}`,
        fresh: `${matching} numgen random mod ${endpoints.length - i} == 0 ${proceed}`,
      }
    })
    this.chains.set(name, [...choices.map(c => c.known), ...choices.map(c => c.fresh)])
    return name
  }

  #insideChain(picker: string): string {
    const { clusterCIDR } = this.#config
    if (clusterCIDR === undefined) return picker
    return this.#chain(`inside-${picker}`, [`ip saddr != ${clusterCIDR} jump ${MARK_CHAIN}`, `goto ${picker}`])
  }
  #masqueraded(picker: string): string {
    return this.#chain(`masqueraded-${picker}`, [`jump ${MARK_CHAIN}`, `goto ${picker}`])
  }
  /** Pods and the node itself see the whole service; others see the node's own endpoints, which in turn see the true client. */
  #ownChain(picker: string, ownPicker: string | undefined): string {
    const { clusterCIDR } = this.#config
    const everyone = this.#masqueraded(picker)
    return this.#chain(`own-${picker}-${ownPicker ?? 'none'}`, [
      ...(clusterCIDR === undefined ? [] : [`ip saddr ${clusterCIDR} goto ${everyone}`]),
      `fib saddr type local goto ${everyone}`,
      ...(ownPicker === undefined ? [] : [`goto ${ownPicker}`]),
    ])
  }
  #chain(name: string, rules: readonly string[]): string {
    this.chains.set(name, rules)
    return name
  }
}

/** The ready ones; where there is none, those that still serve while they end. */
function usable(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter(e => e.isReady)
  return ready.length > 0 ? ready : endpoints.filter(e => e.isServing && e.isTerminating)
}

function affinityOf({ metadata, spec }: Service, port: ServicePort): Affinity | undefined {
  if (spec.sessionAffinity !== 'ClientIP') return undefined
  return {
    id: `${metadata.namespace}/${metadata.name}/${port.port}/${protocolOf(port)}`,
    protocol: protocolOf(port),
    timeoutSeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800,
  }
}

function externalAddresses(service: Service): readonly string[] {
  return [...new Set([...(service.spec.externalIPs ?? []).filter(isIPv4), ...loadBalancerAddresses(service)])]
}
/** A load balancer that is itself a proxy must be gone through. */
function loadBalancerAddresses({ spec, status }: Service): readonly string[] {
  if (spec.type !== 'LoadBalancer') return []
  return (status.loadBalancer.ingress ?? [])
    .filter(i => i.ipMode !== 'Proxy')
    .map(i => i.ip ?? '')
    .filter(isIPv4)
}

function protocolOf({ protocol }: ServicePort): string {
  return protocol.toLowerCase()
}
function isIPv4(text: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(text)
}
