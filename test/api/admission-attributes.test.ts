// What admission is told of each way of writing: which operation it is, on what, and of which kind the object is that comes with it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestFor } from '../../src/api/certificates/testkit.ts'
import type { Json } from '../testkit/api-requests.ts'
import { collection, configMap, configMaps, deployment, deployments, overBothProtocols, patchTypes, patchWish, pod, pods } from './setup.ts'
import { encoded, webhookServer } from './webhook-setup.ts'

const accounts = collection('serviceaccounts')
const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const reviews = '/apis/authorization.k8s.io/v1'
const applied = (body: Json) => ({ body, headers: { 'content-type': 'application/apply-patch+yaml' } })
const merge = (body: Json) => ({ body, headers: { 'content-type': patchTypes.merge } })
const target = { kind: 'Node', name: 'n1' }
const scale = (replicas: number) => ({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas } })

type Wish = { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
/** `of` is what is named by kind and resource, `objects` the kinds of object and old object. */
type Row = readonly [method: string, path: string, wish: Wish, of: string, objects: string]

const table: readonly Row[] = [
  ['POST', configMaps, { body: configMap('c') }, 'CREATE v1 ConfigMap configmaps/ c', 'ConfigMap -'],
  ['PUT', `${configMaps}/c`, { body: configMap('c', { a: 'b' }) }, 'UPDATE v1 ConfigMap configmaps/ c', 'ConfigMap ConfigMap'],
  ['PATCH', `${configMaps}/c`, merge({ data: { a: 'c' } }), 'UPDATE v1 ConfigMap configmaps/ c', 'ConfigMap ConfigMap'],
  ['PATCH', `${configMaps}/new?fieldManager=m`, applied(configMap('new')), 'CREATE v1 ConfigMap configmaps/ new', 'ConfigMap -'],
  ['DELETE', `${configMaps}/new`, {}, 'DELETE v1 ConfigMap configmaps/ new', '- ConfigMap'],
  ['DELETE', configMaps, {}, 'DELETE v1 ConfigMap configmaps/ ', '- ConfigMap'],
  ['PUT', `${pods}/p/status`, { body: pod('p') }, 'UPDATE v1 Pod pods/status p', 'Pod Pod'],
  ['PATCH', `${pods}/p/status`, merge({ status: { message: 'm' } }), 'UPDATE v1 Pod pods/status p', 'Pod Pod'],
  [
    'PATCH',
    `${pods}/p/ephemeralcontainers`,
    { body: { spec: { ephemeralContainers: [{ name: 'e', image: 'i' }] } }, headers: { 'content-type': patchTypes.strategic } },
    'UPDATE v1 Pod pods/ephemeralcontainers p',
    'Pod Pod',
  ],
  ['PATCH', `${pods}/p/resize`, merge({ metadata: { labels: { a: 'b' } } }), 'UPDATE v1 Pod pods/resize p', 'Pod Pod'],
  ['POST', `${pods}/p/binding`, { body: { metadata: { name: 'p' }, target } }, 'CREATE v1 Binding pods/binding p', 'Binding -'],
  ['POST', collection('bindings'), { body: { metadata: { name: 'q' }, target } }, 'CREATE v1 Binding bindings/ q', 'Binding -'],
  ['POST', `${pods}/p/eviction`, { body: { metadata: { name: 'p' } } }, 'CREATE policy/v1 Eviction pods/eviction p', 'Eviction -'],
  [
    'POST',
    `${accounts}/default/token`,
    { body: { spec: { audiences: ['a'] } } },
    'CREATE authentication.k8s.io/v1 TokenRequest serviceaccounts/token default',
    'TokenRequest -',
  ],
  ['PUT', `${deployments}/d/scale`, { body: scale(2) }, 'UPDATE autoscaling/v1 Scale deployments/scale d', 'Scale Scale'],
  ['PATCH', `${deployments}/d/scale`, merge(scale(3)), 'UPDATE autoscaling/v1 Scale deployments/scale d', 'Scale Scale'],
  [
    'PATCH',
    `${deployments}/d/scale?fieldManager=m&force=true`,
    applied(scale(4)),
    'UPDATE autoscaling/v1 Scale deployments/scale d',
    'Scale Scale',
  ],
  [
    'PATCH',
    `${deployments}/d/status`,
    merge({ status: { replicas: 1 } }),
    'UPDATE apps/v1 Deployment deployments/status d',
    'Deployment Deployment',
  ],
  [
    'PUT',
    '/api/v1/namespaces/other/finalize',
    { body: { metadata: { name: 'other' } } },
    'UPDATE v1 Namespace namespaces/finalize other',
    'Namespace Namespace',
  ],
  [
    'PATCH',
    `${requests}/r/approval`,
    merge({ status: { conditions: [{ type: 'Approved', status: 'True', reason: 'R' }] } }),
    'UPDATE certificates.k8s.io/v1 CertificateSigningRequest certificatesigningrequests/approval r',
    'CertificateSigningRequest CertificateSigningRequest',
  ],
  [
    'POST',
    `${reviews}/selfsubjectaccessreviews`,
    { body: { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } } },
    'CREATE authorization.k8s.io/v1 SelfSubjectAccessReview selfsubjectaccessreviews/ ',
    'SelfSubjectAccessReview -',
  ],
  ['DELETE', `${pods}/p`, {}, 'DELETE v1 Pod pods/ p', '- Pod'],
]

function attributesOf({ operation, kind, resource, subResource = '', name = '' }: Json): string {
  const version = kind.group ? `${kind.group}/${kind.version}` : kind.version
  return `${operation} ${version} ${kind.kind} ${resource.resource}/${subResource} ${name}`
}

overBothProtocols(api => {
  const hook = webhookServer(api)
  const send = (method: string, path: string, wish: Wish = {}) => api.admin.send(method, path, wish)

  test('each write is told to those that change and to those that judge', async () => {
    const made = [
      await send('POST', pods, { body: pod('p') }),
      await send('POST', pods, { body: pod('q') }),
      await send('POST', deployments, { body: deployment('d') }),
      await send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'other' } } }),
      await send('POST', requests, {
        body: {
          metadata: { name: 'r' },
          spec: { request: requestFor({ commonName: 'r' }), signerName: 'example.com/x', usages: ['client auth'] },
        },
      }),
    ]
    assert.deepEqual(
      made.map(({ code }) => code),
      made.map(() => 201),
      JSON.stringify(made.find(({ code }) => code !== 201)?.json),
    )
    await hook.configure('mutating', {}, '*/*')
    await hook.configure('validating', {}, '*/*')
    for (const [method, path, wish, of, objects] of table) {
      hook.seen = []
      const { code, json } = await send(method, path, wish)
      assert.ok(code < 300, `${method} ${path}: ${JSON.stringify(json)}`)
      const seen = hook.seen.map(request => [
        attributesOf(request),
        `${request['object']?.kind ?? '-'} ${request['oldObject']?.kind ?? '-'}`,
      ])
      const expected = [of, objects]
      assert.deepEqual(seen, [expected, expected], `${method} ${path}`)
      assert.ok(hook.seen.every(request => request['requestSubResource'] === request['subResource']))
    }
  })

  test('rules name subresources', async () => {
    await send('POST', deployments, { body: deployment('ruled') })
    await hook.configure('validating', {}, 'deployments/scale')
    hook.answer = ({ object, oldObject }) => ({ allowed: object.spec.replicas <= oldObject.spec.replicas })
    const grow = patchWish('merge', { spec: { replicas: 5 } })
    assert.equal((await send('PATCH', `${deployments}/ruled/scale`, grow)).code, 400)
    assert.equal((await send('PATCH', `${deployments}/ruled`, grow)).code, 200)
  })

  const changing = (...operations: readonly Json[]) => ({ allowed: true, patchType: 'JSONPatch', patch: encoded(operations) })

  test('what is changed of the object of a subresource is what is done', async () => {
    await send('POST', deployments, { body: deployment('capped') })
    for (const name of ['moved', 'kept', 'evicted']) await send('POST', pods, { body: pod(name) })
    await hook.configure('mutating', {}, '*/*')
    hook.answer = () => changing({ op: 'replace', path: '/spec/replicas', value: 2 })
    const scaled = await send('PATCH', `${deployments}/capped/scale`, patchWish('merge', { spec: { replicas: 9 } }))
    assert.deepEqual([scaled.code, scaled.json['spec'].replicas], [200, 2])
    hook.answer = () => changing({ op: 'replace', path: '/target/name', value: 'n2' })
    await send('POST', `${pods}/moved/binding`, { body: { metadata: { name: 'moved' }, target } })
    assert.equal((await send('GET', `${pods}/moved`)).json['spec'].nodeName, 'n2')
    hook.answer = () => changing({ op: 'add', path: '/deleteOptions', value: { gracePeriodSeconds: 3 } })
    await send('POST', `${pods}/moved/eviction`, { body: { metadata: { name: 'moved' } } })
    assert.equal((await send('GET', `${pods}/moved`)).json['metadata'].deletionGracePeriodSeconds, 3)
    hook.answer = () => ({ allowed: false })
    for (const [path, body] of [
      [`${pods}/kept/binding`, { metadata: { name: 'kept' }, target }],
      [`${pods}/kept/eviction`, { metadata: { name: 'kept' } }],
      [`${accounts}/default/token`, { spec: {} }],
    ] as const)
      assert.equal((await send('POST', path, { body })).code, 400, path)
    const kept = await send('GET', `${pods}/kept`)
    assert.deepEqual([kept.json['spec'].nodeName, kept.json['metadata'].deletionTimestamp], [undefined, undefined])
  })

  test('others change no more than the request may', async () => {
    await send('POST', pods, { body: pod('fixed') })
    await hook.configure('mutating', {}, '*/*')
    hook.answer = () =>
      changing(
        { op: 'replace', path: '/spec/containers/0/image', value: 'other' },
        { op: 'add', path: '/status/message', value: 'theirs' },
        { op: 'add', path: '/metadata/labels', value: { seen: 'yes' } },
      )
    const images = (json: Json) => [json['spec'].containers[0].image, json['status'].message, json['metadata'].labels?.seen]
    const status = await send('PATCH', `${pods}/fixed/status`, patchWish('merge', { status: { reason: 'r' } }))
    assert.deepEqual(images(status.json), ['nginx', 'theirs', 'yes'])
    const whole = await send('PATCH', `${pods}/fixed`, patchWish('merge', { metadata: { labels: { a: 'b' } } }))
    assert.deepEqual(images(whole.json), ['other', 'theirs', 'yes'])
    hook.answer = () =>
      changing({ op: 'add', path: '/metadata/uid', value: 'mine' }, { op: 'add', path: '/status', value: { message: 'x' } })
    const { json } = await send('POST', pods, { body: pod('fresh') })
    assert.deepEqual([json['metadata'].uid === 'mine', json['status'].message, json['status'].phase], [false, undefined, 'Pending'])
  })
})
