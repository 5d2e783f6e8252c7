// Ownership across the versions of a kind, and of objects whose schema came while the server runs.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Json, Reply } from '../testkit/api-requests.ts'
import { eventually } from '../testkit/waiting.ts'
import { type Api, collection, namespace, patchWish, startApi } from './setup.ts'

let api: Api & { close(): Promise<void> }
before(async () => {
  api = await startApi('HTTP/2')
})
after(() => api.close())

const type = { 'content-type': 'application/apply-patch+yaml' }
const apply = (at: string, body: unknown, query = 'fieldManager=me') => api.admin.send('PATCH', `${at}?${query}`, { body, headers: type })
const owners = (reply: Reply) => (reply.json['metadata'].managedFields ?? []) as readonly Json[]
const told = (reply: Reply) => owners(reply).map(({ manager, apiVersion, fieldsV1 }) => [manager, apiVersion, fieldsV1])

test('events of two groups are the same objects, each owned in its own words', async () => {
  const regarding = { kind: 'Pod', name: 'p', namespace }
  const [core, newer] = [collection('events'), collection('events', 'apis/events.k8s.io/v1')]
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e' },
    involvedObject: regarding,
    reason: 'r',
    message: 'm',
    type: 'Normal',
  }
  assert.equal((await apply(`${core}/e`, event)).code, 201)
  const conflict = await apply(`${newer}/e`, { apiVersion: 'events.k8s.io/v1', kind: 'Event', note: 'n' }, 'fieldManager=other')
  assert.equal(conflict.json['message'], 'Apply failed with 1 conflict: conflict with "me": .message')
  const labelled = { apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { labels: { l: '1' } } }
  assert.equal((await apply(`${newer}/e`, labelled, 'fieldManager=other')).code, 200)
  const read = await api.admin.send('GET', `${core}/e`)
  assert.deepEqual(
    told(read).find(([manager]) => manager === 'other'),
    ['other', 'events.k8s.io/v1', { 'f:metadata': { 'f:labels': { 'f:l': {} } } }],
  )
  await api.admin.send('PATCH', `${core}/e?fieldManager=updater`, patchWish('merge', { metadata: { labels: { l: '2' } } }))
  const taken = await api.admin.send('GET', `${core}/e`)
  assert.deepEqual(
    told(taken).map(([manager]) => manager),
    ['me', 'updater'],
  )
})

const things = collection('things', 'apis/test.example.com/v1')
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.test.example.com' },
  spec: {
    group: 'test.example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: ['v1', 'v2'].map(name => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: {
              type: 'object',
              properties: {
                size: { type: 'integer' },
                parts: {
                  type: 'array',
                  'x-kubernetes-list-type': 'map',
                  'x-kubernetes-list-map-keys': ['name'],
                  items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, color: { type: 'string' } } },
                },
                list: { type: 'array', items: { type: 'string' } },
                open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: { type: 'string' } } },
              },
            },
            status: { type: 'object', properties: { size: { type: 'integer' } } },
          },
        },
      },
    })),
  },
}
const thing = (spec: Json, version = 'v1') => ({ apiVersion: `test.example.com/${version}`, kind: 'Thing', metadata: { name: 't' }, spec })

test('custom objects are merged by their schemas, and owned across their versions', async () => {
  await api.admin.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: definition })
  await eventually('things are served', async () => assert.equal((await api.admin.send('GET', things)).code, 200))

  const made = await apply(
    `${things}/t`,
    thing({ size: 1, parts: [{ name: 'a', color: 'red' }], list: ['x'], open: { known: 'k', more: { deep: [1] } } }),
  )
  assert.equal(made.code, 201, made.text)
  assert.deepEqual(owners(made)[0]?.['fieldsV1'], {
    'f:spec': {
      'f:list': {},
      'f:open': { 'f:known': {}, 'f:more': { '.': {}, 'f:deep': {} } },
      'f:parts': { 'k:{"name":"a"}': { '.': {}, 'f:color': {}, 'f:name': {} } },
      'f:size': {},
    },
  })
  const other = await apply(`${things}/t`, thing({ parts: [{ name: 'b' }], open: { mine: 1 } }), 'fieldManager=other')
  assert.deepEqual(other.json['spec'].parts, [{ name: 'a', color: 'red' }, { name: 'b' }])
  assert.deepEqual(other.json['spec'].open, { known: 'k', more: { deep: [1] }, mine: 1 })
  const unknown = await apply(`${things}/t`, thing({ bogus: 1 }))
  assert.match(unknown.json['message'], /Kind=Thing\): \.spec\.bogus: field not declared in schema$/)

  const newer = things.replace('/v1/', '/v2/')
  const conflict = await apply(`${newer}/t`, thing({ size: 2 }, 'v2'), 'fieldManager=third')
  assert.equal(conflict.json['message'], 'Apply failed with 1 conflict: conflict with "me": .spec.size')
  // The same applier goes on in another version.
  const moved = await apply(`${newer}/t`, thing({ size: 1, parts: [{ name: 'a' }] }, 'v2'))
  assert.deepEqual(moved.json['spec'], { size: 1, parts: [{ name: 'a' }, { name: 'b' }], open: { mine: 1 } })
  assert.deepEqual(
    told(moved)
      .map(([manager, version]) => [manager, version])
      .sort(),
    [
      ['me', 'test.example.com/v2'],
      ['other', 'test.example.com/v1'],
    ],
  )

  const created = await api.admin.send('POST', `${things}?fieldManager=creator`, {
    body: { ...thing({ size: 1 }), metadata: { name: 'u', labels: { a: '1' } } },
  })
  assert.deepEqual(owners(created)[0]?.['fieldsV1'], {
    'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
    'f:spec': { '.': {}, 'f:size': {} },
  })
  await api.admin.send('PATCH', `${things}/u/scale?fieldManager=scaler`, patchWish('merge', { spec: { replicas: 5 } }))
  const scaled = await api.admin.send('GET', `${things}/u`)
  assert.deepEqual(
    told(scaled).find(([manager]) => manager === 'scaler'),
    ['scaler', 'test.example.com/v1', { 'f:spec': { 'f:size': {} } }],
  )
})

test('a part of an autoscaler is applied in one version after the other, and refused for what it lacks', async () => {
  const at = (version: string) => collection('horizontalpodautoscalers', `apis/autoscaling/${version}`)
  const [v1, v2] = [at('v1'), at('v2')]
  const spec = { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } }
  const body = (version: string, rest: object = {}) => ({
    apiVersion: `autoscaling/${version}`,
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'part' },
    ...rest,
  })
  assert.equal((await apply(`${v2}/part`, body('v2', { spec }))).code, 201)
  assert.equal((await apply(`${v1}/part`, body('v1'))).code, 422)
  assert.equal((await apply(`${v1}/part`, body('v1', { spec }))).code, 200)
  assert.equal((await apply(`${v2}/part`, body('v2'))).code, 422)
  const metrics = [{ type: 'Resource', resource: { name: 'memory' } }]
  const put = await api.admin.send('PUT', `${v2}/part`, { body: body('v2', { spec: { ...spec, metrics } }) })
  assert.equal(put.code, 422)
})
