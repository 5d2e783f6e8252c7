import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { PersistentVolumeClaim } from './persistent-volume-claim.ts'

type Claim = Draft<PersistentVolumeClaim>
const base: Claim['spec'] = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } }
const claim = (spec: Claim['spec'], status: Claim['status'] = {}, annotations = {}) =>
  stored(PersistentVolumeClaim, { metadata: { annotations }, spec: { ...base, ...spec }, status })
const size = (storage: string) => ({ resources: { requests: { storage } } })
const bound = { phase: 'Bound', capacity: { storage: '1Gi' } }

describe('a claim', () => {
  const sources: readonly (readonly [name: string, spec: Claim['spec'], kept: Claim['spec']])[] = [
    [
      'a claim',
      { dataSource: { kind: 'PersistentVolumeClaim', name: 'x' } },
      { dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'x' } },
    ],
    ['anything else', { dataSource: { apiGroup: 'g', kind: 'K', name: 'x' } }, { dataSource: undefined }],
    [
      'a reference',
      { dataSourceRef: { apiGroup: 'g', kind: 'K', name: 'x', namespace: 'n' } },
      { dataSource: { apiGroup: 'g', kind: 'K', name: 'x' } },
    ],
  ]
  for (const [name, spec, kept] of sources)
    it(`that is filled from ${name} says so both ways`, () => {
      const { spec: made } = PersistentVolumeClaim.onCreate?.(claim(spec), { username: 'u', groups: [] }) ?? claim(spec)
      for (const [field, value] of Object.entries(kept ?? {})) assert.deepEqual(made[field as keyof typeof made], value)
      assert.equal(made.dataSourceRef?.namespace, undefined)
    })

  const rows: readonly (readonly [name: string, spec: Claim['spec'], said: readonly string[]])[] = [
    ['of a size', {}, []],
    ['without modes', { accessModes: [] }, ['spec.accessModes: Required value: at least 1 access mode is required']],
    ['without a size', { resources: {} }, ['spec.resources[storage]: Required value']],
    ['of no size', size('0'), ['spec.resources[storage]: Invalid value: "0": must be greater than zero']],
    ['of an odd class', { storageClassName: 'A' }, ['spec.storageClassName: Invalid value: "A": a lowercase RFC 1123 subdomain …']],
    ['of an odd mode', { volumeMode: 'Tape' }, ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"']],
    [
      'of an odd source',
      { dataSource: { kind: 'K', name: '' } },
      [
        'spec.dataSource.name: Required value',
        'spec.dataSource: Invalid value: "K": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
      ],
    ],
    [
      'of two sources',
      { dataSource: { kind: 'PersistentVolumeClaim', name: 'x' }, dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'y' } },
      ['spec: Invalid value: "spec.dataSource": must match dataSourceRef'],
    ],
    [
      'of a selector',
      { selector: { matchLabels: { a: '-' } } },
      ['spec.selector.matchLabels: Invalid value: "-": a valid label must be an empty string or …'],
    ],
  ]
  for (const [name, spec, said] of rows)
    it(`${name} is checked`, () => assert.deepEqual(complaints(PersistentVolumeClaim, claim(spec)), said))

  const immutable =
    /^spec: Forbidden: spec is immutable after creation except resources\.requests and volumeAttributesClassName for bound claims\n/
  const beta = { 'volume.beta.kubernetes.io/storage-class': 'old' }
  const changes: readonly (readonly [
    name: string,
    before: PersistentVolumeClaim,
    after: PersistentVolumeClaim,
    said: RegExp | undefined,
  ])[] = [
    ['volume, once', claim({}), claim({ volumeName: 'v' }), undefined],
    ['volume, twice', claim({ volumeName: 'v' }), claim({ volumeName: 'w' }), immutable],
    ['class, once', claim({}), claim({ storageClassName: 'c' }), undefined],
    ['class, twice', claim({ storageClassName: 'c' }), claim({ storageClassName: 'd' }), immutable],
    ['class, from its annotation', claim({}, {}, beta), claim({ storageClassName: 'old' }), undefined],
    [
      'annotated class',
      claim({}, {}, beta),
      claim({}),
      /^metadata\.annotations\.volume\.beta\.kubernetes\.io\/storage-class: .*field is immutable$/,
    ],
    ['size, before it is bound', claim({}), claim(size('3Gi')), immutable],
    ['size', claim({}, bound), claim(size('3Gi'), bound), undefined],
    ['size, back to what it never got', claim({}, bound), claim(size('1500Mi'), bound), undefined],
    [
      'size, below what it has',
      claim({}, bound),
      claim(size('1Gi'), bound),
      /^spec\.resources\.requests\.storage: Forbidden: field can not be less than status\.capacity$/,
    ],
    ['class of attributes', claim({ volumeAttributesClassName: 'a' }), claim({ volumeAttributesClassName: 'b' }), undefined],
    [
      'class of attributes, to none',
      claim({ volumeAttributesClassName: 'a' }, { currentVolumeAttributesClassName: 'a' }),
      claim({}, { currentVolumeAttributesClassName: 'a' }),
      /^spec\.volumeAttributesClassName: Forbidden: update to nil is forbidden when status\.currentVolumeAttributesClassName is not nil$/,
    ],
    ['class of attributes that it never had', claim({ volumeAttributesClassName: 'a' }), claim({}), undefined],
    ['modes', claim({}, bound), claim({ accessModes: ['ReadWriteMany'] }, bound), immutable],
  ]
  for (const [name, before, after, said] of changes)
    it(`may${said ? ' not' : ''} change its ${name}`, () => {
      const found = complaints(PersistentVolumeClaim, after, before)
      if (said) assert.match(found.join('; '), said)
      else assert.deepEqual(found, [])
    })

  it('has statuses of known resources and words', () => {
    const next = claim({}, { allocatedResourceStatuses: { storage: 'X', cpu: 'NodeResizePending' }, allocatedResources: { 'a/b/c': '1' } })
    const said = PersistentVolumeClaim.validateStatus?.(next, next).map(error => `${error.field}: ${error.type}`)
    assert.deepEqual(said, [
      'status.allocatedResourceStatus: FieldValueNotSupported',
      'status.allocatedResourceStatus: FieldValueNotSupported',
      'status.allocatedResources: FieldValueInvalid',
    ])
  })

  it('shows its volume', () => {
    const status = { ...bound, accessModes: ['ReadWriteOncePod'] }
    const shown = {
      Name: 'a',
      Status: 'Bound',
      Volume: 'v',
      Capacity: '1Gi',
      'Access Modes': 'RWOP',
      StorageClass: 'fast',
      VolumeAttributesClass: 'gold',
      Age: '5m',
      VolumeMode: 'Filesystem',
    }
    const spec = { volumeName: 'v', storageClassName: 'fast', volumeAttributesClassName: 'gold' }
    assert.deepEqual(row(PersistentVolumeClaim, claim(spec, status)), shown)
    const { Status, Volume, Capacity } = row(PersistentVolumeClaim, claim({}))
    assert.deepEqual([Status, Volume, Capacity], ['Pending', '', ''])
  })
})
