// Addresses and networks of which each is written in one way only, so that two texts are the same exactly when they mean the same.
import ipaddr from 'ipaddr.js'
import { checkAddress, checkCidr } from '../validate-address.ts'

const mapped = 'must not be an IPv4-mapped IPv6 address'
const canonical = (text: string) => `must be in canonical form (${JSON.stringify(text)})`

export function checkCanonicalAddress(text: string): string[] {
  const wrong = checkAddress(text)
  if (wrong.length > 0) return wrong
  const address = ipaddr.parse(text)
  if (isMapped(address)) return [mapped]
  const form = formOf(address)
  return form === text ? [] : [canonical(form)]
}

export function checkCanonicalCidr(text: string): string[] {
  const wrong = checkCidr(text)
  if (wrong.length > 0) return wrong
  const [address, bits] = ipaddr.parseCIDR(text)
  if (isMapped(address)) return [mapped]
  const network = address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text)
  if (formOf(network) !== formOf(address)) return ['must not have bits set beyond the prefix length']
  const form = `${formOf(address)}/${bits}`
  return form === text ? [] : [canonical(form)]
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

function isMapped(address: Address): boolean {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()
}

function formOf(address: Address): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()
}
