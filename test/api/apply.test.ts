// Server-side apply at the rim: who owns what, who conflicts with whom, and what the refusals say.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stringify } from 'yaml'
import type { Json, Reply } from '../testkit/api-requests.ts'
import { type Api, collection, configMap, configMaps, deployment, deployments, overBothProtocols, patchWish, pod, pods } from './setup.ts'

const type = { 'content-type': 'application/apply-patch+yaml' }

async function apply(api: Api, at: string, body: unknown, query = 'fieldManager=me'): Promise<Reply> {
  return api.admin.send('PATCH', `${at}?${query}`, { body, headers: type })
}

interface Owner {
  readonly manager: string
  readonly operation: string
  readonly apiVersion: string
  readonly time?: string
  readonly fieldsType: string
  readonly fieldsV1: Json
  readonly subresource?: string
}
const owners = (answer: Reply) => (answer.json['metadata'].managedFields ?? []) as readonly Owner[]
const ownerOf = (answer: Reply, manager: string, subresource?: string) =>
  owners(answer).find(owner => owner.manager === manager && owner.subresource === subresource)
const refusal = (answer: Reply) => [answer.code, answer.json['reason'], answer.json['message']]

overBothProtocols(api => {
  const service = (name: string, ports: Json[]) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports } })
  const services = collection('services')

  test('what is not there is created, from YAML or JSON', async () => {
    const made = await apply(api, `${configMaps}/made`, configMap('made', { a: '1' }))
    assert.equal(made.code, 201)
    assert.deepEqual(
      owners(made).map(({ time, ...owner }) => owner),
      [{ manager: 'me', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'f:a': {} } } }],
    )
    assert.match(owners(made)[0]?.time ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const again = await apply(api, `${configMaps}/made`, stringify(configMap('made', { a: '1' })))
    assert.deepEqual([again.code, again.text], [200, made.text])
    const changed = await apply(api, `${configMaps}/made`, stringify(configMap('made', { a: '2' })))
    assert.deepEqual([changed.code, changed.json['data']], [200, { a: '2' }])
  })

  test('a field that is applied no more goes, unless another owns it', async () => {
    const at = `${configMaps}/gone`
    await apply(api, at, configMap('gone', { a: '1', b: '2', c: '3' }))
    await apply(api, at, configMap('gone', { b: '2' }), 'fieldManager=other')
    await api.admin.send('PATCH', `${at}?fieldManager=updater`, patchWish('merge', { data: { d: '4' } }))
    const left = await apply(api, at, configMap('gone', { c: '3' }))
    assert.deepEqual(left.json['data'], { b: '2', c: '3', d: '4' })
    assert.deepEqual(
      owners(left).map(({ manager, operation, fieldsV1 }) => [manager, operation, fieldsV1]),
      [
        ['me', 'Apply', { 'f:data': { 'f:c': {} } }],
        ['other', 'Apply', { 'f:data': { 'f:b': {} } }],
        ['updater', 'Update', { 'f:data': { 'f:d': {} } }],
      ].sort((a, b) => owners(left).findIndex(o => o.manager === a[0]) - owners(left).findIndex(o => o.manager === b[0])),
    )
  })

  test('conflicts are told, and taken by force', async () => {
    const at = `${deployments}/conflict`
    await api.admin.send('POST', `${deployments}?fieldManager=creator`, { body: deployment('conflict', 1) })
    const refused = await apply(api, at, deployment('conflict', 2))
    assert.deepEqual(refusal(refused), [
      409,
      'Conflict',
      'Apply failed with 1 conflict: conflict with "creator" using apps/v1: .spec.replicas',
    ])
    assert.deepEqual(refused.json['details'].causes, [
      { reason: 'FieldManagerConflict', message: 'conflict with "creator" using apps/v1', field: '.spec.replicas' },
    ])
    const body = deployment('conflict', 2) as { spec: { template: { spec: { containers: Json[] } } } }
    body.spec.template.spec.containers[0] = { name: 'c', image: 'other' }
    assert.equal(
      (await apply(api, at, body)).json['message'],
      'Apply failed with 2 conflicts: conflicts with "creator" using apps/v1:\n- .spec.replicas\n- .spec.template.spec.containers[name="c"].image',
    )
    const forced = await apply(api, at, body, 'fieldManager=me&force=true')
    assert.deepEqual([forced.code, forced.json['spec'].replicas], [200, 2])
    const creators = ownerOf(forced, 'creator')?.fieldsV1['f:spec'] as Json
    assert.equal(creators['f:replicas'], undefined)
    assert.ok(creators['f:strategy'])
    // The same values are shared without a conflict.
    assert.equal((await apply(api, at, body, 'fieldManager=third')).code, 200)
  })

  test('items are found by their keys, with the defaults of these', async () => {
    const at = `${services}/ports`
    const made = await apply(
      api,
      at,
      service('ports', [
        { port: 80, name: 'web' },
        { port: 53, protocol: 'UDP', name: 'dns' },
      ]),
    )
    assert.equal(made.code, 201)
    assert.deepEqual(Object.keys(ownerOf(made, 'me')?.fieldsV1['f:spec']['f:ports']), [
      'k:{"port":53,"protocol":"UDP"}',
      'k:{"port":80,"protocol":"TCP"}',
    ])
    const merged = await apply(api, at, service('ports', [{ port: 80, protocol: 'TCP', targetPort: 8080, name: 'web' }]))
    assert.deepEqual(
      (merged.json['spec'].ports as Json[]).map(port => [port['port'], port['protocol'], port['targetPort']]),
      [[80, 'TCP', 8080]],
    )
    const twice = await apply(api, at, service('ports', [{ port: 80 }, { port: 80, protocol: 'TCP' }]))
    assert.deepEqual(refusal(twice), [
      400,
      'BadRequest',
      'failed to create typed patch object (/ports; /v1, Kind=Service): .spec.ports: duplicate entries for key [port=80,protocol="TCP"]',
    ])
  })

  test('what an apply must be', async () => {
    const at = `${configMaps}/refused`
    const body = configMap('refused')
    const rows: [unknown, string, number, string][] = [
      [body, '', 422, 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'],
      [
        body,
        `fieldManager=${'x'.repeat(129)}`,
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
      ],
      [{ ...body, kind: 'Secret' }, 'fieldManager=me', 400, 'invalid object type: /v1, Kind=Secret'],
      [{ ...body, apiVersion: 'apps/v1' }, 'fieldManager=me', 400, 'invalid object type: apps/v1, Kind=ConfigMap'],
      [{ ...body, metadata: { name: 'refused', managedFields: [] } }, 'fieldManager=me', 400, 'metadata.managedFields must be nil'],
      [
        { ...body, bogus: 1 },
        'fieldManager=me',
        400,
        'failed to create typed patch object (/refused; /v1, Kind=ConfigMap): .bogus: field not declared in schema',
      ],
      [configMap('other'), 'fieldManager=me', 400, 'the name of the object (other) does not match the name on the URL (refused)'],
      [
        configMap('refused', {}, { namespace: 'other' }),
        'fieldManager=me',
        400,
        'the namespace of the provided object does not match the namespace sent on the request',
      ],
      [
        configMap('refused', {}, { uid: 'u' }),
        'fieldManager=me',
        409,
        'Operation cannot be fulfilled on configmaps "refused": uid mismatch: the provided object specified uid u, and no existing object was found',
      ],
      ['a: b: c', 'fieldManager=me', 400, 'error decoding YAML: error converting YAML to JSON: yaml'],
    ]
    for (const [wish, query, code, message] of rows) {
      const answer = await apply(api, at, wish, query)
      assert.deepEqual([answer.code, String(answer.json['message']).slice(0, message.length)], [code, message])
    }
    assert.equal((await api.admin.send('GET', at)).code, 404)
    const force = await api.admin.send('PATCH', `${at}?force=true`, patchWish('merge', {}))
    assert.deepEqual(refusal(force), [
      422,
      'Invalid',
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    ])
  })

  test('versions and uids in a configuration must be those of the object', async () => {
    const at = `${configMaps}/versions`
    const made = await apply(api, at, configMap('versions', { a: '1' }))
    const stale = await apply(api, at, configMap('versions', { a: '2' }, { resourceVersion: '1' }))
    assert.deepEqual([stale.code, stale.json['reason']], [409, 'Conflict'])
    const other = await apply(api, at, configMap('versions', { a: '2' }, { uid: 'x' }))
    assert.deepEqual(refusal(other), [
      422,
      'Invalid',
      'ConfigMap "versions" is invalid: metadata.uid: Invalid value: "x": field is immutable',
    ])
    const { uid, resourceVersion } = made.json['metadata']
    assert.equal((await apply(api, at, configMap('versions', { a: '2' }, { uid, resourceVersion }))).code, 200)
  })

  test('fields that stand there twice: refused, warned of, ignored', async () => {
    const at = `${configMaps}/double`
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: double\ndata:\n  a: "1"\n  a: "2"\n'
    const strict = await apply(api, at, text, 'fieldManager=me&fieldValidation=Strict')
    assert.deepEqual(refusal(strict), [
      400,
      'BadRequest',
      'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 7: key "a" already set in map',
    ])
    const warned = await apply(api, at, text)
    assert.match(String(warned.headers['warning']), /line 7: key \\"a\\" already set in map/)
    assert.equal((await apply(api, at, text, 'fieldManager=me&fieldValidation=Ignore')).headers['warning'], undefined)
  })

  test('a dry run tells and does nothing', async () => {
    const at = `${configMaps}/dry-apply`
    assert.equal((await apply(api, at, configMap('dry-apply'), 'fieldManager=me&dryRun=All')).code, 201)
    assert.equal((await api.admin.send('GET', at)).code, 404)
    const made = await apply(api, at, configMap('dry-apply', { a: '1' }))
    const tried = await apply(api, at, configMap('dry-apply', { a: '2' }), 'fieldManager=me&dryRun=All')
    assert.deepEqual([tried.code, tried.json['data']], [200, { a: '2' }])
    assert.equal((await api.admin.send('GET', at)).text, made.text)
  })

  test('who may not create may not create by applying', async () => {
    const refused = await api.nobody.send('PATCH', `${configMaps}/nobodys?fieldManager=me`, { body: configMap('nobodys'), headers: type })
    assert.equal(refused.code, 403)
  })

  test('status is applied by its subresource, and by nothing else', async () => {
    await apply(api, `${pods}/stated`, pod('stated'))
    const condition = { type: 'example.com/Seen', status: 'True' }
    const body = { ...pod('stated'), spec: undefined, status: { conditions: [condition] } }
    const plain = await apply(api, `${pods}/stated`, { ...pod('stated'), status: { phase: 'Failed' } })
    assert.deepEqual([plain.code, plain.json['status'].phase, ownerOf(plain, 'me')?.fieldsV1['f:status']], [200, 'Pending', undefined])
    const stated = await apply(api, `${pods}/stated/status`, body, 'fieldManager=prober')
    assert.equal(stated.code, 200)
    assert.deepEqual(ownerOf(stated, 'prober', 'status')?.fieldsV1, {
      'f:status': { 'f:conditions': { 'k:{"type":"example.com/Seen"}': { '.': {}, 'f:status': {}, 'f:type': {} } } },
    })
    const taken = await apply(api, `${pods}/stated/status`, { ...body, status: {} }, 'fieldManager=prober')
    assert.deepEqual(
      [taken.json['status'].conditions, ownerOf(taken, 'prober', 'status')],
      [undefined, { ...ownerOf(taken, 'prober', 'status') }],
    )
    assert.equal((await apply(api, `${pods}/absent/status`, { ...body, metadata: { name: 'absent' } })).code, 404)
  })

  test('replicas are owned through the scale too', async () => {
    const at = `${deployments}/scaled`
    const scale = (replicas: number) => ({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'scaled' }, spec: { replicas } })
    await apply(api, at, deployment('scaled', 1))
    const refused = await apply(api, `${at}/scale`, scale(3), 'fieldManager=hpa')
    assert.deepEqual(refusal(refused), [409, 'Conflict', 'Apply failed with 1 conflict: conflict with "me": .spec.replicas'])
    const forced = await apply(api, `${at}/scale`, scale(3), 'fieldManager=hpa&force=true')
    assert.deepEqual([forced.code, forced.json['spec']], [200, { replicas: 3 }])
    const read = await api.admin.send('GET', at)
    const mine = ownerOf(read, 'me')?.fieldsV1['f:spec'] as Json
    assert.deepEqual([mine['f:replicas'], ownerOf(read, 'hpa', 'scale')?.fieldsV1], [undefined, { 'f:spec': { 'f:replicas': {} } }])
    const conflict = await apply(api, at, deployment('scaled', 1))
    assert.equal(conflict.json['message'], 'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale": .spec.replicas')
    await api.admin.send('PATCH', `${at}/scale?fieldManager=hand`, patchWish('merge', { spec: { replicas: 4 } }))
    const scaled = await api.admin.send('GET', at)
    assert.deepEqual(ownerOf(scaled, 'hand', 'scale')?.fieldsV1, { 'f:spec': { 'f:replicas': {} } })
    assert.equal(ownerOf(scaled, 'hpa', 'scale'), undefined)
  })

  test('what was there before the first apply belongs to somebody from before', async () => {
    const at = `${configMaps}/before`
    await api.admin.send('POST', configMaps, { body: configMap('before', { a: '1' }) })
    await api.admin.send('PATCH', at, patchWish('merge', { metadata: { managedFields: [{}] } }))
    assert.deepEqual(owners(await api.admin.send('GET', at)), [])
    await api.admin.send('PATCH', at, patchWish('merge', { data: { b: '2' } }))
    assert.deepEqual(owners(await api.admin.send('GET', at)), [])
    const conflict = await apply(api, at, configMap('before', { a: '2' }))
    assert.equal(conflict.json['message'], 'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a')
    const applied = await apply(api, at, configMap('before', { a: '1' }))
    assert.deepEqual(
      owners(applied).map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
      [
        ['me', { 'f:data': { 'f:a': {} } }],
        ['before-first-apply', { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } }],
      ],
    )
  })

  test('what kubectl applied from its side it goes on to apply from here', async () => {
    const at = `${configMaps}/migrated`
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
    const config = configMap('migrated', { a: '1', b: '2' })
    const body = { ...config, metadata: { name: 'migrated', annotations: { [annotation]: JSON.stringify(config) } } }
    await api.admin.send('POST', `${configMaps}?fieldManager=kubectl-client-side-apply`, { body })
    await api.admin.send('PATCH', `${at}?fieldManager=other`, patchWish('merge', { data: { b: '3' } }))
    const next = configMap('migrated', { a: '9', b: '2' })
    const refused = await apply(api, at, next, 'fieldManager=kubectl')
    assert.equal(refused.json['message'], 'Apply failed with 1 conflict: conflict with "other" using v1: .data.b')
    assert.equal((await apply(api, at, configMap('migrated', { a: '9' }), 'fieldManager=me')).code, 409)
    const applied = await apply(api, at, configMap('migrated', { a: '9', b: '3' }), 'fieldManager=kubectl')
    assert.deepEqual([applied.code, applied.json['data']], [200, { a: '9', b: '3' }])
    assert.deepEqual(JSON.parse(applied.json['metadata'].annotations[annotation]), configMap('migrated', { a: '9', b: '3' }))
  })

  test('containers for debugging are applied by their subresource', async () => {
    await apply(api, `${pods}/debugged`, pod('debugged'))
    const body = { ...pod('debugged'), spec: { ephemeralContainers: [{ name: 'debug', image: 'busybox' }] } }
    const added = await apply(api, `${pods}/debugged/ephemeralcontainers`, body, 'fieldManager=debugger')
    assert.equal(added.code, 200, added.text)
    assert.deepEqual(
      (added.json['spec'].ephemeralContainers as Json[]).map(c => c['name']),
      ['debug'],
    )
    assert.deepEqual(Object.keys(ownerOf(added, 'debugger', 'ephemeralcontainers')?.fieldsV1['f:spec']), ['f:ephemeralContainers'])
  })
})
