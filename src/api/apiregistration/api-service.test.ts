import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { APIService } from './api-service.ts'

const spec = { group: 'a.b', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 }
const metadata = { name: 'v1.a.b' }
const service = { name: 's', namespace: 'n' }
const insecure = { insecureSkipTLSVerify: true, caBundle: 'YWJj' }

const cases: readonly (readonly [name: string, spec: Draft<APIService>['spec'], expected: readonly string[]])[] = [
  ['that is right', spec, []],
  ['behind a service', { ...spec, service, caBundle: 'YWJj' }, []],
  [
    'with priorities that are none',
    { ...spec, groupPriorityMinimum: 20_001, versionPriority: 0 },
    [
      'spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000',
      'spec.versionPriority: Invalid value: 0: must be positive and less than 1000',
    ],
  ],
  [
    'without a group',
    { ...spec, group: '', version: 'v2' },
    [
      'metadata.name: Invalid value: "v1.a.b": must be `spec.version+"."+spec.group`: "v2."',
      'spec.group: Required value: only v1 may have an empty group and it better be legacy kube',
    ],
  ],
  [
    'that is local and trusts',
    { ...spec, ...insecure },
    [
      'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
      'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
    ],
  ],
  [
    'behind an odd service',
    { ...spec, service: { port: 70_000 }, ...insecure },
    [
      'spec.service.namespace: Required value',
      'spec.service.name: Required value',
      'spec.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive',
      'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present',
    ],
  ],
]

describe('an API service', () => {
  for (const [name, given, expected] of cases) {
    it(name, () => assert.deepEqual(complaints(APIService, stored(APIService, { metadata, spec: given })), expected))
  }
  it('has port 443 where none is given', () => {
    assert.equal(stored(APIService, { metadata, spec: { ...spec, service } }).spec.service?.port, 443)
  })
  it('is available at once where it is local, and not otherwise', () => {
    const made = APIService.onCreate?.(stored(APIService, { metadata, spec }), { username: '', groups: [] })
    assert.deepEqual(
      made?.status.conditions?.map(c => [c.type, c.status, c.reason, c.lastTransitionTime]),
      [['Available', 'True', 'Local', '2026-01-01T00:00:00Z']],
    )
    assert.deepEqual(
      APIService.onCreate?.(stored(APIService, { metadata, spec: { ...spec, service } }), { username: '', groups: [] }).status,
      {},
    )
  })
  it('takes the three statuses only', () => {
    const object = stored(APIService, { metadata, spec, status: { conditions: [{ type: 'Available', status: 'Yes' }] } })
    assert.deepEqual(
      APIService.validateStatus?.(object, object).map(e => e.field),
      ['status.conditions[0].status'],
    )
  })
  it('shows who serves it and whether it can be reached', () => {
    const conditions = [{ type: 'Available', status: 'False', reason: 'MissingEndpoints' }]
    const remote = stored(APIService, { metadata, spec: { ...spec, service }, status: { conditions } })
    assert.deepEqual(row(APIService, remote), { Name: 'v1.a.b', Service: 'n/s', Available: 'False (MissingEndpoints)', Age: '5m' })
    assert.deepEqual(row(APIService, stored(APIService, { metadata, spec })), {
      Name: 'v1.a.b',
      Service: 'Local',
      Available: 'Unknown',
      Age: '5m',
    })
  })
})
