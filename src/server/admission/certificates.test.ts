import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CertificateSigningRequest } from '../../api/certificates/certificate-signing-request.ts'
import { requestFor } from '../../api/certificates/testkit.ts'
import { stored } from '../../api/testkit.ts'
import type { Draft } from '../../schema/schema.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import type { Call } from '../call.ts'
import { resourceFor } from '../resource.ts'
import type { Storage } from '../storage.ts'
import type { AdmissionPlugin } from './admission.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts'

type Request = CertificateSigningRequest

/** Allows these, as `verb signer`. */
function allowing(...allowed: readonly string[]): Authorizer {
  return {
    authorize: ({ verb, group, resource, name }) => {
      assert.deepEqual([group, resource], ['certificates.k8s.io', 'signers'])
      return { verdict: allowed.includes(`${verb} ${name}`) ? 'allow' : 'no-opinion', reason: '' }
    },
    rulesFor: () => ({ rules: [], errors: [] }),
  }
}

function csr(status: Draft<Request>['status'] = {}, signerName = 'example.com/a', organizations: readonly string[] = []): Request {
  return stored(CertificateSigningRequest, {
    metadata: { name: 'r' },
    spec: { request: requestFor({ commonName: 'jane', organizations }), signerName, usages: ['client auth'] },
    status,
  })
}

function admit(plugin: AdmissionPlugin, operation: 'CREATE' | 'UPDATE', subresource: string, object: Request, previous?: Request): void {
  const call = { resource: resourceFor(CertificateSigningRequest), user: { username: 'u', groups: [] } } as unknown as Call
  plugin.validate?.({ operation, call, subresource, kind: CertificateSigningRequest, object, previous }, {} as Storage)
}
const forbidden = (why: string) => ({
  reason: 'Forbidden',
  message: `certificatesigningrequests.certificates.k8s.io "r" is forbidden: ${why}`,
})

test('who approves needs leave for the signer, or for its domain', () => {
  const approve = (authorizer: Authorizer) => admit(certificateApproval(authorizer), 'UPDATE', 'approval', csr(), csr())
  assert.doesNotThrow(() => approve(allowing('approve example.com/a')))
  assert.doesNotThrow(() => approve(allowing('approve example.com/*')))
  const why = 'user not permitted to approve requests with signerName "example.com/a"'
  assert.throws(() => approve(allowing('sign example.com/a', 'approve example.com/b')), forbidden(why))
  assert.doesNotThrow(() => admit(certificateApproval(allowing()), 'UPDATE', '', csr(), csr()))
})

test('who signs needs leave for the signer', () => {
  const sign = (authorizer: Authorizer, status: Draft<Request>['status']) =>
    admit(certificateSigning(authorizer), 'UPDATE', 'status', csr(status), csr())
  assert.doesNotThrow(() => sign(allowing('sign example.com/a'), { certificate: 'AQ==' }))
  assert.doesNotThrow(() => sign(allowing(), {}), 'nothing is changed')
  const why = 'user not permitted to sign requests with signerName "example.com/a"'
  assert.throws(() => sign(allowing('approve example.com/a'), { certificate: 'AQ==' }), forbidden(why))
  assert.throws(() => sign(allowing(), { conditions: [{ type: 'Failed', status: 'True' }] }), forbidden(why))
})

test('nobody becomes a master by a certificate', () => {
  const create = (request: Request) => admit(certificateSubjectRestriction, 'CREATE', '', request)
  const client = 'kubernetes.io/kube-apiserver-client'
  assert.doesNotThrow(() => create(csr({}, client, ['dev'])))
  assert.doesNotThrow(() => create(csr({}, 'example.com/a', ['system:masters'])))
  const why = `use of ${client} signer with system:masters group is not allowed`
  assert.throws(() => create(csr({}, client, ['dev', 'system:masters'])), forbidden(why))
  const broken = csr({}, client)
  assert.throws(
    () => create({ ...broken, spec: { ...broken.spec, request: 'AQ==' } }),
    forbidden('failed to parse CSR: PEM block type must be CERTIFICATE REQUEST'),
  )
})
