import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { row, stored } from '../testkit.ts'
import { Pod } from './pod.ts'
import type { ContainerState, ContainerStatus } from './pod-status.ts'

const status = (name: string, state: Draft<ContainerState>, more: Draft<ContainerStatus> = {}) => ({
  name,
  image: 'i',
  imageID: '',
  ready: false,
  restartCount: 0,
  state,
  ...more,
})
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } }
const up = { ready: true, started: true }
const ended = (exitCode: number, more = {}) => ({ terminated: { exitCode, ...more } })
const completed = ended(0, { reason: 'Completed' })
const spec = { containers: [{ name: 'a', image: 'i' }] }
const two = { containers: [...spec.containers, { name: 'b', image: 'i' }] }
const withInit = {
  ...spec,
  initContainers: [
    { name: 'i1', image: 'i' },
    { name: 'i2', image: 'i' },
  ],
}
const withSidecar = { ...spec, initContainers: [{ name: 's', image: 'i', restartPolicy: 'Always' }] }
const deleted = { deletionTimestamp: '2026-01-01T00:04:00Z' }

const cases: readonly (readonly [name: string, pod: Draft<Pod>, ready: string, status: string, restarts: string])[] = [
  ['waits for a node', { spec, status: { phase: 'Pending' } }, '0/1', 'Pending', '0'],
  [
    'is held back by a gate',
    { spec, status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] } },
    '0/1',
    'SchedulingGated',
    '0',
  ],
  [
    'is being set up',
    { spec, status: { phase: 'Pending', containerStatuses: [status('a', { waiting: { reason: 'ContainerCreating' } })] } },
    '0/1',
    'ContainerCreating',
    '0',
  ],
  ['runs', { spec, status: { phase: 'Running', containerStatuses: [status('a', running, up)] } }, '1/1', 'Running', '0'],
  [
    'crashes again and again',
    {
      spec,
      status: {
        phase: 'Running',
        containerStatuses: [
          status(
            'a',
            { waiting: { reason: 'CrashLoopBackOff' } },
            { restartCount: 3, lastState: ended(1, { finishedAt: '2026-01-01T00:00:00Z' }) },
          ),
        ],
      },
    },
    '0/1',
    'CrashLoopBackOff',
    '3 (5m ago)',
  ],
  ['has completed', { spec, status: { phase: 'Succeeded', containerStatuses: [status('a', completed)] } }, '0/1', 'Completed', '0'],
  [
    'has failed without a word',
    { spec, status: { phase: 'Failed', containerStatuses: [status('a', ended(3))] } },
    '0/1',
    'ExitCode:3',
    '0',
  ],
  [
    'was killed',
    { spec, status: { phase: 'Failed', containerStatuses: [status('a', ended(137, { signal: 9 }))] } },
    '0/1',
    'Signal:9',
    '0',
  ],
  ['was evicted', { spec, status: { phase: 'Failed', reason: 'Evicted' } }, '0/1', 'Evicted', '0'],
  [
    'half completed, not ready',
    { spec: two, status: { phase: 'Running', containerStatuses: [status('a', completed), status('b', running, up)] } },
    '1/2',
    'NotReady',
    '0',
  ],
  [
    'half completed, ready',
    {
      spec: two,
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [status('a', completed), status('b', running, up)],
      },
    },
    '1/2',
    'Running',
    '0',
  ],
  [
    'the first container in trouble has the word',
    {
      spec: two,
      status: {
        phase: 'Pending',
        containerStatuses: [status('a', { waiting: { reason: 'ErrImagePull' } }), status('b', { waiting: { reason: 'ImagePullBackOff' } })],
      },
    },
    '0/2',
    'ErrImagePull',
    '0',
  ],
  [
    'initialises',
    {
      spec: withInit,
      status: {
        phase: 'Pending',
        initContainerStatuses: [status('i1', completed), status('i2', running)],
        containerStatuses: [status('a', { waiting: { reason: 'PodInitializing' } })],
      },
    },
    '0/1',
    'Init:1/2',
    '0',
  ],
  [
    'fails to initialise',
    {
      spec: withInit,
      status: {
        phase: 'Pending',
        initContainerStatuses: [status('i1', ended(2), { restartCount: 2 }), status('i2', { waiting: { reason: 'PodInitializing' } })],
      },
    },
    '0/1',
    'Init:ExitCode:2',
    '2',
  ],
  [
    'backs off in an init container',
    { spec: withInit, status: { phase: 'Pending', initContainerStatuses: [status('i1', { waiting: { reason: 'CrashLoopBackOff' } })] } },
    '0/1',
    'Init:CrashLoopBackOff',
    '0',
  ],
  [
    'is initialised and starts',
    {
      spec: withInit,
      status: {
        phase: 'Pending',
        initContainerStatuses: [status('i1', completed, { restartCount: 1 }), status('i2', completed)],
        containerStatuses: [status('a', { waiting: { reason: 'PodInitializing' } })],
      },
    },
    '0/1',
    'PodInitializing',
    '0',
  ],
  [
    'counts its sidecar',
    {
      spec: withSidecar,
      status: {
        phase: 'Running',
        initContainerStatuses: [
          status('s', running, { ...up, restartCount: 1, lastState: ended(1, { finishedAt: '2026-01-01T00:03:00Z' }) }),
        ],
        containerStatuses: [status('a', running, { ...up, restartCount: 2, lastState: ended(1, { finishedAt: '2026-01-01T00:04:30Z' }) })],
      },
    },
    '2/2',
    'Running',
    '3 (30s ago)',
  ],
  [
    'is going',
    { metadata: deleted, spec, status: { phase: 'Running', containerStatuses: [status('a', running, up)] } },
    '1/1',
    'Terminating',
    '0',
  ],
  [
    'has ended and is going',
    { metadata: deleted, spec, status: { phase: 'Succeeded', containerStatuses: [status('a', completed)] } },
    '0/1',
    'Completed',
    '0',
  ],
  ['is lost with its node', { metadata: deleted, spec, status: { phase: 'Running', reason: 'NodeLost' } }, '0/1', 'Unknown', '0'],
]

describe('a pod in a table', () => {
  for (const [name, draft, ready, word, restarts] of cases) {
    it(name, () => {
      const { Ready, Status, Restarts } = row(Pod, stored(Pod, draft))
      assert.deepEqual([Ready, Status, Restarts], [ready, word, restarts])
    })
  }

  it('shows where it is with -o wide', () => {
    const pod = stored(Pod, {
      spec: { ...spec, nodeName: 'n1', readinessGates: [{ conditionType: 'a' }, { conditionType: 'b' }] },
      status: { podIPs: [{ ip: '10.1.2.3' }], conditions: [{ type: 'b', status: 'True' }] },
    })
    assert.deepEqual(row(Pod, pod), {
      Name: 'a',
      Ready: '0/1',
      Status: '',
      Restarts: '0',
      Age: '5m',
      IP: '10.1.2.3',
      Node: 'n1',
      'Nominated Node': '<none>',
      'Readiness Gates': '1/2',
    })
    assert.deepEqual(
      Pod.columns.filter(c => c.priority === 1).map(c => c.name),
      ['IP', 'Node', 'Nominated Node', 'Readiness Gates'],
    )
  })
})
