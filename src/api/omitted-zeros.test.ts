// What becomes of zeros that are sent, kind by kind, as Go's types have it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalQuantity } from '../meta/quantity.ts'
import { decode } from '../schema/decode.ts'
import { Deployment } from './apps/deployment.ts'
import { ConfigMap } from './core/config-map.ts'
import { Pod } from './core/pod.ts'
import { Secret } from './core/secret.ts'
import { Service } from './core/service.ts'
import type { Kind } from './kind.ts'
import { omitsZero } from './omitted-zeros.ts'
import { Role } from './rbac/role.ts'

const rows: readonly (readonly [Pick<Kind, 'schema' | 'kind'>, sent: object, kept: object])[] = [
  [ConfigMap, { data: {}, binaryData: {}, immutable: false }, { immutable: false }],
  [
    Secret,
    { type: '', data: { a: '' }, metadata: { labels: {}, annotations: { a: '' }, generateName: '' } },
    { data: { a: '' }, metadata: { annotations: { a: '' } } },
  ],
  [
    Service,
    { spec: { ports: [{ port: 0, nodePort: 0, name: '' }], externalIPs: [], selector: {}, sessionAffinity: '' } },
    { spec: { ports: [{ port: 0 }] } },
  ],
  [
    Deployment,
    { spec: { replicas: 0, paused: false, minReadySeconds: 0, revisionHistoryLimit: 0, selector: {}, strategy: {} } },
    { spec: { replicas: 0, revisionHistoryLimit: 0, selector: {}, strategy: {} } },
  ],
  [Role, { rules: [] }, { rules: [] }],
  [
    Pod,
    {
      spec: {
        containers: [],
        initContainers: [],
        hostNetwork: false,
        nodeName: '',
        terminationGracePeriodSeconds: 0,
        automountServiceAccountToken: false,
        tolerations: [{ operator: '', tolerationSeconds: 0 }],
        securityContext: {},
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 'c', configMap: { name: '', optional: false } },
        ],
      },
    },
    {
      spec: {
        containers: [],
        terminationGracePeriodSeconds: 0,
        automountServiceAccountToken: false,
        tolerations: [{ tolerationSeconds: 0 }],
        securityContext: {},
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 'c', configMap: { optional: false } },
        ],
      },
    },
  ],
]
for (const [{ kind, schema }, sent, kept] of rows)
  test(`zeros of a ${kind}`, () => assert.deepEqual(decode(schema.node, sent, canonicalQuantity, omitsZero).value, kept))

test('an empty list of owners is a wish to forget them', () => {
  const sent = { metadata: { managedFields: [] } }
  assert.equal(decode(Pod.schema.node, sent, canonicalQuantity, omitsZero).value, sent)
})
