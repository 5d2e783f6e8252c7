// Every field of every definition that is served has the number and the wire type that Kubernetes gives it.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { deleteOptions, status } from '../meta/status.ts'
import { parseRow } from '../schema/protobuf.ts'
import type { ObjectNode, SchemaNode } from '../schema/schema.ts'
import { answeredKinds, postedKinds, storedKinds } from './all.ts'
import { TokenRequest } from './authentication/token-request.ts'
import { Scale } from './autoscaling/scale.ts'
import { Eviction } from './policy/eviction.ts'
import { protobufFields } from './protobuf-fields.ts'

interface SpecField {
  readonly number: number
  readonly type: string
  readonly label?: 'repeated'
  readonly map?: true
}
type Message = Readonly<Record<string, SpecField>>
type Specification = Readonly<Record<string, { readonly messages: Readonly<Record<string, Message>> }>>

const folder = new URL('../../../shared/specs/protobuf/', import.meta.url)
const skip = existsSync(folder) ? false : 'the specification is not beside the checkout'

function readSpecification(): Specification {
  const files = ['kubernetes-1.36', 'apiextensions-1.37', 'kube-aggregator-1.37', 'metrics-1.37']
  return Object.assign({}, ...files.map(file => JSON.parse(readFileSync(new URL(`${file}.json`, folder), 'utf8'))))
}

function definitions(): ReadonlyMap<string, ObjectNode> {
  const found = new Map<string, ObjectNode>()
  const visit = (node: SchemaNode): void => {
    if (node.type === 'array') visit(node.items)
    if (node.type === 'map') visit(node.values)
    if (node.type !== 'object' || found.has(node.name)) return
    found.set(node.name, node)
    for (const field of Object.values(node.fields)) visit(field.node)
  }
  for (const kind of [...storedKinds, ...postedKinds, ...answeredKinds, Scale, TokenRequest, Eviction]) visit(kind.schema.node)
  for (const schema of [deleteOptions, status]) visit(schema.node)
  return found
}

/** A definition's fields in the table: those that are inlined too, each as its path of numbers. */
function tableRow(family: string, name: string, path: readonly number[] = []): ReadonlyMap<string, readonly number[]> {
  const rows = new Map<string, readonly number[]>()
  for (const entry of parseRow(protobufFields[family]?.[name] ?? '')) {
    const numbers = [...path, entry.number]
    if ('inlined' in entry) for (const [field, inner] of tableRow(family, entry.inlined, numbers)) rows.set(field, inner)
    else rows.set(entry.name, numbers)
  }
  return rows
}

/** How the specification spells what a node is on the wire. */
function typeOf(node: SchemaNode): string {
  switch (node.type) {
    case 'array':
      return `repeated ${typeOf(node.items)}`
    case 'map':
      return `map ${node.values.type === 'array' ? 'ExtraValue' : typeOf(node.values)}`
    case 'object':
      return node.name.slice(node.name.lastIndexOf('.') + 1)
    case 'raw':
      return node.name === undefined ? 'RawExtension' : node.name.slice(node.name.lastIndexOf('.') + 1)
    case 'boolean':
      return 'bool'
    case 'integer':
      return node.format ?? 'int64'
    case 'number':
      return 'double'
    case 'string':
      return stringTypes[node.format ?? 'plain'] ?? ''
  }
}
const stringTypes: Readonly<Record<string, string>> = {
  plain: 'string',
  byte: 'bytes',
  quantity: 'Quantity',
  duration: 'Duration',
  'int-or-string': 'IntOrString',
  'date-time': 'Time',
  'micro-time': 'MicroTime',
}

test('every field that is served is in the table', () => {
  for (const [definition, node] of definitions()) {
    const dot = definition.lastIndexOf('.')
    const rows = tableRow(definition.slice(0, dot), definition.slice(dot + 1))
    assert.ok(rows.size > 0 || Object.keys(node.fields).length === 0, `${definition} has no row`)
    // The envelope has these two.
    for (const field of Object.keys(node.fields))
      assert.ok(rows.has(field) || field === 'kind' || field === 'apiVersion', `${definition}.${field} has no number`)
  }
})

test('each row is a message, without fields that do not exist', { skip }, () => {
  const messages = messagesOf(readSpecification())
  for (const [family, rows] of Object.entries(protobufFields))
    for (const name of Object.keys(rows)) {
      const message = messages(family, name)
      assert.ok(message, `${family}.${name} is a message`)
      const numbers = parseRow(rows[name] ?? '').map(entry => entry.number)
      assert.deepEqual(
        numbers,
        Object.values(message)
          .map(f => f.number)
          .toSorted((a, b) => a - b),
        `${family}.${name}`,
      )
    }
})

test('each field of the schemas has its number and its type', { skip }, () => {
  const messages = messagesOf(readSpecification())
  for (const [definition, node] of definitions()) {
    const dot = definition.lastIndexOf('.')
    const [family, name] = [definition.slice(0, dot), definition.slice(dot + 1)]
    const message = messages(family, name)
    assert.ok(message, `${definition} is a message`)
    assert.ok(protobufFields[family]?.[name] !== undefined, `${definition} needs a row such as '${suggestion(message)}', with its marks`)
    const rows = tableRow(family, name)
    for (const [field, { node: value }] of Object.entries(node.fields)) {
      if ((field === 'kind' || field === 'apiVersion') && !rows.has(field)) continue
      const found = find(message, rows.get(field) ?? [], inner => messages(family, inner))
      assert.ok(found, `${definition}.${field} has a number`)
      const { name: published, type, label, map } = found
      assert.equal(field.replace(/[$-]/g, '').toLowerCase(), published.toLowerCase(), definition)
      const short = type.slice(type.lastIndexOf('.') + 1)
      assert.equal(typeOf(value), `${map ? 'map ' : ''}${label ? `${label} ` : ''}${short}`, `${definition}.${field}`)
    }
  }
})

function messagesOf(specification: Specification): (family: string, name: string) => Message | undefined {
  return (family, name) => specification[family.replace(/^io\.k8s\./, 'k8s.io.').replaceAll('-', '_')]?.messages[name]
}

/** The field at a path of numbers, which leads through inlined messages. */
function find(
  message: Message,
  [first, ...rest]: readonly number[],
  inner: (name: string) => Message | undefined,
): (SpecField & { readonly name: string }) | undefined {
  const entry = Object.entries(message).find(([, field]) => field.number === first)
  if (entry === undefined) return undefined
  const [name, field] = entry
  if (rest.length === 0) return { name, ...field }
  const nested = inner(field.type)
  return nested && find(nested, rest, inner)
}

function suggestion(message: Message): string {
  let next = 1
  return Object.entries(message)
    .toSorted(([, a], [, b]) => a.number - b.number)
    .map(([name, { number }]) => {
      const gap = number === next ? '' : `@${number} `
      next = number + 1
      return gap + name
    })
    .join(' ')
}
