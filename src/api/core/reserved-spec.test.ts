import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { stored } from '../testkit.ts'
import { Pod } from './pod.ts'
import type { PodStatus } from './pod-status.ts'
import { reservedSpec } from './reserved-spec.ts'

const resources = (cpu: string, memory = '1Gi') => ({ requests: { cpu, memory }, limits: { cpu, memory } })
const shown = (name: string, actual: string, allocated: string) => ({
  name,
  image: 'i',
  resources: resources(actual),
  allocatedResources: { cpu: allocated, memory: '1Gi' },
})
const pending = (reason: string) => ({ conditions: [{ type: 'PodResizePending', status: 'True', reason }] })

function cpus(asked: string, status: Draft<PodStatus>): readonly (string | undefined)[] {
  const pod = stored(Pod, {
    spec: {
      initContainers: [
        { name: 'init', image: 'i', resources: resources('5') },
        { name: 'sidecar', image: 'i', restartPolicy: 'Always', resources: resources('1') },
      ],
      containers: [{ name: 'app', image: 'i', resources: resources(asked) }],
    },
    status,
  })
  const { containers, initContainers = [] } = reservedSpec(pod)
  return [...initContainers, ...containers].flatMap(c => [c.resources.requests?.['cpu'], c.resources.limits?.['cpu']])
}

describe('what is counted of a pod', () => {
  const rows: readonly (readonly [name: string, asked: string, status: Draft<PodStatus>, expected: string])[] = [
    ['is what it asks for before its node says anything', '1', {}, '5 5 1 1 1 1'],
    ['is what it asks for when that is more', '2', { containerStatuses: [shown('app', '1', '1')] }, '5 5 1 1 2 2'],
    ['is what was promised when that is more', '1', { containerStatuses: [shown('app', '1', '1500m')] }, '5 5 1 1 1500m 1'],
    ['is what it has when that is more', '1', { containerStatuses: [shown('app', '3', '1')] }, '5 5 1 1 3 3'],
    ['counts what is deferred', '4', { containerStatuses: [shown('app', '1', '1')], ...pending('Deferred') }, '5 5 1 1 4 4'],
    ['leaves out what can never be', '4', { containerStatuses: [shown('app', '1', '2')], ...pending('Infeasible') }, '5 5 1 1 2 1'],
    [
      'goes for sidecars, and not for other init containers',
      '1',
      { initContainerStatuses: [shown('init', '6', '6'), shown('sidecar', '2', '2')] },
      '5 5 2 2 1 1',
    ],
  ]
  for (const [name, asked, status, expected] of rows) it(name, () => assert.equal(cpus(asked, status).join(' '), expected))

  it('is the spec itself where nothing is resized', () => {
    const pod = stored(Pod, {
      spec: { containers: [{ name: 'app', image: 'i', resources: resources('1') }] },
      status: { containerStatuses: [shown('app', '1', '1')] },
    })
    assert.equal(reservedSpec(pod), pod.spec)
  })
})
