// Headers: forms of answers, credentials that are none, and such as belong to other protocols.
import type { Random } from './random.ts'
import { words } from './words.ts'

export const protobuf = 'application/vnd.kubernetes.protobuf'
export const table = 'application/json;as=Table;g=meta.k8s.io;v=v1'

const accepts = [
  'application/json',
  'application/yaml',
  '*/*',
  'text/html',
  'text/html, application/json;q=0.9, */*;q=0.1',
  'application/json;q=0',
  'application/json;q=x',
  protobuf,
  `${protobuf};stream=watch`,
  'application/cbor',
  'application/cbor-seq',
  table,
  'application/json;as=Table;g=meta.k8s.io;v=v1beta1',
  'application/json;as=Table;g=x;v=v1',
  'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/json;charset="utf-8',
  ',;=',
  ','.repeat(1000),
  `${protobuf};as=Table;g=meta.k8s.io;v=v1,application/json`,
  `${protobuf};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`,
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
] as const

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokens = [
  'x',
  '..',
  'a.b.c',
  'abcdef.0123456789abcdef',
  `${part({ alg: 'none' })}.${part({ sub: 'system:admin', iss: 'https://kubernetes.default.svc.cluster.local' })}.`,
  `${part({ alg: 'RS256', kid: '../../x' })}.${part({ iss: 'https://kubernetes.default.svc.cluster.local', exp: 9e99 })}.YQ`,
  `${part({ alg: 'HS256' })}.${part([])}.YQ`,
  `${part(null)}.${part(null)}.YQ`,
  `${part({ alg: {} })}.x.YQ`,
  'x'.repeat(10_000),
  '\u00ff',
] as const

export type Headers = Record<string, string | string[]>

const groups: readonly ((random: Random) => Headers)[] = [
  random => ({ authorization: `Bearer ${random.pick(tokens)}` }),
  random => ({
    authorization: random.pick(['Basic eDp5', 'Basic !', 'Bearer', 'Bearer  ', '', 'Digest x', 'bearer x y', 'x'.repeat(5000)]),
  }),
  random => ({
    'impersonate-user': random.pick(['jane', 'system:node:n', 'system:serviceaccount:a:b', 'system:serviceaccount::', '', 'system:admin']),
    ...(random.chance(0.4) && { 'impersonate-group': random.pick([['a', 'b'], 'system:masters', '']) }),
    ...(random.chance(0.2) && { 'impersonate-uid': random.pick(['u', '']) }),
    ...(random.chance(0.3) && { [`impersonate-extra-${random.pick(['a', '%zz', 'scopes', '%2f', ''])}`]: random.pick(['x', '']) }),
  }),
  random => ({ 'impersonate-group': random.pick(['system:masters', 'a']) }),
  () => ({ 'impersonate-extra-__proto__': 'x', 'impersonate-x': 'y' }),
  random => ({ 'x-remote-user': 'admin', 'x-remote-group': random.pick(['system:masters', '']), 'x-remote-extra-a': 'b' }),
  random => ({ 'accept-encoding': random.pick(['gzip', 'gzip;q=0', 'br', 'identity;q=0', '*', ',,', 'deflate, gzip;q=1.0, *;q=0.5']) }),
  random => ({ 'if-none-match': random.pick(['*', '"x"', 'W/"x"', '"', '"1", "2"', '']), 'if-match': '"x"' }),
  random => ({ range: random.pick(['bytes=0-1', 'bytes=-1', 'bytes=9-1,0-,x', 'x']) }),
  () => ({ 'if-modified-since': 'x', warning: '299 - "x"' }),
  random => ({ 'content-encoding': random.pick(['gzip', 'br', 'identity', 'x', 'gzip, gzip']) }),
  random => ({ 'user-agent': random.pick(['', 'kubectl/v1', 'x'.repeat(4000), '\u00ff', '/', '()']) }),
  random => ({ 'audit-id': random.pick(['x', 'x'.repeat(4000), '']) }),
  random => ({ 'x-forwarded-for': random.pick(['127.0.0.1', 'x, y', '[::1']), forwarded: 'for=x', origin: 'null', cookie: 'a=b; a' }),
  random => ({ traceparent: random.pick(['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x']) }),
  random => ({ 'kubectl-command': 'x', [`x-${'a'.repeat(random.pick([1, 200]))}`]: 'x' }),
]

export function headersOf(random: Random): Headers {
  const all: Headers = random.chance(0.15) ? { accept: random.pick(accepts) } : {}
  // She may do everything, and has to wait in line for it.
  if (random.chance(0.05)) all['impersonate-user'] = 'jane'
  if (!random.chance(0.12)) return all
  for (let i = 1 + random.below(2); i > 0; i--) Object.assign(all, random.pick(groups)(random))
  return all
}

/** Very many or very long ones: the connection may be refused for them. */
export function heavyHeaders(random: Random): Headers {
  return random.do<Headers>(
    () => Object.fromEntries(Array.from({ length: random.pick([90, 190, 1_000]) }, (_, i) => [`x-${i}`, 'x'])),
    () => ({ 'x-long': 'x'.repeat(random.pick([8_000, 60_000, 200_000])) }),
    () => ({ authorization: `Bearer ${'x'.repeat(50_000)}` }),
    () => ({ 'impersonate-user': 'a', 'impersonate-group': Array.from({ length: 150 }, (_, i) => `g${i}`) }),
    () => ({ accept: `${'application/x,'.repeat(4_000)}application/json` }),
  )
}

const types = [
  'application/json',
  'application/yaml',
  protobuf,
  'x',
  '',
  'application/json; charset=utf-8',
  'application/json;;',
  'APPLICATION/JSON',
  'multipart/form-data; boundary=x',
  'application/cbor',
  'text/yaml',
  ...words.filter(word => /^[ -~]*$/.test(word)),
]

/** A type that may not be that of the body. */
export function contentTypeOf(random: Random, type: string): string {
  if (random.chance(0.95)) return type
  return random.chance(0.4) ? `${type}${random.pick(['; charset=utf-8', ';stream=watch', ';x', '; a="b', ';;='])}` : random.pick(types)
}
