// Writes ASN.1 in DER, as far as certificates need it. Every function answers one complete element: tag, length, content.

export function element(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), length(content.length), content])
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size])
  const digits: number[] = []
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  return Buffer.from([0x80 | digits.length, ...digits])
}

export function sequence(...items: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(items))
}
export function setOf(...items: readonly Buffer[]): Buffer {
  return element(0x31, Buffer.concat(items))
}
/** An unsigned big-endian number, stripped to its shortest form. */
export function integer(bytes: Buffer): Buffer {
  let from = 0
  while (from < bytes.length - 1 && bytes[from] === 0) from++
  const digits = bytes.subarray(from)
  return element(0x02, digits[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits)
}
export function smallInteger(value: number): Buffer {
  return integer(Buffer.from([value]))
}
export function boolean(value: boolean): Buffer {
  return element(0x01, Buffer.from([value ? 0xff : 0]))
}
export function octetString(content: Buffer): Buffer {
  return element(0x04, content)
}
export function bitString(content: Buffer, unusedBits = 0): Buffer {
  return element(0x03, Buffer.concat([Buffer.from([unusedBits]), content]))
}
export function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text, 'utf8'))
}
/** Dotted decimal, such as `2.5.4.3`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}
function base128(value: number): number[] {
  const digits = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest % 128) | 0x80)
  return digits
}
/** UTCTime up to 2049 and GeneralizedTime after it, as RFC 5280 asks. `timeMs` since the epoch; fractions are dropped. */
export function time(timeMs: number): Buffer {
  const iso = new Date(timeMs).toISOString()
  const digits = `${iso.slice(0, 19).replace(/[-T:]/g, '')}Z`
  return Number(iso.slice(0, 4)) < 2050 ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits))
}
/** A context-specific tag around a complete element. */
export function explicit(tag: number, item: Buffer): Buffer {
  return element(0xa0 | tag, item)
}
/** A context-specific tag in place of a primitive's own. */
export function implicit(tag: number, content: Buffer): Buffer {
  return element(0x80 | tag, content)
}
