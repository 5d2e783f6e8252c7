// One request: broken from the start, or all but right, to every way in that the API has.
import { postedKinds } from '../../src/api/all.ts'
import { apiVersionOf, type Kind } from '../../src/api/kind.ts'
import { bodyShot } from './bodies.ts'
import { changed } from './changes.ts'
import { group } from './definitions.ts'
import { headersOf, heavyHeaders, protobuf, table } from './headers.ts'
import { type Json, nameFor } from './objects.ts'
import { obstacle } from './obstacles.ts'
import { partShot } from './parts.ts'
import { type Patch, patchOf } from './patches.ts'
import type { Random } from './random.ts'
import { sampleOf, tame, wild } from './samples.ts'
import { type Shot, type Supplies, shotOf, withTimes } from './shot.ts'
import { collectionOf, namespaceOf, pathOf, queryOf } from './targets.ts'
import { managers, names, namespaces, oddValue, passingNamespace } from './words.ts'

type Maker = (random: Random, supplies: Supplies) => Shot

const methods = ['GET', 'POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const

const wildShot: Maker = (random, supplies) => {
  const { kinds, objects } = supplies
  const kind = random.pick(kinds)
  const method = random.chance(0.01) ? random.pick(['__proto__', 'constructor', 'PURGE', 'get', 'TRACE']) : random.pick(methods)
  const path = pathOf(random, kind, method === 'POST' ? random.chance(0.2) : random.chance(0.8))
  // A collection across the cluster, or a namespace, holds what everybody needs.
  if (method === 'DELETE' && (!kind.namespaced || /\/namespaces\/[^/]*\/*$/.test(path))) return readShot(random, supplies)
  if (method === 'GET' || method === 'HEAD') return { method, target: `${path}?${withTimes(queryOf(random))}`, headers: headersOf(random) }
  const value = sampleOf(random, kind.schema.node, wild)
  const isObject = typeof value === 'object' && value !== null && random.chance(0.9)
  const given = { ...(value as Json | null), apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name: random.pick(names) } }
  const body: Patch =
    method === 'PATCH' ? patchOf(random, kind, objects, random.pick(names)) : ['application/json', isObject ? given : value]
  return shotOf(random, method, path, body, queryOf(random))
}

/** An object that is nearly right is created, replaced, patched or applied, where such objects belong. */
const nearShot: Maker = (random, { kinds, objects }) => {
  const kind = random.pick(kinds)
  const found = objects.any(random, kind) ?? (sampleOf(random, kind.schema.node, tame) as Json)
  const object = random.chance(0.15) ? found : changed(random, found, kind.schema.node, objects.full(kind))
  const metadata = object['metadata']
  if (typeof metadata !== 'object' || metadata === null)
    return shotOf(random, 'POST', collectionOf(kind, 'test'), ['application/json', object])
  const name = nameOf(random, kind, metadata as Json)
  const namespace = random.pick(random.chance(0.8) ? namespaces : [passingNamespace])
  const named: Json = { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { ...(metadata as Json), name } }
  if (kind.namespaced) (named['metadata'] as Json)['namespace'] = namespace
  const path = collectionOf(kind, namespace)
  const inPath = typeof name === 'string' ? name.toWellFormed() : 'x'
  const own = `${path}/${encodeURIComponent(inPath)}`
  return random.do(
    () => shotOf(random, 'POST', path, ['application/json', named]),
    () => shotOf(random, 'POST', path, ['application/json', named]),
    () => shotOf(random, 'PUT', own, ['application/json', named]),
    () => shotOf(random, 'PATCH', own, ['application/apply-patch+yaml', named], applyQuery(random)),
    () => shotOf(random, 'PATCH', own, ['application/apply-patch+yaml', named], applyQuery(random)),
    () =>
      shotOf(random, 'PATCH', own, patchOf(random, kind, objects, inPath), random.chance(0.5) ? applyQuery(random) : queryOf(random, 0.1)),
  )
}

function nameOf(random: Random, kind: Kind, metadata: Json): unknown {
  if (kind.plural === 'customresourcedefinitions' || random.chance(0.03)) return metadata['name']
  if (kind.plural === 'namespaces') return passingNamespace
  return random.chance(0.98) ? nameFor(random, kind) : oddValue(random)
}

function applyQuery(random: Random): URLSearchParams {
  const query = new URLSearchParams({ fieldManager: random.pick(managers) })
  if (random.chance(0.5)) query.set('force', 'true')
  return query
}

const customShot: Maker = (random, { definitions }) => {
  if (random.chance(0.15)) {
    const definition = definitions.any(random)
    const name = (definition['metadata'] as Json)['name'] as string
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    return random.do(
      () => shotOf(random, 'POST', path, ['application/json', definition], new URLSearchParams()),
      () => shotOf(random, 'PATCH', `${path}/${name}`, ['application/apply-patch+yaml', definition], applyQuery(random)),
      () => shotOf(random, 'PATCH', `${path}/${name}`, ['application/merge-patch+json', definition], new URLSearchParams()),
      () => ({ method: random.chance(0.4) ? 'DELETE' : 'GET', target: `${path}/${name}`, headers: {} }),
    )
  }
  const { plural, version, object } = definitions.object(random)
  const wrong = random.chance(0.3) ? changed(random, object, undefined) : object
  const path = `/apis/${group}/${version}${random.chance(0.95) ? `/namespaces/${random.pick(namespaces)}` : ''}/${plural}`
  const own = `${path}/${random.pick(['x', 'y', 'z'])}`
  const body: Patch = ['application/json', wrong]
  return random.do(
    () => shotOf(random, 'POST', path, body),
    () => shotOf(random, 'POST', path, body, new URLSearchParams()),
    () => shotOf(random, 'PUT', own, body),
    () => shotOf(random, 'PATCH', own, ['application/apply-patch+yaml', wrong], applyQuery(random)),
    () => shotOf(random, 'PATCH', own, ['application/merge-patch+json', wrong]),
    () => shotOf(random, 'PATCH', `${own}/${random.pick(['status', 'scale'])}`, ['application/merge-patch+json', wrong]),
    () => shotOf(random, 'PUT', `${own}/${random.pick(['status', 'scale'])}`, body),
    () => shotOf(random, 'PATCH', `${own}/scale`, ['application/merge-patch+json', { spec: { replicas: random.pick([0, 3, -1, 'x']) } }]),
    () => ({
      method: 'GET',
      target: `${random.pick([path, own, `${own}/scale`])}?${withTimes(queryOf(random))}`,
      headers: headersOf(random),
    }),
    () => shotOf(random, 'DELETE', random.pick([own, own, path]), ['application/json', {}]),
  )
}

const obstacleShot: Maker = random => {
  const { path, object } = obstacle(random)
  const name = String((object['metadata'] as Json)['name'])
  const made = random.chance(0.2) ? changed(random, object, undefined) : object
  return random.chance(0.5)
    ? shotOf(random, 'POST', path, ['application/json', made], new URLSearchParams())
    : shotOf(
        random,
        'PATCH',
        `${path}/${name}`,
        ['application/apply-patch+yaml', made],
        new URLSearchParams({ fieldManager: 'one', force: 'true' }),
      )
}

/** Lists, whole and in pages, single objects, and watches that end soon. */
const readShot: Maker = (random, { kinds }) => {
  const kind = random.pick(kinds)
  const namespace = namespaceOf(random)
  const collection = random.chance(0.3) ? collectionOf({ ...kind, namespaced: false }, '') : collectionOf(kind, namespace)
  const query = queryOf(random)
  const headers = {
    ...headersOf(random),
    ...(random.chance(0.4) && { accept: random.pick([table, protobuf, `${table},application/json`]) }),
  }
  return random.do<Shot>(
    () => ({ method: 'GET', target: `${collection}?${withTimes(query)}`, headers }),
    () => ({ method: 'GET', target: `${collectionOf(kind, namespace)}/${random.pick(names)}?${query}`, headers }),
    () => {
      query.set('limit', random.pick(['1', '2', '7']))
      return { method: 'GET', target: `${collection}?${withTimes(query)}`, headers: {} }
    },
    () => {
      query.set('watch', random.pick(['1', 'true', '1', 'x']))
      if (random.chance(0.4)) query.set('allowWatchBookmarks', 'true')
      if (random.chance(0.3)) {
        query.set('sendInitialEvents', 'true')
        query.set('resourceVersionMatch', 'NotOlderThan')
      }
      return { method: 'GET', target: `${collection}?${withTimes(query)}`, headers, lifeMs: random.pick([10, 200, 1500]) }
    },
  )
}

const deleteShot: Maker = (random, { kinds }) => {
  const kind = random.pick(kinds)
  const own = `${collectionOf(kind, random.pick([...namespaces, passingNamespace]))}`
  const path =
    kind.plural === 'namespaces'
      ? `${own}/${passingNamespace}`
      : kind.namespaced && random.chance(0.15)
        ? own
        : `${own}/${nameFor(random, kind)}`
  const options = {
    kind: 'DeleteOptions',
    apiVersion: random.pick(['v1', 'meta.k8s.io/v1', kind.version]),
    ...(random.chance(0.4) && { propagationPolicy: random.pick(['Orphan', 'Foreground', 'Background', 'x']) }),
    ...(random.chance(0.3) && { gracePeriodSeconds: random.pick([0, 1, -1, 30, 'x']) }),
    ...(random.chance(0.2) && { preconditions: random.pick<unknown>([{ uid: 'x' }, { resourceVersion: '1' }, null, 'x']) }),
    ...(random.chance(0.05) && { orphanDependents: true, dryRun: oddValue(random) }),
  }
  return shotOf(random, 'DELETE', path, ['application/json', options], queryOf(random, 0.1))
}

/** What is asked and not stored: reviews. */
const reviewShot: Maker = random => {
  const kind = random.pick(postedKinds)
  const body = {
    ...(sampleOf(random, kind.schema.node, { odd: 0.02, fields: 0.7 }) as Json),
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
  }
  return shotOf(random, 'POST', collectionOf(kind, 'test'), ['application/json', body])
}

const documents = [
  '/api',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/apis/apps/v1',
  `/openapi/v3/apis/${group}/v1`,
  `/apis/${group}`,
  `/apis/${group}/v1`,
  '/version',
  '/metrics',
  '/livez?verbose',
  '/readyz?exclude=ping',
  '/.well-known/openid-configuration',
  '/openid/v1/jwks',
  '/apis/metrics.k8s.io/v1beta1/nodes',
  '/api/v1/componentstatuses',
] as const

const documentShot: Maker = random => ({
  method: random.pick(['GET', 'GET', 'HEAD', 'POST']),
  target: random.pick(documents),
  headers: headersOf(random),
})

const heavyShot: Maker = (random, supplies) => ({
  ...random.pick([readShot, nearShot])(random, supplies),
  headers: heavyHeaders(random),
  isRough: true,
})

const weighted: readonly (readonly [share: number, make: Maker])[] = [
  [12, wildShot],
  [40, nearShot],
  [12, customShot],
  [7, partShot],
  [4, obstacleShot],
  [10, readShot],
  [4, deleteShot],
  [2, reviewShot],
  [1, documentShot],
  [0.4, heavyShot],
  [0.5, bodyShot],
]
const all = weighted.reduce((sum, [share]) => sum + share, 0)

export function shot(random: Random, supplies: Supplies): Shot {
  let at = random.next() * all
  for (const [share, make] of weighted) {
    at -= share
    if (at < 0) return make(random, supplies)
  }
  return wildShot(random, supplies)
}
