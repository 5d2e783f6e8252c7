// IP addresses and CIDR blocks: `cidr('10.0.0.0/8').containsIP('10.1.2.3')`.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { EvaluationError } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import { opaque } from '../types.ts'
import type { Foreign } from '../values.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6

export class IpValue implements Foreign {
  readonly celType = ipType
  readonly address: Address
  constructor(address: Address) {
    this.address = address
  }
  get size(): number {
    return this.address.toByteArray().length
  }
  equals(other: Foreign): boolean {
    return other instanceof IpValue && textOf(other.address) === textOf(this.address)
  }
}

export class CidrValue implements Foreign {
  readonly celType = cidrType
  readonly address: Address
  readonly bits: number
  constructor(address: Address, bits: number) {
    this.address = address
    this.bits = bits
  }
  get size(): number {
    return Math.ceil(this.bits / 8)
  }
  equals(other: Foreign): boolean {
    return other instanceof CidrValue && other.bits === this.bits && textOf(other.address) === textOf(this.address)
  }
}

const ipType = opaque('net.IP')
const cidrType = opaque('net.CIDR')
const { fn, method } = declarations<{ readonly 'net.IP': IpValue; readonly 'net.CIDR': CidrValue }>()

const textOf = (address: Address): string => (address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString())

function readIp(text: string): Address | { readonly error: string } {
  if (isIP(text) === 0)
    return {
      error: `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`,
    }
  if (text.includes('%')) return { error: `IP address ${JSON.stringify(text)} with zone value is not allowed` }
  const address = ipaddr.parse(text)
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress())
    return { error: `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed` }
  return address
}

function readCidr(text: string): CidrValue | { readonly error: string } {
  const [, base = '', length = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? []
  const address = readIp(base)
  const bits = Number(length)
  if ('error' in address || length === '' || bits > address.toByteArray().length * 8)
    return {
      error: `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): unable to parse`,
    }
  return new CidrValue(address, bits)
}

function orThrow<T extends object>(read: T | { readonly error: string }): T {
  if ('error' in read) throw new EvaluationError(String(read.error))
  return read as T
}
const parseIp = (text: string): IpValue => new IpValue(orThrow<Address>(readIp(text)))
const parseCidr = (text: string): CidrValue => orThrow<CidrValue>(readCidr(text))

function inBlock(address: Address, block: CidrValue): boolean {
  if (address instanceof ipaddr.IPv4) return block.address instanceof ipaddr.IPv4 && address.match(block.address, block.bits)
  return block.address instanceof ipaddr.IPv6 && address.match(block.address, block.bits)
}
const blockInBlock = (inner: CidrValue, outer: CidrValue): boolean => inner.bits >= outer.bits && inBlock(inner.address, outer)

function masked({ address, bits }: CidrValue): CidrValue {
  const bytes = address.toByteArray().map((byte, i) => byte & (0xff << Math.min(8, Math.max(0, 8 * (i + 1) - bits))))
  return new CidrValue(ipaddr.fromByteArray(bytes), bits)
}

const traversal = (text: string): number => Math.ceil(text.length * 0.1)
const block = ({ size }: { readonly size: number }): number => Math.ceil(2 * size * 0.1)
const nested = ({ size }: { readonly size: number }): number => block({ size }) + Math.ceil(size * 0.1) + 1

const multicastLinkLocal = ({ address }: IpValue): boolean => {
  const bytes = address.toByteArray()
  return address instanceof ipaddr.IPv4
    ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0
    : bytes[0] === 0xff && ((bytes[1] ?? 0) & 0x0f) === 2
}
const globalUnicast = ({ address }: IpValue): boolean =>
  !['unspecified', 'loopback', 'multicast', 'linkLocal', 'broadcast'].includes(address.range())

export const networkFunctions: readonly Overload[] = [
  fn('ip', ['string'], 'net.IP', parseIp, traversal),
  fn('isIP', ['string'], 'bool', text => !('error' in readIp(text)), traversal),
  fn(
    'ip.isCanonical',
    ['string'],
    'bool',
    text => textOf(parseIp(text).address) === text,
    text => Math.ceil(text.length * 2 * 0.1),
  ),
  fn('string', ['net.IP'], 'string', ({ address }) => textOf(address)),
  method('net.IP', 'family', [], 'int', ({ address }) => (address instanceof ipaddr.IPv4 ? 4n : 6n)),
  method('net.IP', 'isUnspecified', [], 'bool', ({ address }) => textOf(address) === '0.0.0.0' || textOf(address) === '::'),
  method('net.IP', 'isLoopback', [], 'bool', ({ address }) => address.range() === 'loopback'),
  method('net.IP', 'isLinkLocalMulticast', [], 'bool', multicastLinkLocal),
  method('net.IP', 'isLinkLocalUnicast', [], 'bool', ({ address }) => address.range() === 'linkLocal'),
  method('net.IP', 'isGlobalUnicast', [], 'bool', globalUnicast),
  fn('cidr', ['string'], 'net.CIDR', parseCidr, traversal),
  fn('isCIDR', ['string'], 'bool', text => !('error' in readCidr(text)), traversal),
  fn('string', ['net.CIDR'], 'string', ({ address, bits }) => `${textOf(address)}/${bits}`),
  method('net.CIDR', 'containsIP', ['net.IP'], 'bool', (cidr, ip) => inBlock(ip.address, cidr), block),
  method(
    'net.CIDR',
    'containsIP',
    ['string'],
    'bool',
    (cidr, ip) => inBlock(parseIp(ip).address, cidr),
    (cidr, ip) => block(cidr) + traversal(ip),
  ),
  method('net.CIDR', 'containsCIDR', ['net.CIDR'], 'bool', (cidr, inner) => blockInBlock(inner, cidr), nested),
  method(
    'net.CIDR',
    'containsCIDR',
    ['string'],
    'bool',
    (cidr, inner) => blockInBlock(parseCidr(inner), cidr),
    (cidr, inner) => nested(cidr) + traversal(inner),
  ),
  method('net.CIDR', 'ip', [], 'net.IP', ({ address }) => new IpValue(address)),
  method('net.CIDR', 'masked', [], 'net.CIDR', masked),
  method('net.CIDR', 'prefixLength', [], 'int', ({ bits }) => BigInt(bits)),
]
