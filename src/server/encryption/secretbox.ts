// NaCl's secretbox, XSalsa20 with Poly1305, which Node's own cryptography does not have: https://cr.yp.to/snuffle/xsalsa-20110204.pdf and
// https://cr.yp.to/mac/poly1305-20050329.pdf. Tags are compared in constant time; the sums on the way to them are of big integers, whose
// time may tell of their size to whoever can measure this process to the nanosecond.
import { timingSafeEqual } from 'node:crypto'

export const keyBytes = 32
export const nonceBytes = 24
const tagBytes = 16

/** The tag and then the cipher text. A key must not see the same nonce twice. */
export function sealSecretbox(plain: Uint8Array, nonce: Buffer, key: Buffer): Buffer {
  const stream = keyStream(key, nonce, plain.length + 32)
  const cipher = xored(plain, stream.subarray(32))
  return Buffer.concat([poly1305(cipher, stream.subarray(0, 32)), cipher])
}

/** Undefined when the box is not of this key and nonce, or was changed. */
export function openSecretbox(box: Buffer, nonce: Buffer, key: Buffer): Buffer | undefined {
  if (box.length < tagBytes) return undefined
  const cipher = box.subarray(tagBytes)
  const stream = keyStream(key, nonce, cipher.length + 32)
  const isGood = timingSafeEqual(box.subarray(0, tagBytes), poly1305(cipher, stream.subarray(0, 32)))
  return isGood ? xored(cipher, stream.subarray(32)) : undefined
}

function xored(text: Uint8Array, stream: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(text.length)
  for (let i = 0; i < text.length; i++) out[i] = text[i]! ^ stream[i]!
  return out
}

/** "expand 32-byte k" in four words. */
const sigma = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const

/** The words of Salsa20's square: constants on the diagonal, the key in two halves around the sixteen bytes of `input`. */
function square(key: Buffer, input: readonly number[]): Uint32Array {
  const k = (i: number) => key.readUInt32LE(4 * i)
  const half = (from: number) => [k(from), k(from + 1), k(from + 2), k(from + 3)]
  return Uint32Array.from([sigma[0], ...half(0), sigma[1], ...input, sigma[2], ...half(4), sigma[3]])
}

function rounds(x: Uint32Array): void {
  const mix = (to: number, a: number, b: number, by: number) => {
    const sum = (x[a]! + x[b]!) | 0
    x[to]! ^= (sum << by) | (sum >>> (32 - by))
  }
  const quarter = (a: number, b: number, c: number, d: number) => {
    mix(b, a, d, 7)
    mix(c, b, a, 9)
    mix(d, c, b, 13)
    mix(a, d, c, 18)
  }
  for (let i = 0; i < 10; i++) {
    quarter(0, 4, 8, 12)
    quarter(5, 9, 13, 1)
    quarter(10, 14, 2, 6)
    quarter(15, 3, 7, 11)
    quarter(0, 1, 2, 3)
    quarter(5, 6, 7, 4)
    quarter(10, 11, 8, 9)
    quarter(15, 12, 13, 14)
  }
}

/** `length` bytes for a key and a nonce of 24 bytes. */
function keyStream(key: Buffer, nonce: Buffer, length: number): Buffer {
  const words = (from: number) => [0, 4, 8, 12].map(i => nonce.readUInt32LE(from + i))
  const mixed = square(key, words(0))
  rounds(mixed)
  const subkey = Buffer.alloc(32)
  for (const [i, at] of [0, 5, 10, 15, 6, 7, 8, 9].entries()) subkey.writeUInt32LE(mixed[at]!, 4 * i)

  const out = Buffer.allocUnsafe(Math.ceil(length / 64) * 64)
  const start = square(subkey, [nonce.readUInt32LE(16), nonce.readUInt32LE(20), 0, 0])
  const block = new Uint32Array(16)
  for (let n = 0; n * 64 < length; n++) {
    start[8] = n
    block.set(start)
    rounds(block)
    for (let i = 0; i < 16; i++) out.writeUInt32LE((block[i]! + start[i]!) >>> 0, n * 64 + 4 * i)
  }
  return out.subarray(0, length)
}

const prime = (1n << 130n) - 5n

function poly1305(message: Buffer, key: Buffer): Buffer {
  const number = (bytes: Buffer) => bytes.readBigUInt64LE(0) | (bytes.readBigUInt64LE(8) << 64n)
  const r = number(key) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let at = 0; at < message.length; at += 16) {
    const size = Math.min(16, message.length - at)
    const piece = size === 16 ? message.subarray(at, at + 16) : Buffer.concat([message.subarray(at), Buffer.alloc(16 - size)])
    sum = ((sum + number(piece) + (1n << BigInt(8 * size))) * r) % prime
  }
  const tag = (sum + number(key.subarray(16))) & ((1n << 128n) - 1n)
  const out = Buffer.alloc(tagBytes)
  out.writeBigUInt64LE(tag & 0xffffffffffffffffn, 0)
  out.writeBigUInt64LE(tag >> 64n, 8)
  return out
}
