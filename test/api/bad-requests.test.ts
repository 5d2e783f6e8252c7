// What is wrong with a request is said clearly, and is never the server's failure.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from 'node:tls'
import type { Wish } from '../testkit/api-requests.ts'
import { collection, configMap, configMaps, deployments, overBothProtocols, patchWish, pod, pods, startApi } from './setup.ts'

const typed = (type: string, body: unknown): Wish => ({ body, headers: { 'content-type': type } })

overBothProtocols(api => {
  test('a body that is too large, announced or not', async () => {
    const body = JSON.stringify(configMap('large', { text: 'x'.repeat(4 * 1024 * 1024) }))
    for (const chunked of [false, true]) {
      const refused = await api.admin.send('POST', configMaps, { body, chunked })
      assert.deepEqual(
        [refused.code, refused.json['reason'], refused.json['message']],
        [413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728'],
      )
    }
    assert.equal((await api.admin.send('GET', '/version')).code, 200)
    assert.equal((await api.admin.send('GET', `${configMaps}/large`)).code, 404)
  })

  test('text that is no JSON, or not the JSON that is meant', async () => {
    const rows: [string, number, RegExp][] = [
      ['', 400, /unexpected end of JSON input/],
      ['{', 400, /unexpected end of JSON input/],
      ['{"a":}', 400, /invalid character '}' looking for beginning of value/],
      ['nonsense', 400, /invalid character 'o' in literal null/],
      ['[]', 400, /cannot unmarshal array/],
      ['"x"', 400, /cannot unmarshal string/],
      ['null', 400, /cannot unmarshal null/],
      ['{"kind":"Secret","metadata":{"name":"x"}}', 400, /Secret/],
      [
        '{"apiVersion":"v2","metadata":{"name":"x"}}',
        400,
        /the API version in the data \(v2\) does not match the expected API version \(v1\)/,
      ],
      ['{"metadata":"x"}', 400, /json: cannot unmarshal string into Go struct field ConfigMap\.metadata of type/],
      ['{"metadata":{"name":5}}', 400, /json: cannot unmarshal number into Go struct field ObjectMeta\.metadata\.name of type string/],
      [
        '{"metadata":{"name":"x"},"data":{"a":1}}',
        400,
        /json: cannot unmarshal number into Go struct field ConfigMap\.data of type string/,
      ],
      [
        '{"metadata":{"name":"x","namespace":"elsewhere"}}',
        400,
        /the namespace of the provided object does not match the namespace sent on the request/,
      ],
      ['{"metadata":{"name":"x","resourceVersion":"5"}}', 400, /resourceVersion should not be set on objects to be created/],
      ['{"metadata":{}}', 422, /metadata\.name: Required value: name or generateName is required/],
      [
        '{"metadata":{"name":"Not_Good"}}',
        422,
        /ConfigMap "Not_Good" is invalid: metadata\.name: Invalid value: "Not_Good": a lowercase RFC 1123 subdomain/,
      ],
      [`{"metadata":{"name":"${'x'.repeat(300)}"}}`, 422, /must be no more than 253 (bytes|characters)/],
      ['{"metadata":{"name":"x","labels":{"a b":"c"}}}', 422, /metadata\.labels: Invalid value: "a b"/],
      ['{"metadata":{"name":"x","labels":{"a":"c d"}}}', 422, /metadata\.labels: Invalid value: "c d"/],
      [`{"metadata":{"name":"x","labels":${'['.repeat(5000)}${']'.repeat(5000)}}}`, 400, /exceeded max depth/],
      ['{"metadata":{"name":"x"},"data":{"__proto__":"y","constructor":"z"}}', 201, /./],
    ]
    for (const [body, code, message] of rows) {
      const answer = await api.admin.send('POST', `${configMaps}?dryRun=All`, { body })
      assert.equal(answer.code, code, `${body.slice(0, 80)}: ${answer.text}`)
      if (code !== 201) assert.match(answer.json['message'], message)
    }
  })

  test('YAML that is wrong', async () => {
    for (const text of ['a: [', '\tx: 1', 'a: b: c', '--- 1\n--- 2', 'a: &x [*x]', `${'['.repeat(3000)}${']'.repeat(3000)}`]) {
      const answer = await api.admin.send('POST', configMaps, typed('application/yaml', text))
      assert.equal(answer.code, 400, text.slice(0, 20))
      assert.match(answer.json['message'], /error converting YAML to JSON: |cannot unmarshal|cannot be handled/)
    }
    const laughs = `a: &a [${'x,'.repeat(10)}]\nb: &b [${'*a,'.repeat(10)}]\nc: &c [${'*b,'.repeat(10)}]\nd: [${'*c,'.repeat(10)}]`
    assert.equal((await api.admin.send('POST', configMaps, typed('application/yaml', laughs))).code, 400)
  })

  test('every error of a field has its cause', async () => {
    const broken = pod('broken', { containers: [{ name: 'A', image: '', ports: [{ containerPort: 99999 }] }], restartPolicy: 'Sometimes' })
    const { code, json } = await api.admin.send('POST', pods, { body: broken })
    assert.equal(code, 422)
    assert.match(json['message'], /^Pod "broken" is invalid: \[/)
    const causes: { field: string; reason: string }[] = json['details'].causes
    assert.deepEqual(causes.map(c => `${c.field} ${c.reason}`).sort(), [
      'spec.containers[0].image FieldValueRequired',
      'spec.containers[0].name FieldValueInvalid',
      'spec.containers[0].ports[0].containerPort FieldValueInvalid',
      'spec.restartPolicy FieldValueNotSupported',
    ])
    assert.deepEqual([json['details'].name, json['details'].kind], ['broken', 'Pod'])
  })

  test('media types', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense'])
      assert.equal((await api.admin.send('POST', configMaps, typed(type, '{}'))).code, 415, type)
    for (const accept of ['text/html', 'application/xml', 'application/json;as=Table;g=meta.k8s.io;v=v9', 'nonsense']) {
      const answer = await api.admin.send('GET', configMaps, { headers: { accept } })
      assert.deepEqual([answer.code, answer.json['reason']], [406, 'NotAcceptable'], accept)
    }
    for (const accept of ['*/*', 'text/html, application/json;q=0.5', 'application/json; charset=utf-8', 'application/xml,*/*;q=0.1'])
      assert.equal((await api.admin.send('GET', configMaps, { headers: { accept } })).code, 200, accept)
  })

  test('a refused Accept has changed nothing', async () => {
    const refused = await api.admin.send('POST', configMaps, {
      body: configMap('unseen'),
      headers: { accept: 'text/html', 'content-type': 'application/json' },
    })
    assert.equal(refused.code, 406)
    assert.equal((await api.admin.send('GET', `${configMaps}/unseen`)).code, 404)
  })

  test('paths and methods that there are not', async () => {
    const rows: [string, string, number][] = [
      ['GET', '/nothing', 404],
      ['GET', '/api/v2', 404],
      ['GET', '/api/v2/pods', 404],
      ['GET', '/apis/nothing/v1/things', 404],
      ['GET', '/apis/apps/v9/deployments', 404],
      ['GET', '/api/v1/nothings', 404],
      ['GET', `${pods}/x/nothing`, 404],
      ['GET', '/openapi/v3/apis/nothing/v1', 404],
      ['GET', '/livez/nothing', 404],
      ['GET', '/api/v1/namespaces/test/nodes', 404],
      ['PUT', configMaps, 405],
      ['PATCH', configMaps, 405],
      ['POST', `${configMaps}/x`, 405],
      ['POST', '/api/v1/configmaps', 405],
      ['GET', '/api/v1/configmaps/x', 404],
      ['OPTIONS', configMaps, 405],
      ['DELETE', '/version', 405],
      ['GET', collection('bindings'), 405],
      ['DELETE', '/api/v1/namespaces', 405],
    ]
    for (const [method, path, code] of rows) {
      const answer = await api.admin.send(method, path, method === 'GET' ? {} : { body: '{}' })
      assert.equal(answer.code, code, `${method} ${path}: ${answer.text}`)
      assert.equal(answer.json['kind'], 'Status')
    }
  })

  test('absurd URLs get an answer', async () => {
    const rows = [
      '//',
      '///api/v1/pods',
      '/api//v1',
      '/api/v1/',
      '/api/v1/namespaces/',
      '/api/v1/namespaces//pods',
      '/api/v1/namespaces/test/pods/',
      '/api/v1/namespaces/test/pods//',
      '/api/v1/namespaces/test/pods/%00',
      '/api/v1/namespaces/test/pods/%',
      '/api/v1/namespaces/test/pods/%zz',
      '/api/v1/namespaces/test/pods/..%2f..%2fsecrets',
      '/api/v1/namespaces/../pods',
      '/api/v1/namespaces/%F0%9F%92%A9/pods',
      '/api/v1/pods?',
      '/api/v1/pods??&&==&%',
      '/api/v1/pods?limit=1&limit=2',
      '/api/v1/pods?labelSelector=%00',
      '/api/v1/pods?resourceVersion=1e3',
      '/api/v1/pods?__proto__=1&constructor=2',
      `/api/v1/pods?labelSelector=${'a'.repeat(5000)}`,
      `/${'a/'.repeat(2000)}`,
      '/apis/__proto__/constructor/toString',
      '/openapi/v3/__proto__',
      '/livez/__proto__',
      '/readyz/constructor',
      '/api/v1/watch',
      '/api/v1/watch/pods/x/y/z?timeoutSeconds=1',
    ]
    for (const path of rows) {
      const { code } = await api.admin.send('GET', path)
      assert.ok(code >= 200 && code < 500, `${path}: ${code}`)
    }
  })

  test('patches that are none', async () => {
    await api.admin.send('POST', configMaps, { body: configMap('target') })
    const at = `${configMaps}/target`
    const rows: [Wish, number][] = [
      [patchWish('json', {}), 400],
      [patchWish('json', [{ op: 'fly', path: '/x' }]), 400],
      [patchWish('json', [{ op: 'remove', path: '/data/x' }]), 422],
      [patchWish('json', [{ op: 'replace', path: '', value: [] }]), 400],
      [patchWish('json', [{ op: 'replace', path: '', value: null }]), 400],
      [patchWish('merge', '['), 400],
      [patchWish('merge', []), 400],
      [patchWish('merge', { metadata: null }), 400],
      [patchWish('merge', { metadata: 'x' }), 400],
      [patchWish('merge', { kind: 'Secret' }), 400],
      [patchWish('merge', { data: [] }), 400],
      [patchWish('strategic', 'null'), 400],
      [patchWish('strategic', { $patch: 'explode' }), 400],
      [patchWish('strategic', { metadata: { finalizers: 'x' } }), 400],
    ]
    for (const [wish, code] of rows) {
      const answer = await api.admin.send('PATCH', at, wish)
      assert.equal(answer.code, code, `${JSON.stringify(wish.body)}: ${answer.text}`)
    }
    const bad = await api.admin.send('PATCH', `${deployments}/nobody`, patchWish('strategic', {}))
    assert.equal(bad.code, 404)
  })
})

test('what is no HTTP/1.1 is told so', async t => {
  const api = await startApi('HTTP/1.1')
  t.after(() => api.close())
  const { url, pki } = api.server
  for (const [text, expected] of [
    ['NONSENSE / HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['GET /\u00fc HTTP/1.1\r\n', /^HTTP\/1\.1 400 /],
  ] as const) {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: pki.ca.certificate, ALPNProtocols: ['http/1.1'] })
    socket.on('error', () => {})
    socket.write(text)
    let answer = ''
    for await (const chunk of socket) answer += chunk
    assert.match(answer, expected)
  }
})
