// Bootstrap tokens on a real API server with the controllers at work: who shows one is known by it, and cluster-info is signed with it.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Json, type Requests, requestsOver } from '../testkit/api-requests.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'
import { type Controllers, startControllers } from '../testkit/controllers.ts'
import { eventually } from '../testkit/waiting.ts'

const secrets = '/api/v1/namespaces/kube-system/secrets'
const configMaps = '/api/v1/namespaces/kube-public/configmaps'
const token = 'abcdef.0123456789abcdef'

function secretOf(more: Json = {}): Json {
  const fields = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true' }
  const stringData = { ...fields, 'usage-bootstrap-signing': 'true', ...more }
  return { metadata: { name: 'bootstrap-token-abcdef' }, type: 'bootstrap.kubernetes.io/token', stringData }
}

describe('Bootstrap tokens on a real API server', () => {
  let t: TestServer
  let admin: Requests
  let nobody: Requests
  let controllers: Controllers

  before(async () => {
    t = await startTestServer()
    const { ca, admin: pair } = t.pki
    admin = requestsOver('HTTP/2', t.url, { ca: ca.certificate, cert: pair.certificate, key: pair.key })
    nobody = requestsOver('HTTP/2', t.url, { ca: ca.certificate })
    controllers = startControllers(t)
  })
  after(async () => {
    await controllers.stop()
    admin.close()
    nobody.close()
    await t.close()
  })

  const whoIs = () =>
    nobody.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {}, headers: { authorization: `Bearer ${token}` } })

  it('authenticates, as long as its secret is there', async () => {
    assert.equal((await whoIs()).code, 401)
    assert.equal(
      (await admin.send('POST', secrets, { body: secretOf({ 'auth-extra-groups': 'system:bootstrappers:kubeadm:x' }) })).code,
      201,
    )
    const user = {
      username: 'system:bootstrap:abcdef',
      groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm:x', 'system:authenticated'],
    }
    const asked = await whoIs()
    assert.deepEqual([asked.code, asked.json['status'].userInfo], [201, user])
    const review = await admin.send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: { token } } })
    assert.deepEqual([review.json['status'].authenticated, review.json['status'].user], [true, user])
    assert.equal((await admin.send('DELETE', `${secrets}/bootstrap-token-abcdef`)).code, 200)
    assert.equal((await whoIs()).code, 401)
  })

  it('signs cluster-info until the token has expired and gone', async () => {
    const signature = async () => (await admin.send('GET', `${configMaps}/cluster-info`)).json['data']['jws-kubeconfig-abcdef']
    await admin.send('POST', configMaps, { body: { metadata: { name: 'cluster-info' }, data: { kubeconfig: 'k' } } })
    await admin.send('POST', secrets, { body: secretOf() })
    await eventually('the signature', async () => assert.match((await signature()) ?? '', /^[\w-]+\.\.[\w-]+$/))
    const expired = { stringData: { expiration: '2020-01-01T00:00:00Z' } }
    const headers = { 'content-type': 'application/merge-patch+json' }
    assert.equal((await admin.send('PATCH', `${secrets}/bootstrap-token-abcdef`, { body: expired, headers })).code, 200)
    await eventually('the end of the token', async () =>
      assert.deepEqual([(await admin.send('GET', `${secrets}/bootstrap-token-abcdef`)).code, await signature()], [404, undefined]),
    )
  })
})
