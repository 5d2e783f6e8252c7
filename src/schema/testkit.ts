// For tests: random values of any schema, from a seed. They are in decoded form, and lists that are merged by keys have no key twice.
import type { ArrayNode, ObjectNode, SchemaNode, StringNode } from './schema.ts'

export interface Choices {
  /** From 0 to below 1. */
  readonly random: () => number
  /** Whether scalars may be zero, and lists and maps empty. */
  readonly zeros: boolean
  /** What becomes of a field of a definition; without it, required fields are always there. */
  readonly presence?: (definition: ObjectNode, field: string) => 'always' | 'maybe' | 'never'
}

/** The same numbers for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Below this depth only what must be there is. */
const maxDepth = 12

export function randomValue(node: SchemaNode, choices: Choices, depth = 0): unknown {
  switch (node.type) {
    case 'boolean':
      return !choices.zeros || choices.random() < 0.5
    case 'integer':
      return randomInteger(node.format === 'int64' ? 2 ** 53 - 1 : 2 ** 31 - 1, choices)
    case 'number':
      return randomInteger(1000, choices) / 8
    case 'string':
      return randomString(node, choices)
    case 'raw':
      return node.either ? randomValue(pick([node.either.object, node.either.or], choices), choices, depth + 1) : randomJson(choices, depth)
    case 'map':
      return Object.fromEntries(
        Array.from({ length: count(choices) }, () => [randomWord(choices, false), randomValue(node.values, choices, depth + 1)]),
      )
    case 'array':
      return randomList(node, choices, depth)
    case 'object':
      return randomObject(node, choices, depth)
  }
}

function randomObject(node: ObjectNode, choices: Choices, depth: number, keys: readonly string[] = []): object {
  const { presence = (definition, field) => (definition.fields[field]?.required ? 'always' : 'maybe') } = choices
  const likely = depth > maxDepth ? 0 : 1 / (1 + depth / 3)
  const found: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(node.fields)) {
    const how = keys.includes(name) ? 'always' : presence(node, name)
    if (how === 'always' || (how === 'maybe' && choices.random() < likely)) found[name] = randomValue(field.node, choices, depth + 1)
  }
  return found
}

function randomList({ items, listType, listMapKeys = [], patchMergeKey }: ArrayNode, choices: Choices, depth: number): unknown[] {
  const keys = items.type === 'object' ? [...new Set([...listMapKeys, ...(patchMergeKey === undefined ? [] : [patchMergeKey])])] : []
  const identities = [listMapKeys, patchMergeKey === undefined ? [] : [patchMergeKey]].filter(names => names.length > 0)
  const seen = new Set<string>()
  const list: unknown[] = []
  for (let left = count(choices); left > 0; left--) {
    const item = items.type === 'object' ? randomObject(items, choices, depth + 1, keys) : randomValue(items, choices, depth + 1)
    // Scalars that are merged are a set, whatever else they are called.
    const ids =
      items.type === 'object'
        ? identities.map((names, i) => JSON.stringify([i, ...names.map(name => (item as Record<string, unknown>)[name])]))
        : [JSON.stringify(item)]
    const isKeyed = items.type !== 'object' ? listType !== 'atomic' : identities.length > 0
    if (isKeyed && ids.some(id => seen.has(id))) continue
    for (const id of ids) seen.add(id)
    list.push(item)
  }
  return list
}

const texts = ['a', 'b', 'web-1', 'example.com/x', 'two words', 'ünïcödé ☃ 🙂', '\u0000"\\\n', '1', 'true', 'x'.repeat(300)]
const formats: Readonly<Record<NonNullable<StringNode['format']>, readonly (string | number)[]>> = {
  'date-time': ['2026-02-28T23:59:59Z', '1970-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '9999-12-31T23:59:59Z', '0001-01-01T00:00:01Z'],
  'micro-time': ['2026-02-28T23:59:59.000001Z', '1970-01-01T00:00:00.000000Z', '1969-12-31T23:59:59.999999Z'],
  duration: ['1s', '1m0s', '1h30m0s', '250ms', '-5s'],
  byte: ['AA==', 'eA==', 'AAECAwT/'],
  quantity: ['1', '100m', '64Mi', '1500m', '12e6', '2Gi', '-3', '1k'],
  'int-or-string': [1, -1, 8080, 2 ** 31 - 1, 'http', '25%'],
}

function randomString(node: StringNode, choices: Choices): string | number {
  if (node.enum) return pick(node.enum, choices)
  return node.format ? pick(formats[node.format], choices) : randomWord(choices, choices.zeros)
}

function randomWord(choices: Choices, mayBeEmpty: boolean): string {
  if (mayBeEmpty && choices.random() < 0.1) return ''
  const word = pick(texts, choices)
  return choices.random() < 0.5 ? word : `${word}${Math.floor(choices.random() * 1000)}`
}

function randomInteger(most: number, choices: Choices): number {
  if (choices.zeros && choices.random() < 0.2) return 0
  const span = pick([10, 70_000, most], choices)
  return Math.max(1, Math.floor(choices.random() * span)) * (choices.random() < 0.2 ? -1 : 1)
}

function randomJson(choices: Choices, depth: number): object {
  const member = () =>
    depth < maxDepth && choices.random() < 0.3 ? randomJson(choices, depth + 3) : pick([1, 'x', true, [1, 'y']], choices)
  return Object.fromEntries(Array.from({ length: 1 + count(choices) }, () => [randomWord(choices, false), member()]))
}

function count(choices: Choices): number {
  return Math.floor(choices.random() * 3) + (choices.zeros ? 0 : 1)
}

function pick<T>(from: readonly T[], { random }: Choices): T {
  return from[Math.floor(random() * from.length)] as T
}
