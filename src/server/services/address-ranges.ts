// The IPv4 ranges that services get addresses from, as numbers, and in which order their addresses are tried. A band at the beginning of each
// is kept for addresses that are asked for by value as long as the rest has room.
import { isRangeReady } from '../../api/networking/service-address.ts'
import type { ServiceCIDR } from '../../api/networking/service-cidr.ts'
import { parseCidr, sizeOf } from '../../base/cidr.ts'
import type { Random } from '../../base/clock.ts'

export interface AddressRange {
  readonly first: number
  readonly last: number
  /** Where the band ends that is kept for addresses asked for by value. */
  readonly upper: number
}

/** Of all that are ready, without the ends of each network. */
export function rangesOf(serviceCidrs: readonly ServiceCIDR[]): readonly AddressRange[] {
  const cidrs = new Set(serviceCidrs.filter(isRangeReady).flatMap(({ spec }) => spec.cidrs ?? []))
  return [...cidrs].flatMap(text => {
    const cidr = parseCidr(text)
    if (!cidr) return []
    const [first, last] = [cidr.base + 1, cidr.base + sizeOf(cidr) - 2]
    return last < first ? [] : [{ first, last, upper: first + bandOf(sizeOf(cidr)) }]
  })
}

const minBand = 16
const maxBand = 256
const bandShare = 16

/** A sixteenth, but 16 to 256; nothing of a network that has no more than the least. */
function bandOf(size: number): number {
  return size <= minBand ? 0 : Math.min(Math.max(minBand, Math.floor(size / bandShare)), maxBand)
}

export function isInRange(ranges: readonly AddressRange[], address: number): boolean {
  return ranges.some(({ first, last }) => address >= first && address <= last)
}

/** The first free address: beginning anywhere in the upper part of a range, then in its band, then in the next range. */
export function pickAddress(ranges: readonly AddressRange[], isFree: (address: number) => boolean, random: Random): number | undefined {
  for (const { first, last, upper } of ranges) {
    const picked = pickBetween(upper, last, isFree, random) ?? pickBetween(first, upper - 1, isFree, random)
    if (picked !== undefined) return picked
  }
  return undefined
}

function pickBetween(first: number, last: number, isFree: (address: number) => boolean, random: Random): number | undefined {
  const count = last - first + 1
  const start = Math.floor(random() * Math.max(count, 1))
  for (let i = 0; i < count; i++) {
    const address = first + ((start + i) % count)
    if (isFree(address)) return address
  }
  return undefined
}
