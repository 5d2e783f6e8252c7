// Reads ASN.1 in DER: elements with a tag and a content, which for some is a row of further elements.
// Throws a `DerError` on bytes that are not DER.

export class DerError extends Error {
  override readonly name = 'DerError'
}

export interface DerElement {
  readonly tag: number
  readonly content: Buffer
  /** Tag, length and content, as they were. */
  readonly bytes: Buffer
}

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** The one element that the bytes are. */
export function readDer(bytes: Buffer): DerElement {
  const element = elementAt(bytes, 0)
  if (element.bytes.length !== bytes.length) throw new DerError('trailing data')
  return element
}

/** The elements that follow one another in the bytes. */
export function readDerAll(bytes: Buffer): readonly DerElement[] {
  const found: DerElement[] = []
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at)
    found.push(element)
    at += element.bytes.length
  }
  return found
}

/** The elements within one that must have this tag. */
export function partsOf(element: DerElement | undefined, tag: number): readonly DerElement[] {
  return readDerAll(contentOf(element, tag))
}

export function contentOf(element: DerElement | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new DerError(`expected tag ${tag}, found ${element?.tag ?? 'nothing'}`)
  return element.content
}

/** A whole number of bits, as keys and signatures are. */
export function bitsOf(element: DerElement | undefined): Buffer {
  const content = contentOf(element, derTag.bitString)
  if (content[0] !== 0) throw new DerError('expected a bit string of whole bytes')
  return content.subarray(1)
}

/** Dotted decimal, such as `2.5.4.3`. */
export function objectIdentifierOf(element: DerElement | undefined): string {
  const parts: number[] = []
  let value = 0
  for (const byte of contentOf(element, derTag.objectIdentifier)) {
    value = value * 128 + (byte & 0x7f)
    if (byte & 0x80) continue
    parts.push(value)
    value = 0
  }
  const [head = 0, ...rest] = parts
  const first = Math.min(Math.floor(head / 40), 2)
  return [first, head - first * 40, ...rest].join('.')
}

function elementAt(bytes: Buffer, at: number): DerElement {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) throw new DerError('truncated tag or length')
  // Tags above 30 take further bytes; nothing that is read here has them.
  if ((tag & 0x1f) === 0x1f) throw new DerError('unsupported tag')
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80 || lengthBytes > 4 || at + 2 + lengthBytes > bytes.length) throw new DerError('unsupported or truncated length')
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes)
  const start = at + 2 + lengthBytes
  if (start + length > bytes.length) throw new DerError('data truncated')
  return { tag, content: bytes.subarray(start, start + length), bytes: bytes.subarray(at, start + length) }
}
