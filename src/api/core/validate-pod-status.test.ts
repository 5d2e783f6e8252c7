import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fieldErrorMessage } from '../../meta/field-error.ts'
import type { Draft } from '../../schema/schema.ts'
import { stored } from '../testkit.ts'
import { Pod } from './pod.ts'
import type { PodStatus } from './pod-status.ts'
import { validatePodStatus } from './validate-pod-status.ts'

const podWith = (status: Draft<PodStatus>) =>
  stored(Pod, { spec: { containers: [{ name: 'a', image: 'i', resources: { requests: { cpu: '1' } } }] }, status })
const container = { name: 'a', image: 'i', imageID: '', ready: true, restartCount: 0 }

describe('the status of a pod', () => {
  const rows: readonly (readonly [name: string, status: Draft<PodStatus>, expected: readonly string[]])[] = [
    ['as it is', { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }], qosClass: 'Burstable' }, []],
    ['another class', { qosClass: 'Guaranteed' }, ['status.qosClass: Invalid value: "Guaranteed": field is immutable']],
    [
      'two addresses of a family',
      { podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] },
      ['status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]: may specify no more than one IP for each IP family'],
    ],
    [
      'two first addresses of the host',
      { hostIP: '10.0.0.1', hostIPs: [{ ip: '10.0.0.2' }] },
      ['status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`'],
    ],
    [
      'a claim of no name in the spec',
      { resourceClaimStatuses: [{ name: 'c' }] },
      ['status.resourceClaimStatuses[0].name: Invalid value: "c": must match the name of an entry in `spec.resourceClaims`'],
    ],
    [
      'health of a resource that was not asked for',
      { containerStatuses: [{ ...container, allocatedResourcesStatus: [{ name: 'x.y/z', resources: [] }] }] },
      [
        `status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "x.y/z": must match one of the container's resource requests`,
      ],
    ],
    [
      'a user of a number below zero',
      { containerStatuses: [{ ...container, user: { linux: { uid: -1, gid: 0 } } }] },
      ['status.containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 4294967295, inclusive'],
    ],
  ]
  for (const [name, status, expected] of rows) {
    it(name, () =>
      assert.deepEqual(
        validatePodStatus(podWith({ qosClass: 'Burstable', ...status }), podWith({ qosClass: 'Burstable' })).map(fieldErrorMessage),
        expected,
      ),
    )
  }
})
