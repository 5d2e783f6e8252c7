// Bodies as kubectl and Kubernetes make them, and bodies that nobody should make.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { answeredKinds, postedKinds, storedKinds } from '../api/all.ts'
import { TokenRequest } from '../api/authentication/token-request.ts'
import { Scale } from '../api/autoscaling/scale.ts'
import { ConfigMap } from '../api/core/config-map.ts'
import type { Kind } from '../api/kind.ts'
import { Eviction } from '../api/policy/eviction.ts'
import { protobufFields } from '../api/protobuf-fields.ts'
import { canonicalQuantity } from '../meta/quantity.ts'
import { deleteOptions, status } from '../meta/status.ts'
import { decode } from '../schema/decode.ts'
import { encodeProtobuf } from '../schema/protobuf.ts'
import type { ObjectNode } from '../schema/schema.ts'
import { decodeObject, parseBody } from './body.ts'
import { decodeEnvelope, encodeEnvelope, parseProtobuf } from './protobuf.ts'
import { render } from './render.ts'

const kinds = [...storedKinds, ...postedKinds, ...answeredKinds, TokenRequest, Scale, Eviction]

/** What `kubectl` 1.32 posts, and what it prints with `--dry-run=client -o json`, without its nulls. */
const posted: readonly { readonly command: string; readonly body: string; readonly json: object }[] = [
  {
    command: 'create ns shop',
    body: 'azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhwKFAoEc2hvcBIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA==',
    json: { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'shop' }, spec: {}, status: {} },
  },
  {
    command: 'create secret generic s --from-literal=a=b',
    body: 'azhzAAoMCgJ2MRIGU2VjcmV0Eh0KEQoBcxIAGgAiACoAMgA4AEIAEgYKAWESAWIaABoAIgA=',
    json: { kind: 'Secret', apiVersion: 'v1', metadata: { name: 's' }, data: { a: 'Yg==' } },
  },
  {
    command: 'create configmap c --from-literal=x=y --from-literal=k=',
    body: 'azhzAAoPCgJ2MRIJQ29uZmlnTWFwEiIKEQoBYxIAGgAiACoAMgA4AEIAEgUKAWsSABIGCgF4EgF5GgAiAA==',
    json: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'c' }, data: { k: '', x: 'y' } },
  },
  {
    command: 'create deployment web --image=nginx --replicas=0 --port=80',
    body: 'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50ErgBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEoYBCAASDAoKCgNhcHASA3dlYhpsChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEkwSLgoFbmdpbngSBW5naW54KgAyCgoAEAAYUCIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgAEAAYACAAKAA4ABoAIgA=',
    json: {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'nginx', image: 'nginx', ports: [{ containerPort: 80 }], resources: {} }] },
        },
        strategy: {},
      },
      status: {},
    },
  },
  {
    command: 'create rolebinding rb --role=r --serviceaccount=shop:bot --user=ann',
    body: 'azhzAAorChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEgtSb2xlQmluZGluZxKDAQoSCgJyYhIAGgAiACoAMgA4AEIAEigKBFVzZXISGXJiYWMuYXV0aG9yaXphdGlvbi5rOHMuaW8aA2FubiIAEh0KDlNlcnZpY2VBY2NvdW50EgAaA2JvdCIEc2hvcBokChlyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvEgRSb2xlGgFyGgAiAA==',
    json: {
      kind: 'RoleBinding',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: { name: 'rb' },
      subjects: [
        { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'ann' },
        { kind: 'ServiceAccount', name: 'bot', namespace: 'shop' },
      ],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
    },
  },
  {
    command: 'create service nodeport np --tcp=80:http',
    body: 'azhzAAoNCgJ2MRIHU2VydmljZRJoCh0KAm5wEgAaACIAKgAyADgAQgBaCQoDYXBwEgJucBJDCh4KBzgwLWh0dHASA1RDUBhQIgoIARAAGgRodHRwKAASCQoDYXBwEgJucBoAIghOb2RlUG9ydDoAQgBSAFoAYABoABoCCgAaACIA',
    json: {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { name: 'np', labels: { app: 'np' } },
      spec: { ports: [{ name: '80-http', protocol: 'TCP', port: 80, targetPort: 'http' }], selector: { app: 'np' }, type: 'NodePort' },
      status: { loadBalancer: {} },
    },
  },
  {
    command: 'create priorityclass pc --value=0 --description=d',
    body: 'azhzAAolChRzY2hlZHVsaW5nLms4cy5pby92MRINUHJpb3JpdHlDbGFzcxIxChIKAnBjEgAaACIAKgAyADgAQgAQABgAIgFkKhRQcmVlbXB0TG93ZXJQcmlvcml0eRoAIgA=',
    json: {
      kind: 'PriorityClass',
      apiVersion: 'scheduling.k8s.io/v1',
      metadata: { name: 'pc' },
      value: 0,
      description: 'd',
      preemptionPolicy: 'PreemptLowerPriority',
    },
  },
]
for (const { command, body, json } of posted)
  test(`kubectl ${command}`, () => {
    const bytes = Buffer.from(body, 'base64')
    const kind = kinds.find(k => k.kind === decodeEnvelope(bytes).kind)
    assert.ok(kind)
    assert.deepEqual(parseProtobuf(bytes, kind.schema), json)
  })

const findings = () => ({ validation: 'Strict' as const, warnings: [], duplicates: [] })
const fixtures = new URL('../../../shared/specs/testdata-1.36/', import.meta.url)
const skip = existsSync(fixtures) ? false : 'the fixtures are not beside the checkout'
const fixtureOf = (kind: Pick<Kind, 'group' | 'version' | 'kind'>) => `${kind.group || 'core'}.${kind.version}.${kind.kind}`
const read = (file: string) => readFileSync(new URL(file, fixtures))
const shared = { group: '', version: 'v1' }
const described: readonly Pick<Kind, 'group' | 'version' | 'kind' | 'schema'>[] = [
  ...kinds,
  { ...shared, kind: 'DeleteOptions', schema: deleteOptions as unknown as Kind['schema'] },
  { ...shared, kind: 'Status', schema: status as unknown as Kind['schema'] },
]
// Those of the aggregator and of custom resources are not published.
const published = described.filter(kind => skip || existsSync(new URL(`${fixtureOf(kind)}.pb`, fixtures)))
for (const kind of published)
  test(`the fixtures of ${kind.kind} in ${kind.group || 'core'} are one object, and what it is written as`, { skip }, () => {
    const file = fixtureOf(kind)
    const bytes = read(`${file}.pb`)
    const json = JSON.parse(read(`${file}.json`).toString())
    const value = parseProtobuf(bytes, kind.schema)
    assert.deepEqual(value, json)
    const raw = encodeProtobuf(kind.schema.node as ObjectNode, value, protobufFields)
    assert.deepEqual(encodeEnvelope({ ...decodeEnvelope(bytes), raw }), bytes)

    const yaml = { type: 'bytes' as const, contentType: 'application/yaml', bytes: read(`${file}.yaml`) }
    assert.deepEqual(parseBody(yaml, findings(), kind.schema), json)
    const decoded = decode(kind.schema.node, json, canonicalQuantity)
    assert.deepEqual([decoded.value, decoded.unknownFields, decoded.errors], [json, [], []])
    const options = { format: { encoding: 'yaml', form: 'object' } as const, include: 'None' as const, now: 0 }
    const written = render({ type: 'object', code: 200, object: decoded.value as object }, options)
    assert.deepEqual(parseBody({ ...yaml, bytes: Buffer.from(written.body as Buffer) }, findings(), kind.schema), json)
  })

/** Fixtures of stable versions that are of no kind, and why. */
const withoutKind: Readonly<Record<string, string>> = {
  'admission.k8s.io.v1.AdmissionReview': 'what webhooks are asked; in JSON alone',
  'apidiscovery.k8s.io.v2.APIGroupDiscovery': 'discovery is written from the kinds, in JSON',
  'core.v1.APIGroup': 'discovery is written from the kinds, in JSON',
  'core.v1.APIVersions': 'discovery is written from the kinds, in JSON',
  'core.v1.RangeAllocation': "of upstream's own store; no path serves it",
  'core.v1.SerializedReference': 'in annotations of long ago; no path serves it',
  'core.v1.WatchEvent': 'a frame, with tests of its own',
  ...Object.fromEntries(
    ['CreateOptions', 'GetOptions', 'ListOptions', 'PatchOptions', 'UpdateOptions'].map(name => [`core.v1.${name}`, 'comes as a query']),
  ),
  ...Object.fromEntries(
    ['NodeProxy', 'PodAttach', 'PodExec', 'PodLog', 'PodPortForward', 'PodProxy', 'ServiceProxy'].map(name => [
      `core.v1.${name}Options`,
      'comes as a query',
    ]),
  ),
}

test('every fixture of a stable version is of a kind', { skip }, t => {
  const known = new Set(described.map(fixtureOf))
  const others = readdirSync(fixtures)
    .filter(file => file.endsWith('.pb') && /\.v\d+\.[A-Za-z]+\.pb$/.test(file))
    .map(file => file.replace(/\.pb$/, ''))
    .filter(file => !known.has(file))
  for (const [file, why] of Object.entries(withoutKind)) t.diagnostic(`${file}: ${why}`)
  assert.deepEqual(others.sort(), Object.keys(withoutKind).sort())
})

const request = (bytes: Buffer) => ({ type: 'bytes' as const, contentType: 'application/vnd.kubernetes.protobuf; charset=utf-8', bytes })

const bad: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['JSON', Buffer.from('{}')],
  ['an envelope that is cut off', encodeEnvelope({ apiVersion: 'v1', kind: 'ConfigMap', raw: Buffer.from('0a00', 'hex') }).subarray(0, 12)],
  ['a message that is cut off', encodeEnvelope({ apiVersion: 'v1', kind: 'ConfigMap', raw: Buffer.from('0a7f', 'hex') })],
  ['another kind', encodeEnvelope({ apiVersion: 'v1', kind: 'Secret', raw: Buffer.from('0a00', 'hex') })],
  ['another version', encodeEnvelope({ apiVersion: 'v2', kind: 'ConfigMap', raw: Buffer.from('0a00', 'hex') })],
]
for (const [name, bytes] of bad)
  test(`${name} is a bad request`, () => {
    const read = () => decodeObject(ConfigMap, parseBody(request(bytes), findings(), ConfigMap.schema), findings())
    assert.throws(read, { name: 'StatusError', code: 400 })
  })

test('where no schema is known the media type is refused', () => {
  assert.throws(() => parseBody(request(Buffer.alloc(0)), findings()), { code: 415 })
})

test('delete options come in the version of any group', () => {
  const raw = encodeProtobuf(deleteOptions.node as ObjectNode, { gracePeriodSeconds: 0, propagationPolicy: 'Orphan' }, protobufFields)
  const parsed = parseProtobuf(encodeEnvelope({ apiVersion: 'apps/v1', kind: 'DeleteOptions', raw }), deleteOptions)
  assert.deepEqual(parsed, { apiVersion: 'apps/v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, propagationPolicy: 'Orphan' })
})
