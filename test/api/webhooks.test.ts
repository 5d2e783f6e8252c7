// Admission webhooks: a real HTTPS server has its say in what is stored.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { collection, configMap, configMaps, overBothProtocols, patchWish, pod, pods } from './setup.ts'
import { configurations, encoded, webhookServer } from './webhook-setup.ts'

overBothProtocols(api => {
  const hook = webhookServer(api)
  const { configure } = hook

  const create = (name: string, data: Json = {}, metadata: Json = {}) =>
    api.admin.send('POST', configMaps, { body: configMap(name, data, metadata) })

  test('one that judges is told what is done by whom, and its refusal stands', async () => {
    await configure('validating')
    hook.answer = ({ object }) => ({
      allowed: object?.data?.ok !== 'no',
      status: { message: 'not that', code: 403, reason: 'Forbidden' },
      warnings: ['look out'],
    })
    const good = await create('judged', { ok: 'yes' })
    assert.equal(good.code, 201)
    assert.match(String(good.headers['warning']), /look out/)
    const [request] = hook.seen
    assert.deepEqual(
      [request?.['operation'], request?.['kind'], request?.['resource'], request?.['namespace'], request?.['name'], request?.['dryRun']],
      [
        'CREATE',
        { group: '', version: 'v1', kind: 'ConfigMap' },
        { group: '', version: 'v1', resource: 'configmaps' },
        'test',
        'judged',
        false,
      ],
    )
    assert.equal(request?.['userInfo'].username, 'kubernetes-admin')
    assert.deepEqual([request?.['object'].data, request?.['oldObject'], request?.['options'].kind], [{ ok: 'yes' }, null, 'CreateOptions'])
    assert.equal(typeof request?.['object'].metadata.uid, 'string')

    const bad = await create('refused', { ok: 'no' })
    const message = 'admission webhook "check.example.com" denied the request: not that'
    assert.deepEqual([bad.code, bad.json['reason'], bad.json['message']], [403, 'Forbidden', message])
    assert.equal((await api.admin.send('GET', `${configMaps}/refused`)).code, 404)

    hook.seen = []
    await api.admin.send('PATCH', `${configMaps}/judged`, patchWish('merge', { data: { more: 'x' } }))
    await api.admin.send('DELETE', `${configMaps}/judged`)
    assert.deepEqual(
      hook.seen.map(r => [r['operation'], r['object']?.data ?? null, r['oldObject']?.data ?? null]),
      [
        ['UPDATE', { ok: 'yes', more: 'x' }, { ok: 'yes' }],
        ['DELETE', null, { ok: 'yes', more: 'x' }],
      ],
    )
  })

  test('one that changes objects is heard before validation', async () => {
    await configure('mutating')
    hook.answer = () => ({
      allowed: true,
      patchType: 'JSONPatch',
      patch: encoded([{ op: 'add', path: '/data/added', value: 'by webhook' }]),
    })
    assert.deepEqual((await create('changed', { a: 'b' })).json['data'], { a: 'b', added: 'by webhook' })
    hook.answer = () => ({ allowed: true, patchType: 'JSONPatch', patch: encoded([{ op: 'add', path: '/data/bad key', value: 'x' }]) })
    assert.deepEqual([(await create('spoilt', { a: 'b' })).json['reason']], ['Invalid'])
  })

  test('one is asked again when another has changed the object since, if it wishes so', async () => {
    const patch = (path: string) => ({ allowed: true, patchType: 'JSONPatch', patch: encoded([{ op: 'add', path, value: 'x' }]) })
    await configure('mutating', { reinvocationPolicy: 'IfNeeded' }, 'configmaps', 'a.example.com')
    await configure('mutating', {}, 'configmaps', 'b.example.com')
    let calls = 0
    hook.answer = () => (++calls === 2 ? patch('/data/second') : { allowed: true })
    const { json } = await create('again', { a: 'b' })
    assert.deepEqual([json['data'], hook.seen.map(r => Object.keys(r['object'].data).length)], [{ a: 'b', second: 'x' }, [1, 1, 2]])
  })

  test('policies and the plugins of the server see what a webhook has changed', async () => {
    const policies = '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies'
    const bindings = '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings'
    const expression = "Object{metadata: Object.metadata{annotations: {'containers': string(object.spec.containers.size())}}}"
    const resourceRules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }]
    const made = [
      await api.admin.send('POST', policies, {
        body: {
          metadata: { name: 'count' },
          spec: {
            matchConstraints: { resourceRules },
            reinvocationPolicy: 'IfNeeded',
            mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
          },
        },
      }),
      await api.admin.send('POST', bindings, { body: { metadata: { name: 'count' }, spec: { policyName: 'count' } } }),
    ]
    assert.deepEqual(
      made.map(({ code }) => code),
      [201, 201],
    )
    await configure('mutating', { reinvocationPolicy: 'IfNeeded' }, 'pods')
    const add = { op: 'add', path: '/spec/containers/-', value: { name: 'side', image: 'side' } }
    hook.answer = ({ object }) => ({
      allowed: true,
      ...(object.spec.containers.length === 1 && { patchType: 'JSONPatch', patch: encoded([add]) }),
    })
    const { json } = await api.admin.send('POST', pods, { body: pod('injected') })
    assert.equal(json['metadata'].annotations.containers, '2')
    const [own, side] = json['spec'].containers
    assert.ok(own.volumeMounts.length === 1, 'a token is mounted')
    assert.deepEqual(side.volumeMounts, own.volumeMounts)
    assert.deepEqual(
      hook.seen.map(({ object }) => [object.metadata.annotations.containers, object.spec.containers.length]),
      [
        ['1', 1],
        ['2', 2],
      ],
    )
    for (const path of [policies, bindings]) await api.admin.send('DELETE', path)
  })

  test('one that cannot be asked stops the request, or not, as its policy says', async () => {
    await configure('validating', { timeoutSeconds: 1 })
    hook.answer = () => undefined
    const { code, json } = await create('unasked')
    assert.equal(code, 500)
    assert.match(
      json['message'],
      /^Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: Post .*: context deadline exceeded/,
    )
    await api.admin.send('DELETE', configurations('validating'))
    await configure('validating', { timeoutSeconds: 1, failurePolicy: 'Ignore' })
    assert.equal((await create('unasked')).code, 201)
  })

  test('what is to be deleted is shown to those that change objects too, who may only refuse', async () => {
    for (const name of ['first', 'second']) await create(name, { a: name })
    await configure('mutating')
    hook.answer = () => ({ allowed: false, status: { message: 'it stays', code: 409, reason: 'Conflict' } })
    const refused = await api.admin.send('DELETE', `${configMaps}/first`)
    const message = 'admission webhook "check.example.com" denied the request: it stays'
    assert.deepEqual([refused.code, refused.json['reason'], refused.json['message']], [409, 'Conflict', message])
    assert.equal((await api.admin.send('DELETE', configMaps)).code, 409)
    hook.answer = () => ({ allowed: true, patchType: 'JSONPatch', patch: encoded([{ op: 'add', path: '/data', value: {} }]) })
    const changed = await api.admin.send('DELETE', `${configMaps}/first`)
    assert.deepEqual(
      [changed.code, changed.json['message']],
      [
        500,
        'Internal error occurred: admission webhook "check.example.com" attempted to modify the object, which is not supported for this operation',
      ],
    )
    assert.equal((await api.admin.send('GET', `${configMaps}/first`)).code, 200)

    hook.seen = []
    hook.answer = () => ({ allowed: true })
    const body = { propagationPolicy: 'Background', dryRun: ['All'] }
    assert.equal((await api.admin.send('DELETE', `${configMaps}/first`, { body })).code, 200)
    const [request] = hook.seen
    assert.deepEqual(
      [request?.['object'], request?.['oldObject'].data, request?.['dryRun'], request?.['options']],
      [null, { a: 'first' }, true, { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', ...body }],
    )
    hook.seen = []
    assert.equal((await api.admin.send('DELETE', `${configMaps}?gracePeriodSeconds=0`)).code, 200)
    const gone = hook.seen.filter(({ oldObject }) => ['first', 'second'].includes(oldObject.metadata.name))
    assert.deepEqual(
      gone.map(r => [r['operation'], r['name'], r['object'], r['options'].gracePeriodSeconds]),
      [
        ['DELETE', undefined, null, 0],
        ['DELETE', undefined, null, 0],
      ],
    )
  })

  test('an eviction is judged as such, and not again as a deletion', async () => {
    await api.admin.send('POST', pods, { body: pod('evicted') })
    await configure('validating', {}, '*/*')
    await api.admin.send('POST', `${pods}/evicted/eviction`, { body: { metadata: { name: 'evicted' } } })
    assert.deepEqual(
      hook.seen.map(r => [r['operation'], r['kind'].kind]),
      [['CREATE', 'Eviction']],
    )
  })

  test('an answer that makes no sense is a failure, and goes no further', async () => {
    await configure('validating')
    const failed = 'Internal error occurred: failed calling webhook "check.example.com"'
    const details = { allowed: false, status: { message: 'm', details: { causes: 'none' } } }
    const table: readonly [Json, RegExp][] = [
      [{ uid: 'x', allowed: true }, /: received invalid webhook response: expected response.uid="/],
      [details, /: failed to call webhook: json: cannot unmarshal string into Go struct field/],
    ]
    for (const [answer, why] of table) {
      hook.answer = () => answer
      const { code, json } = await create('senseless')
      assert.equal(code, 500)
      assert.ok(json['message'].startsWith(failed), json['message'])
      assert.match(json['message'], why)
    }
    hook.answer = () => ({ allowed: false, status: { code: 418, details: { name: 'teapot', made: 'up' } } })
    const { code, json } = await create('odd')
    assert.deepEqual([code, json['code'], json['reason'], json['details']], [418, 418, undefined, { name: 'teapot' }])
  })

  test('selectors and conditions narrow what it is asked about', async () => {
    await configure('validating', {
      objectSelector: { matchLabels: { watched: 'yes' } },
      matchConditions: [{ name: 'not-me', expression: '!("skip" in object.data) && request.userInfo.username != "nobody"' }],
    })
    hook.answer = () => ({ allowed: false })
    assert.equal((await create('unlabelled')).code, 201)
    assert.equal((await create('skipped', { skip: 'x' }, { labels: { watched: 'yes' } })).code, 201)
    const { code, json } = await create('caught', { other: 'x' }, { labels: { watched: 'yes' } })
    assert.deepEqual([code, json['message']], [400, 'admission webhook "check.example.com" denied the request without explanation'])
  })

  test('another version of the same objects is the same', async () => {
    await configure('validating', {
      rules: [{ operations: ['CREATE'], apiGroups: ['autoscaling'], apiVersions: ['v2'], resources: ['*'] }],
    })
    const spec = {
      maxReplicas: 3,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
      targetCPUUtilizationPercentage: 50,
    }
    const body = { metadata: { name: 'h' }, spec }
    assert.equal((await api.admin.send('POST', collection('horizontalpodautoscalers', 'apis/autoscaling/v1'), { body })).code, 201)
    const [request] = hook.seen
    assert.deepEqual(
      [request?.['requestKind'].version, request?.['kind'].version, request?.['object'].apiVersion],
      ['v1', 'v2', 'autoscaling/v2'],
    )
    assert.equal(request?.['object'].spec.metrics[0].resource.name, 'cpu')
  })

  test('a trial says so, and a pod that a webhook changed keeps its other defaults', async () => {
    await configure('mutating', {}, 'pods')
    hook.answer = () => ({
      allowed: true,
      patchType: 'JSONPatch',
      patch: encoded([{ op: 'add', path: '/spec/containers/-', value: { name: 'side', image: 'side' } }]),
    })
    const { code, json } = await api.admin.send('POST', `${pods}?dryRun=All`, { body: pod('tried') })
    assert.equal(code, 201, JSON.stringify(json))
    assert.equal(hook.seen[0]?.['dryRun'], true)
    assert.deepEqual(
      json['spec'].containers.map((c: Json) => [c['name'], c['imagePullPolicy']]),
      [
        ['c', 'Always'],
        ['side', 'Always'],
      ],
    )
  })
})
