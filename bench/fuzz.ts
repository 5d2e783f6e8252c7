// Throws broken requests at an API server: random and mutated bodies in JSON and Protocol Buffers, paths, queries and headers. It must answer
// each, in time, and never with 500, and read back what it has stored. `npm run bench fuzz`, or
// `node bench/fuzz.ts [--seed N] [--seconds N] [--count N]`; a finding prints its seed and request, and the exit code is 1.
import { parseArgs } from 'node:util'
import { storedKinds } from '../src/api/all.ts'
import { apiVersionOf, type Kind } from '../src/api/kind.ts'
import type { SchemaNode } from '../src/schema/schema.ts'
import { encodeObject } from '../src/server/protobuf-answer.ts'
import { type Requests, requestsOver } from '../test/testkit/api-requests.ts'
import { startTestServer } from '../test/testkit/api-server.ts'

const { values } = parseArgs({
  args: process.argv.slice(2).filter(arg => arg !== 'fuzz'),
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '600' },
    count: { type: 'string', default: '1000000' },
  },
})
const answerWithinMs = 10_000

/** mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

let random = randomOf(Number(values.seed))
const below = (n: number) => Math.floor(random() * n)
const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
const chance = (p: number) => random() < p

const words = [
  'a',
  'x',
  'default',
  'test',
  '',
  'A_b',
  '-',
  '..',
  '%2f',
  '\u0000',
  'ü',
  '💩',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(300),
  '0',
  '-1',
  '1e9',
  'null',
  'true',
  '10.96.0.1',
  '100m',
  '2026-01-01T00:00:00Z',
  'a/b',
  'a=b',
  '{',
  '[',
  '"',
  "'",
  '$patch',
  '*',
] as const
const odd = [null, true, false, 0, -1, 1.5, 1e300, 2 ** 53, -(2 ** 31) - 1, '', [], {}, [null], [[]], { '': null }, '\ud800'] as const

/** A value that fits the schema, now and then not. */
function sampleOf(node: SchemaNode, depth = 0): unknown {
  if (chance(0.04)) return pick(odd)
  switch (node.type) {
    case 'string':
      return node.enum && chance(0.8) ? pick(node.enum) : pick(words)
    case 'integer':
    case 'number':
      return pick([0, 1, 3, 80, 30_000, 65_536, -1, 1.5, 1e12])
    case 'boolean':
      return chance(0.5)
    case 'array':
      return Array.from({ length: depth > 6 ? 0 : below(3) }, () => sampleOf(node.items, depth + 1))
    case 'map':
      return Object.fromEntries(Array.from({ length: below(3) }, () => [pick(words), sampleOf(node.values, depth + 1)]))
    case 'raw':
      return pick(odd)
    case 'object': {
      const fields = Object.entries(node.fields).filter(([, field]) => depth < 8 && chance(field.required ? 0.95 : 0.25))
      return Object.fromEntries([
        ...fields.map(([name, field]): [string, unknown] => [name, sampleOf(field.node, depth + 1)]),
        ...(chance(0.05) ? [[pick(words), pick(odd)] as const] : []),
      ])
    }
  }
}

/** A few bytes are replaced, dropped or doubled. */
function mutated(text: string): string {
  let out = text
  for (let i = below(4); i > 0; i--) {
    const at = below(out.length + 1)
    out = pick([
      () => out.slice(0, at) + pick(words) + out.slice(at),
      () => out.slice(0, at) + out.slice(at + 1 + below(5)),
      () => out.slice(0, at) + out.slice(at, at + 20) + out.slice(at),
      () => out.slice(0, at),
      () => out.slice(0, at) + String.fromCharCode(below(256)) + out.slice(at + 1),
    ])()
  }
  return out
}

const names = ['x', 'y', 'default', 'kubernetes', 'kube-system']

function objectOf(kind: Kind): unknown {
  const value = sampleOf(kind.schema.node)
  if (typeof value !== 'object' || value === null || chance(0.1)) return value
  const given = (value as { metadata?: unknown }).metadata
  const metadata = chance(0.5) ? { name: pick(names) } : { ...(typeof given === 'object' ? given : {}), name: pick(names) }
  return { ...value, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata }
}

function patchOf(kind: Kind): readonly [type: string, body: unknown] {
  const operation = () => ({
    op: pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'x']),
    path: pick([
      '',
      '/',
      '/spec',
      '/metadata/labels',
      '/metadata/labels/a',
      '/spec/containers/0',
      '/spec/containers/-',
      '/metadata/name',
      `/${pick(words)}`,
    ]),
    from: pick(['/spec', '/metadata', '']),
    value: chance(0.5) ? pick(odd) : sampleOf(kind.schema.node, 3),
  })
  return pick([
    () => ['application/json-patch+json', Array.from({ length: below(5) }, operation)] as const,
    () => ['application/merge-patch+json', sampleOf(kind.schema.node)] as const,
    () =>
      [
        'application/strategic-merge-patch+json',
        {
          ...(sampleOf(kind.schema.node) as object),
          ...(chance(0.2) && { $patch: pick(words), $setElementOrder: pick(odd), '$deleteFromPrimitiveList/finalizers': pick(odd) }),
        },
      ] as const,
    () => ['application/apply-patch+yaml', objectOf(kind)] as const,
    () => [pick(['text/plain', 'application/yaml', '']), sampleOf(kind.schema.node)] as const,
  ])()
}

const subresources = [
  'status',
  'scale',
  'binding',
  'eviction',
  'token',
  'log',
  'exec',
  'attach',
  'portforward',
  'proxy',
  'ephemeralcontainers',
  'finalize',
  'approval',
  'resize',
  'x',
]
const parameters = [
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'dryRun',
  'fieldValidation',
  'pretty',
  'includeObject',
  'fieldManager',
  'force',
  'gracePeriodSeconds',
  'propagationPolicy',
  'sendInitialEvents',
  'allowWatchBookmarks',
  'container',
  'tailLines',
  'command',
  'stdout',
  'x',
]
const parameterValues = [
  'All',
  'Strict',
  'Ignore',
  'Exact',
  'NotOlderThan',
  '0',
  '1',
  '99999999',
  'a=b',
  'a in (b,c)',
  '!a',
  'metadata.name=x',
  'status.phase!=Running',
  'Orphan',
  'Foreground',
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIifQ',
  ...words,
]
const accepts = [
  'application/json',
  'application/yaml',
  '*/*',
  'text/html',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Table;g=meta.k8s.io;v=v1',
  'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  ',;=',
  'application/vnd.kubernetes.protobuf;as=Table;g=meta.k8s.io;v=v1,application/json',
]

/** The object as a message, with some bytes changed now and then; undefined where it cannot be one. */
function messageOf(value: unknown): Buffer | undefined {
  let message: Buffer | undefined
  try {
    message = encodeObject(value as object)
  } catch {
    return undefined // What does not fit the schema has no message.
  }
  for (let i = chance(0.6) ? 1 + below(6) : 0; message && i > 0; i--) message.writeUInt8(below(256), below(message.length))
  return message && chance(0.1) ? message.subarray(0, below(message.length)) : message
}

/** A custom resource with something of everything that a schema can say. */
const widget = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['replicas'],
                'x-kubernetes-validations': [{ rule: 'self.replicas <= 10', messageExpression: '"not " + string(self.replicas)' }],
                properties: {
                  replicas: { type: 'integer', minimum: 0, default: 1 },
                  mode: { type: 'string', enum: ['on', 'off'], pattern: '^o' },
                  port: { 'x-kubernetes-int-or-string': true },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  parts: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                    items: {
                      type: 'object',
                      required: ['name'],
                      properties: { name: { type: 'string' }, size: { type: 'number', nullable: true } },
                    },
                  },
                },
              },
              status: { type: 'object', properties: { replicas: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
}

interface Shot {
  readonly method: string
  readonly target: string
  readonly headers: Record<string, string>
  readonly body?: string | Buffer
}

function shot(): Shot {
  const kind = pick(kinds)
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`
  const scope = kind.namespaced && chance(0.95) ? `/namespaces/${pick(['default', 'test', pick(words)].map(encodeURIComponent))}` : ''
  const method = chance(0.01)
    ? pick(['__proto__', 'constructor', 'PURGE', 'get'])
    : pick(['GET', 'POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])
  const named = method === 'POST' ? chance(0.2) : chance(0.8)
  let path = `${root}${scope}/${kind.plural}${named ? `/${pick(names)}` : ''}${named && chance(0.25) ? `/${pick(subresources)}` : ''}`
  if (chance(0.02))
    path =
      pick(['/livez/', '/readyz/', '/openapi/v3/', '/apis/', '/api/', '/.well-known/', '/metrics/', '/']) + encodeURIComponent(pick(words))
  if (chance(0.08)) path = encodeURI(mutated(path).toWellFormed()).replaceAll(' ', '')
  if (!path.startsWith('/')) path = `/${path}`
  const query = new URLSearchParams(
    Array.from({ length: chance(0.4) ? 1 + below(3) : 0 }, (): [string, string] => [
      pick(parameters),
      chance(0.2) ? mutated(pick(parameterValues)) : pick(parameterValues),
    ]),
  )
  if (chance(0.002)) query.set('watch', '1')
  query.set('timeoutSeconds', '1')
  const headers: Record<string, string> = {
    ...(chance(0.3) && { accept: pick(accepts) }),
    ...(chance(0.02) && { 'impersonate-user': pick(['jane', 'system:node:n', 'system:serviceaccount:a:b']) }),
  }
  if (method === 'GET' || method === 'HEAD') return { method, target: `${path}?${query}`, headers }
  const [type, value] =
    method === 'PATCH'
      ? patchOf(kind)
      : ([
          'application/json',
          method === 'DELETE'
            ? {
                kind: 'DeleteOptions',
                ...(sampleOf({ type: 'map', values: { type: 'raw' } } as SchemaNode) as object),
                propagationPolicy: pick(parameterValues),
              }
            : objectOf(kind),
        ] as const)
  const message = method !== 'PATCH' && chance(0.2) ? messageOf(value) : undefined
  if (message)
    return {
      method,
      target: `${path}?${query}`,
      headers: { ...headers, 'content-type': 'application/vnd.kubernetes.protobuf' },
      body: message,
    }
  const text = JSON.stringify(value) ?? ''
  const body = chance(0.15) ? mutated(text) : text
  return {
    method,
    target: `${path}?${query}`,
    headers: { ...headers, 'content-type': chance(0.05) ? pick(['application/yaml', 'application/vnd.kubernetes.protobuf', 'x']) : type },
    body: chance(0.02) ? `k8s\0${body}` : body,
  }
}

const codes = new Map<number, number>()

/** What could not reach a webhook that the shots themselves have made. */
const failedWebhook = /failed calling webhook/

async function fire(requests: Requests, { method, target, headers, body }: Shot): Promise<string | undefined> {
  const signal = AbortSignal.timeout(answerWithinMs)
  try {
    const { code, text } = await requests.send(method, target, { headers, ...(body !== undefined && { body }), signal })
    codes.set(code, (codes.get(code) ?? 0) + 1)
    if (code >= 500 && code !== 503 && code !== 504 && !failedWebhook.test(text)) return `answered ${code}: ${text.slice(0, 300)}`
    const isPlain = headers['accept'] === undefined && headers['impersonate-user'] === undefined
    return code === 201 && method === 'POST' && isPlain ? await readBack(requests, target, text) : undefined
  } catch (error) {
    if (error instanceof TypeError) return undefined // Node's own client would not send it.
    if (String(error).includes('NGHTTP2_PROTOCOL_ERROR')) return undefined // What is no HTTP/2 is refused so.
    return `failed: ${String(error)}`
  }
}

/** What was stored under a version is read as it was told; what has changed since tells nothing. */
async function readBack(requests: Requests, target: string, told: string): Promise<string | undefined> {
  const created = told.startsWith('{') ? (JSON.parse(told) as { readonly kind?: string; readonly metadata?: Metadata }) : {}
  const { name, resourceVersion } = created.metadata ?? {}
  const [path = '', query = ''] = target.split('?', 2)
  if (!name || !resourceVersion || query.includes('dryRun') || path.endsWith(`/${name}`)) return undefined
  const { code, text } = await requests.send('GET', `${path}/${encodeURIComponent(name)}`)
  if (code !== 200) return code === 404 ? undefined : `stored, but read back as ${code}`
  const { metadata } = JSON.parse(text) as { readonly metadata: Metadata }
  return metadata.resourceVersion !== resourceVersion || text === told
    ? undefined
    : `stored ${told.slice(0, 500)} but reads back ${text.slice(0, 500)}`
}
interface Metadata {
  readonly name?: string
  readonly resourceVersion?: string
}

const server = await startTestServer()
const { ca, admin } = server.pki
const identity = { ca: ca.certificate, cert: admin.certificate, key: admin.key }
const clients = [requestsOver('HTTP/2', server.url, identity), requestsOver('HTTP/1.1', server.url, identity)] as const
await clients[0].send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'test' } } })
for (const space of ['test', 'default'])
  await clients[0].send('POST', `/api/v1/namespaces/${space}/serviceaccounts`, { body: { metadata: { name: 'default' } } })

const defined = await clients[0].send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: widget })
if (defined.code !== 201) throw new Error(`the custom resource was refused: ${defined.text}`)
const { resources } = server.server.context
while (!resources.all.some(resource => resource.group === widget.spec.group)) await new Promise(resolve => setTimeout(resolve, 5))
const custom = resources.all.filter(resource => resource.group === widget.spec.group)
/** Custom resources get more than their share. */
const kinds: readonly Kind[] = [...storedKinds, ...custom.flatMap(({ kind }) => [kind, kind, kind])]
const end = performance.now() + Number(values.seconds) * 1000
let sent = 0
let findings = 0
while (performance.now() < end && sent < Number(values.count) && findings < 20) {
  const batch = Array.from({ length: 20 }, () => {
    const seed = Number(values.seed) * 1_000_003 + sent++
    random = randomOf(seed)
    return { seed, shot: shot(), client: clients[sent % 2] ?? clients[0] }
  })
  await Promise.all(
    batch.map(async ({ seed, shot, client }) => {
      const finding = await fire(client, shot)
      if (finding === undefined) return
      findings++
      console.log(`${finding} (${client.protocol}, seed ${seed}): ${JSON.stringify(shot).slice(0, 2000)}`)
    }),
  )
}
const { code } = await clients[0].send('GET', '/readyz')
console.log(
  [...codes]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', '),
)
console.log(`${sent} requests, ${findings} findings, the server is ${code === 200 ? 'well' : 'not well'}`)
for (const client of clients) client.close()
await server.close()
process.exitCode = findings > 0 || code !== 200 ? 1 : 0
