// Certificates that are asked for, approved and signed on a real API server with the controllers at work: who shows one is known by it.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { newEcKey, requestFor, type Wish } from '../../src/api/certificates/testkit.ts'
import type { Logger } from '../../src/base/logger.ts'
import { issue, keyToPem } from '../../src/platform/certificate.ts'
import { certificateAuthority } from '../../src/platform/signer.ts'
import { type Json, type Requests, requestsOver } from '../testkit/api-requests.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'
import { type Controllers, startControllers } from '../testkit/controllers.ts'
import { eventually } from '../testkit/waiting.ts'

const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const clientUsages = ['digital signature', 'client auth']

let t: TestServer
let admin: Requests
const opened: Requests[] = []
const complaints: string[] = []
let controllers: Controllers

/** Whoever shows this certificate. */
function as(pair: { readonly certificate: string; readonly key: string }): Requests {
  const client = requestsOver('HTTP/2', t.url, { ca: t.pki.ca.certificate, cert: pair.certificate, key: pair.key })
  opened.push(client)
  return client
}
async function whoIs(client: Requests): Promise<Json> {
  const review = await client.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {} })
  return review.json['status'].userInfo
}
function csr(name: string, wish: Wish, spec: Json): Json {
  return { metadata: { name }, spec: { request: requestFor(wish), usages: clientUsages, ...spec } }
}
async function certificateOf(name: string): Promise<string> {
  let certificate = ''
  await eventually(`the certificate of ${name}`, async () => {
    certificate = (await admin.send('GET', `${requests}/${name}`)).json['status'].certificate ?? ''
    assert.notEqual(certificate, '')
  })
  return Buffer.from(certificate, 'base64').toString()
}

before(async () => {
  t = await startTestServer()
  admin = as(t.pki.admin)
  const complain = (message: string, fields?: object) => void complaints.push(`${message} ${JSON.stringify(fields)}`)
  const logger: Logger = { info() {}, warn: complain, error: complain }
  controllers = startControllers(t, { certificateAuthority: certificateAuthority(t.pki.ca) }, logger)
})
after(async () => {
  await controllers.stop()
  for (const client of opened) client.close()
  await t.close()
})

describe('Certificates on a real API server', () => {
  it('a user becomes known by what an administrator approves', async () => {
    const key = newEcKey()
    const body = csr(
      'jane',
      { commonName: 'jane', organizations: ['dev'], key },
      { signerName: 'kubernetes.io/kube-apiserver-client', username: 'root' },
    )
    const made = await admin.send('POST', requests, { body })
    assert.deepEqual([made.code, made.json['spec'].username, made.json['status']], [201, 'kubernetes-admin', {}])
    assert.ok(made.json['spec'].groups.includes('system:authenticated'))
    const conditions = [{ type: 'Approved', status: 'True', reason: 'KubectlApprove', message: 'as asked' }]
    const put = await admin.send('PUT', `${requests}/jane/approval`, {
      body: { ...made.json, status: { conditions, certificate: 'AQ==' } },
    })
    assert.equal(put.code, 200, put.text)
    assert.deepEqual(Object.keys(put.json['status']), ['conditions'], 'approval writes nothing but conditions')
    assert.ok(put.json['status'].conditions[0].lastTransitionTime)
    const user = await whoIs(as({ certificate: await certificateOf('jane'), key: keyToPem(key) }))
    assert.deepEqual([user['username'], user['groups']], ['jane', ['dev', 'system:authenticated']])
  })

  it('a kubelet gets a new certificate by itself', async () => {
    const name = 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient'
    const binding = {
      metadata: { name: 'rotation' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
    }
    assert.equal((await admin.send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { body: binding })).code, 201)
    const subject = { commonName: 'system:node:n1', organizations: ['system:nodes'] }
    const now = Date.now()
    const kubelet = as(issue({ subject, usage: 'client', notBefore: now - 60_000, notAfter: now + 3_600_000 }, t.pki.ca))
    const key = newEcKey()
    const body = csr('n1', { ...subject, key }, { signerName: 'kubernetes.io/kube-apiserver-client-kubelet' })
    assert.equal((await kubelet.send('POST', requests, { body })).code, 201)
    const renewed = as({ certificate: await certificateOf('n1'), key: keyToPem(key) })
    assert.equal((await whoIs(renewed))['username'], 'system:node:n1')
    const denied = await kubelet.send('PUT', `${requests}/n1/approval`, { body: {} })
    assert.equal(denied.code, 403, 'it does not approve for others')
  })

  it('what is asked for cannot be changed, nor named a master, and is found by its signer', async () => {
    const body = csr('team', { commonName: 'a' }, { signerName: 'example.com/team' })
    const made = (await admin.send('POST', requests, { body })).json
    const changed = await admin.send('PUT', `${requests}/team`, { body: { ...made, spec: { ...made['spec'], usages: ['any'] } } })
    assert.deepEqual([changed.code, changed.json['spec'].usages], [200, clientUsages])
    const master = csr('m', { commonName: 'a', organizations: ['system:masters'] }, { signerName: 'kubernetes.io/kube-apiserver-client' })
    assert.equal((await admin.send('POST', requests, { body: master })).code, 403)
    const found = await admin.send('GET', `${requests}?fieldSelector=spec.signerName%3Dexample.com/team`)
    assert.deepEqual(
      found.json['items'].map((item: Json) => item['metadata'].name),
      ['team'],
    )
    const both = [
      { type: 'Approved', status: 'True' },
      { type: 'Denied', status: 'True' },
    ]
    const wrong = await admin.send('PUT', `${requests}/team/approval`, { body: { ...changed.json, status: { conditions: both } } })
    assert.equal(wrong.code, 422)
  })

  it('nothing failed', () => assert.deepEqual(complaints, []))
})
