// What holds of every object of every kind, tried with random ones. A failure names its seed.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { checkTyped } from '../meta/apply/check.ts'
import { type Entries, entryOf } from '../meta/apply/entries.ts'
import { appliedFields } from '../meta/apply/fields-of.ts'
import { applyConfiguration } from '../meta/apply/owners.ts'
import { deepEqual } from '../meta/deep-equal.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { applyStrategicPatch } from '../meta/patch/strategic.ts'
import { strategicDiff } from '../meta/patch/testkit.ts'
import { canonicalQuantity } from '../meta/quantity.ts'
import { decode } from '../schema/decode.ts'
import { decodeProtobuf, encodeProtobuf, parseRow } from '../schema/protobuf.ts'
import type { ObjectNode } from '../schema/schema.ts'
import { type Choices, randomFrom, randomValue } from '../schema/testkit.ts'
import { answeredKinds, postedKinds, storedKinds } from './all.ts'
import { TokenRequest } from './authentication/token-request.ts'
import { Scale } from './autoscaling/scale.ts'
import { apiVersionOf, type Kind } from './kind.ts'
import { Eviction } from './policy/eviction.ts'
import { protobufFields } from './protobuf-fields.ts'
import { complete } from './testkit.ts'

const kinds = [...storedKinds, ...postedKinds, ...answeredKinds, TokenRequest, Scale, Eviction]

function randomOfKind(kind: Kind, choices: Choices): KubeObject {
  const value = randomValue(kind.schema.node, choices) as KubeObject
  return { ...value, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { ...value.metadata, name: 'a' } }
}

/** Tries the property with `runs` random objects of each kind. */
function ofEveryKind(name: string, runs: number, holds: (kind: Kind, seed: number) => void): void {
  describe(name, () => {
    for (const kind of kinds)
      test(`${apiVersionOf(kind)} ${kind.kind}`, () =>
        fc.assert(
          fc.property(fc.integer(), seed => holds(kind, seed)),
          { numRuns: runs },
        ))
  })
}

ofEveryKind('a random object decodes to itself', 10, (kind, seed) => {
  const object = randomOfKind(kind, { random: randomFrom(seed), zeros: true })
  assert.deepEqual(decode(kind.schema.node, object, canonicalQuantity), { value: object, unknownFields: [], errors: [] })
})

ofEveryKind('defaulting is idempotent', 25, (kind, seed) => {
  const once = complete(kind, randomOfKind(kind, { random: randomFrom(seed), zeros: seed % 2 === 0 }))
  assert.equal(complete(kind, once), once)
  const { value, errors, unknownFields } = decode(kind.schema.node, once, canonicalQuantity)
  assert.deepEqual([errors, unknownFields, deepEqual(value, once)], [[], [], true])
})

ofEveryKind('JSON to Protocol Buffers to JSON is identity', 25, (kind, seed) => {
  const object = randomOfKind(kind, { random: randomFrom(seed), zeros: false, presence: presenceOnWire })
  assert.deepEqual(thereAndBack(kind, object), object)
})

ofEveryKind('zeros are written as what is absent, and bytes are one for one object', 15, (kind, seed) => {
  const object = randomOfKind(kind, { random: randomFrom(seed), zeros: true })
  const once = thereAndBack(kind, object)
  assert.deepEqual(thereAndBack(kind, once), once)
  assert.deepEqual(bytesOf(kind, once), bytesOf(kind, object))
})

ofEveryKind('the strategic patch of a difference makes the target', 25, (kind, seed) => {
  const random = randomFrom(seed)
  const [from, to] = [0, 1].map(() => randomOfKind(kind, { random, zeros: false })) as [KubeObject, KubeObject]
  for (const target of [to, withParts(from, to, random), {}]) {
    const patch = strategicDiff(kind.schema.node, from, target)
    assert.deepEqual(applyStrategicPatch(kind.schema.node, from, JSON.parse(JSON.stringify(patch))), target)
  }
  assert.deepEqual(strategicDiff(kind.schema.node, from, from), {})
})

describe('applied twice is applied once, to nothing and to what others made', () => {
  for (const kind of kinds)
    test(`${apiVersionOf(kind)} ${kind.kind}`, () =>
      fc.assert(
        fc.asyncProperty(fc.integer(), seed => applyTwice(kind, randomFrom(seed))),
        { numRuns: 8 },
      ))
})

async function applyTwice(kind: Kind, random: () => number): Promise<void> {
  const { node } = kind.schema
  const apiVersion = apiVersionOf(kind)
  const [first, other] = [0, 1].map(() => randomOfKind(kind, { random, zeros: false })) as [KubeObject, KubeObject]
  const config = withoutEmpty(first)
  assert.equal(checkTyped(node, config), undefined)
  const applied = async (live: object, owners: Entries, now: string) => {
    const writer = { manager: 'm', operation: 'Apply', apiVersion, subresource: '' } as const
    const versions = { nodeOf: () => node, convert: async (object: unknown) => object }
    const outcome = await applyConfiguration({
      live: { node, apiVersion, value: live },
      config,
      owners,
      writer,
      force: true,
      now,
      versions,
      filter: set => set,
    })
    assert.ok(outcome.type === 'applied')
    const decoded = decode(node, outcome.object, canonicalQuantity)
    assert.deepEqual([decoded.errors, decoded.unknownFields], [[], []])
    return { object: complete(kind, decoded.value as KubeObject), owners: outcome.owners }
  }
  const before = complete(kind, other)
  const others = [entryOf({ manager: 'other', operation: 'Update', apiVersion, subresource: '' }, 'before', appliedFields(node, before))]
  for (const [live, owners] of [
    [{}, []],
    [before, others],
  ] as const) {
    const once = await applied(live, owners, 'first')
    const twice = await applied(once.object, once.owners, 'second')
    assert.deepEqual(twice.object, once.object)
    assert.deepEqual(fieldsOfApplier(twice.owners), fieldsOfApplier(once.owners))
  }
}

/** Empty structs that are applied come and go by rules of their own; see meta/apply. */
function withoutEmpty<T extends object>(value: T): T {
  const members = Object.entries(value).map(([key, member]) => [
    key,
    isObject(member)
      ? withoutEmpty(member)
      : Array.isArray(member)
        ? member.map(item => (isObject(item) ? withoutEmpty(item) : item))
        : member,
  ])
  return Object.fromEntries(members.filter(([, member]) => !isObject(member) || Object.keys(member).length > 0)) as T
}

function fieldsOfApplier(owners: Entries): object | undefined {
  return owners.find(({ manager }) => manager === 'm')?.fieldsV1
}

/** The first with some of its members from the second, at every depth, so that most stays as it was. */
function withParts<T extends object>(from: T, to: T, random: () => number): T {
  const mixed: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(from)) {
    const other = (to as Record<string, unknown>)[key]
    const both = isObject(value) && isObject(other)
    const chosen = both ? withParts(value, other, random) : random() < 0.3 ? other : value
    if (chosen !== undefined) mixed[key] = chosen
  }
  return mixed as T
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function bytesOf(kind: Kind, object: object): Buffer {
  return encodeProtobuf(kind.schema.node as ObjectNode, object, protobufFields)
}

function thereAndBack(kind: Kind, object: object): object {
  const read = decodeProtobuf(kind.schema.node as ObjectNode, bytesOf(kind, object), protobufFields)
  return { ...read, apiVersion: apiVersionOf(kind), kind: kind.kind }
}

/** What the wire always has is there, and what it has no field for is not. */
function presenceOnWire({ name }: ObjectNode, field: string): 'always' | 'maybe' | 'never' {
  return wireFields(name).get(field) ?? 'never'
}

const known = new Map<string, ReadonlyMap<string, 'always' | 'maybe'>>()

function wireFields(definition: string): ReadonlyMap<string, 'always' | 'maybe'> {
  let found = known.get(definition)
  if (!found) {
    const dot = definition.lastIndexOf('.')
    const family = definition.slice(0, dot)
    const entries = parseRow(protobufFields[family]?.[definition.slice(dot + 1)] ?? '')
    found = new Map(
      entries.flatMap(entry => {
        if ('inlined' in entry) return [...wireFields(`${family}.${entry.inlined}`)]
        return [[entry.name, entry.isAlwaysWritten && !entry.omitsZero ? 'always' : 'maybe'] as const]
      }),
    )
    known.set(definition, found)
  }
  return found
}
