import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import type { TokenRequest } from '../../api/authentication/token-request.ts'
import type { TokenReview } from '../../api/authentication/token-review.ts'
import type { Kind } from '../../api/kind.ts'
import { VirtualClock } from '../../base/virtual-clock.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import { noOpinion } from '../authz/attributes.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import { authentication, type Credentials } from './authenticator.ts'
import { clientCertificate } from './client-certificate.ts'
import { valuesOf } from './header-values.ts'
import { impersonated } from './impersonation.ts'
import { discoveryDocument, keySet } from './openid.ts'
import { requestHeaders } from './request-headers.ts'
import { reviewToken } from './reviews.ts'
import { type Objects, ServiceAccountTokens, tokenUser } from './service-account-tokens.ts'
import { signingKey } from './signing-key.ts'
import { TokenIssuer } from './token-issuer.ts'
import { nodeNameOf, type UserInfo } from './user-info.ts'

const audience = 'https://kubernetes.default.svc.cluster.local'
const pemOf = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const key = signingKey(pemOf())

/** A store of a few objects, and a cluster's issuer and verifier over it. */
function world(signing = key) {
  const stored = new Map<string, KubeObject>()
  const put = (kind: string, namespace: string | undefined, name: string, uid: string, more: object = {}) =>
    stored.set(`${kind}/${namespace ?? ''}/${name}`, {
      apiVersion: 'v1',
      kind,
      metadata: { name, ...(namespace && { namespace }), uid, resourceVersion: '1', creationTimestamp: '' },
      ...more,
    })
  put('ServiceAccount', 'a', 'sa', 'sa-uid')
  put('Pod', 'a', 'p', 'p-uid', { spec: { serviceAccountName: 'sa', nodeName: 'n' } })
  put('Node', undefined, 'n', 'n-uid')
  put('Secret', 'a', 's', 's-uid')
  const objects: Objects = {
    find: <O extends KubeObject>(kind: Kind<O>, namespace: string | undefined, name: string) =>
      stored.get(`${kind.kind}/${kind.namespaced ? namespace : ''}/${name}`) as O | undefined,
  }
  const clock = new VirtualClock()
  let uids = 0
  const issuer = new TokenIssuer({ issuer: audience, audiences: [audience], key: signing, objects, clock, newUid: () => `jti-${++uids}` })
  const tokens = new ServiceAccountTokens({ keys: [key], issuers: [audience], objects, clock })
  const authenticate = authentication({
    authenticators: [requestHeaders(['front-proxy-client']), clientCertificate, tokenUser(tokens, [audience])],
    allowAnonymous: true,
  })
  const issue = async (account: { namespace: string; name: string }, wanted: TokenRequest) => issuer.issue(issuer.complete(account, wanted))
  return { stored, put, clock, issue, tokens, authenticate }
}

function request(spec: Partial<NonNullable<TokenRequest['spec']>> = {}): TokenRequest {
  const metadata = { namespace: 'a', name: '', uid: '', resourceVersion: '', creationTimestamp: '' }
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata, spec: { expirationSeconds: 3600, ...spec } }
}
const pod = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'p-uid' }
/** Names and values by turns. */
const lines = (...raw: string[]) => valuesOf(raw)
const nothing: Credentials = { headers: () => lines() }
const bearer = (token: string): Credentials => ({ ...nothing, authorization: `Bearer ${token}` })
const isUnauthorized = (e: unknown) => StatusError.is(e, 'Unauthorized') && e.code === 401 && e.message === 'Unauthorized'
async function tokenOf(w: ReturnType<typeof world>, spec = {}): Promise<string> {
  return (await w.issue({ namespace: 'a', name: 'sa' }, request(spec))).status!.token!
}

test('a certificate tells the user and its groups', async () => {
  const { authenticate } = world()
  const certificate = { subject: { CN: 'system:node:n', O: ['system:nodes', 'x'] }, fingerprint256: 'AB:CD', authority: 'client' } as const
  assert.deepEqual(await authenticate({ ...nothing, certificate }), {
    username: 'system:node:n',
    groups: ['system:nodes', 'x', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=abcd'] },
  })
})

test('a front proxy tells the user in headers', async () => {
  const { authenticate } = world()
  const proxy = (authority: 'client' | 'front-proxy' | 'unknown', ...raw: string[]): Credentials => ({
    certificate: { subject: { CN: 'front-proxy-client' }, authority },
    headers: () => lines(...raw),
  })
  const told = ['X-Remote-User', 'alice', 'X-Remote-Group', 'devs', 'x-remote-group', 'a, system:masters', 'X-Remote-Group', '']
  const more = ['X-Remote-Uid', '7', 'X-Remote-Extra-Acme.com%2fProject', 'x', 'x-remote-extra-scopes', 'a', 'X-Remote-Extra-Scopes', 'b']
  assert.deepEqual(await authenticate(proxy('front-proxy', ...told, ...more)), {
    username: 'alice',
    uid: '7',
    groups: ['devs', 'a, system:masters', 'system:authenticated'],
    extra: { 'acme.com/project': ['x'], scopes: ['a', 'b'] },
  })
  // From anybody else they mean nothing; and the proxy is no user itself, whatever its name.
  assert.equal((await authenticate(proxy('client', ...told))).username, 'front-proxy-client')
  assert.equal((await authenticate({ headers: () => lines(...told) })).username, 'system:anonymous')
  await assert.rejects(authenticate(proxy('front-proxy')), isUnauthorized)
  await assert.rejects(authenticate(proxy('front-proxy', 'X-Remote-User', '', ...more)), isUnauthorized)
  await assert.rejects(authenticate(proxy('unknown', ...told)), isUnauthorized)
  const other = { subject: { CN: 'other' }, authority: 'front-proxy' } as const
  await assert.rejects(authenticate({ certificate: other, headers: () => lines(...told) }), isUnauthorized)
})

test('a request that shows nothing is anonymous, where that is allowed', async () => {
  assert.deepEqual(await world().authenticate(nothing), { username: 'system:anonymous', groups: ['system:unauthenticated'] })
  await assert.rejects(authentication({ authenticators: [clientCertificate], allowAnonymous: false })(nothing), isUnauthorized)
})

test('a token bound to a pod tells service account, pod and node', async () => {
  const w = world()
  const user = await w.authenticate(bearer(await tokenOf(w, { boundObjectRef: pod })))
  assert.deepEqual(user, {
    username: 'system:serviceaccount:a:sa',
    uid: 'sa-uid',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
    extra: {
      'authentication.kubernetes.io/credential-id': ['JTI=jti-1'],
      'authentication.kubernetes.io/node-name': ['n'],
      'authentication.kubernetes.io/node-uid': ['n-uid'],
      'authentication.kubernetes.io/pod-name': ['p'],
      'authentication.kubernetes.io/pod-uid': ['p-uid'],
    },
  })
})

test('the token says what upstream tokens say, and OpenID clients can check it', async () => {
  const w = world()
  const answer = await w.issue({ namespace: 'a', name: 'sa' }, request({ boundObjectRef: pod, audiences: ['vault'] }))
  const now = w.clock.now() / 1000
  assert.deepEqual(decodeJwt(answer.status!.token!), {
    aud: ['vault'],
    exp: now + 3600,
    iat: now,
    nbf: now,
    iss: audience,
    jti: 'jti-1',
    sub: 'system:serviceaccount:a:sa',
    'kubernetes.io': {
      namespace: 'a',
      node: { name: 'n', uid: 'n-uid' },
      pod: { name: 'p', uid: 'p-uid' },
      serviceaccount: { name: 'sa', uid: 'sa-uid' },
    },
  })
  assert.equal(answer.status!.expirationTimestamp, '2026-01-01T01:00:00Z')
  assert.deepEqual(decodeProtectedHeader(answer.status!.token!), { alg: 'ES256', kid: key.id })
  const { keys } = keySet([key]) as { keys: [{ kid: string }] }
  await jwtVerify(answer.status!.token!, await importJWK(keys[0]), {
    audience: 'vault',
    issuer: audience,
    currentDate: new Date(w.clock.now()),
  })
  assert.deepEqual(discoveryDocument(audience, `${audience}/openid/v1/jwks`, [key]), {
    issuer: audience,
    jwks_uri: `${audience}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  })
})

test('the default volume token lives on for a year and warns', async () => {
  const w = world()
  const answer = await w.issue({ namespace: 'a', name: 'sa' }, request({ boundObjectRef: pod, expirationSeconds: 3607 }))
  const claims = decodeJwt(answer.status!.token!) as { exp: number; iat: number; 'kubernetes.io': { warnafter?: number } }
  assert.equal(claims.exp - claims.iat, 365 * 24 * 3600)
  assert.equal(claims['kubernetes.io'].warnafter, claims.iat + 3607)
  assert.equal(answer.status!.expirationTimestamp, '2026-01-01T01:00:07Z')
  const other = await w.issue(
    { namespace: 'a', name: 'sa' },
    request({ boundObjectRef: pod, expirationSeconds: 3607, audiences: ['vault'] }),
  )
  assert.equal(decodeJwt(other.status!.token!).exp! - claims.iat, 3607)
})

const spoiled: Readonly<Record<string, (w: ReturnType<typeof world>) => Promise<string> | string>> = {
  'for another audience': w => tokenOf(w, { audiences: ['vault'] }),
  'with a spoiled signature': async w => (await tokenOf(w)).replace(/\.[^.]{4}([^.]*)$/, '.AAAA$1'),
  'with spoiled claims': async w => {
    const [head, , signature] = (await tokenOf(w)).split('.')
    const claims = { ...decodeJwt(await tokenOf(w)), sub: 'system:serviceaccount:kube-system:admin' }
    return `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
  },
  'without a signature': async w => {
    const [, payload] = (await tokenOf(w)).split('.')
    return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
  },
  'signed by another key': async () => tokenOf(world(signingKey(pemOf()))),
  'that is no token': () => 'nonsense',
  'that has expired': async w => {
    const token = await tokenOf(w)
    await w.clock.advance(3601_000)
    return token
  },
  'of a service account that is gone': async w => {
    const token = await tokenOf(w)
    w.stored.delete('ServiceAccount/a/sa')
    return token
  },
  'of a service account that was made anew': async w => {
    const token = await tokenOf(w)
    w.put('ServiceAccount', 'a', 'sa', 'other')
    return token
  },
  'of a pod that is gone': async w => {
    const token = await tokenOf(w, { boundObjectRef: pod })
    w.stored.delete('Pod/a/p')
    return token
  },
  'of a secret that was made anew': async w => {
    const token = await tokenOf(w, { boundObjectRef: { ...pod, kind: 'Secret', name: 's', uid: 's-uid' } })
    w.put('Secret', 'a', 's', 'other')
    return token
  },
}
for (const [what, make] of Object.entries(spoiled))
  test(`a token ${what} is refused, also without anonymity falling in`, async () => {
    const w = world()
    await assert.rejects(w.authenticate(bearer(await make(w))), isUnauthorized)
  })

test('a token that was good once is still bound: its cache asks for the objects each time, and for the clock', async () => {
  const w = world()
  const token = await tokenOf(w, { boundObjectRef: pod })
  await w.authenticate(bearer(token))
  const dying = { metadata: { ...w.stored.get('Pod/a/p')!.metadata, deletionTimestamp: new Date(w.clock.now()).toISOString() } }
  w.put('Pod', 'a', 'p', 'p-uid', dying)
  await w.authenticate(bearer(token))
  await w.clock.advance(61_000)
  await assert.rejects(w.authenticate(bearer(token)), isUnauthorized)
})

test('a hot token costs microseconds', async () => {
  const w = world()
  const token = await tokenOf(w)
  await w.tokens.verify(token, [audience])
  const rounds = 2000
  const started = performance.now()
  for (let i = 0; i < rounds; i++) await w.tokens.verify(token, [audience])
  assert.ok(((performance.now() - started) * 1000) / rounds < 100)
})

test('a good certificate outweighs a bad token', async () => {
  const user = await world().authenticate({ ...bearer('x.y.z'), certificate: { subject: { CN: 'alice' }, authority: 'client' } })
  assert.equal(user.username, 'alice')
})

test('requests for tokens are checked', async () => {
  const { issue } = world()
  const ask = (spec: object, name = 'sa') => issue({ namespace: 'a', name }, request(spec))
  const table: readonly [Promise<unknown>, string, RegExp][] = [
    [ask({}, 'nobody'), 'NotFound', /^serviceaccounts "nobody" not found$/],
    [
      ask({ expirationSeconds: 599 }),
      'Invalid',
      /spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes$/,
    ],
    [ask({ expirationSeconds: 2 ** 32 + 1 }), 'Invalid', /may not specify a duration larger than 2\^32 seconds$/],
    [ask({ boundObjectRef: { ...pod, name: 'q' } }), 'NotFound', /^pods "q" not found$/],
    [ask({ boundObjectRef: { ...pod, uid: 'old' } }), 'Conflict', /the UID in the bound object reference \(old\) does not match/],
    [ask({ boundObjectRef: { ...pod, kind: 'ConfigMap' } }), 'BadRequest', /^cannot bind token to object of type v1, Kind=ConfigMap$/],
  ]
  for (const [asked, reason, message] of table)
    await assert.rejects(asked, (e: unknown) => {
      assert.ok(StatusError.is(e))
      assert.equal(e.reason, reason)
      assert.match(e.message, message)
      return true
    })
})

test('a token is not bound to a pod of another service account', async () => {
  const w = world()
  w.put('ServiceAccount', 'a', 'other', 'o-uid')
  await assert.rejects(w.issue({ namespace: 'a', name: 'other' }, request({ boundObjectRef: pod })), /different serviceaccount name/)
})

test('token reviews answer for good, bad and foreign tokens', async () => {
  const w = world()
  const review = (token: string, audiences?: readonly string[]): TokenReview => ({
    ...request(),
    kind: 'TokenReview',
    spec: { token, ...(audiences && { audiences }) },
    status: {},
  })
  const good = await reviewToken(review(await tokenOf(w, { audiences: ['vault', 'b'] }), ['vault', 'c']), w.tokens, [audience])
  assert.deepEqual(good.status.audiences, ['vault'])
  assert.equal(good.status.authenticated, true)
  assert.equal(good.status.user?.username, 'system:serviceaccount:a:sa')
  const bad = await reviewToken(review(await tokenOf(w, { audiences: ['vault'] })), w.tokens, [audience])
  assert.equal(bad.status.authenticated, undefined)
  assert.match(bad.status.error ?? '', /invalid audience/)
  assert.match((await reviewToken(review('nonsense'), w.tokens, [audience])).status.error ?? '', /invalid bearer token/)
})

test('impersonation takes each header as a question of its own', () => {
  const alice: UserInfo = { username: 'alice', groups: ['system:authenticated'] }
  const asked: string[] = []
  const authorizer: Authorizer = {
    authorize: a => {
      asked.push(`${a.verb} ${[a.group, a.resource, a.subresource, a.namespace, a.name].join('/')}`)
      return a.name === 'system:masters' ? noOpinion : { verdict: 'allow', reason: '' }
    },
    rulesFor: () => ({ rules: [], errors: [] }),
  }
  assert.equal(impersonated(alice, lines(), authorizer), alice)
  assert.deepEqual(
    impersonated(
      alice,
      lines(
        ...['Impersonate-User', 'bob', 'Impersonate-Group', 'devs', 'Impersonate-Group', 'ops, and others'],
        ...['Impersonate-Uid', '7', 'Impersonate-Extra-acme.com%2fproject', 'x'],
      ),
      authorizer,
    ),
    { username: 'bob', uid: '7', groups: ['devs', 'ops, and others', 'system:authenticated'], extra: { 'acme.com/project': ['x'] } },
  )
  assert.deepEqual(asked.splice(0), [
    'impersonate /users///bob',
    'impersonate /groups///devs',
    'impersonate /groups///ops, and others',
    'impersonate authentication.k8s.io/uids///7',
    'impersonate authentication.k8s.io/userextras/acme.com/project//x',
  ])
  assert.deepEqual(impersonated(alice, lines('impersonate-user', 'system:serviceaccount:a:sa'), authorizer).groups, [
    'system:serviceaccounts',
    'system:serviceaccounts:a',
    'system:authenticated',
  ])
  assert.deepEqual(asked.splice(0), ['impersonate /serviceaccounts//a/sa'])
  assert.throws(() => impersonated(alice, lines('impersonate-user', 'bob', 'impersonate-group', 'system:masters'), authorizer), {
    message: 'groups "system:masters" is forbidden: User "alice" cannot impersonate resource "groups" in API group "" at the cluster scope',
  })
  assert.throws(
    () => impersonated(alice, lines('impersonate-group', 'devs'), authorizer),
    (e: unknown) => StatusError.is(e, 'BadRequest'),
  )
})

test('only a member of system:nodes with a node name is a node', () => {
  assert.equal(nodeNameOf({ username: 'system:node:n', groups: ['system:nodes'] }), 'n')
  assert.equal(nodeNameOf({ username: 'system:node:n', groups: [] }), undefined)
  assert.equal(nodeNameOf({ username: 'n', groups: ['system:nodes'] }), undefined)
})
