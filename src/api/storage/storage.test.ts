// The kinds of storage.k8s.io: defaults, rules, what may change, tables.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Draft } from '../../schema/schema.ts'
import type { Kind } from '../kind.ts'
import { complaints, row, stored } from '../testkit.ts'
import { CSIDriver } from './csi-driver.ts'
import { CSINode } from './csi-node.ts'
import { CSIStorageCapacity } from './csi-storage-capacity.ts'
import { StorageClass } from './storage-class.ts'
import { VolumeAttachment } from './volume-attachment.ts'
import { VolumeAttributesClass } from './volume-attributes-class.ts'

interface Case {
  readonly name: string
  readonly found: () => string[]
  readonly said: readonly string[]
}
function checked<O extends KubeObject>(name: string, kind: Kind<O>, draft: Draft<O>, ...said: readonly string[]): Case {
  return { name, found: () => complaints(kind, stored(kind, draft)), said }
}
function changed<O extends KubeObject>(name: string, kind: Kind<O>, before: Draft<O>, after: Draft<O>, ...said: readonly string[]): Case {
  return { name: `a change of ${name}`, found: () => complaints(kind, stored(kind, after), stored(kind, before)), said }
}

const provisioner = 'example.com/p'
const inline = { csi: { driver: 'd', volumeHandle: 'h' }, accessModes: ['ReadWriteOnce'] }
const attachment = (source: Draft<VolumeAttachment['spec']>['source']) => ({ spec: { attacher: 'd', nodeName: 'n', source } })
const drivers = (...drivers: readonly Draft<NonNullable<CSINode['spec']['drivers']>[number]>[]) => ({ spec: { drivers } })
const terms = (...values: readonly (readonly string[])[]) => ({
  provisioner,
  allowedTopologies: values.map(values => ({ matchLabelExpressions: [{ key: 'zone', values }] })),
})

const cases: readonly Case[] = [
  checked('class', StorageClass, { provisioner }),
  checked('class without a provisioner', StorageClass, {}, 'provisioner: Required value'),
  checked(
    'class that is recycled',
    StorageClass,
    { provisioner, reclaimPolicy: 'Recycle' },
    'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
  ),
  checked(
    'class that binds oddly',
    StorageClass,
    { provisioner, volumeBindingMode: 'Later' as 'Immediate' },
    'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
  ),
  checked(
    'class of odd parameters',
    StorageClass,
    { provisioner, parameters: { '': 'x' } },
    'parameters: Invalid value: "": field can not be empty.',
  ),
  checked(
    'class of large parameters',
    StorageClass,
    { provisioner, parameters: { a: 'x'.repeat(262144) } },
    'parameters: Too long: may not be more than 262144 bytes',
  ),
  checked('class of places', StorageClass, terms(['a'], ['b'])),
  checked(
    'class of the same place twice',
    StorageClass,
    terms(['a', 'b'], ['b', 'a']),
    'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
  ),
  checked('class of no place', StorageClass, terms([]), 'allowedTopologies[0].matchLabelExpressions[0].values: Required value'),
  changed(
    'a class',
    StorageClass,
    { provisioner, parameters: { a: '1' } },
    { provisioner: 'other', parameters: {}, reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' },
    'parameters: Forbidden: updates to parameters are forbidden.',
    'provisioner: Forbidden: updates to provisioner are forbidden.',
    'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
    'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
  ),
  changed('what else a class says', StorageClass, { provisioner }, { provisioner, allowVolumeExpansion: true }),

  checked('class of attributes', VolumeAttributesClass, { driverName: 'd', parameters: { iops: '1' } }),
  checked(
    'class of no attributes',
    VolumeAttributesClass,
    { driverName: 'd' },
    'parameters: Required value: must contain at least one key/value pair',
  ),
  changed(
    'attributes',
    VolumeAttributesClass,
    { driverName: 'd', parameters: { iops: '1' } },
    { driverName: 'e', parameters: { iops: '2' } },
    'driverName: Forbidden: updates to driverName are forbidden.',
    'parameters: Forbidden: updates to parameters are forbidden.',
  ),

  checked('attachment', VolumeAttachment, attachment({ persistentVolumeName: 'v' })),
  checked('inline attachment', VolumeAttachment, attachment({ inlineVolumeSpec: inline })),
  checked(
    'attachment of nothing',
    VolumeAttachment,
    attachment({}),
    'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ),
  checked(
    'attachment of two',
    VolumeAttachment,
    attachment({ persistentVolumeName: 'v', inlineVolumeSpec: inline }),
    'spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
  ),
  checked(
    'inline attachment of a stored volume',
    VolumeAttachment,
    attachment({ inlineVolumeSpec: { ...inline, capacity: { storage: '1' }, storageClassName: 'c', volumeMode: 'Block' } }),
    'spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes',
    'spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of inline volumes',
    'spec.source.inlineVolumeSpec.volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the context of inline volumes',
  ),
  checked(
    'attachment to nowhere',
    VolumeAttachment,
    { spec: { attacher: 'd', source: { persistentVolumeName: 'v' } } },
    'spec.nodeName: Invalid value: "": a lowercase RFC 1123 subdomain …',
  ),
  changed(
    'an attachment',
    VolumeAttachment,
    attachment({ persistentVolumeName: 'v' }),
    attachment({ persistentVolumeName: 'w' }),
    'spec: Invalid value: {"attacher":"d","nodeName":"n","source":{"persistentVolumeName":"w"}}: field is immutable',
  ),

  checked('driver', CSIDriver, {}),
  checked(
    'driver of odd words',
    CSIDriver,
    {
      spec: {
        fsGroupPolicy: 'X' as 'None',
        volumeLifecycleModes: ['Eternal'],
        nodeAllocatableUpdatePeriodSeconds: 9,
        serviceAccountTokenInSecrets: true,
      },
    },
    'spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "ReadWriteOnceWithFSType"',
    'spec.volumeLifecycleModes: Unsupported value: "Eternal": supported values: "Persistent", "Ephemeral"',
    'spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds',
    'spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified',
  ),
  checked(
    'driver of odd tokens',
    CSIDriver,
    { spec: { tokenRequests: [{ audience: 'a', expirationSeconds: 1 }, { audience: 'a' }] } },
    'spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
    'spec.tokenRequests[1].audience: Duplicate value: "a"',
  ),
  changed(
    'a driver',
    CSIDriver,
    {},
    { spec: { attachRequired: false, volumeLifecycleModes: ['Ephemeral'], requiresRepublish: true } },
    'spec.attachedRequired: Invalid value: false: field is immutable',
    'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
  ),

  checked("node's drivers", CSINode, drivers({ name: 'd', nodeID: 'i', topologyKeys: ['zone'], allocatable: { count: 3 } })),
  checked(
    "node's odd drivers",
    CSINode,
    drivers({ name: 'd', nodeID: '', allocatable: { count: -1 } }, { name: 'd', nodeID: 'x'.repeat(257), topologyKeys: ['a', 'a'] }),
    'spec.drivers[0].nodeID: Required value',
    'spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
    `spec.drivers[1].nodeID: Invalid value: "${'x'.repeat(257)}": must be 256 characters or less`,
    'spec.drivers[1]: Duplicate value: "a"',
    'spec.drivers[1].name: Duplicate value: "d"',
  ),
  changed(
    'how many volumes a node can have',
    CSINode,
    drivers({ name: 'd', nodeID: 'i' }),
    drivers({ name: 'd', nodeID: 'i', allocatable: { count: 1 } }),
  ),
  changed(
    "a node's driver",
    CSINode,
    drivers({ name: 'd', nodeID: 'i' }),
    drivers({ name: 'd', nodeID: 'j' }),
    'spec.drivers: Invalid value: {"name":"d","nodeID":"j"}: field is immutable',
  ),

  checked('capacity', CSIStorageCapacity, { storageClassName: 'c', capacity: '1Gi', nodeTopology: {} }),
  checked(
    'capacity of nothing',
    CSIStorageCapacity,
    { capacity: '-1' },
    'storageClassName: Invalid value: "": a lowercase RFC 1123 subdomain …',
    'capacity: Invalid value: "-1": must be greater than or equal to 0',
  ),
  changed(
    'a capacity',
    CSIStorageCapacity,
    { storageClassName: 'c', capacity: '1' },
    { storageClassName: 'd', capacity: '2', nodeTopology: {} },
    'nodeTopology: Invalid value: {}: field is immutable',
    'storageClassName: Invalid value: "d": field is immutable',
  ),
]

describe('the rules of', () => {
  for (const { name, found, said } of cases) it(name, () => assert.deepEqual(found(), said))
})

describe('what is filled in', () => {
  it('of a class', () => {
    const { reclaimPolicy, volumeBindingMode } = stored(StorageClass, { provisioner })
    assert.deepEqual([reclaimPolicy, volumeBindingMode], ['Delete', 'Immediate'])
  })
  it('of a driver', () => {
    assert.deepEqual(stored(CSIDriver, { spec: { volumeLifecycleModes: [] } }).spec, {
      attachRequired: true,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      podInfoOnMount: false,
      requiresRepublish: false,
      seLinuxMount: false,
      storageCapacity: false,
      volumeLifecycleModes: ['Persistent'],
    })
  })
  it('of a driver that changes: its generation, and nothing of alpha features', () => {
    const before = stored(CSIDriver, {})
    const after = CSIDriver.onUpdate?.(
      stored(CSIDriver, { spec: { requiresRepublish: true, preventPodSchedulingIfMissing: true } }),
      before,
    )
    assert.deepEqual([after?.metadata.generation, after?.spec.preventPodSchedulingIfMissing], [1, undefined])
    assert.equal(CSIDriver.onUpdate?.(before, before), before)
  })
  it('of an inline volume: the defaults of its source alone', () => {
    const { spec, status } = stored(VolumeAttachment, attachment({ inlineVolumeSpec: { ...inline, hostPath: { path: '/' } } }))
    assert.deepEqual(spec.source.inlineVolumeSpec, { ...inline, hostPath: { path: '/', type: '' } })
    assert.deepEqual(status, { attached: false })
  })
})

describe('tables show', () => {
  it('classes, and which is the default', () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
    assert.deepEqual(row(StorageClass, stored(StorageClass, { metadata: { name: 'b', annotations }, provisioner })), {
      Name: 'b (default)',
      Provisioner: provisioner,
      ReclaimPolicy: 'Delete',
      VolumeBindingMode: 'Immediate',
      AllowVolumeExpansion: false,
      Age: '5m',
    })
    assert.deepEqual(row(VolumeAttributesClass, stored(VolumeAttributesClass, { driverName: 'd' })), {
      Name: 'a',
      DriverName: 'd',
      Age: '5m',
    })
  })
  it('attachments', () => {
    assert.deepEqual(row(VolumeAttachment, stored(VolumeAttachment, attachment({ persistentVolumeName: 'v' }))), {
      Name: 'a',
      Attacher: 'd',
      PV: 'v',
      Node: 'n',
      Attached: false,
      Age: '5m',
    })
  })
  it('drivers', () => {
    const spec = { tokenRequests: [{ audience: 'x' }, { audience: 'y' }], volumeLifecycleModes: ['Persistent', 'Ephemeral'] }
    assert.deepEqual(row(CSIDriver, stored(CSIDriver, { spec })), {
      Name: 'a',
      AttachRequired: true,
      PodInfoOnMount: false,
      StorageCapacity: false,
      TokenRequests: 'x,y',
      RequiresRepublish: false,
      Modes: 'Persistent,Ephemeral',
      Age: '5m',
    })
    assert.equal(row(CSIDriver, stored(CSIDriver, {}))['TokenRequests'], '<unset>')
    assert.deepEqual(row(CSINode, stored(CSINode, drivers({ name: 'd', nodeID: 'i' }))), { Name: 'a', Drivers: 1, Age: '5m' })
  })
  it('capacities', () => {
    assert.deepEqual(row(CSIStorageCapacity, stored(CSIStorageCapacity, { storageClassName: 'c' })), {
      Name: 'a',
      StorageClassName: 'c',
      Capacity: '<unset>',
    })
  })
})
