// IPv4 addresses and networks as numbers.
import { isIPv4 } from 'node:net'

export interface Cidr {
  /** The network's first address. */
  readonly base: number
  readonly bits: number
}

export function parseIp(text: string): number | undefined {
  return isIPv4(text) ? text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) : undefined
}

export function formatIp(address: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.')
}

/** Undefined for anything but `a.b.c.d/n`. Bits behind the prefix are dropped. */
export function parseCidr(text: string): Cidr | undefined {
  const [, ip, length] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? []
  const address = parseIp(ip ?? '')
  const bits = Number(length)
  if (address === undefined || bits > 32) return undefined
  return { base: address - (address % 2 ** (32 - bits)), bits }
}

export function formatCidr({ base, bits }: Cidr): string {
  return `${formatIp(base)}/${bits}`
}

export const sizeOf = ({ bits }: Cidr): number => 2 ** (32 - bits)

export function overlap(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a)
}

/** The `index`th network of `bits` within `parent`; undefined behind its end. */
export function subnet(parent: Cidr, bits: number, index: number): Cidr | undefined {
  const base = parent.base + index * 2 ** (32 - bits)
  return bits >= parent.bits && base < parent.base + sizeOf(parent) ? { base, bits } : undefined
}

/** The address at an offset of a network's first one. */
export function addressAt(cidr: Cidr, offset: number): string {
  return formatIp(cidr.base + offset)
}
