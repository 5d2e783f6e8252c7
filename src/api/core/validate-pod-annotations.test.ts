import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ObjectMeta } from '../../meta/object-meta.ts'
import type { Draft } from '../../schema/schema.ts'
import { complaints, stored } from '../testkit.ts'
import { Pod } from './pod.ts'
import type { PodSpec } from './pod-spec.ts'

const podWith = (annotations: ObjectMeta['annotations'], spec: Draft<PodSpec> = {}) =>
  stored(Pod, { metadata: { annotations }, spec: { containers: [{ name: 'a', image: 'i' }], ...spec } })

const appArmor = 'container.apparmor.security.beta.kubernetes.io'
const mirror = { 'kubernetes.io/config.mirror': 'x' }
const cost = 'controller.kubernetes.io/pod-deletion-cost'
const at = (key: string) => `metadata.annotations[${key}]`

describe('annotations of a pod that mean something', () => {
  const rows: readonly (readonly [name: string, annotations: ObjectMeta['annotations'], spec: Draft<PodSpec>, expected: string])[] = [
    [
      'a mirror without a node',
      mirror,
      {},
      `${at('kubernetes.io/config.mirror')}: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set`,
    ],
    ['a cost that is no number', { [cost]: 'much' }, {}, `${at(cost)}: Invalid value: "much": must be a 32bit integer`],
    ['a cost with a sign', { [cost]: '+1' }, {}, `${at(cost)}: Invalid value: "+1": must be a 32bit integer`],
    [
      'a profile of no container',
      { [`${appArmor}/b`]: 'unconfined' },
      {},
      `${at(`${appArmor}/b`)}: Invalid value: "b": container not found`,
    ],
    [
      'a profile of no kind',
      { [`${appArmor}/a`]: 'odd' },
      {},
      `${at(`${appArmor}/a`)}: Invalid value: "odd": invalid AppArmor profile name: "odd"`,
    ],
    [
      'a profile other than in the field',
      { [`${appArmor}/a`]: 'unconfined' },
      { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } },
      'spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match',
    ],
    [
      'an old profile of no kind',
      { 'seccomp.security.alpha.kubernetes.io/pod': 'odd' },
      {},
      'metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: "odd": must be a valid seccomp profile',
    ],
  ]
  for (const [name, annotations, spec, expected] of rows) {
    it(name, () => assert.deepEqual(complaints(Pod, podWith(annotations, spec)), [expected]))
  }

  it('keeps what says that it is a mirror', () => {
    const [error] = complaints(Pod, podWith({}, { nodeName: 'n' }), podWith(mirror, { nodeName: 'n' }))
    assert.equal(error, `${at('kubernetes.io/config.mirror')}: Forbidden: may not remove or update mirror pod annotation`)
  })
})
