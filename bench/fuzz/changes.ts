// Small wrongs done to an object that was right: a field or few changed, dropped, retyped, doubled, nested deep, made very long, or taken
// from another object.
import type { SchemaNode } from '../../src/schema/schema.ts'
import { expression } from './expressions.ts'
import type { Json } from './objects.ts'
import type { Random } from './random.ts'
import { sampleOf, tame } from './samples.ts'
import { garbled, nested, oddValue, words } from './words.ts'

interface Place {
  readonly holder: Json | unknown[]
  readonly key: string
  readonly node: SchemaNode | undefined
  readonly path: readonly string[]
}

type Change = (random: Random, place: Place, all: readonly Place[]) => void

const isHolder = (value: unknown): value is Json | unknown[] => typeof value === 'object' && value !== null
const at = ({ holder, key }: Pick<Place, 'holder' | 'key'>): unknown => (holder as Json)[key]
const put = ({ holder, key }: Place, value: unknown): void => {
  ;(holder as Json)[key] = value
}

function childOf(node: SchemaNode | undefined, key: string): SchemaNode | undefined {
  if (node?.type === 'object') return Object.hasOwn(node.fields, key) ? node.fields[key]?.node : undefined
  if (node?.type === 'array') return node.items
  if (node?.type === 'map') return node.values
  return node?.type === 'raw' ? node.either?.object : undefined
}

function places(value: unknown, node: SchemaNode | undefined, path: readonly string[] = []): Place[] {
  if (!isHolder(value) || path.length > 30) return []
  return Object.keys(value).flatMap(key => {
    const child = childOf(node, key)
    const here = [...path, key]
    return [{ holder: value, key, node: child, path: here }, ...places((value as Json)[key], child, here)]
  })
}

/** With its name and kind most often left alone: an object that is refused for these tells nothing else. */
export function changed(random: Random, object: Json, node: SchemaNode | undefined, full?: Json): Json {
  for (let i = random.chance(0.6) ? 1 : 2 + random.below(3); i > 0; i--) {
    const all = places(object, node)
    const open = random.chance(0.97) ? all.filter(place => !isIdentity(place)) : all
    if (open.length > 0) random.pick(weighted)(random, deeper(random, open), open)
    else add(random, { holder: { object }, key: 'object', node, path: [] }, all)
    if (full && random.chance(0.25)) graft(random, object, full)
  }
  return object
}

/** Rather a small part than a large one: what is wrong at the top is refused for that alone. */
function deeper(random: Random, all: readonly Place[]): Place {
  const [a, b] = [random.pick(all), random.pick(all)]
  return a.path.length >= b.path.length || random.chance(0.3) ? a : b
}

function isIdentity({ path: [first, second] }: Place): boolean {
  return first === 'apiVersion' || first === 'kind' || (first === 'metadata' && (second === 'name' || second === undefined))
}

const drop: Change = (_random, { holder, key }) => {
  if (Array.isArray(holder)) holder.splice(Number(key), 1)
  else delete holder[key]
}

const retype: Change = (random, place) => put(place, oddValue(random))

const resample: Change = (random, place) => {
  put(place, place.node ? sampleOf(random, place.node, tame, place.path.at(-1)) : random.pick(words))
}

/** A field that was not there. */
const add: Change = (random, place) => {
  const value = at(place)
  if (!isHolder(value)) return resample(random, place, [])
  if (Array.isArray(value)) {
    if (place.node?.type === 'array') value.splice(random.below(value.length + 1), 0, sampleOf(random, place.node.items, tame))
    return
  }
  if (place.node?.type === 'object') {
    const [name, field] = random.pick(Object.entries(place.node.fields)) ?? []
    if (name !== undefined && field) value[name] = sampleOf(random, field.node, tame, name)
  } else if (place.node?.type === 'map') value[random.pick(words)] = sampleOf(random, place.node.values, tame)
}

const double: Change = (random, place) => {
  const { holder, key } = place
  const value = at(place)
  if (Array.isArray(value)) put(place, [...value, ...(structuredClone(value) as unknown[])])
  else if (Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(value))
  else if (typeof value === 'string') put(place, value + value)
  else holder[`${key}${random.pick(['', 'x', '2'])}`] = structuredClone(value)
}

const nest: Change = (random, place) => {
  const depth = random.pick([1, 3, 30, 300, 600])
  if (depth > 3) return put(place, nested(random, depth))
  let value = at(place)
  for (let i = 0; i < depth; i++) value = random.chance(0.5) ? [value] : { [place.key]: value }
  put(place, value)
}

const lengthen: Change = (random, place, all) => {
  const value = at(place)
  // What is long already would grow beyond all bounds.
  const times = all.length > 2_000 ? 2 : random.pick([64, 254, 300, 5_000])
  if (typeof value === 'string')
    put(place, random.chance(0.5) ? value.repeat(Math.min(times, 1 + Math.floor(100_000 / (value.length + 1)))) : 'a'.repeat(times * 10))
  else if (Array.isArray(value))
    put(
      place,
      Array.from({ length: Math.min(times, 1000) }, (_, i) => numbered(value[i % value.length], i)),
    )
  else if (isHolder(value)) {
    const more = Array.from({ length: Math.min(times, 500) }, (_, i): [string, unknown] => [`k${i}`, random.pick(['v', '1', 1])])
    Object.assign(value, Object.fromEntries(more))
  }
}

/** So that long lists of named things are not refused as doubles. */
function numbered(item: unknown, i: number): unknown {
  return isHolder(item) && 'name' in item ? { ...item, name: `n${i}` } : item
}

const nudge: Change = (random, place) => {
  const value = at(place)
  if (typeof value === 'number') put(place, random.pick([value + 1, value - 1, -value, value * 1e6, value + 0.5, String(value)]))
  else if (typeof value === 'string')
    put(place, random.pick([garbled(random, value), value.toUpperCase(), `${value} `, `${value}-`, Number(value)]))
  else if (typeof value === 'boolean') put(place, !value)
  else add(random, place, [])
}

const swap: Change = (random, place, all) => {
  const other = random.pick(all)
  const value = structuredClone(at(place))
  put(place, structuredClone(at(other)))
  put(other, value)
}

const express: Change = (random, place, all) => {
  const expressions = all.filter(({ key }) => /^(expression|rule|messageExpression|valueExpression)$/.test(key))
  put(random.pick(expressions) ?? place, expression(random))
}

const annotate: Change = (random, _place, all) => {
  const metadata = all.find(({ path }) => path.length === 1 && path[0] === 'metadata')
  const value = metadata && at(metadata)
  if (!isHolder(value) || Array.isArray(value)) return
  Object.assign(
    value,
    random.do<Json>(
      () => ({ labels: { app: random.pick(['a', 'small']), [random.pick(words)]: random.pick(words) } }),
      () => ({ annotations: { [random.pick(['a', 'kubectl.kubernetes.io/last-applied-configuration'])]: random.pick(words) } }),
      () => ({ finalizers: [random.pick(['example.com/hold', 'foregroundDeletion', 'orphan', 'x'])] }),
      () => ({ ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: random.pick(['u', '']), controller: true }] }),
      () => ({ generateName: random.pick(['x-', '-', 'x'.repeat(80)]) }),
      () => ({ resourceVersion: random.pick(['', '0', '1', 'x', '99999999']), uid: 'x' }),
      () => ({
        managedFields: [{ manager: 'one', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: oddValue(random) }],
      }),
      () => ({ deletionTimestamp: '2026-01-01T00:00:00Z', creationTimestamp: random.pick(['x', null]) }),
    ),
  )
}

/** A part of an object in which everything is set, put where it belongs. */
function graft(random: Random, object: Json, full: Json): void {
  let target: Json = object
  let source: Json = full
  for (;;) {
    const keys = Object.keys(source).filter(key => target !== object || (key !== 'apiVersion' && key !== 'kind' && key !== 'metadata'))
    const key = random.pick(keys)
    if (key === undefined) return
    const inner = source[key]
    const there = target[key]
    if (random.chance(0.4) || !isHolder(inner) || !isHolder(there)) {
      target[key] = structuredClone(inner)
      return
    }
    source = inner as Json
    target = there as Json
  }
}

const weighted: readonly Change[] = [
  drop,
  retype,
  resample,
  resample,
  resample,
  add,
  add,
  add,
  add,
  double,
  nest,
  lengthen,
  nudge,
  nudge,
  swap,
  express,
  annotate,
]
