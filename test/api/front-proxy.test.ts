// Users whom a front proxy names: believed by its certificate, request by request, and by nothing else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { issue } from '../../src/platform/certificate.ts'
import { type Requests, requestsOver, type Wish } from '../testkit/api-requests.ts'
import { configMaps, overBothProtocols } from './setup.ts'

const hourMs = 3_600_000

overBothProtocols(api => {
  const by = async (pair: { readonly certificate: string; readonly key: string }, work: (requests: Requests) => Promise<void>) => {
    const { ca } = api.server.pki
    const requests = requestsOver(api.admin.protocol, api.server.url, { ca: ca.certificate, cert: pair.certificate, key: pair.key })
    try {
      await work(requests)
    } finally {
      requests.close()
    }
  }
  const whoIs = async (requests: Requests, headers: Wish['headers'] = {}) => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
    const { code, json } = await requests.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body, headers })
    return code === 201 ? json['status'].userInfo : code
  }
  const issued = (commonName: string, authority: { readonly certificate: string; readonly key: string }) => {
    const now = Date.now()
    return issue({ subject: { commonName }, usage: 'client', notBefore: now - hourMs, notAfter: now + hourMs }, authority)
  }
  const alice = { 'x-remote-user': 'alice', 'x-remote-group': ['devs', 'a, system:masters'], 'x-remote-extra-scopes': 'all' }

  test('a front proxy speaks for whom it names, each time anew', () =>
    by(api.server.pki.frontProxyClient, async proxy => {
      const groups = ['devs', 'a, system:masters', 'system:authenticated']
      assert.deepEqual(await whoIs(proxy, alice), { username: 'alice', groups, extra: { scopes: ['all'] } })
      const bob = { 'x-remote-user': 'bob', 'x-remote-uid': '7', 'x-remote-group': 'system:masters' }
      assert.deepEqual(await whoIs(proxy, bob), { username: 'bob', uid: '7', groups: ['system:masters', 'system:authenticated'] })
      assert.equal((await proxy.send('GET', configMaps, { headers: bob })).code, 200)
      assert.equal((await proxy.send('GET', configMaps, { headers: alice })).code, 403)
      assert.equal(await whoIs(proxy), 401)
    }))

  test('nobody else does', async () => {
    assert.equal((await whoIs(api.admin, alice)).username, 'kubernetes-admin')
    assert.equal((await api.nobody.send('GET', configMaps, { headers: alice })).json['message'].includes('system:anonymous'), true)
    const { ca, frontProxyCa } = api.server.pki
    await by(issued('front-proxy-client', ca), async requests =>
      assert.equal((await whoIs(requests, alice)).username, 'front-proxy-client'),
    )
    await by(issued('somebody', frontProxyCa), async requests => assert.equal(await whoIs(requests, alice), 401))
    await by(issued('admin', issued('unknown', ca)), async requests => assert.equal(await whoIs(requests, alice), 401))
  })

  test('the cluster tells by which settings', async () => {
    const { json } = await api.admin.send('GET', '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication')
    assert.deepEqual(json['data'], {
      'client-ca-file': api.server.pki.ca.certificate,
      'requestheader-allowed-names': '["front-proxy-client"]',
      'requestheader-client-ca-file': api.server.pki.frontProxyCa.certificate,
      'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
      'requestheader-uid-headers': '["X-Remote-Uid"]',
      'requestheader-username-headers': '["X-Remote-User"]',
    })
  })
})
