// The networks and ports that this machine uses now, by the kernel's own tables: what a new cluster must keep clear of.
import { readFileSync } from 'node:fs'
import { formatCidr } from '../base/cidr.ts'
import type { InUse } from './plan.ts'

export function hostInUse(): InUse {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(readOr)
  return { subnets: routedSubnets(readOr('/proc/net/route')), ports: [...new Set(tables.flatMap(listeningPorts))] }
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

function readOr(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
