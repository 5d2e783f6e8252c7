import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { APIService } from '../../api/apiregistration/api-service.ts'
import { Service } from '../../api/core/service.ts'
import { EndpointSlice } from '../../api/discovery/endpoint-slice.ts'
import { stored } from '../../api/testkit.ts'
import type { Draft } from '../../schema/schema.ts'
import { isIdentityHeader } from '../authn/request-headers.ts'
import { type Backend, backendOf } from './backend.ts'
import { type ExtensionVersion, mergeDiscovery, mergeGroups, type Priorities } from './discovery-merge.ts'
import { identityHeaders } from './identity.ts'
import { reconcileLocalServices } from './local-services.ts'
import { mergeSwagger } from './openapi-merge.ts'

const reference = { name: 's', namespace: 'n', port: 443 }
const service = (spec: Draft<Service>['spec']) => stored(Service, { spec: spec ?? {} })
const slice = (endpoints: Draft<EndpointSlice>['endpoints'], ports: Draft<EndpointSlice>['ports']) =>
  stored(EndpointSlice, { addressType: 'IPv4', endpoints: endpoints ?? [], ports: ports ?? [] })
const https = service({ ports: [{ name: 'https', port: 443 }] })
const ready = [
  { addresses: ['10.0.0.1'], conditions: { ready: true } },
  { addresses: ['10.0.0.2'], conditions: { ready: false } },
]

describe('the servers behind a service', () => {
  const missing = 'endpointslices for service/s in "n" have no addresses with port name "https"'
  const cases: readonly (readonly [string, Service | undefined, readonly EndpointSlice[], Backend])[] = [
    ['without a service', undefined, [], { ok: false, reason: 'ServiceNotFound', message: 'service/s in "n" is not present' }],
    [
      'on another port',
      service({ ports: [{ port: 80 }] }),
      [],
      {
        ok: false,
        reason: 'ServicePortError',
        message: 'service/s in "n" is not listening on port 443',
      },
    ],
    [
      'without endpoints',
      https,
      [],
      { ok: false, reason: 'EndpointsNotFound', message: 'cannot find endpointslices for service/s in "n"' },
    ],
    [
      'that are not ready',
      https,
      [slice(ready.slice(1), [{ name: 'https', port: 8443 }])],
      { ok: false, reason: 'MissingEndpoints', message: missing },
    ],
    [
      'under another name',
      https,
      [slice(ready, [{ name: 'http', port: 80 }])],
      { ok: false, reason: 'MissingEndpoints', message: missing },
    ],
    ['that are ready', https, [slice(ready, [{ name: 'https', port: 8443 }])], { ok: true, addresses: [{ host: '10.0.0.1', port: 8443 }] }],
    [
      'elsewhere',
      service({ type: 'ExternalName', externalName: 'a.example' }),
      [],
      { ok: true, addresses: [{ host: 'a.example', port: 443 }] },
    ],
  ]
  for (const [name, of, slices, expected] of cases) it(name, () => assert.deepEqual(backendOf(reference, of, slices), expected))
})

describe('the identity of a request', () => {
  it('is told by headers', () => {
    const user = { username: 'jane', uid: 'u', groups: ['a', 'b'], extra: { 'example.com/x y%': ['1', '2'] } }
    assert.deepEqual(identityHeaders(user), {
      'X-Remote-User': 'jane',
      'X-Remote-Uid': 'u',
      'X-Remote-Group': ['a', 'b'],
      'X-Remote-Extra-example.com%2Fx%20y%25': ['1', '2'],
    })
  })
  it('is not taken from the client', () => {
    assert.deepEqual(['X-Remote-User', 'x-remote-extra-a', 'x-remote-port', 'accept'].map(isIdentityHeader), [true, true, false, false])
  })
})

const local = (name: string, labels: Record<string, string>) => {
  const [version = '', ...group] = name.split('.')
  return stored(APIService, {
    metadata: { name, labels },
    spec: { group: group.join('.'), version, groupPriorityMinimum: 1, versionPriority: 1 },
  })
}

describe('the API services of what is served here', () => {
  const managed = { 'kube-aggregator.kubernetes.io/automanaged': 'true' }
  const served = [
    { group: '', version: 'v1' },
    { group: 'apps', version: 'v1' },
    { group: 'apiregistration.k8s.io', version: 'v1' },
    { group: 'crd.example', version: 'v2' },
  ]
  it('are made where they are missing, in their places', () => {
    const { create } = reconcileLocalServices(served, [local('v1.apps', {})])
    assert.deepEqual(
      create.map(({ metadata, spec }) => [
        metadata.name,
        Object.values(metadata.labels ?? {})[0],
        spec?.groupPriorityMinimum,
        spec?.versionPriority,
      ]),
      [
        ['v1.', 'onstart', 18_000, 1],
        ['v2.crd.example', 'true', 1000, 100],
      ],
    )
  })
  it('go with what they stand for, unless somebody else made them', () => {
    const { remove } = reconcileLocalServices(served, [
      local('v1.gone.example', managed),
      local('v1.mine.example', {}),
      local('v2.crd.example', managed),
    ])
    assert.deepEqual(
      remove.map(item => item.metadata.name),
      ['v1.gone.example'],
    )
  })
})

const priorities: Priorities = {
  group: group => ({ apps: 17_800, 'a.example': 100 })[group] ?? 0,
  version: (_, version) => (version === 'v1beta1' ? 20 : 10),
}
const extension = (group: string, version: string, more: Partial<ExtensionVersion> = {}): ExtensionVersion => ({
  group,
  version,
  resources: undefined,
  isAvailable: false,
  ...more,
})

describe('discovery', () => {
  it('has all groups by priority, each with all its versions', () => {
    const own = ['z.example', 'apps', 'apiregistration.k8s.io'].map(name => ({
      name,
      versions: [{ groupVersion: `${name}/v1`, version: 'v1' }],
    }))
    const merged = mergeGroups(own, [extension('a.example', 'v1'), extension('a.example', 'v2'), extension('apps', 'v1beta1')], priorities)
    assert.deepEqual(
      merged.map(({ name, versions, preferredVersion }) => [name, versions.map(v => v.version).join(' '), preferredVersion?.version]),
      [
        ['apiregistration.k8s.io', 'v1', 'v1'],
        ['apps', 'v1beta1 v1', 'v1beta1'],
        ['a.example', 'v2 v1', 'v2'],
        ['z.example', 'v1', 'v1'],
      ],
    )
  })
  it('says what it does not know', () => {
    const [group] = mergeDiscovery([], [extension('a.example', 'v1')], priorities)
    assert.deepEqual(group?.versions, [{ version: 'v1', resources: [], freshness: 'Stale' }])
  })
})

describe('descriptions', () => {
  const ref = (name: string) => ({ $ref: `#/definitions/${name}` })
  it('keep definitions apart that are not the same', () => {
    const own = { paths: { '/api/v1/a': ref('A') }, definitions: { A: { type: 'object' }, B: { type: 'string' } } }
    const other = {
      paths: { '/apis/x/v1/things': ref('A'), '/apis/x/v1': ref('B'), '/apis/x/v10/things': ref('C') },
      definitions: { A: { properties: { b: ref('B') } }, B: { type: 'string' }, C: {} },
    }
    assert.deepEqual(mergeSwagger(own, other, '/apis/x/v1/'), {
      paths: { '/api/v1/a': ref('A'), '/apis/x/v1/things': ref('A_v2'), '/apis/x/v1': ref('B') },
      definitions: { A: { type: 'object' }, B: { type: 'string' }, A_v2: { properties: { b: ref('B') } } },
    })
  })
})
