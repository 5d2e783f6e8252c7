import assert from 'node:assert/strict'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { certify, issue, newKey, subjectOf } from './certificate.ts'
import { ensureClusterPki, type PkiPlan } from './pki.ts'

const dir = mkdtempSync(join(tmpdir(), 'pki-'))
after(() => rmSync(dir, { recursive: true, force: true }))
const dayMs = 24 * 60 * 60 * 1000
const now = Date.now()
const plan: PkiPlan = {
  apiServerNames: ['10.96.0.1', '172.30.0.1', 'fd00::1'],
  nodes: [
    { name: 'c-control-plane', addresses: ['172.30.0.2'] },
    { name: 'c-worker', addresses: ['172.30.0.3'] },
    { name: 'c-worker2', addresses: ['172.30.0.4'] },
  ],
}
const at = (name: string) => join(dir, name)

test('a cluster gets its authority and every identity, for the owner alone', () => {
  const pki = ensureClusterPki(at('a'), plan, now)
  const ca = new X509Certificate(pki.ca.certificate)
  assert.ok(ca.ca)
  const identities = [
    [pki.apiServerKubeletClient, 'kube-apiserver-kubelet-client', []],
    [pki.admin, 'kubernetes-admin', ['kubeadm:cluster-admins']],
    [pki.controllerManager, 'system:kube-controller-manager', []],
    [pki.scheduler, 'system:kube-scheduler', []],
    [pki.kubeProxy, 'system:kube-proxy', []],
    [pki.nodes.get('c-worker')!.client, 'system:node:c-worker', ['system:nodes']],
  ] as const
  for (const [pair, commonName, organizations] of identities) {
    const certificate = new X509Certificate(pair.certificate)
    assert.deepEqual(subjectOf(certificate), { commonName, organizations })
    assert.ok(certificate.checkIssued(ca) && certificate.verify(ca.publicKey), commonName)
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
    assert.equal(certificate.ca, false)
  }
  const frontProxyCa = new X509Certificate(pki.frontProxyCa.certificate)
  const frontProxy = new X509Certificate(pki.frontProxyClient.certificate)
  assert.equal(subjectOf(frontProxy).commonName, 'front-proxy-client')
  assert.ok(frontProxy.verify(frontProxyCa.publicKey) && !frontProxy.verify(ca.publicKey))
  const server = new X509Certificate(pki.apiServer.certificate)
  for (const host of ['kubernetes', 'kubernetes.default.svc.cluster.local', 'localhost']) assert.equal(server.checkHost(host), host)
  for (const ip of ['127.0.0.1', '10.96.0.1', '172.30.0.1', 'fd00::1', '::1']) assert.equal(server.checkIP(ip), ip)
  assert.equal(server.checkHost('example.com'), undefined)
  assert.equal(statSync(at('a/ca.key')).mode & 0o777, 0o600)
  assert.equal(statSync(at('a/nodes/c-worker/kubelet.key')).mode & 0o777, 0o600)
})

test('a second run changes nothing; a new node adds only its own', () => {
  const first = ensureClusterPki(at('b'), plan, now)
  const second = ensureClusterPki(at('b'), { ...plan, nodes: [...plan.nodes, { name: 'n4', addresses: [] }] }, now + dayMs)
  const { nodes: nodesBefore, ...before } = first
  const { nodes: nodesAfter, ...later } = second
  assert.deepEqual(later, before)
  assert.deepEqual([...nodesAfter].slice(0, 3), [...nodesBefore])
  assert.equal(nodesAfter.size, 4)
})

test('what expires soon, lost a name, lost its key or is damaged is made anew, and nothing else', () => {
  const first = ensureClusterPki(at('c'), plan, now)
  const renewed = ensureClusterPki(at('c'), plan, now + 340 * dayMs)
  assert.equal(renewed.ca.certificate, first.ca.certificate)
  assert.notEqual(renewed.admin.certificate, first.admin.certificate)
  const renamed = ensureClusterPki(at('c'), { ...plan, apiServerNames: [...plan.apiServerNames, 'host.example'] }, now + 340 * dayMs)
  assert.notEqual(renamed.apiServer.certificate, renewed.apiServer.certificate)
  assert.equal(renamed.admin.certificate, renewed.admin.certificate)
  writeFileSync(at('c/scheduler.key'), 'nonsense')
  rmSync(at('c/admin.crt'))
  const mended = ensureClusterPki(at('c'), plan, now + 340 * dayMs)
  assert.notEqual(mended.scheduler.certificate, renamed.scheduler.certificate)
  assert.notEqual(mended.admin.key, renamed.admin.key)
  assert.equal(mended.kubeProxy.key, renamed.kubeProxy.key)
  assert.equal(mended.serviceAccount.privateKey, first.serviceAccount.privateKey)
})

test('a new authority renews every leaf', () => {
  const first = ensureClusterPki(at('d'), plan, now)
  rmSync(at('d/ca.crt'))
  const second = ensureClusterPki(at('d'), plan, now)
  const ca = new X509Certificate(second.ca.certificate)
  for (const pair of [second.apiServer, second.admin, second.nodes.get('c-worker2')!.serving])
    assert.ok(new X509Certificate(pair.certificate).verify(ca.publicKey))
  assert.notEqual(second.admin.certificate, first.admin.certificate)
})

test('the files on disk are what was answered', () => {
  const pki = ensureClusterPki(at('e'), plan, now)
  assert.equal(readFileSync(at('e/apiserver.crt'), 'utf8'), pki.apiServer.certificate)
  assert.equal(readFileSync(at('e/sa.pub'), 'utf8'), pki.serviceAccount.publicKey)
})

test('TLS accepts them in both directions', async () => {
  const pki = ensureClusterPki(at('f'), plan, now)
  const server = createServer({
    ca: pki.ca.certificate,
    cert: pki.apiServer.certificate,
    key: pki.apiServer.key,
    requestCert: true,
    rejectUnauthorized: true,
  })
  const seen = new Promise<string>(resolve => server.on('secureConnection', s => resolve(String(s.getPeerCertificate().subject.CN))))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const client = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca: pki.ca.certificate,
    cert: pki.admin.certificate,
    key: pki.admin.key,
  })
  try {
    await new Promise<void>((resolve, reject) => client.once('secureConnect', resolve).once('error', reject))
    assert.ok(client.authorized)
    assert.equal(await seen, 'kubernetes-admin')
  } finally {
    client.destroy()
    server.close()
  }
})

test('a certificate can be signed over a public key alone', () => {
  const ca = issue({ subject: { commonName: 'x' }, usage: 'authority', notBefore: now, notAfter: now + dayMs })
  const publicKey = createPublicKey(newKey())
  const pem = certify(
    publicKey,
    { subject: { commonName: 'y' }, usage: 'server-and-client', notBefore: now, notAfter: Date.UTC(2060, 0) },
    ca,
  )
  const certificate = new X509Certificate(pem)
  assert.ok(certificate.publicKey.equals(publicKey))
  assert.equal(Date.parse(certificate.validTo), Date.UTC(2060, 0))
  assert.equal(certificate.keyUsage?.length, 2)
})
