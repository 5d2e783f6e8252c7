// The frame of our nftables table: the maps, and the chains at the kernel's hooks that look things up in them.

export const TABLE = 'coxswain-proxy'
/** Jumped to where the answers must come back through this node. */
export const MARK_CHAIN = 'mark-for-masquerade'
/** Gone to, in filter hooks, by what nobody serves. */
export const REFUSE_CHAIN = 'refuse'

export const mapNames = [
  'vips',
  'vip-endpoints',
  'node-ports',
  'node-port-endpoints',
  'unserved-vips',
  'unserved-node-ports',
  'guarded-vips',
  'cluster-ips',
  'hairpins',
] as const
export type MapName = (typeof mapNames)[number]
/** Of the connection's mark: the packet's own holds the index by which its endpoint is looked up. As kube-proxy's default. */
const MASQUERADE_BIT = 0x4000

const vip = 'ip daddr . ip protocol . th dport'
const nodePort = 'ip protocol . th dport'
const vipType = 'ipv4_addr . inet_proto . inet_service'
const nodePortType = 'inet_proto . inet_service'
/** A node answers on all of its addresses but the loopback's. */
const toNode = 'ip daddr != 127.0.0.0/8 fib daddr type local'

const declarations: Readonly<Record<MapName, string>> = {
  vips: `type ${vipType} : verdict;`,
  'vip-endpoints': `type ${vipType} . mark : ipv4_addr . inet_service;`,
  'node-ports': `type ${nodePortType} : verdict;`,
  'node-port-endpoints': `type ${nodePortType} . mark : ipv4_addr . inet_service;`,
  'unserved-vips': `type ${vipType} : verdict;`,
  'unserved-node-ports': `type ${nodePortType} : verdict;`,
  'guarded-vips': `type ${vipType} : verdict;`,
  'cluster-ips': 'type ipv4_addr;',
  hairpins: 'type ipv4_addr . ipv4_addr;',
}
export const CLIENT_SET = '{ type ipv4_addr; flags dynamic,timeout; size 65535; }'

/** Our own entry points. Whatever still bears a service's address after translation has nobody to serve it. */
const frame: Readonly<Record<string, readonly string[]>> = {
  'nat-prerouting': ['type nat hook prerouting priority dstnat;', 'goto services'],
  'nat-output': ['type nat hook output priority -100;', 'goto services'],
  'nat-postrouting': [
    'type nat hook postrouting priority srcnat;',
    `ct mark & ${MASQUERADE_BIT} != 0 masquerade fully-random`,
    'ct status dnat ip saddr . ip daddr @hairpins masquerade fully-random',
  ],
  'filter-prerouting': ['type filter hook prerouting priority dstnat - 10;', `ct state new ${vip} vmap @guarded-vips`],
  'filter-input': [
    'type filter hook input priority filter;',
    `ct state new ${toNode} ${nodePort} vmap @unserved-node-ports`,
    'ct state new goto unserved',
  ],
  'filter-forward': ['type filter hook forward priority filter;', 'ct state new goto unserved'],
  'filter-output': ['type filter hook output priority filter;', 'ct state new goto unserved'],
  services: [`${vip} vmap @vips`, `${toNode} ${nodePort} vmap @node-ports`],
  unserved: [`${vip} vmap @unserved-vips`, `ip daddr @cluster-ips goto ${REFUSE_CHAIN}`],
  [REFUSE_CHAIN]: ['reject'],
  [MARK_CHAIN]: [`ct mark set ct mark | ${MASQUERADE_BIT}`],
}

export type Entries = Iterable<readonly [key: string, value: string]>
export interface Contents {
  readonly elements: ReadonlyMap<MapName, Entries>
  readonly chains: Entries
  readonly clientSets: Entries
}

/** Makes the table what it should be in one transaction, whatever it was. */
export function tableScript(contents: Contents): string {
  const lines = [`add table ip ${TABLE}`, `delete table ip ${TABLE}`, `table ip ${TABLE} {`]
  for (const name of mapNames) {
    const elements = [...(contents.elements.get(name) ?? [])].map(element)
    const list = elements.length === 0 ? '' : ` elements = { ${elements.join(', ')} }`
    lines.push(`${isSet(name) ? 'set' : 'map'} ${name} { ${declarations[name]}${list} }`)
  }
  for (const [name] of contents.clientSets) lines.push(`set ${name} ${CLIENT_SET}`)
  for (const [name, rules] of Object.entries(frame)) lines.push(chain(name, rules.join('\n')))
  for (const [name, rules] of contents.chains) lines.push(chain(name, rules))
  lines.push('}', '')
  return lines.join('\n')
}

export function element([key, value]: readonly [key: string, value: string]): string {
  return value === '' ? key : `${key} : ${value}`
}

function chain(name: string, rules: string): string {
  return `chain ${name} {\n${rules}\n}`
}
function isSet(name: MapName): boolean {
  return name === 'cluster-ips' || name === 'hairpins'
}
