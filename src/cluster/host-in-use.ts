// The networks and ports that this machine uses now, by the kernel's own tables: what a new cluster must keep clear of.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { formatCidr } from '../base/cidr.ts'
import type { InUse } from './plan.ts'

export function hostInUse(): InUse {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(readOr)
  const ports = [...tables.flatMap(listeningPorts), ...redirectedPorts(packetFilter())]
  return { subnets: routedSubnets(readOr('/proc/net/route')), ports: [...new Set(ports)] }
}

/** Nobody listens on a mapped port, and yet who would listen there would hear nothing. Takes what `nft list ruleset` says. */
export function redirectedPorts(ruleset: string): number[] {
  return [...ruleset.matchAll(/\bdport (\d+)\b.*\bdnat\b/g)].map(([, port]) => Number(port))
}

/** The destinations of all routes but the default one, as CIDRs. The table has addresses as little-endian hexadecimal numbers. */
export function routedSubnets(table: string): string[] {
  return table.split('\n').flatMap(line => {
    const [link, destination, , , , , , mask] = line.split('\t')
    if (link === undefined || destination === undefined || mask === undefined || !/^[0-9A-F]{8}$/.test(destination)) return []
    const number = (hex: string) => Buffer.from(hex, 'hex').readUInt32LE()
    const bits = number(mask).toString(2).replace(/0/g, '').length
    return bits === 0 ? [] : [formatCidr({ base: number(destination), bits })]
  })
}

export function listeningPorts(table: string): number[] {
  const listening = '0A'
  return table.split('\n').flatMap(line => {
    const [, local, , state] = line.trim().split(/\s+/)
    return state === listening && local !== undefined ? [Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)] : []
  })
}

/** Empty where there is none, or where we may not see it: then we may not make a cluster either. */
function packetFilter(): string {
  return spawnSync('nft', ['list', 'ruleset'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).stdout ?? ''
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
