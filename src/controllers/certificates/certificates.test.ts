import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  type CertificateSigningRequest,
  CertificateSigningRequest as RequestKind,
  signers,
} from '../../api/certificates/certificate-signing-request.ts'
import { requestFor, type Wish } from '../../api/certificates/testkit.ts'
import type { Client } from '../../client/client.ts'
import { issue, subjectOf } from '../../platform/certificate.ts'
import { certificateAuthority } from '../../platform/signer.ts'
import type { Draft } from '../../schema/schema.ts'
import { before, decide, NOW, outcomeOf, stored, viewOf } from '../testing/decide.ts'
import { certificateApprovingController as approving } from './approving.ts'
import { certificateCleaningController as cleaning } from './cleaning.ts'
import { certificateSigningController } from './signing.ts'

type Request = CertificateSigningRequest

const kubelet: Wish = { commonName: 'system:node:n1', organizations: ['system:nodes'] }
const kubeletUsages = ['key encipherment', 'digital signature', 'client auth'] as const
const approved = { type: 'Approved', status: 'True', lastUpdateTime: before(60) }

function csr(spec: Draft<Request>['spec'], status: Draft<Request>['status'] = {}, metadata: Draft<Request>['metadata'] = {}): Request {
  return stored(RequestKind, {
    metadata: { name: 'r', ...metadata },
    spec: {
      request: requestFor(kubelet),
      signerName: signers.apiServerClientKubelet,
      usages: kubeletUsages,
      username: 'system:node:n1',
      ...spec,
    },
    status,
  })
}

describe('approving', () => {
  /** The reviews that were asked for, and what was written, where these permissions hold. */
  async function approval(request: Request, ...permitted: readonly string[]): Promise<{ asked: string[]; written: string[] }> {
    const asked: string[] = []
    const create = async (_kind: unknown, { spec }: { spec: { user: string; resourceAttributes: { subresource: string } } }) => {
      asked.push(`${spec.user} ${spec.resourceAttributes.subresource}`)
      return { status: { allowed: permitted.includes(spec.resourceAttributes.subresource) } }
    }
    const view = viewOf([request])
    const facts = await approving.observe?.('r', { view, client: { create } as unknown as Client, now: NOW })
    const outcome = outcomeOf(approving, 'r', [request], { facts })
    const written = outcome.writes.map(w =>
      w.verb === 'update' ? `${w.subresource} ${(w.object as Request).status.conditions?.at(-1)?.message}` : w.verb,
    )
    return { asked, written: outcome.requeueAfterMs === undefined ? written : [...written, 'again'] }
  }
  const self = 'approval Auto approving self kubelet client certificate after SubjectAccessReview.'
  const any = 'approval Auto approving kubelet client certificate after SubjectAccessReview.'

  it('a kubelet renews its own certificate', async () => {
    assert.deepEqual(await approval(csr({}), 'selfnodeclient'), { asked: ['system:node:n1 selfnodeclient'], written: [self] })
    assert.deepEqual((await approval(csr({ usages: ['digital signature', 'client auth'] }), 'selfnodeclient')).written, [self])
  })
  it('a kubelet that joins gets its first', async () => {
    const joining = csr({ username: 'system:bootstrap:abc' })
    assert.deepEqual(await approval(joining, 'nodeclient', 'selfnodeclient'), {
      asked: ['system:bootstrap:abc nodeclient'],
      written: [any],
    })
  })
  it('without leave it waits', async () => {
    assert.deepEqual(await approval(csr({})), { asked: ['system:node:n1 selfnodeclient', 'system:node:n1 nodeclient'], written: ['again'] })
  })
  it('everything else is for others to decide', async () => {
    const others = [
      csr({ signerName: signers.kubeletServing }),
      csr({ usages: ['client auth'] }),
      csr({ usages: [...kubeletUsages, 'server auth'] }),
      csr({ request: requestFor({ ...kubelet, dnsNames: ['a'] }) }),
      csr({ request: requestFor({ ...kubelet, organizations: ['system:nodes', 'system:masters'] }) }),
      csr({ request: requestFor({ ...kubelet, commonName: 'jane' }) }),
      csr({}, { conditions: [approved] }),
      csr({}, { conditions: [{ type: 'Denied', status: 'True' }] }),
    ]
    for (const request of others) assert.deepEqual(await approval(request, 'selfnodeclient', 'nodeclient'), { asked: [], written: [] })
  })
})

const lifeMs = 10 * 365 * 24 * 3600 * 1000
const authority = issue({ subject: { commonName: 'kubernetes' }, usage: 'authority', notBefore: NOW - 1000, notAfter: NOW + lifeMs })
const signing = certificateSigningController(certificateAuthority(authority))
const ca = new X509Certificate(authority.certificate)

function signed(request: Request, now = NOW): Request['status'] {
  const [write] = outcomeOf(signing, 'r', [request], { now }).writes
  assert.ok(write?.verb === 'update' && write.subresource === 'status')
  return (write.object as Request).status
}
function certificateOf(spec: Draft<Request>['spec']): X509Certificate {
  const { certificate = '' } = signed(csr(spec, { conditions: [approved] }))
  return new X509Certificate(Buffer.from(certificate, 'base64'))
}

describe('signing', () => {
  it('a kubelet gets a certificate in its own name, good for a year', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const certificate = certificateOf({ request: requestFor({ ...kubelet, key }) })
    assert.ok(certificate.checkIssued(ca) && certificate.verify(ca.publicKey))
    assert.ok(createPublicKey(createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }))).equals(certificate.publicKey))
    assert.deepEqual(subjectOf(certificate), { commonName: 'system:node:n1', organizations: ['system:nodes'] })
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2'])
    assert.equal(certificate.ca, false)
    const minute = 60_000
    assert.equal(Date.parse(certificate.validFrom), NOW - 5 * minute)
    assert.equal(Date.parse(certificate.validTo), NOW + 365 * 24 * 60 * minute - 5 * minute)
  })
  it('a serving certificate bears the names that were asked for, on any kind of key', () => {
    const request = requestFor({
      ...kubelet,
      dnsNames: ['n1'],
      ipAddresses: ['172.30.0.2'],
      key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    })
    const usages = ['digital signature', 'key encipherment', 'server auth'] as const
    const certificate = certificateOf({ request, usages, signerName: signers.kubeletServing })
    assert.ok(certificate.verify(ca.publicKey))
    assert.equal(certificate.checkHost('n1'), 'n1')
    assert.equal(certificate.checkIP('172.30.0.2'), '172.30.0.2')
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  })
  it('a client gets what it asks for, for as long as it asks within bounds', () => {
    const lifeOf = (expirationSeconds: number) => {
      const spec = {
        request: requestFor({ commonName: 'jane', organizations: ['dev'] }),
        usages: ['client auth'] as const,
        signerName: signers.apiServerClient,
      }
      return (Date.parse(certificateOf({ ...spec, expirationSeconds }).validTo) - NOW) / 1000
    }
    assert.equal(lifeOf(600), 600)
    assert.equal(lifeOf(3600 * 8), 3600 * 8 - 300)
    assert.equal(lifeOf(10 * 365 * 24 * 3600), 365 * 24 * 3600 - 300)
  })
  it('no certificate outlives its authority', () => {
    const shortAuthority = issue({
      subject: { commonName: 'kubernetes' },
      usage: 'authority',
      notBefore: NOW - 1000,
      notAfter: NOW + 3_600_000,
    })
    const reconciler = certificateSigningController(certificateAuthority(shortAuthority))
    const [write] = outcomeOf(reconciler, 'r', [csr({}, { conditions: [approved] })]).writes
    assert.ok(write?.verb === 'update')
    const { certificate = '' } = (write.object as Request).status
    assert.equal(Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo), NOW + 3_600_000)
  })
  it('what the signer does not sign has failed', () => {
    const serving = { signerName: signers.kubeletServing, usages: ['digital signature', 'server auth'] as const }
    const client = { signerName: signers.apiServerClient }
    const cases: readonly (readonly [spec: Draft<Request>['spec'], message: string])[] = [
      [{ request: requestFor({ commonName: 'system:node:n1' }) }, 'subject organization is not system:nodes'],
      [{ request: requestFor({ ...kubelet, commonName: 'n1' }) }, 'subject common name does not begin with system:node:'],
      [{ request: requestFor({ ...kubelet, dnsNames: ['a'] }) }, 'DNS subjectAltNames are not allowed'],
      [{ request: requestFor({ ...kubelet, ipAddresses: ['10.0.0.1'] }) }, 'IP subjectAltNames are not allowed'],
      [{ request: requestFor({ ...kubelet, uris: ['a:b'] }) }, 'URI subjectAltNames are not allowed'],
      [{ usages: ['client auth'] }, 'usages did not match [client auth digital signature key encipherment]'],
      [serving, 'DNS or IP subjectAltName is required'],
      [
        { ...serving, request: requestFor({ ...kubelet, dnsNames: ['a'], emailAddresses: ['a@b'] }) },
        'Email subjectAltNames are not allowed',
      ],
      [{ ...client, usages: ['server auth'] }, 'invalid usage for client certificate: server auth'],
      [{ ...client, usages: ['digital signature'] }, 'missing required usage for client certificate: client auth'],
    ]
    for (const [spec, message] of cases) {
      const { certificate, conditions } = signed(csr(spec, { conditions: [approved] }))
      assert.equal(certificate, undefined)
      const { type, reason, message: said } = conditions?.at(-1) ?? {}
      assert.deepEqual([type, reason, said], ['Failed', 'SignerValidationFailure', message])
    }
  })
  it('what is not approved, has failed, is signed, or is for others, is left alone', () => {
    const others = [
      csr({}),
      csr({}, { conditions: [approved, { type: 'Denied', status: 'True' }] }),
      csr({}, { conditions: [approved, { type: 'Failed', status: 'True' }] }),
      csr({}, { conditions: [approved], certificate: 'AQ==' }),
      csr({ signerName: 'example.com/a' }, { conditions: [approved] }),
    ]
    for (const request of others) assert.deepEqual(decide(signing, 'r', [request]), [])
  })
})

describe('cleaning', () => {
  const certificate = (notAfter: number) => {
    const { certificate } = issue({ subject: { commonName: 'a' }, usage: 'client', notBefore: NOW - lifeMs, notAfter }, authority)
    return Buffer.from(certificate).toString('base64')
  }
  const lasting = certificate(NOW + lifeMs)
  const condition = (type: string, hours: number) => [{ type, status: 'True', lastUpdateTime: before(hours * 3600) }]
  const cases: readonly (readonly [name: string, status: Draft<Request>['status'], ageHours: number, goes: boolean])[] = [
    ['waiting', {}, 23, false],
    ['never answered', {}, 25, true],
    ['approved and not signed', { conditions: condition('Approved', 23) }, 30, false],
    ['approved and never signed', { conditions: condition('Approved', 25) }, 30, true],
    ['just signed', { conditions: condition('Approved', 0.5), certificate: lasting }, 30, false],
    ['signed', { conditions: condition('Approved', 1.5), certificate: lasting }, 2, true],
    ['expired', { conditions: condition('Approved', 0.5), certificate: certificate(NOW - 1000) }, 1, true],
    ['just denied', { conditions: condition('Denied', 0.5) }, 30, false],
    ['denied', { conditions: condition('Denied', 1.5) }, 2, true],
    ['failed', { conditions: condition('Failed', 1.5) }, 2, true],
  ]
  for (const [name, status, ageHours, goes] of cases)
    it(`a request that was ${name} ${goes ? 'goes' : 'stays'}`, () => {
      const request = csr({}, status, { creationTimestamp: before(ageHours * 3600) })
      const outcome = outcomeOf(cleaning, 'r', [request])
      assert.deepEqual(decide(cleaning, 'r', [request]), goes ? ['delete CertificateSigningRequest r'] : [])
      if (goes) return
      const later = outcomeOf(cleaning, 'r', [request], { now: NOW + (outcome.requeueAfterMs ?? 0) })
      assert.equal(later.writes.length, 1, 'it is looked at again when its time has come')
    })
})
