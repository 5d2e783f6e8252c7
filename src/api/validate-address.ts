// IP addresses and CIDRs as text.
import ipaddr from 'ipaddr.js'

const wrongAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
const wrongCidr = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

export type Family = 'IPv4' | 'IPv6'

/** Undefined for what is no address. IPv4 is four decimal parts without leading zeros. */
export function familyOf(text: string): Family | undefined {
  if (/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/.test(text) && ipaddr.IPv4.isValid(text)) return 'IPv4'
  return text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text) ? 'IPv6' : undefined
}

/** A NameCheck for addresses. */
export function checkAddress(text: string): string[] {
  return familyOf(text) ? [] : [wrongAddress]
}

export function checkCidr(text: string): string[] {
  const [address = '', bits = '', ...more] = text.split('/')
  const family = familyOf(address)
  const isValid = family !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 'IPv4' ? 32 : 128) && more.length === 0
  return isValid ? [] : [wrongCidr]
}

/** Addresses that only their own host can mean: nothing can be sent to them from elsewhere. */
export function checkNotSpecialAddress(text: string): string[] {
  const wrong = checkAddress(text)
  if (wrong.length > 0) return wrong
  const address = ipaddr.parse(text)
  const range = address.range()
  const isAllZero = address.toByteArray().every(byte => byte === 0)
  const reasons: readonly (readonly [boolean, string])[] = [
    [isAllZero, `may not be unspecified (${text})`],
    [range === 'loopback', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    [range === 'linkLocal', 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
    [/^224\.0\.0\.|^ff02:/i.test(text), 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
  ]
  return reasons.filter(([holds]) => holds).map(([, reason]) => reason)
}
