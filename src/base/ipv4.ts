// IPv4 addresses and CIDRs as numbers.

export interface Cidr {
  /** The first address. */
  readonly base: number
  /** How many addresses. */
  readonly size: number
  readonly bits: number
}

export function parseAddress(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    value = value * 256 + Number(part)
  }
  return value
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.')
}

/** Undefined for what is no CIDR. Host bits are cut off. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', mask = ''] = text.split('/')
  const value = parseAddress(address)
  if (value === undefined || !/^\d{1,2}$/.test(mask) || Number(mask) > 32) return undefined
  const size = 2 ** (32 - Number(mask))
  return { base: value - (value % size), size, bits: Number(mask) }
}

export function contains(cidr: Cidr, address: number): boolean {
  return address >= cidr.base && address < cidr.base + cidr.size
}

/** The address at an offset of a CIDR's first one. */
export function addressAt(cidr: Cidr, offset: number): string {
  return formatAddress(cidr.base + offset)
}
