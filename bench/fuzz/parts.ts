// Requests to subresources, with bodies such as they take.

import { TokenRequest } from '../../src/api/authentication/token-request.ts'
import { Scale } from '../../src/api/autoscaling/scale.ts'
import { apiVersionOf, type Kind } from '../../src/api/kind.ts'
import { Eviction } from '../../src/api/policy/eviction.ts'
import { changed } from './changes.ts'
import { type Json, nameFor } from './objects.ts'
import type { Random } from './random.ts'
import { sampleOf, type Taste, tame } from './samples.ts'
import { type Shot, type Supplies, shotOf } from './shot.ts'
import { collectionOf } from './targets.ts'
import { namespaces, oddValue } from './words.ts'

const dense: Taste = { odd: 0.005, fields: 0.5 }

/** The object with another status: nothing else is taken from it. */
function statusBody(random: Random, kind: Kind, name: string): Json {
  const { node } = kind.schema
  const status = node.type === 'object' ? node.fields['status']?.node : undefined
  const made = status ? sampleOf(random, status, random.pick([tame, dense]), 'status') : oddValue(random)
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name }, status: made }
}

function written(random: Random, path: string, body: Json): Shot {
  return random.do(
    () => shotOf(random, 'PUT', path, ['application/json', body]),
    () => shotOf(random, 'PATCH', path, ['application/merge-patch+json', body]),
    () => shotOf(random, 'PATCH', path, ['application/strategic-merge-patch+json', body]),
    () =>
      shotOf(random, 'PATCH', path, ['application/apply-patch+yaml', body], new URLSearchParams({ fieldManager: 'one', force: 'true' })),
  )
}

export function partShot(random: Random, { kinds, objects }: Supplies): Shot {
  const own = (kind: Kind) => `${collectionOf(kind, random.pick(namespaces))}/${nameFor(random, kind)}`
  const named = (plural: string): Kind => kinds.find(kind => kind.plural === plural) as Kind
  const pod = own(named('pods'))
  const name = pod.slice(pod.lastIndexOf('/') + 1)
  const posted = (subresource: string, body: Json) =>
    shotOf(random, 'POST', `${pod}/${subresource}`, ['application/json', changedNow(random, body)])
  const podWith = (spec: Json): Json => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec })
  return random.do(
    () => {
      const kind = random.pick(kinds.filter(kind => kind.hasStatus))
      const path = own(kind)
      return written(random, `${path}/status`, statusBody(random, kind, path.slice(path.lastIndexOf('/') + 1)))
    },
    () => {
      const kind = random.pick(kinds.filter(kind => kind.hasStatus))
      const object = objects.any(random, kind) ?? {}
      return written(random, `${own(kind)}/status`, changed(random, object, kind.schema.node, objects.full(kind)))
    },
    () => {
      const path = own(random.pick(kinds.filter(kind => kind.scale)))
      const scale = sampleOf(random, Scale.schema.node, dense) as Json
      const sane = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: path.slice(path.lastIndexOf('/') + 1) } }
      return written(
        random,
        `${path}/scale`,
        random.chance(0.5) ? { ...sane, spec: { replicas: random.pick([0, 1, 7, -1, 1.5, 'x']) } } : { ...scale, ...sane },
      )
    },
    () =>
      posted('binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name },
        target: { kind: 'Node', name: random.pick(['x', 'y', '']) },
      }),
    () =>
      posted('eviction', {
        apiVersion: apiVersionOf(Eviction),
        kind: 'Eviction',
        metadata: { name },
        deleteOptions: { gracePeriodSeconds: random.pick([0, 1]) },
      }),
    () =>
      written(
        random,
        `${pod}/ephemeralcontainers`,
        changedNow(random, podWith({ ephemeralContainers: [{ name: 'e', image: 'x', targetContainerName: random.pick(['c', 'x']) }] })),
      ),
    () =>
      written(
        random,
        `${pod}/resize`,
        changedNow(
          random,
          podWith({ containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: random.pick(['1', '100m', 'x']) } } }] }),
        ),
      ),
    () => {
      const account = own(named('serviceaccounts'))
      const body = {
        ...(sampleOf(random, TokenRequest.schema.node, dense) as Json),
        apiVersion: apiVersionOf(TokenRequest),
        kind: 'TokenRequest',
      }
      const spec = {
        audiences: [],
        expirationSeconds: random.pick([600, 1, 2 ** 33]),
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name },
      }
      return shotOf(random, 'POST', `${account}/token`, ['application/json', random.chance(0.5) ? body : { ...body, spec }])
    },
    () => {
      const kind = named('certificatesigningrequests')
      return written(random, `${own(kind)}/approval`, statusBody(random, kind, 'small'))
    },
    () => {
      const body = {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'passing' },
        spec: { finalizers: random.pick<unknown>([[], ['kubernetes'], ['x/y'], null]) },
      }
      return shotOf(random, 'PUT', '/api/v1/namespaces/passing/finalize', ['application/json', body])
    },
    () => {
      const path = random.pick([`${pod}/log`, `${pod}/proxy/a`, `${own(named('services'))}/proxy/`, `${own(named('nodes'))}/proxy/stats`])
      return { method: random.pick(['GET', 'POST', 'OPTIONS']), target: path, headers: {}, lifeMs: 1_000 }
    },
  )
}

function changedNow(random: Random, body: Json): Json {
  return random.chance(0.4) ? changed(random, body, undefined) : body
}
