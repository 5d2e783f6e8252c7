// Protocol Buffers (proto3) driven by data. A message is a table `{ field: [number, type, label?] }`, an enum is a table
// `{ NAME: number }`; the TypeScript types are inferred from the tables, and two functions do the rest: encode and decode.
import { ProtoReader, ProtoWriter, type Scalar, type Scalars, scalarCodecs, type WireType } from '../../base/protobuf-wire.ts'

export interface EnumTable {
  readonly [name: string]: number
}
export interface MessageTable {
  readonly [field: string]: FieldRow
}
export type FieldType = Scalar | EnumTable | MessageTable
/** A `map` has string keys. */
export type FieldRow = readonly [number: number, type: FieldType, label?: 'repeated' | 'map']

/** Gives the table its literal types. */
export const message = <const T extends MessageTable>(table: T): T => table
export const enumeration = <const T extends EnumTable>(table: T): T => table

type One<T> = T extends Scalar ? Scalars[T] : T extends EnumTable ? keyof T : T extends MessageTable ? Value<T> : never
type OneDraft<T> = T extends Scalar ? Scalars[T] : T extends EnumTable ? keyof T : T extends MessageTable ? Draft<T> : never
type IsOptional<R extends FieldRow> = R[2] extends string ? false : R[1] extends Scalar | EnumTable ? false : true
type OptionalFields<T extends MessageTable> = { [F in keyof T]: IsOptional<T[F]> extends true ? F : never }[keyof T]
type Labelled<R extends FieldRow, V> = R[2] extends 'repeated' ? readonly V[] : R[2] extends 'map' ? Readonly<Record<string, V>> : V
type Flat<T> = { [K in keyof T]: T[K] }

/** What `decode` gives: every scalar, enum, list and map is there (proto3's zero value where unset); messages may be absent. */
export type Value<T extends MessageTable> = Flat<
  { readonly [F in Exclude<keyof T, OptionalFields<T>>]: Labelled<T[F], One<T[F][1]>> } & {
    readonly [F in OptionalFields<T>]?: Labelled<T[F], One<T[F][1]>>
  }
>
/** What `encode` takes: everything may be left out. */
export type Draft<T extends MessageTable> = { readonly [F in keyof T]?: Labelled<T[F], OneDraft<T[F][1]>> | undefined }

export function encode<T extends MessageTable>(table: T, value: Draft<T>): Buffer {
  const writer = new ProtoWriter()
  writeMessage(writer, planOf(table), value as Loose)
  return writer.finish()
}

/** Throws `ProtoError` on bytes that are no message. Unknown fields, and numbers that an enum does not know, are skipped. */
export function decode<T extends MessageTable>(table: T, bytes: Uint8Array): Value<T> {
  const plan = planOf(table)
  const target = zeroOf(plan)
  readMessage(new ProtoReader(bytes), plan, target)
  return target as Value<T>
}

/** A message whose table has been forgotten by the compiler; the plan beside it says what is in it. */
type Loose = { [field: string]: unknown }

type Kind =
  | { readonly is: 'scalar'; readonly scalar: Scalar }
  | { readonly is: 'enum'; readonly numbers: EnumTable; readonly names: ReadonlyMap<number, string>; readonly zero: string }
  | { readonly is: 'message'; readonly table: MessageTable }
interface FieldPlan {
  readonly name: string
  readonly number: number
  readonly kind: Kind
  readonly label: 'one' | 'repeated' | 'map'
}
interface Plan {
  readonly fields: readonly FieldPlan[]
  readonly byNumber: ReadonlyMap<number, FieldPlan>
}

const plans = new WeakMap<MessageTable, Plan>()

function planOf(table: MessageTable): Plan {
  const known = plans.get(table)
  if (known) return known
  const fields = Object.entries(table).map(
    ([name, [number, type, label]]): FieldPlan => ({ name, number, kind: kindOf(type), label: label ?? 'one' }),
  )
  const plan: Plan = { fields, byNumber: new Map(fields.map(field => [field.number, field])) }
  plans.set(table, plan)
  return plan
}

function kindOf(type: FieldType): Kind {
  if (typeof type === 'string') return { is: 'scalar', scalar: type }
  if (!isEnum(type)) return { is: 'message', table: type }
  const names = new Map(Object.entries(type).map(([name, number]) => [number, name]))
  return { is: 'enum', numbers: type, names, zero: names.get(0) ?? '' }
}

function isEnum(type: EnumTable | MessageTable): type is EnumTable {
  return typeof Object.values(type)[0] === 'number'
}

function writeMessage(writer: ProtoWriter, plan: Plan, value: Loose): void {
  for (const field of plan.fields) {
    const given = value[field.name]
    if (given === undefined) continue
    if (field.label === 'repeated') writeRepeated(writer, field, given as readonly unknown[])
    else if (field.label === 'map') writeMap(writer, field, given as Loose)
    else if (!isZero(field.kind, given)) writeField(writer, field.number, field.kind, given)
  }
}

function writeRepeated(writer: ProtoWriter, field: FieldPlan, items: readonly unknown[]): void {
  if (items.length === 0) return
  if (!isPackable(field.kind)) {
    for (const item of items) writeField(writer, field.number, field.kind, item)
    return
  }
  const packed = new ProtoWriter()
  for (const item of items) writePrimitive(packed, field.kind, item)
  writer.tag(field.number, 2)
  writer.bytes(packed.finish())
}

function writeMap(writer: ProtoWriter, field: FieldPlan, entries: Loose): void {
  for (const [key, item] of Object.entries(entries)) {
    const entry = new ProtoWriter()
    entry.tag(1, 2)
    entry.string(key)
    writeField(entry, 2, field.kind, item)
    writer.tag(field.number, 2)
    writer.bytes(entry.finish())
  }
}

function writeField(writer: ProtoWriter, number: number, kind: Kind, value: unknown): void {
  writer.tag(number, wireTypeOf(kind))
  if (kind.is === 'message') {
    const nested = new ProtoWriter()
    writeMessage(nested, planOf(kind.table), value as Loose)
    writer.bytes(nested.finish())
  } else writePrimitive(writer, kind, value)
}

function writePrimitive(writer: ProtoWriter, kind: Kind, value: unknown): void {
  if (kind.is === 'enum') writer.varint64(kind.numbers[value as string] ?? 0)
  else if (kind.is === 'scalar') codecOf(kind.scalar).write(writer, value)
}

/** The table keeps writer and reader of one scalar together; here their common type is forgotten. */
function codecOf(scalar: Scalar): { write(to: ProtoWriter, value: unknown): void; read(from: ProtoReader): unknown } {
  return scalarCodecs[scalar] as { write(to: ProtoWriter, value: unknown): void; read(from: ProtoReader): unknown }
}

function readMessage(reader: ProtoReader, plan: Plan, target: Loose): void {
  while (!reader.atEnd) {
    const { number, wireType } = reader.tag()
    const field = plan.byNumber.get(number)
    if (!field || !accepts(field, wireType)) reader.skip(number, wireType)
    else if (field.label === 'map') readMapEntry(reader.nested(), field, target[field.name] as Loose)
    else if (field.label === 'repeated') readRepeated(reader, field, wireType, target[field.name] as unknown[])
    else {
      const value = readField(reader, field.kind, target[field.name])
      if (value !== undefined) target[field.name] = value
    }
  }
}

function readRepeated(reader: ProtoReader, field: FieldPlan, wireType: WireType, items: unknown[]): void {
  const packed = wireType === 2 && isPackable(field.kind)
  const source = packed ? reader.nested() : reader
  do {
    if (packed && source.atEnd) return
    const item = readField(source, field.kind, undefined)
    if (item !== undefined) items.push(item)
  } while (packed)
}

function readMapEntry(reader: ProtoReader, field: FieldPlan, entries: Loose): void {
  let key = ''
  let value: unknown
  while (!reader.atEnd) {
    const { number, wireType } = reader.tag()
    if (number === 1 && wireType === 2) key = reader.run().toString('utf8')
    else if (number === 2 && wireType === wireTypeOf(field.kind)) value = readField(reader, field.kind, value)
    else reader.skip(number, wireType)
  }
  // A key such as `__proto__` must become an entry like any other.
  Object.defineProperty(entries, key, { value: value ?? zeroValue(field.kind), enumerable: true, writable: true, configurable: true })
}

/** `undefined` for an enum number without a name. A message that comes twice is merged, as the format asks. */
function readField(reader: ProtoReader, kind: Kind, present: unknown): unknown {
  if (kind.is === 'scalar') return codecOf(kind.scalar).read(reader)
  if (kind.is === 'enum') return kind.names.get(scalarCodecs.int32.read(reader))
  const plan = planOf(kind.table)
  const target = (present as Loose | undefined) ?? zeroOf(plan)
  readMessage(reader.nested(), plan, target)
  return target
}

function zeroOf(plan: Plan): Loose {
  const target: Loose = {}
  for (const { name, label, kind } of plan.fields) {
    if (label === 'repeated') target[name] = []
    else if (label === 'map') target[name] = {}
    else if (kind.is !== 'message') target[name] = zeroValue(kind)
  }
  return target
}

const noBytes = new Uint8Array()

function zeroValue(kind: Kind): unknown {
  if (kind.is === 'enum') return kind.zero
  if (kind.is === 'message') return zeroOf(planOf(kind.table))
  if (kind.scalar === 'string') return ''
  if (kind.scalar === 'bytes') return noBytes
  return kind.scalar === 'bool' ? false : 0
}

function isZero(kind: Kind, value: unknown): boolean {
  if (kind.is === 'message') return false
  if (kind.is === 'enum') return value === kind.zero
  if (kind.scalar === 'bytes') return (value as Uint8Array).length === 0
  return value === 0 ? !Object.is(value, -0) : value === '' || value === false || value === 0n
}

function isPackable(kind: Kind): boolean {
  return wireTypeOf(kind) !== 2
}

function accepts(field: FieldPlan, wireType: WireType): boolean {
  if (field.label === 'map') return wireType === 2
  return wireType === wireTypeOf(field.kind) || (field.label === 'repeated' && wireType === 2)
}

const fixedWidths: Partial<Record<Scalar, WireType>> = { double: 1, fixed64: 1, sfixed64: 1, float: 5, fixed32: 5, sfixed32: 5 }

function wireTypeOf(kind: Kind): WireType {
  if (kind.is === 'message') return 2
  if (kind.is === 'enum') return 0
  return kind.scalar === 'string' || kind.scalar === 'bytes' ? 2 : (fixedWidths[kind.scalar] ?? 0)
}
