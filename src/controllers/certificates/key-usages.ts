// What the words of a request mean in a certificate (RFC 5280, 4.2.1.3 and 4.2.1.12).
import type { KeyUsage } from '../../api/certificates/certificate-signing-request.ts'

const bits: Partial<Readonly<Record<KeyUsage, number>>> = {
  signing: 0,
  'digital signature': 0,
  'content commitment': 1,
  'key encipherment': 2,
  'data encipherment': 3,
  'key agreement': 4,
  'cert sign': 5,
  'crl sign': 6,
  'encipher only': 7,
  'decipher only': 8,
}

/** In the order in which certificates have them. */
const purposes: Partial<Readonly<Record<KeyUsage, string>>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
}

export function usagesOf(words: readonly KeyUsage[]): {
  readonly keyUsages: readonly number[]
  readonly extendedKeyUsages: readonly string[]
} {
  const wanted = words.map(word => purposes[word])
  return {
    keyUsages: [...new Set(words.flatMap(word => bits[word] ?? []))].sort((a, b) => a - b),
    extendedKeyUsages: [...new Set(Object.values(purposes))].filter(purpose => wanted.includes(purpose)),
  }
}
