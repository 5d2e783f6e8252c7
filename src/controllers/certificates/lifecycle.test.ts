// A request's whole life, with signer and cleaner at work: it is signed once it is approved, and gone an hour later.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CertificateSigningRequest, signers } from '../../api/certificates/certificate-signing-request.ts'
import { requestFor } from '../../api/certificates/testkit.ts'
import { issue } from '../../platform/certificate.ts'
import { certificateAuthority } from '../../platform/signer.ts'
import { TestControlPlane } from '../testing/control-plane.ts'
import { certificateCleaningController } from './cleaning.ts'
import { certificateSigningController } from './signing.ts'

test('a request is signed once, and cleaned up an hour after', async () => {
  const year = 365 * 24 * 3600 * 1000
  const start = new TestControlPlane([]).clock.now()
  const pair = issue({ subject: { commonName: 'kubernetes' }, usage: 'authority', notBefore: start - 1000, notAfter: start + year })
  const plane = new TestControlPlane([certificateSigningController(certificateAuthority(pair)), certificateCleaningController])
  const { client, clock } = plane
  await plane.start()
  const spec = { request: requestFor({ commonName: 'jane' }), signerName: signers.apiServerClient, usages: ['client auth'] as const }
  const made = await client.create(CertificateSigningRequest, { metadata: { name: 'r' }, spec })
  await clock.advance(10_000)
  assert.equal(client.all(CertificateSigningRequest)[0]?.status.certificate, undefined, 'not approved yet')

  const approved = { ...made, status: { conditions: [{ type: 'Approved', status: 'True' }] } }
  await client.update(CertificateSigningRequest, approved, { subresource: 'approval' })
  await clock.advance(10_000)
  const certificate = client.all(CertificateSigningRequest)[0]?.status.certificate
  assert.ok(certificate)
  assert.deepEqual(await plane.writesAfterRestart(), [], 'it is signed once')

  await clock.advance(3_000_000)
  assert.equal(plane.count(CertificateSigningRequest), 1)
  await clock.advance(700_000)
  assert.equal(plane.count(CertificateSigningRequest), 0)
  await plane.stop()
})
