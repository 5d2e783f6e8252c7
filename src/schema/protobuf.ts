// Values of a schema as Protocol Buffers, the way Kubernetes writes them: the schema says what a field is, a table says where it
// stands and when it is written.
import { assert } from '../base/assert.ts'
import { ProtoReader, ProtoWriter, type WireType } from '../base/protobuf-wire.ts'
import { expectWireType, type Form, formOf } from './protobuf-forms.ts'
import type { ArrayNode, MapNode, ObjectNode, RawNode, SchemaNode } from './schema.ts'

/** By a definition's package and name: its fields in the order of their numbers, in the notation of api/protobuf-fields.ts. */
export type FieldTable = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Maps come sorted, and zeros wherever Kubernetes writes them, so that equal objects have equal bytes. */
export function encodeProtobuf(node: ObjectNode, value: object, table: FieldTable): Buffer {
  const writer = new ProtoWriter()
  writeFields(writer, planOf(node, table), value as Json)
  return writer.finish()
}

/**
 * What the JSON of the same object would be: unknown fields are skipped, zeros that JSON omits are left out. Quantities are as they
 * were sent. Throws `ProtoError` on bytes that are no such message.
 */
export function decodeProtobuf(node: ObjectNode, bytes: Uint8Array, table: FieldTable): object {
  const target: Json = {}
  readFields(new ProtoReader(bytes), planOf(node, table), target)
  return target
}

type Json = Record<string, unknown>

/** A definition's fields by number, or those of a message that only the wire knows, `inlined` into the object in JSON. */
type Slot = { readonly number: number } & ({ readonly inlined: Plan } | FieldSlot)
interface FieldSlot {
  readonly name: string
  readonly label: 'one' | 'list' | 'map'
  /** Of the value, or of the list's or the map's items. */
  readonly form: Form
  /** Whether it is written even when it is absent, as its zero. */
  readonly isAlwaysWritten: boolean
  /** Whether JSON omits its zero. */
  readonly omitsZero: boolean
}
type Plan = readonly Slot[]

const plans = new WeakMap<FieldTable, WeakMap<ObjectNode, Plan>>()

function planOf(node: ObjectNode, table: FieldTable): Plan {
  let known = plans.get(table)
  if (!known) {
    known = new WeakMap()
    plans.set(table, known)
  }
  let plan = known.get(node)
  if (!plan) {
    plan = makePlan(node, node.name, table)
    known.set(node, plan)
  }
  return plan
}

function makePlan(node: ObjectNode, definition: string, table: FieldTable): Plan {
  const dot = definition.lastIndexOf('.')
  const family = definition.slice(0, dot)
  const row = table[family]?.[definition.slice(dot + 1)]
  assert(row !== undefined, `the fields of ${definition} have no numbers`)
  return parseRow(row).flatMap((entry): Slot[] => {
    const { number } = entry
    if ('inlined' in entry) return [{ number, inlined: makePlan(node, `${family}.${entry.inlined}`, table) }]
    const field = node.fields[entry.name]
    return field ? [{ ...entry, ...slotForm(field.node, table) }] : []
  })
}

type RowEntry =
  | { readonly number: number; readonly inlined: string }
  | { readonly number: number; readonly name: string; readonly isAlwaysWritten: boolean; readonly omitsZero: boolean }

/** Reads a row of a field table. */
export function parseRow(row: string): readonly RowEntry[] {
  const entries: RowEntry[] = []
  let number = 1
  for (const token of row.split(' ')) {
    if (token === '') continue
    const [, at, inlined, name = '', mark] = /^(?:@(\d+)|>(\w+)|([$\w-]+)([=~]?))$/.exec(token) ?? []
    if (at !== undefined) {
      number = Number(at)
      continue
    }
    entries.push(inlined !== undefined ? { number, inlined } : { number, name, isAlwaysWritten: mark !== '', omitsZero: mark === '~' })
    number++
  }
  return entries
}

function slotForm(node: SchemaNode, table: FieldTable): Pick<FieldSlot, 'label' | 'form'> {
  if (node.type === 'array') return { label: 'list', form: nestedForm(node.items, table) }
  if (node.type === 'map') return { label: 'map', form: nestedForm(node.values, table) }
  return { label: 'one', form: nestedForm(node, table) }
}

function nestedForm(node: SchemaNode, table: FieldTable): Form {
  switch (node.type) {
    case 'object':
      return objectForm(node, table)
    case 'array':
      return listForm(node, table)
    case 'map':
      return mapForm(node)
    case 'raw':
      return node.either ? eitherForm(node.either, table) : formOf(node)
    default:
      return formOf(node)
  }
}

/** The plan is made at the first use, as definitions may be recursive. */
function objectForm(node: ObjectNode, table: FieldTable): Form {
  return {
    wireType: 2,
    write: (to, value) => to.run(inner => writeFields(inner, planOf(node, table), (value as Json | undefined) ?? {})),
    read(from, present) {
      const target = (present as Json | undefined) ?? {}
      readFields(from.nested(), planOf(node, table), target)
      return target
    },
  }
}

/** A list inside a list or a map is a message that has nothing but `items`. */
function listForm(node: ArrayNode, table: FieldTable): Form {
  const items: FieldSlot & { number: number } = {
    number: 1,
    name: 'items',
    ...slotForm(node, table),
    isAlwaysWritten: false,
    omitsZero: false,
  }
  return {
    wireType: 2,
    write: (to, value) => to.run(inner => writeFields(inner, [items], { items: value })),
    read(from, present) {
      const target: Json = { items: (present as unknown[] | undefined) ?? [] }
      readFields(from.nested(), [items], target)
      return target['items']
    },
  }
}

/**
 * A message of a boolean and an object, or of an object and a list. Where there is an object, the boolean is true.
 * With nothing in it, it is the boolean's false, or an empty list.
 */
function eitherForm({ object, or }: NonNullable<RawNode['either']>, table: FieldTable): Form {
  const isBoolean = or.type === 'boolean'
  const rest = { isAlwaysWritten: false, omitsZero: false }
  const ofObject = { number: isBoolean ? 2 : 1, name: 'object', ...slotForm(object, table), ...rest }
  const ofOther = { number: isBoolean ? 1 : 2, name: 'or', ...slotForm(or, table), ...rest, isAlwaysWritten: isBoolean }
  const slots = isBoolean ? [ofOther, ofObject] : [ofObject, ofOther]
  return {
    wireType: 2,
    write(to, value) {
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
      const parts: Json = isObject ? { object: value, ...(isBoolean && { or: true }) } : { or: value }
      to.run(inner => writeFields(inner, slots, parts))
    },
    read(from) {
      const parts: Json = {}
      readFields(from.nested(), slots, parts)
      return parts['object'] ?? parts['or'] ?? (isBoolean ? false : [])
    },
  }
}

function mapForm(node: MapNode): Form {
  assert(false, `a map of ${node.values.type} is no item of a list or a map`)
}

// Writing

function writeFields(to: ProtoWriter, plan: Plan, value: Json): void {
  for (const slot of plan) {
    if ('inlined' in slot) {
      to.tag(slot.number, 2)
      to.run(inner => writeFields(inner, slot.inlined, value))
    } else writeField(to, slot.number, slot, value[slot.name] ?? undefined)
  }
}

function writeField(to: ProtoWriter, number: number, { label, form, isAlwaysWritten }: FieldSlot, value: unknown): void {
  if (value === undefined && !isAlwaysWritten) return
  if (label === 'list') for (const item of value as readonly unknown[]) writeTagged(to, number, form, item)
  else if (label === 'map') writeMap(to, number, form, value as Json)
  else writeTagged(to, number, form, value)
}

function writeMap(to: ProtoWriter, number: number, form: Form, entries: Json): void {
  const byKey = Object.keys(entries).map(key => [Buffer.from(key), key] as const)
  byKey.sort(([a], [b]) => Buffer.compare(a, b))
  for (const [bytes, key] of byKey) {
    to.tag(number, 2)
    to.run(entry => {
      entry.tag(1, 2)
      entry.bytes(bytes)
      writeTagged(entry, 2, form, entries[key])
    })
  }
}

function writeTagged(to: ProtoWriter, number: number, form: Form, value: unknown): void {
  to.tag(number, form.wireType)
  form.write(to, value)
}

// Reading

function readFields(from: ProtoReader, plan: Plan, target: Json): void {
  while (!from.atEnd) {
    const { number, wireType } = from.tag()
    const slot = plan.find(slot => slot.number === number)
    if (!slot) from.skip(number, wireType)
    else if ('inlined' in slot) {
      expectWireType(number, wireType, 2)
      readFields(from.nested(), slot.inlined, target)
    } else readField(from, slot, wireType, target)
  }
}

function readField(from: ProtoReader, slot: FieldSlot & { number: number }, wireType: WireType, target: Json): void {
  const { name, number, label, form } = slot
  if (label === 'list') {
    target[name] ??= []
    readItems(from, number, form, wireType, target[name] as unknown[])
  } else if (label === 'map') {
    expectWireType(number, wireType, 2)
    target[name] ??= {}
    readEntry(from.nested(), form, target[name] as Json)
  } else {
    expectWireType(number, wireType, form.wireType)
    const value = form.read(from, target[name])
    const isOmitted = value === undefined || (slot.omitsZero && (value === '' || value === 0 || value === false))
    if (isOmitted) delete target[name]
    else target[name] = value
  }
}

/** Numbers may come packed into one run. */
function readItems(from: ProtoReader, number: number, form: Form, wireType: WireType, items: unknown[]): void {
  if (wireType === 2 && form.wireType !== 2) {
    const packed = from.nested()
    while (!packed.atEnd) items.push(form.read(packed, undefined))
    return
  }
  expectWireType(number, wireType, form.wireType)
  items.push(form.read(from, undefined) ?? null)
}

function readEntry(from: ProtoReader, form: Form, entries: Json): void {
  let key = ''
  let value: unknown
  while (!from.atEnd) {
    const { number, wireType } = from.tag()
    if (number === 1) {
      expectWireType(number, wireType, 2)
      key = from.run().toString('utf8')
    } else if (number === 2) {
      expectWireType(number, wireType, form.wireType)
      value = form.read(from, value)
    } else from.skip(number, wireType)
  }
  // A value that was left out is the zero of its type, which is what an empty run or a zero reads as.
  value ??= form.read(new ProtoReader(zeroBytes), undefined) ?? null
  // A key such as `__proto__` must become an entry like any other.
  Object.defineProperty(entries, key, { value, enumerable: true, writable: true, configurable: true })
}

/** A varint of zero, an empty run, or eight bytes of zero. */
const zeroBytes = Buffer.alloc(8)
