import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Draft } from '../../schema/schema.ts'
import type { Kind } from '../kind.ts'
import { complaints, row, stored } from '../testkit.ts'
import { DeviceClass } from './device-class.ts'
import { ResourceClaim } from './resource-claim.ts'
import { ResourceClaimTemplate } from './resource-claim-template.ts'
import { ResourceSlice } from './resource-slice.ts'
import { classExpressions } from './selector-expressions.ts'
import { uid } from './validate-names.ts'

const request = { name: 'r', exactly: { deviceClassName: 'c' } }
const claimSpec = { devices: { requests: [request] } }
const opaque = { driver: 'd', parameters: { a: 1 } }
const large = { driver: 'd', parameters: { a: 'x'.repeat(10 * 1024) } }
const sliceSpec = { driver: 'd', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, nodeName: 'n' }
const someone = { username: '', groups: [] }

interface Case {
  readonly name: string
  readonly found: () => string[]
  readonly expected: readonly string[]
}
function creating<O extends KubeObject>(name: string, kind: Kind<O>, draft: Draft<O>, expected: readonly string[]): Case {
  return { name: `a new ${kind.kind} ${name}`, found: () => complaints(kind, stored(kind, draft)), expected }
}
function changing<O extends KubeObject>(name: string, kind: Kind<O>, from: Draft<O>, to: Draft<O>, expected: readonly string[]): Case {
  return { name: `a change of a ${kind.kind} ${name}`, found: () => complaints(kind, stored(kind, to), stored(kind, from)), expected }
}
const claim = (name: string, devices: object, expected: readonly string[]) => creating(name, ResourceClaim, { spec: { devices } }, expected)
const slice = (name: string, spec: object, expected: readonly string[]) =>
  creating(name, ResourceSlice, { spec: { ...sliceSpec, ...spec } }, expected)
const device = (name: string, more: object, expected: readonly string[]) => slice(name, { devices: [{ name: 'd', ...more }] }, expected)
const shared = (name: string, requestPolicy: object, expected: readonly string[]) =>
  device(name, { allowMultipleAllocations: true, capacity: { m: { value: '10', requestPolicy } } }, expected)
const unknownRequest = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

const cases: readonly Case[] = [
  claim('that is right', claimSpec.devices, []),
  creating('of nothing', ResourceClaim, {}, []),
  claim('with odd requests', { requests: [{ name: 'A' }, { ...request, firstAvailable: [{ name: 'x', deviceClassName: 'c' }] }] }, [
    'spec.devices.requests[0].name: Invalid value: "A": a lowercase RFC 1123 label …',
    'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    'spec.devices.requests[1]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
  ]),
  claim('with one name twice', { requests: [request, request] }, ['spec.devices.requests[1]: Duplicate value: "r"']),
  claim('with odd amounts', { requests: [{ name: 'r', exactly: { allocationMode: 'All', count: 2, deviceClassName: '' } }] }, [
    'spec.devices.requests[0].exactly.deviceClassName: Required value',
    "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
  ]),
  claim(
    'with odd selectors and tolerations',
    {
      requests: [
        { name: 'r', exactly: { deviceClassName: 'c', selectors: [{}], tolerations: [{ operator: 'Exists', value: 'v', key: 'a b' }] } },
      ],
    },
    [
      'spec.devices.requests[0].exactly.selectors[0].cel: Required value',
      'spec.devices.requests[0].exactly.tolerations[0].key: Invalid value: "a b": name part …',
      'spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: "v": must be empty for operator `Exists`',
    ],
  ),
  claim('with too many requests', { requests: Array.from({ length: 33 }, (_, i) => ({ ...request, name: `r${i}` })) }, [
    'spec.devices.requests: Too many: 33: must have at most 32 items',
  ]),
  claim(
    'that speaks of other requests',
    {
      requests: [{ name: 'r', firstAvailable: [{ name: 'x', deviceClassName: 'c' }] }],
      constraints: [{ requests: ['r/x', 'r/y', 'r/x/z'], matchAttribute: 'a' }, {}],
      config: [{ requests: ['q'] }, { opaque: { driver: 'd', parameters: [] } }],
    },
    [
      `spec.devices.constraints[0].requests[1]: Invalid value: "r/y": ${unknownRequest}`,
      `spec.devices.constraints[0].requests[2]: Invalid value: "r/x/z": ${unknownRequest}`,
      'spec.devices.constraints[0].matchAttribute: Invalid value: "a": a fully qualified name must be a domain and a name separated by a slash',
      'spec.devices.constraints[1]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
      `spec.devices.config[0].requests[0]: Invalid value: "q": ${unknownRequest}`,
      'spec.devices.config[0].opaque: Required value',
      'spec.devices.config[1].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
    ],
  ),
  changing('that asks for others', ResourceClaimTemplate, { spec: { spec: claimSpec } }, { spec: { spec: {} } }, [
    'spec: Invalid value: {"spec":{"devices":{}},"metadata":{}}: field is immutable',
  ]),
  creating('with odd labels', ResourceClaimTemplate, { spec: { metadata: { labels: { 'a b': '' } }, spec: claimSpec } }, [
    'spec.metadata.labels: Invalid value: "a b": name part …',
  ]),
  creating('that is right', DeviceClass, { spec: { config: [{ opaque }], extendedResourceName: 'example.com/gpu' } }, []),
  creating('with odd parts', DeviceClass, { spec: { config: [{}], extendedResourceName: 'gpu' } }, [
    'spec.config[0].opaque: Required value',
    'spec.extendedResourceName: Invalid value: "gpu": must be a valid extended resource name',
  ]),
  creating('with large parameters', DeviceClass, { spec: { config: [{ opaque: large }] } }, [
    'spec.config[0].opaque.parameters: Too long: may not be more than 10240 bytes',
  ]),
  changing(
    'that had large parameters',
    DeviceClass,
    { spec: { config: [{ opaque: large }] } },
    { spec: { config: [{ opaque: large }], extendedResourceName: 'example.com/gpu' } },
    [],
  ),
  slice('that is right', { devices: [{ name: 'd', attributes: { a: { int: 1 } }, capacity: { 'x.y/m': { value: '1Gi' } } }] }, []),
  creating('of nothing', ResourceSlice, {}, [
    'spec.driver: Required value',
    'spec.pool.name: Required value',
    'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
    'spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required',
  ]),
  slice(
    'for some nodes and all',
    { allNodes: true, perDeviceNodeSelection: false, sharedCounters: [{ name: 'c', counters: {} }], devices: [] },
    [
      'spec.perDeviceNodeSelection: Invalid value: false: must be either unset or set to true',
      'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
      'spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed',
      'spec.sharedCounters[0].counters: Required value',
    ],
  ),
  device('with odd attributes', { attributes: { 'a-b': { int: 1, bool: true }, '/x': {}, v: { version: '1' } }, allNodes: true }, [
    "spec.devices[0].attributes[a-b]: Invalid value: \"a-b\": a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')",
    'spec.devices[0].attributes[a-b]: Invalid value: {"int":1,"bool":true}: exactly one value must be specified',
    'spec.devices[0].attributes[/x]: Invalid value: "": the domain must not be empty',
    'spec.devices[0].attributes[/x]: Invalid value: "": exactly one value must be specified',
    'spec.devices[0].attributes[v].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
    'spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
  ]),
  device('with odd conditions', { bindingConditions: ['a', 'a'], bindingFailureConditions: ['a'] }, [
    'spec.devices[0].bindingConditions[1]: Duplicate value: "a"',
    'spec.devices[0].bindingFailureConditions[0]: Invalid value: "a": bindingFailureConditions must not overlap with bindingConditions',
  ]),
  device('with a policy and no sharing', { capacity: { m: { value: '1', requestPolicy: {} } } }, [
    'spec.devices[0].capacity[m].requestPolicy: Forbidden: allowMultipleAllocations must be true',
  ]),
  shared('that is right', { default: '2', validRange: { min: '2', max: '8', step: '2' } }, []),
  shared('in odd steps', { default: '3', validRange: { min: '2', max: '12', step: '2' } }, [
    'spec.devices[0].capacity[m].requestPolicy.validRange.max: Invalid value: "12": max is larger than capacity value: 10',
    'spec.devices[0].capacity[m].requestPolicy.validRange.step: Invalid value: "3": value is not a multiple of a given step (2) from (2)',
  ]),
  shared('in steps of nothing', { default: '2', validRange: { min: '2', step: '0' } }, [
    'spec.devices[0].capacity[m].requestPolicy.validRange.step: Invalid value: "0": must be greater than zero',
  ]),
  shared('of odd values', { default: '3', validValues: ['4', '2', '11'] }, [
    'spec.devices[0].capacity[m].requestPolicy.validValues[1]: Invalid value: "2": values must be sorted in ascending order',
    'spec.devices[0].capacity[m].requestPolicy.validValues[2]: Invalid value: "11": option is larger than capacity value: 10',
    'spec.devices[0].capacity[m].requestPolicy.validValues: Invalid value: "3": default value is not valid according to the requestPolicy',
  ]),
  changing('of what is fixed', ResourceSlice, { spec: sliceSpec }, { spec: { ...sliceSpec, driver: 'e', nodeName: 'm' } }, [
    'spec.driver: Invalid value: "e": field is immutable',
    'spec.nodeName: Invalid value: "m": field is immutable',
  ]),
]

describe('validation of devices', () => {
  for (const { name, found, expected } of cases) it(name, () => assert.deepEqual(found(), expected))
})

const result = { request: 'r', driver: 'd', pool: 'p', device: 'x' }
const consumer = { resource: 'pods', name: 'n', uid: 'u' }
const withStatus = (status: Draft<ResourceClaim>['status'], metadata = {}) =>
  stored(ResourceClaim, { metadata, spec: claimSpec, status: status ?? {} })
const allocation = { devices: { results: [result] } }

describe('expressions of a class', () => {
  const of = (...expressions: string[]) =>
    stored(DeviceClass, { spec: { selectors: expressions.map(expression => ({ cel: { expression } })) } })
  const looksAt = (next: DeviceClass, previous: DeviceClass) => classExpressions(next, previous).map(({ text }) => text)
  it('are looked at again when any of them or their order changes', () => {
    assert.deepEqual(looksAt(of('a', 'b'), of('a', 'b')), [])
    assert.deepEqual(looksAt(of('b', 'a'), of('a', 'b')), ['b', 'a'])
    assert.deepEqual(looksAt(of('a'), of('a', 'b')), ['a'])
  })
})

describe('the id of a share', () => {
  const id = '0f0e1d2c-3b4a-4958-8776-65544332211a'
  const complaint = (shareID: string) => uid(shareID, 'f').map(e => e.detail?.slice(0, 40))
  it('is a UUID in normal form', () => {
    assert.deepEqual(complaint(id), [])
    for (const other of [id.toUpperCase(), `{${id}}`, `urn:uuid:${id}`, id.replaceAll('-', '')])
      assert.deepEqual(complaint(other), ['uid must be in RFC 4122 normalized form,'], other)
    assert.deepEqual(complaint('u'), ['error validating uid: invalid UUID lengt'])
    assert.deepEqual(complaint(id.replace('f', 'g')), ['error validating uid: invalid UUID forma'])
    assert.deepEqual(complaint(`<${id}>`), ['error validating uid: invalid bracketed '])
    assert.deepEqual(complaint(`urn-uuid:${id}`), ['error validating uid: invalid urn prefix'])
  })
})

describe('the status of a claim', () => {
  const statusCases: readonly (readonly [string, ResourceClaim, ResourceClaim, readonly string[]])[] = [
    [
      'that is right',
      withStatus({}),
      withStatus({ allocation, reservedFor: [consumer], devices: [{ driver: 'd', pool: 'p', device: 'x', data: {} }] }),
      [],
    ],
    [
      'reserved before it is given',
      withStatus({}),
      withStatus({ reservedFor: [consumer, consumer] }),
      ['status.reservedFor[1]', 'status.reservedFor'],
    ],
    ['given again', withStatus({ allocation }), withStatus({ allocation: { devices: {} } }), ['status.allocation']],
    [
      'reserved while it goes',
      withStatus({ allocation }),
      withStatus({ allocation, reservedFor: [consumer] }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      ['status.reservedFor'],
    ],
    [
      'of devices it was not given',
      withStatus({}),
      withStatus({ devices: [{ driver: 'd', pool: 'p', device: 'y', networkData: { ips: ['1.2.3.4/33'] } }] }),
      ['status.devices[0]', 'status.devices[0].networkData.ips[0]'],
    ],
    [
      'for requests it has not',
      withStatus({}),
      withStatus({ allocation: { devices: { results: [{ ...result, request: 'q', shareID: 'U' }] } } }),
      ['status.allocation.devices.results[0].request', 'status.allocation.devices.results[0].shareID'],
    ],
  ]
  for (const [name, from, to, expected] of statusCases) {
    it(name, () =>
      assert.deepEqual(
        ResourceClaim.validateStatus?.(to, from).map(e => e.field),
        expected,
      ),
    )
  }
  it('forgets devices that are taken back', () => {
    const devices = [{ driver: 'd', pool: 'p', device: 'x' }]
    const next = ResourceClaim.onStatusUpdate?.(withStatus({ devices }), withStatus({ allocation, devices }), 0)
    assert.deepEqual(next?.status, {})
  })
})

describe('what the server sets', () => {
  it('one device where no number is given, and how tolerations compare', () => {
    const { spec } = stored(ResourceClaim, {
      spec: { devices: { requests: [{ name: 'r', firstAvailable: [{ name: 'x', deviceClassName: 'c', tolerations: [{ key: 'k' }] }] }] } },
    })
    assert.deepEqual(spec.devices.requests?.[0]?.firstAvailable, [
      { name: 'x', deviceClassName: 'c', allocationMode: 'ExactCount', count: 1, tolerations: [{ key: 'k', operator: 'Equal' }] },
    ])
  })
  it('not what is alpha, and when a taint was added', () => {
    const taint = { key: 'k', effect: 'NoSchedule' as const }
    const draft = {
      spec: {
        ...sliceSpec,
        devices: [{ name: 'd', attributes: { a: { int: 1, ints: [1] } }, nodeAllocatableResourceMappings: { cpu: {} }, taints: [taint] }],
      },
    }
    const made = ResourceSlice.onCreate?.(stored(ResourceSlice, draft), someone)
    assert.deepEqual(made?.spec.devices, [
      { name: 'd', attributes: { a: { int: 1 } }, taints: [{ ...taint, timeAdded: '2026-01-01T00:00:00Z' }] },
    ])
    const again = made && ResourceSlice.onUpdate?.(stored(ResourceSlice, draft), made)
    assert.deepEqual(again?.spec.devices, made?.spec.devices)
  })
})

describe('the table', () => {
  it('of claims', () => {
    const states = [withStatus({}), withStatus({ allocation }), withStatus({ allocation, reservedFor: [consumer] })]
    assert.deepEqual(
      states.map(claim => row(ResourceClaim, claim)['State']),
      ['pending', 'allocated', 'allocated,reserved'],
    )
  })
  it('of slices', () => {
    assert.deepEqual(row(ResourceSlice, stored(ResourceSlice, { spec: sliceSpec })), {
      Name: 'a',
      Node: 'n',
      Driver: 'd',
      Pool: 'p',
      Age: '5m',
    })
  })
})
