// How a single value is written and read, after its tag. What protobuf has no type for (times, quantities, a number or a name, raw
// JSON) is a small message, whose parts Kubernetes writes even when they are zero.
import { assert } from '../base/assert.ts'
import { formatGoDuration, parseGoDuration } from '../base/go-duration.ts'
import { ProtoError, type ProtoReader, type ProtoWriter, type Scalars, scalarCodecs, type WireType } from '../base/protobuf-wire.ts'
import { formatMicros, formatSeconds, parseRfc3339 } from '../base/rfc3339.ts'
import type { BooleanNode, NumberNode, RawNode, StringNode } from './schema.ts'

export interface Form {
  readonly wireType: WireType
  /** `undefined` writes the zero of the type. */
  write(to: ProtoWriter, value: unknown): void
  /** `present` is what the field has so far: a message that comes twice is merged. `undefined` stands for JSON's null. */
  read(from: ProtoReader, present: unknown): unknown
}

export function formOf(node: StringNode | NumberNode | BooleanNode | RawNode): Form {
  switch (node.type) {
    case 'boolean':
      return boolean
    case 'raw':
      return raw
    case 'string':
      return strings[node.format ?? 'plain']
    case 'integer':
      return node.format === 'int32' ? int32 : int64
    case 'number':
      return double
  }
}

const boolean: Form = {
  wireType: 0,
  write: (to, value) => scalarCodecs.bool.write(to, value === true),
  read: from => scalarCodecs.bool.read(from),
}
const number = (scalar: 'int32' | 'int64' | 'double', wireType: WireType): Form => ({
  wireType,
  write: (to, value) => scalarCodecs[scalar].write(to, (value as number | undefined) ?? 0),
  read: from => Number(scalarCodecs[scalar].read(from)),
})
const int32 = number('int32', 0)
const int64 = number('int64', 0)
const double = number('double', 1)

/** JSON text in the first part: `FieldsV1` and `RawExtension`. */
const raw: Form = {
  wireType: 2,
  write: (to, value) => writeParts(to, value === undefined || value === null ? [] : [['string', JSON.stringify(value)]]),
  read(from) {
    const { 1: text = '' } = readParts(from, { 1: 'string' })
    if (text === '') return undefined
    try {
      return JSON.parse(text)
    } catch {
      throw new ProtoError('raw bytes are not JSON')
    }
  },
}

const time = (format: 'date-time' | 'micro-time'): Form => ({
  wireType: 2,
  write(to, value) {
    // The zero time is an empty message; among others in a list or a map it is null.
    if (value === undefined || value === null) return writeParts(to, [])
    const parsed = parseRfc3339(String(value), format === 'micro-time' ? 'micros' : 'seconds')
    assert(parsed.ok, `a stored time is in canonical form, not ${String(value)}`)
    const micros = ((parsed.epochMicros % million) + million) % million
    writeParts(to, [
      ['int64', (parsed.epochMicros - micros) / million],
      ['int32', format === 'micro-time' ? Number(micros) * 1000 : 0],
    ])
  },
  read(from) {
    const { 1: seconds, 2: nanos = 0 } = readParts(from, { 1: 'int64', 2: 'int32' })
    if (seconds === undefined || Number(seconds) === zeroTime) return undefined
    if (seconds < zeroTime || seconds > lastTime || nanos < 0 || nanos >= 1e9) throw new ProtoError('a time is out of range')
    if (format === 'date-time') return formatSeconds(Number(seconds) * 1000)
    return formatMicros(BigInt(seconds) * million + BigInt(Math.trunc(nanos / 1000)))
  },
})
const million = 1_000_000n
/** Seconds of the years 1, which is Go's zero, and 9999, which is the last that RFC 3339 can write. */
const zeroTime = -62_135_596_800
const lastTime = 253_402_300_799

const quantity: Form = {
  wireType: 2,
  write: (to, value) => writeParts(to, [['string', (value as string | undefined) ?? '0']]),
  read(from) {
    const { 1: text = '' } = readParts(from, { 1: 'string' })
    return text === '' ? '0' : text
  },
}

const intOrString: Form = {
  wireType: 2,
  write(to, value) {
    const isName = typeof value === 'string'
    writeParts(to, [
      ['int64', isName ? 1 : 0],
      ['int32', typeof value === 'number' ? value : 0],
      ['string', isName ? value : ''],
    ])
  },
  read(from) {
    const { 1: type = 0, 2: int = 0, 3: text = '' } = readParts(from, { 1: 'int64', 2: 'int32', 3: 'string' })
    if (type !== 0 && type !== 1) throw new ProtoError(`an IntOrString has type ${type}`)
    return type === 0 ? int : text
  },
}

const duration: Form = {
  wireType: 2,
  write(to, value) {
    const parsed = parseGoDuration(value === undefined ? '0s' : String(value))
    assert(parsed.ok, `a stored duration can be read, unlike ${String(value)}`)
    writeParts(to, [['nanos', parsed.ms]])
  },
  read: from => formatGoDuration(readParts(from, { 1: 'nanos' })[1] ?? 0),
}

const strings: Readonly<Record<NonNullable<StringNode['format']> | 'plain', Form>> = {
  plain: {
    wireType: 2,
    write: (to, value) => to.string((value as string | undefined) ?? ''),
    read: from => scalarCodecs.string.read(from),
  },
  byte: {
    wireType: 2,
    write: (to, value) => to.bytes(Buffer.from((value as string | undefined) ?? '', 'base64')),
    read: from => from.run().toString('base64'),
  },
  'date-time': time('date-time'),
  'micro-time': time('micro-time'),
  quantity,
  duration,
  'int-or-string': intOrString,
}

type PartScalar = 'string' | 'int32' | 'int64' | 'nanos'
type Part = { [S in PartScalar]: readonly [scalar: S, value: Scalars[S]] }[PartScalar]

/** Parts are numbered from 1. */
function writeParts(to: ProtoWriter, parts: readonly Part[]): void {
  to.run(inner =>
    parts.forEach(([scalar, value], i) => {
      inner.tag(i + 1, partWireType(scalar))
      if (scalar === 'string') inner.string(value)
      else scalarCodecs[scalar].write(inner, Number(value))
    }),
  )
}

type Parts<P> = { readonly [N in keyof P]?: P[N] extends PartScalar ? Scalars[P[N]] : never }

function readParts<const P extends Readonly<Record<number, PartScalar>>>(from: ProtoReader, parts: P): Parts<P> {
  const inner = from.nested()
  const found: Record<number, unknown> = {}
  while (!inner.atEnd) {
    const { number, wireType } = inner.tag()
    const scalar = parts[number]
    if (scalar === undefined) inner.skip(number, wireType)
    else {
      expectWireType(number, wireType, partWireType(scalar))
      found[number] = scalarCodecs[scalar].read(inner)
    }
  }
  return found as Parts<P>
}

function partWireType(scalar: PartScalar): WireType {
  return scalar === 'string' ? 2 : 0
}

export function expectWireType(number: number, found: WireType, wanted: WireType): void {
  if (found !== wanted) throw new ProtoError(`wrong wireType = ${found} for field ${number}`)
}
