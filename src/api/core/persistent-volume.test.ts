import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { PersistentVolume } from './persistent-volume.ts'

type Spec = Draft<PersistentVolume>['spec']
const base: Spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] }
const volume = (spec: Spec, status: Draft<PersistentVolume>['status'] = {}) =>
  stored(PersistentVolume, { spec: { ...base, ...spec }, status })
const hostPath = { path: '/data' }
const csi = { driver: 'x.example.com', volumeHandle: 'h' }
const affinity = (key: string) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In' as const, values: ['a'] }] }] },
})

describe('a persistent volume', () => {
  it('is pending, retained and has a file system where nothing is said', () => {
    const { spec, status } = volume({ hostPath, capacity: { storage: '1500000n' }, persistentVolumeReclaimPolicy: '' as 'Retain' })
    assert.deepEqual([spec.persistentVolumeReclaimPolicy, spec.volumeMode, status.phase], ['Retain', 'Filesystem', 'Pending'])
    assert.deepEqual([spec.hostPath?.type, spec.capacity], ['', { storage: '2m' }])
    assert.equal(volume({ rbd: { monitors: ['m'], image: 'i' } }).spec.rbd?.keyring, '/etc/ceph/keyring')
  })

  it('keeps when its phase changed, unless it is told', () => {
    const before = volume({ hostPath }, { phase: 'Available', lastPhaseTransitionTime: '2026-01-01T00:00:00Z' })
    const written = (status: Draft<PersistentVolume>['status']) =>
      PersistentVolume.onStatusUpdate?.(volume({ hostPath }, status), before, 0)?.status
    const at = before.status.lastPhaseTransitionTime
    assert.equal(written({ phase: 'Bound', lastPhaseTransitionTime: at })?.lastPhaseTransitionTime, '1970-01-01T00:00:00Z')
    assert.equal(
      written({ phase: 'Bound', lastPhaseTransitionTime: '2026-02-01T00:00:00Z' })?.lastPhaseTransitionTime,
      '2026-02-01T00:00:00Z',
    )
    assert.equal(written({ phase: 'Available', lastPhaseTransitionTime: at })?.lastPhaseTransitionTime, at)
  })

  const rows: readonly (readonly [name: string, spec: Spec, said: readonly string[]])[] = [
    ['of a path', { hostPath }, []],
    ['of nothing', {}, ['spec: Required value: must specify a volume type']],
    ['of two', { hostPath, cephfs: { monitors: ['m'] } }, ['spec.cephFS: Forbidden: may not specify more than 1 volume type']],
    ['without modes', { hostPath, accessModes: [] }, ['spec.accessModes: Required value']],
    [
      'of an odd mode',
      { hostPath, accessModes: ['X'] },
      ['spec.accessModes: Unsupported value: "X": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"'],
    ],
    [
      'of one pod and of many',
      { hostPath, accessModes: ['ReadWriteOncePod', 'ReadWriteMany'] },
      ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
    ],
    [
      'without capacity',
      { hostPath, capacity: {} },
      ['spec.capacity: Required value', 'spec.capacity: Unsupported value: {}: supported values: "storage"'],
    ],
    ['of no size', { hostPath, capacity: { storage: '0' } }, ['spec.capacity[storage]: Invalid value: "0": must be greater than zero']],
    [
      'of odd words',
      { hostPath, volumeMode: 'Tape' as 'Block' },
      ['spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"'],
    ],
    [
      'of the root, recycled',
      { hostPath: { path: '/a/..' }, persistentVolumeReclaimPolicy: 'Recycle' },
      [
        'spec.hostPath.path: Invalid value: "/a/..": must not contain \'..\'',
        "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
      ],
    ],
    ['of a disk of no node', { local: { path: '/d' } }, ['spec.nodeAffinity: Required value: Local volume requires node affinity']],
    ['of a disk of a node', { local: { path: '/d' }, nodeAffinity: affinity('zone') }, []],
    [
      'that no node can reach',
      { hostPath, nodeAffinity: {} },
      ['spec.nodeAffinity.required: Required value: must specify required node constraints'],
    ],
    [
      'of a driver',
      { csi: { driver: '', volumeHandle: '', nodePublishSecretRef: { name: 's' } } },
      [
        'spec.csi.driver: Required value',
        'spec.csi.driver: Invalid value: "": a lowercase RFC 1123 subdomain …',
        'spec.csi.volumeHandle: Required value',
        'spec.csi.nodePublishSecretRef.namespace: Required value',
      ],
    ],
    [
      'with attributes and no driver',
      { hostPath, volumeAttributesClassName: '' },
      [
        'spec.volumeAttributesClassName: Required value: an empty string is disallowed',
        'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
      ],
    ],
    ['of a class', { hostPath, storageClassName: 'A' }, ['spec.storageClassName: Invalid value: "A": a lowercase RFC 1123 subdomain …']],
    [
      'of a Google disk',
      { gcePersistentDisk: { pdName: 'd', partition: 256 } },
      ['spec.persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive'],
    ],
    [
      'of iSCSI',
      { iscsi: { targetPortal: '1.2.3.4', iqn: 'x', lun: 300, chapAuthSession: true, initiatorName: 'y' } },
      [
        'spec.iscsi.iqn: Invalid value: "x": must be valid format',
        'spec.iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive',
        'spec.iscsi.secretRef: Required value',
        'spec.iscsi.initiatorname: Invalid value: "y": must be valid format',
      ],
    ],
    [
      'of FlexVolume',
      { flexVolume: { driver: 'd', options: { 'a.k8s.io/x': '' } } },
      ['spec.flexVolume.options[a.k8s.io/x]: Invalid value: "a.k8s.io/x": kubernetes.io and k8s.io namespaces are reserved'],
    ],
    [
      'of NFS',
      { nfs: { server: '', path: 'a' } },
      ['spec.nfs.server: Required value', 'spec.nfs.path: Invalid value: "a": must be an absolute path'],
    ],
    [
      'of Quobyte',
      { quobyte: { registry: 'a:1,b', volume: '' } },
      [
        'spec.quobyte.registry: Invalid value: "a:1,b": must be a host:port pair or multiple pairs separated by commas',
        'spec.quobyte.volume: Required value',
      ],
    ],
  ]
  for (const [name, spec, said] of rows) it(`${name} is checked`, () => assert.deepEqual(complaints(PersistentVolume, volume(spec)), said))

  const changes: readonly (readonly [name: string, before: Spec, after: Spec, said: RegExp | undefined])[] = [
    [
      'source',
      { hostPath },
      { hostPath: { path: '/other' } },
      /^spec\.persistentvolumesource: Forbidden: spec\.persistentvolumesource is immutable after creation\n/,
    ],
    ['secret, given late', { csi }, { csi: { ...csi, controllerExpandSecretRef: { name: 's', namespace: 'n' } } }, undefined],
    ['mode', { hostPath }, { hostPath, volumeMode: 'Block' }, /^volumeMode: Invalid value: "Block": field is immutable$/],
    ['affinity, given late', { hostPath }, { hostPath, nodeAffinity: affinity('zone') }, undefined],
    [
      'affinity',
      { hostPath, nodeAffinity: affinity('a') },
      { hostPath, nodeAffinity: affinity('b') },
      /^nodeAffinity: .*except for updating from beta label to GA$/,
    ],
    [
      'old label',
      { hostPath, nodeAffinity: affinity('failure-domain.beta.kubernetes.io/zone') },
      { hostPath, nodeAffinity: affinity('topology.kubernetes.io/zone') },
      undefined,
    ],
    [
      'class of attributes',
      { csi, volumeAttributesClassName: 'a' },
      { csi },
      /^spec\.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden$/,
    ],
    ['policy', { hostPath }, { hostPath, persistentVolumeReclaimPolicy: 'Delete' }, undefined],
  ]
  for (const [name, before, after, said] of changes)
    it(`may${said ? ' not' : ''} change its ${name}`, () => {
      const found = complaints(PersistentVolume, volume(after), volume(before))
      if (said) assert.match(found.join('; '), said)
      else assert.deepEqual(found, [])
    })

  it('shows what it holds and for whom', () => {
    const spec: Spec = {
      hostPath,
      accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
      claimRef: { namespace: 'n', name: 'c' },
      storageClassName: 'fast',
    }
    assert.deepEqual(row(PersistentVolume, volume(spec, { phase: 'Bound' })), {
      Name: 'a',
      Capacity: '1Gi',
      'Access Modes': 'RWO,RWX',
      'Reclaim Policy': 'Retain',
      Status: 'Bound',
      Claim: 'n/c',
      StorageClass: 'fast',
      VolumeAttributesClass: '<unset>',
      Reason: '',
      Age: '5m',
      VolumeMode: 'Filesystem',
    })
  })
})
