import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fieldErrorMessage } from '../../meta/field-error.ts'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { StatefulSet } from './stateful-set.ts'

type Wish = Draft<StatefulSet>
type Spec = NonNullable<Wish['spec']>

const selector = { matchLabels: { a: 'b' } }
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } }
const statefulSet = (spec: Spec = {}, more: Wish = {}) => stored(StatefulSet, { ...more, spec: { selector, template, ...spec } })

describe('a stateful set', () => {
  it('is of one pod, replaced in order, whose claims stay', () => {
    const { template: _, ...spec } = statefulSet().spec
    assert.deepEqual(spec, {
      selector,
      replicas: 1,
      revisionHistoryLimit: 10,
      podManagementPolicy: 'OrderedReady',
      serviceName: '',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 1 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    })
  })

  const strategies: readonly (readonly [given: Spec['updateStrategy'], expected: object])[] = [
    [{ rollingUpdate: { partition: 2 } }, { type: 'RollingUpdate', rollingUpdate: { partition: 2, maxUnavailable: 1 } }],
    [{ type: 'RollingUpdate' }, { type: 'RollingUpdate' }],
    [{ type: 'OnDelete' }, { type: 'OnDelete' }],
  ]
  for (const [given, expected] of strategies) {
    it(`that is replaced as ${JSON.stringify(given)}`, () =>
      assert.deepEqual(statefulSet({ updateStrategy: given }).spec.updateStrategy, expected))
  }

  it('tells its claims as whole objects', () => {
    const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }
    const [complete] = statefulSet({ volumeClaimTemplates: [claim] }).spec.volumeClaimTemplates ?? []
    assert.deepEqual(complete, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { ...claim.spec, volumeMode: 'Filesystem' },
      status: { phase: 'Pending' },
    })
  })

  it('in a table', () => {
    const shown = row(StatefulSet, statefulSet({ replicas: 3 }, { status: { readyReplicas: 2 } }))
    assert.deepEqual(shown, { Name: 'a', Ready: '2/3', Age: '5m', Containers: 'c', Images: 'i:1' })
  })

  it('is scaled', () => {
    const object = statefulSet({ replicas: 3 }, { status: { replicas: 2 } })
    const { scale } = StatefulSet
    assert.deepEqual([scale?.replicas(object), scale?.statusReplicas(object), scale?.selector(object)], [3, 2, 'a=b'])
    assert.equal(scale?.withReplicas(object, 5).spec.replicas, 5)
  })
})

describe('validation of a stateful set', () => {
  const rows: readonly (readonly [name: string, object: () => StatefulSet, expected: readonly string[]])[] = [
    ['that is right', () => statefulSet({ ordinals: { start: 3 } }), []],
    [
      'of nothing',
      () => stored(StatefulSet, {}),
      [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
        'spec.template.spec.restartPolicy: Unsupported value: "": supported values: "Always"',
      ],
    ],
    [
      'that selects everything',
      () => statefulSet({ selector: {} }),
      ['spec.selector: Invalid value: {}: empty selector is invalid for statefulset'],
    ],
    [
      'that selects others',
      () => statefulSet({ selector: { matchLabels: { x: 'y' } } }),
      ['spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`'],
    ],
    [
      'that is managed otherwise',
      () => statefulSet({ podManagementPolicy: 'Odd', updateStrategy: { type: 'Odd' } }),
      [
        "spec.podManagementPolicy: Invalid value: \"Odd\": must be 'OrderedReady' or 'Parallel'",
        'spec.updateStrategy: Invalid value: {"type":"Odd"}: must be \'RollingUpdate\' or \'OnDelete\'',
      ],
    ],
    [
      'with steps of what is not stepped',
      () => statefulSet({ updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } }),
      ['spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy \'RollingUpdate\''],
    ],
    [
      'that cannot move',
      () => statefulSet({ updateStrategy: { rollingUpdate: { partition: -1, maxUnavailable: '0%' } } }),
      [
        'spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0',
        'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "0%": cannot be 0',
      ],
    ],
    [
      'with numbers below zero',
      () => statefulSet({ replicas: -1, minReadySeconds: -2, ordinals: { start: -3 } }),
      [
        'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        'spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0',
        'spec.ordinals.start: Invalid value: -3: must be greater than or equal to 0',
      ],
    ],
    [
      'of pods that end',
      () => statefulSet({ template: { ...template, spec: { ...template.spec, restartPolicy: 'Never', activeDeadlineSeconds: 1 } } }),
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
      ],
    ],
    [
      'with another retention',
      () => statefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Odd' as 'Retain' } }),
      ['spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Odd": supported values: "Delete", "Retain"'],
    ],
    [
      'with a name that is no label',
      () => statefulSet({}, { metadata: { name: 'a.b' } }),
      ['metadata.name: Invalid value: "a.b": must not contain dots'],
    ],
  ]
  for (const [name, object, expected] of rows) it(name, () => assert.deepEqual(complaints(StatefulSet, object()), expected))

  it('lets change what may', () => {
    const next = statefulSet({
      replicas: 2,
      ordinals: { start: 1 },
      minReadySeconds: 1,
      revisionHistoryLimit: 1,
      updateStrategy: { type: 'OnDelete' },
      template: { ...template, spec: { containers: [{ name: 'c', image: 'i:2' }] } },
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' },
    })
    assert.deepEqual(complaints(StatefulSet, next, statefulSet()), [])
  })

  for (const change of [
    { serviceName: 'x' },
    { podManagementPolicy: 'Parallel' },
    { volumeClaimTemplates: [{ metadata: { name: 'd' } }] },
  ]) {
    it(`keeps ${Object.keys(change)}`, () => {
      assert.deepEqual(complaints(StatefulSet, statefulSet(change), statefulSet()), [
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ])
    })
  }

  it('adds up its status', () => {
    const check = (status: Wish['status'], previous: Wish['status'] = {}) =>
      (StatefulSet.validateStatus?.(statefulSet({}, { status }), statefulSet({}, { status: previous })) ?? []).map(fieldErrorMessage)
    assert.deepEqual(check({ replicas: 3, readyReplicas: 2, availableReplicas: 2 }), [])
    assert.deepEqual(check({ replicas: 1, readyReplicas: 2, availableReplicas: 3 }, { collisionCount: 1 }), [
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than status.readyReplicas',
      'status.collisionCount: Invalid value: 0: cannot be decremented',
    ])
  })
})
