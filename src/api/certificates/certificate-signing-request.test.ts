import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { issue } from '../../platform/certificate.ts'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { readCertificateRequest } from './certificate-request.ts'
import { CertificateSigningRequest } from './certificate-signing-request.ts'
import { newEcKey, requestFor } from './testkit.ts'

type Request = CertificateSigningRequest
const now = Date.parse('2026-01-01T00:00:00Z')

/** Made with OpenSSL: an RSA key, two organizations, names of three sorts. */
const openssl = `
-----BEGIN CERTIFICATE REQUEST-----
MIICsjCCAZoCAQAwKzEMMAoGA1UECgwDZGV2MQwwCgYDVQQKDANvcHMxDTALBgNV
BAMMBGphbmUwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQCsB+h/BcZj
iOyOyJJIVYhG+NnWE2H3FguwjxWJIO1wTf1SWyDt1a1ODEsuz4Vy/V32kVUp+Nou
9dTvWESWXql5a6fX04nqz98VUMB+FI0XRm48gGBJ51DJ/FdQ3JtSklIguffdv41X
yO/TbWbSOBBAMUa7S4BJxrL2/4FlXGQ9XcJCvbfUGqBYbi2Z5rEoc7t5hBtGRvun
LjS+VKV5tjSlBZa3QsIK+C6G2s0AhkAa1zZCxAt3fz+VLegkOZjCU14LsoamVcvq
H/+4SQY79s5eYzW45MtiPK2pgiJFu+TxVv+0omdoURsCZFLdr+jq8KPgxX1ZyHhB
XYLBgzNV8z2RAgMBAAGgQjBABgkqhkiG9w0BCQ4xMzAxMC8GA1UdEQQoMCaCCWEu
ZXhhbXBsZYcQ/QAAAAAAAAAAAAAAAAAAAYEHakBlLmNvbTANBgkqhkiG9w0BAQsF
AAOCAQEAF65SrF/Hguno85qOCkG6cnVLwzTOiX+UtJAWB1MNEfi3Mvdx2lyAZmQY
0LDe74Lhl5jX2nlFztNARnxMyJaVgISmx3P+F01lcnRKqOmsymHjbSblPAJxXoT8
nAJl0n2mer5BulHa2UA1zMvvWZZX1Z8bIX5GTC1hYP/IN+Fnz7IC5OSMLmIGlXK7
XoSg0339DFLJkwB3FkPOYLG6gQhvIUGEDwvXEfkq4tzD8aaCBlfq54xy/D25ZoLP
J/Q9TDCem9eDxBuqhWsJzfenne9JNJSXQx7GLS/KhLUWHicn9RzgqSXfUc3wtuXB
rMZ9o9442Ku8n+Y1D1zF1W99y6k6Zw==
-----END CERTIFICATE REQUEST-----
`

function csr(spec: Partial<Draft<Request>['spec']> = {}, status: Draft<Request>['status'] = {}): Request {
  const request = requestFor({ commonName: 'jane', organizations: ['dev'] })
  return stored(CertificateSigningRequest, { spec: { request, signerName: 'example.com/a', usages: ['client auth'], ...spec }, status })
}
const pem = (text: string) => Buffer.from(text).toString('base64')
const approved = { type: 'Approved', status: 'True', lastUpdateTime: '2026-01-01T00:00:00Z' }
const denied = { ...approved, type: 'Denied' }
const certificate = pem(issue({ subject: { commonName: 'a' }, usage: 'client', notBefore: now, notAfter: now + 1000 }).certificate)

test('a request is read as its maker meant it', () => {
  const parsed = readCertificateRequest(pem(openssl))
  assert.ok('request' in parsed)
  const { subject, dnsNames, emailAddresses, ipAddresses, uris, publicKey } = parsed.request
  assert.deepEqual(subject, { commonName: 'jane', organizations: ['dev', 'ops'] })
  assert.deepEqual([dnsNames, emailAddresses, uris], [['a.example'], ['j@e.com'], []])
  assert.equal(ipAddresses[0]?.toString('hex'), 'fd000000000000000000000000000001')
  assert.equal(publicKey.asymmetricKeyType, 'rsa')
})

test('keys of every common kind sign requests', () => {
  for (const key of [newEcKey(), generateKeyPairSync('ed25519').privateKey, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey])
    assert.ok('request' in readCertificateRequest(requestFor({ commonName: 'a', key })), key.asymmetricKeyType)
})

test('what is no request, or not signed by its own key, is refused', () => {
  const broken = Buffer.from(requestFor({ commonName: 'a' }), 'base64')
    .toString()
    .replace(/\n.{64}\n/, '\n')
  const cases: readonly (readonly [request: string, error: RegExp])[] = [
    ['', /PEM block type must be CERTIFICATE REQUEST/],
    [pem(openssl.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE')), /PEM block type must be CERTIFICATE REQUEST/],
    [pem(broken), /asn1/],
    [requestFor({ commonName: 'a', signedBy: newEcKey() }), /x509: invalid signature/],
  ]
  for (const [request, error] of cases) {
    const parsed = readCertificateRequest(request)
    assert.match('error' in parsed ? parsed.error : '', error)
  }
})

test('reading a request never throws, whatever the bytes', () => {
  const bytes = Buffer.from(requestFor({ commonName: 'a', dnsNames: ['b'] }), 'base64').toString()
  const der = Buffer.from(bytes.replace(/-----.*-----|\n/g, ''), 'base64')
  for (let at = 0; at < der.length; at++) {
    const changed = Buffer.from(der)
    changed[at] = (changed[at] ?? 0) ^ 0xff
    const body = changed.toString('base64')
    readCertificateRequest(pem(`-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`))
  }
})

test('the rules of a new request', () => {
  const cases: readonly (readonly [spec: Partial<Draft<Request>['spec']>, ...errors: string[]])[] = [
    [{}],
    [{ expirationSeconds: 600 }],
    [{ usages: [] }, 'spec.usages: Required value'],
    [{ usages: ['client auth', 'client auth'] }, 'spec.usages[1]: Duplicate value: "client auth"'],
    [{ signerName: '' }, 'spec.signerName: Required value'],
    [
      { signerName: 'kubernetes.io/legacy-unknown' },
      'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
    [
      { signerName: 'a/b/c' },
      'spec.signerName: Invalid value: "a/b/c": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
    ],
    [{ signerName: 'com/a' }, 'spec.signerName: Invalid value: "com": should be a domain with at least two segments separated by dots'],
    [{ signerName: 'example.com/A' }, 'spec.signerName: Invalid value: "A": validating label "A": a lowercase RFC 1123 subdomain …'],
    [
      { expirationSeconds: 599 },
      'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)',
    ],
    [{ request: 'AQ==' }, 'spec.request: Invalid value: "AQ==": PEM block type must be CERTIFICATE REQUEST'],
  ]
  for (const [spec, ...errors] of cases) assert.deepEqual(complaints(CertificateSigningRequest, csr(spec)), errors)
  const unknown = csr({ usages: ['dance' as 'any'] })
  assert.match(
    complaints(CertificateSigningRequest, unknown)[0] ?? '',
    /^spec.usages\[0\]: Unsupported value: "dance": supported values: "any", "cert sign"/,
  )
})

test('any name will do', () => {
  const named = { ...csr(), metadata: { ...csr().metadata, name: 'Any_Name:1' } }
  assert.deepEqual(complaints(CertificateSigningRequest, named), [])
})

test('the server says who asks', () => {
  const forged = csr({ username: 'admin', uid: '1', groups: ['system:masters'], extra: { a: ['b'] } })
  const made = CertificateSigningRequest.onCreate?.(forged, { username: 'jane', groups: ['dev'] })
  assert.deepEqual([made?.spec.username, made?.spec.uid, made?.spec.groups, made?.spec.extra], ['jane', undefined, ['dev'], undefined])
  const other = csr({ usages: ['any'] })
  assert.equal(CertificateSigningRequest.onUpdate?.(other, forged).spec, forged.spec)
})

test('approval writes conditions alone, and status keeps decisions', () => {
  const before = csr({}, { certificate: 'b2xk' })
  const wish = csr({ usages: ['any'] }, { certificate: 'bmV3', conditions: [{ type: 'Approved', status: 'True' }] })
  const after = CertificateSigningRequest.parts?.['approval']?.change(wish, before, now)
  assert.equal(after?.spec, before.spec)
  assert.deepEqual(after?.status, {
    certificate: 'b2xk',
    conditions: [{ type: 'Approved', status: 'True', lastUpdateTime: '2026-01-01T00:00:00Z', lastTransitionTime: '2026-01-01T00:00:00Z' }],
  })
  const old = csr({}, { conditions: [approved] })
  const signed = csr(
    {},
    {
      certificate,
      conditions: [
        { ...approved, message: 'changed' },
        { type: 'Ready', status: 'True' },
      ],
    },
  )
  const kept = CertificateSigningRequest.onStatusUpdate?.(signed, old, now)
  assert.deepEqual(
    kept?.status.conditions?.map(c => [c.type, c.message, c.lastUpdateTime]),
    [
      ['Approved', undefined, '2026-01-01T00:00:00Z'],
      ['Ready', undefined, '2026-01-01T00:00:00Z'],
    ],
  )
})

test('who may change what of a status', () => {
  const of = (status: Draft<Request>['status']) => csr({}, status)
  const approve = (next: Request, old: Request) => CertificateSigningRequest.parts?.['approval']?.validate(next, old) ?? []
  const status = (next: Request, old: Request) => CertificateSigningRequest.validateStatus?.(next, old) ?? []
  const said = (errors: ReturnType<typeof status>) => errors.map(e => `${e.field}: ${e.detail}`)
  assert.deepEqual(said(approve(of({ conditions: [approved] }), of({}))), [])
  assert.deepEqual(said(status(of({ certificate }), of({}))), [])
  const cases: readonly (readonly [found: readonly string[], error: string])[] = [
    [said(status(of({ conditions: [approved] }), of({}))), 'status.conditions: updates may not add a condition of type "Approved"'],
    [said(approve(of({}), of({ conditions: [denied] }))), 'status.conditions: updates may not remove a condition of type "Denied"'],
    [said(status(of({}), of({ conditions: [denied] }))), 'status.conditions: updates may not remove a condition of type "Denied"'],
    [
      said(status(of({ conditions: [{ ...approved, reason: 'x' }] }), of({ conditions: [approved] }))),
      'status.conditions: updates may not modify a condition of type "Approved"',
    ],
    [
      said(approve(of({ conditions: [approved, denied] }), of({ conditions: [approved] }))),
      'status.conditions[1].type: Approved and Denied conditions are mutually exclusive',
    ],
    [said(approve(of({ certificate }), of({}))), 'status.certificate: updates may not set certificate content'],
    [
      said(status(of({ certificate }), of({ certificate: 'b2xk' }))),
      'status.certificate: updates may not modify existing certificate content',
    ],
    [said(status(of({ certificate: pem('x') }), of({}))), 'status.certificate: must contain at least one CERTIFICATE PEM block'],
    [
      said(status(of({ certificate: pem(openssl) }), of({}))),
      'status.certificate: only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"',
    ],
    [
      said(approve(of({ conditions: [{ type: 'Approved', status: 'False' }] }), of({}))),
      'status.conditions[0].status: supported values: "True"',
    ],
    [said(approve(of({ conditions: [{ type: '', status: 'True' }] }), of({}))), 'status.conditions[0].type: '],
  ]
  for (const [found, error] of cases) assert.deepEqual(found, [error])
})

test('what kubectl shows', () => {
  const shown = (spec: Partial<Draft<Request>['spec']>, status: Draft<Request>['status']) => {
    const { Age: _age, Name: _name, ...rest } = row(CertificateSigningRequest, csr({ username: 'jane', ...spec }, status))
    return Object.values(rest)
  }
  assert.deepEqual(shown({ expirationSeconds: 3600 }, {}), ['example.com/a', 'jane', '60m', 'Pending'])
  assert.deepEqual(shown({}, { conditions: [approved], certificate }), ['example.com/a', 'jane', '<none>', 'Approved,Issued'])
  assert.deepEqual(shown({}, { conditions: [approved, { type: 'Failed', status: 'True' }] }).at(-1), 'Approved,Failed')
  assert.deepEqual(shown({}, { conditions: [denied] }).at(-1), 'Denied')
  assert.equal(CertificateSigningRequest.selectField(csr(), 'spec.signerName'), 'example.com/a')
})
