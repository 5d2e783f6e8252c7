// Patches of every kind, and server-side apply by several managers.
import { apiVersionOf, type Kind } from '../../src/api/kind.ts'
import { changed } from './changes.ts'
import type { Json, Objects } from './objects.ts'
import type { Random } from './random.ts'
import { sampleOf, tame, wild } from './samples.ts'
import { oddValue, words } from './words.ts'

export type Patch = readonly [type: string, body: unknown]

const pointers = [
  '',
  '/',
  '/spec',
  '/metadata/labels',
  '/metadata/labels/a',
  '/spec/containers/0',
  '/spec/containers/-',
  '/spec/ports/0/port',
  '/metadata/name',
  '/metadata/finalizers/0',
  '/status',
  '/data/~1',
  '/spec/template/spec/containers/0/env',
] as const

function operation(random: Random, kind: Kind): Json {
  return {
    op: random.pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'x']),
    path: random.chance(0.9) ? random.pick(pointers) : `/${random.pick(words)}`,
    from: random.pick(pointers),
    value: random.chance(0.4) ? oddValue(random) : sampleOf(random, kind.schema.node, wild, '', 3),
  }
}

/** Directives are put into any object or list of an object. */
function directed(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(item => directed(random, item))
    return random.chance(0.15) ? [...items, { $patch: random.pick(['replace', 'delete', 'x']), name: 'c' }] : items
  }
  const fields = Object.entries(value).map(([key, inner]): [string, unknown] => [key, random.chance(0.05) ? null : directed(random, inner)])
  const [name = 'x'] = fields[0] ?? []
  return Object.fromEntries([
    ...fields,
    ...(random.chance(0.08) ? [['$patch', random.pick(['replace', 'delete', 'merge', ...words])]] : []),
    ...(random.chance(0.06) ? [['$retainKeys', random.pick<unknown>([[name], [], oddValue(random)])]] : []),
    ...(random.chance(0.06) ? [[`$setElementOrder/${name}`, random.pick<unknown>([[], [{ name: 'c' }], ['x'], oddValue(random)])]] : []),
    ...(random.chance(0.06)
      ? [[`$deleteFromPrimitiveList/${random.pick([name, 'finalizers'])}`, random.pick<unknown>([['x'], oddValue(random)])]]
      : []),
  ])
}

export function patchOf(random: Random, kind: Kind, objects: Objects, name: string): Patch {
  const near = (): Json => {
    const object = objects.any(random, kind) ?? (sampleOf(random, kind.schema.node, tame) as Json)
    const made = changed(random, object, kind.schema.node, objects.full(kind))
    return { ...made, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { ...(made['metadata'] as object), name } }
  }
  return random.do<Patch>(
    () => ['application/json-patch+json', random.some(4, () => operation(random, kind))],
    () => ['application/merge-patch+json', random.chance(0.5) ? sampleOf(random, kind.schema.node, wild) : near()],
    () => [
      'application/strategic-merge-patch+json',
      directed(random, random.chance(0.3) ? sampleOf(random, kind.schema.node, wild) : near()),
    ],
    () => ['application/strategic-merge-patch+json', directed(random, near())],
    () => ['application/apply-patch+yaml', near()],
    () => ['application/apply-patch+yaml', near()],
    () => [random.pick(['text/plain', 'application/yaml', '', 'application/apply-patch+cbor']), sampleOf(random, kind.schema.node, wild)],
  )
}
