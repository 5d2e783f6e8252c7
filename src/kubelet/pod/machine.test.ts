import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Pod } from '../../api/core/pod.ts'
import type { Draft } from '../../schema/schema.ts'
import { localPod } from '../mirror/local-pod.ts'
import { container } from '../test-kubelet.ts'
import { containerDemand, kernelAmounts, podDemand } from './container-resources.ts'
import { containerHash, findContainer } from './containers.ts'
import { decide } from './machine.ts'
import { type Ending, nothingObserved, type Observed, type ObservedContainer, type ObservedSandbox } from './observed.ts'

const now = Date.UTC(2026, 0, 1)
type Spec = Draft<Pod['spec']>

function podOf(spec: Spec, status: Pod['status'] = {}): Pod {
  const pod = localPod({ metadata: { name: 'p' }, spec: { containers: [container('app')], ...spec } }, 'n', 'node', now)
  return { ...pod, status }
}
const sandbox: ObservedSandbox = { id: 's0', attempt: 0, ready: true, createdAtMs: now - 60_000, ips: ['10.0.0.1'] }
const image = { state: 'present', ref: 'sha' } as const
const failure = (reason: string, retryInMs: number) => ({ reason, message: 'why', atMs: now, retryAtMs: now + retryInMs, count: 1 })

function found(pod: Pod, name: string, state: ObservedContainer['state'], more: Partial<ObservedContainer> = {}): ObservedContainer {
  const spec = findContainer(pod.spec, name)
  return {
    id: `${name}-${more.attempt ?? 0}`,
    name,
    sandboxId: 's0',
    attempt: 0,
    state,
    createdAtMs: now - 50_000 + (more.attempt ?? 0),
    startedAtMs: now - 50_000,
    finishedAtMs: state === 'exited' ? now : 0,
    exitCode: 0,
    reason: '',
    message: '',
    image: spec?.image ?? '',
    imageId: 'sha',
    hash: spec ? containerHash(spec) : '',
    ...(spec && { amounts: kernelAmounts(containerDemand(spec)), madeWith: spec.resources }),
    ...more,
  }
}

interface Row {
  readonly name: string
  readonly spec?: Spec
  readonly status?: Pod['status']
  readonly ending?: Ending
  observed?(pod: Pod): Partial<Observed>
  readonly actions: readonly string[]
  readonly phase?: string
  readonly waiting?: string | undefined
  readonly ready?: string
  readonly requeueAfterMs?: number
}

const deleted: Ending = { cause: 'deleted', sinceMs: now, graceSeconds: 30 }
const sidecar = container('side', { restartPolicy: 'Always' })
const probed = container('app', { startupProbe: { exec: { command: ['x'] } } })
const up: Partial<Observed> = { sandboxes: [sandbox], volumesReady: true }

const rows: readonly Row[] = [
  {
    name: 'a new pod: everything at once',
    actions: ['mountVolumes', 'createSandbox', 'ensureImage/app'],
    phase: 'Pending',
    waiting: 'ContainerCreating',
    ready: 'False',
  },
  {
    name: 'what is under way is not asked for again',
    observed: () => ({ operations: new Set(['mountVolumes', 'createSandbox']) }),
    actions: ['ensureImage/app'],
  },
  {
    name: 'no start before the volumes are there',
    observed: () => ({ sandboxes: [sandbox], images: new Map([['app', image]]) }),
    actions: ['mountVolumes'],
  },
  {
    name: 'no start before the sandbox is there',
    observed: () => ({ volumesReady: true, images: new Map([['app', image]]) }),
    actions: ['createSandbox'],
  },
  { name: 'a start when all is there', observed: () => ({ ...up, images: new Map([['app', image]]) }), actions: ['startContainer/app/0'] },
  {
    name: 'nothing to do while it runs',
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'running')] }),
    actions: [],
    phase: 'Running',
    ready: 'True',
  },
  {
    name: 'a sandbox that failed is tried again later',
    observed: () => ({
      volumesReady: true,
      images: new Map([['app', image]]),
      failures: new Map([['createSandbox', failure('FailedCreatePodSandBox', 4_000)]]),
    }),
    actions: [],
    requeueAfterMs: 4_000,
  },
  {
    name: 'the first crash is followed by a restart at once',
    observed: pod => ({ ...up, images: new Map([['app', image]]), containers: [found(pod, 'app', 'exited', { exitCode: 1 })] }),
    actions: ['startContainer/app/1'],
  },
  {
    name: 'the second crash waits',
    observed: pod => ({
      ...up,
      backoffs: new Map([['app', { delayMs: 10_000, sinceMs: now - 2_000 }]]),
      containers: [found(pod, 'app', 'exited', { exitCode: 1, attempt: 1, finishedAtMs: now - 1_000 })],
    }),
    actions: [],
    waiting: 'CrashLoopBackOff',
    requeueAfterMs: 9_000,
  },
  {
    name: 'a long run forgets the delay',
    observed: pod => ({
      ...up,
      images: new Map([['app', image]]),
      backoffs: new Map([['app', { delayMs: 300_000, sinceMs: now - 700_000 }]]),
      containers: [found(pod, 'app', 'exited', { exitCode: 1, attempt: 1 })],
    }),
    actions: ['startContainer/app/2'],
  },
  {
    name: 'Never does not restart',
    spec: { restartPolicy: 'Never' },
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'exited', { exitCode: 2 })] }),
    actions: ['stopSandbox/s0'],
    phase: 'Failed',
    waiting: undefined,
  },
  {
    name: 'OnFailure ends with success',
    spec: { restartPolicy: 'OnFailure' },
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'exited')] }),
    actions: ['stopSandbox/s0'],
    phase: 'Succeeded',
  },
  {
    name: 'OnFailure restarts a failure',
    spec: { restartPolicy: 'OnFailure' },
    observed: pod => ({ ...up, images: new Map([['app', image]]), containers: [found(pod, 'app', 'exited', { exitCode: 2 })] }),
    actions: ['startContainer/app/1'],
    phase: 'Running',
  },
  {
    name: 'a rule for an exit code restarts in spite of Never',
    spec: {
      restartPolicy: 'Never',
      containers: [container('app', { restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }] })],
    },
    observed: pod => ({ ...up, images: new Map([['app', image]]), containers: [found(pod, 'app', 'exited', { exitCode: 42 })] }),
    actions: ['startContainer/app/1'],
  },
  {
    name: 'init containers one after the other',
    spec: { initContainers: [container('one'), container('two')] },
    observed: () => ({ ...up, images: new Map([['one', image]]) }),
    actions: ['startContainer/one/0'],
    phase: 'Pending',
    waiting: 'PodInitializing',
  },
  {
    name: 'the second after the first has succeeded',
    spec: { initContainers: [container('one'), container('two')] },
    observed: pod => ({ ...up, containers: [found(pod, 'one', 'exited')], images: new Map([['two', image]]) }),
    actions: ['startContainer/two/0'],
  },
  {
    name: 'an init container that fails for good fails the pod',
    spec: { restartPolicy: 'Never', initContainers: [container('one')] },
    observed: pod => ({ ...up, containers: [found(pod, 'one', 'exited', { exitCode: 1 })] }),
    actions: ['stopSandbox/s0'],
    phase: 'Failed',
  },
  {
    name: 'init containers are over once the pod has begun, even when they are removed',
    spec: { initContainers: [container('one')] },
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'running')] }),
    actions: [],
    ready: 'True',
  },
  {
    name: 'what follows a sidecar waits for its startup probe',
    spec: { initContainers: [container('side', { restartPolicy: 'Always', startupProbe: { exec: { command: ['x'] } } })] },
    observed: pod => ({ ...up, containers: [found(pod, 'side', 'running')] }),
    actions: [],
    phase: 'Pending',
  },
  {
    name: 'and starts when it has succeeded',
    spec: { initContainers: [container('side', { restartPolicy: 'Always', startupProbe: { exec: { command: ['x'] } } })] },
    observed: pod => ({
      ...up,
      containers: [found(pod, 'side', 'running')],
      probes: new Map([['side-0', { startup: 'success' as const }]]),
      images: new Map([['app', image]]),
    }),
    actions: ['startContainer/app/0'],
  },
  {
    name: 'a sidecar comes back beside a running pod, whatever the policy',
    spec: { restartPolicy: 'Never', initContainers: [sidecar] },
    observed: pod => ({
      ...up,
      images: new Map([['side', image]]),
      containers: [found(pod, 'side', 'exited'), found(pod, 'app', 'running')],
    }),
    actions: ['startContainer/side/1'],
  },
  {
    name: 'a pod that is done ends its sidecars, and is not over before',
    spec: { restartPolicy: 'Never', initContainers: [sidecar] },
    observed: pod => ({ ...up, containers: [found(pod, 'side', 'running'), found(pod, 'app', 'exited')] }),
    actions: ['stopContainer/side-0/30'],
    phase: 'Running',
  },
  {
    name: "a failed liveness probe replaces the container, with the probe's own grace",
    spec: { containers: [container('app', { livenessProbe: { exec: { command: ['x'] }, terminationGracePeriodSeconds: 5 } })] },
    observed: pod => ({
      ...up,
      containers: [found(pod, 'app', 'running')],
      probes: new Map([['app-0', { liveness: 'failure' as const }]]),
    }),
    actions: ['stopContainer/app-0/5'],
  },
  {
    name: 'a container is not ready before its readiness probe says so',
    spec: { containers: [container('app', { readinessProbe: { exec: { command: ['x'] } } })] },
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'running')] }),
    actions: [],
    ready: 'False',
    phase: 'Running',
  },
  {
    name: 'nor before its startup probe',
    spec: { containers: [probed] },
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'running')] }),
    actions: [],
    ready: 'False',
  },
  {
    name: 'a changed image replaces the container',
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'running', { hash: 'other' })] }),
    actions: ['stopContainer/app-0/30'],
  },
  {
    name: 'a dead sandbox is replaced once nothing runs in it',
    observed: pod => ({ sandboxes: [{ ...sandbox, ready: false }], volumesReady: true, containers: [found(pod, 'app', 'running')] }),
    actions: ['stopContainer/app-0/30', 'ensureImage/app'],
  },
  {
    name: 'and its containers are started anew',
    observed: pod => ({
      sandboxes: [{ ...sandbox, ready: false }],
      volumesReady: true,
      images: new Map([['app', image]]),
      containers: [found(pod, 'app', 'exited', { exitCode: 137 })],
    }),
    actions: ['createSandbox'],
  },
  {
    name: 'an image that cannot be pulled is tried again after its delay',
    observed: () => ({
      ...up,
      images: new Map([
        [
          'app',
          { state: 'failed', reason: 'ErrImagePull', message: 'no', atMs: now - 4_000, backoff: { delayMs: 10_000, sinceMs: now - 4_000 } },
        ],
      ]),
    }),
    actions: [],
    waiting: 'ImagePullBackOff',
    requeueAfterMs: 6_000,
  },
  {
    name: 'a fresh pull error is shown by its own name',
    observed: () => ({
      ...up,
      images: new Map([
        ['app', { state: 'failed', reason: 'ErrImagePull', message: 'no', atMs: now, backoff: { delayMs: 10_000, sinceMs: now } }],
      ]),
    }),
    actions: [],
    waiting: 'ErrImagePull',
    requeueAfterMs: 3_000,
  },
  {
    name: 'a configuration error is shown, and tried again',
    observed: () => ({
      ...up,
      images: new Map([['app', image]]),
      failures: new Map([['startContainer/app', failure('CreateContainerConfigError', 1_000)]]),
    }),
    actions: [],
    waiting: 'CreateContainerConfigError',
    requeueAfterMs: 1_000,
  },
  {
    name: 'a container left half-made by an earlier run is removed',
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'created')] }),
    actions: ['removeContainer/app-0'],
  },
  {
    name: 'dead instances but the last two are removed',
    observed: pod => ({
      ...up,
      containers: [found(pod, 'app', 'running', { attempt: 3 }), ...[2, 1, 0].map(attempt => found(pod, 'app', 'exited', { attempt }))],
    }),
    actions: ['removeContainer/app-1', 'removeContainer/app-0'],
  },
  {
    name: 'deletion stops what runs',
    ending: deleted,
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'running')] }),
    actions: ['stopContainer/app-0/30'],
    phase: 'Running',
  },
  {
    name: 'a stop under way is left alone',
    ending: { ...deleted, sinceMs: now - 5_000 },
    observed: pod => ({
      ...up,
      containers: [found(pod, 'app', 'running')],
      operations: new Set(['stopContainer/app-0']),
      stopDeadlines: new Map([['app-0', now + 25_000]]),
    }),
    actions: [],
  },
  {
    name: 'unless the grace was cut',
    ending: { ...deleted, graceSeconds: 2 },
    observed: pod => ({
      ...up,
      containers: [found(pod, 'app', 'running')],
      operations: new Set(['stopContainer/app-0']),
      stopDeadlines: new Map([['app-0', now + 25_000]]),
    }),
    actions: ['stopContainer/app-0/2'],
  },
  {
    name: 'sidecars go last, in reverse order, with what grace is left',
    ending: { ...deleted, sinceMs: now - 10_000 },
    spec: { initContainers: [sidecar, container('late', { restartPolicy: 'Always' })] },
    observed: pod => ({ ...up, containers: [found(pod, 'side', 'running'), found(pod, 'late', 'running'), found(pod, 'app', 'exited')] }),
    actions: ['stopContainer/late-0/20'],
  },
  {
    name: 'the end waits for a start under way',
    ending: deleted,
    observed: () => ({ ...up, operations: new Set(['startContainer/app']) }),
    actions: [],
  },
  {
    name: 'then the sandbox',
    ending: deleted,
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'exited')] }),
    actions: ['stopSandbox/s0'],
    phase: 'Succeeded',
  },
  {
    name: 'then the volumes',
    ending: deleted,
    observed: pod => ({ sandboxes: [{ ...sandbox, ready: false }], containers: [found(pod, 'app', 'exited')] }),
    actions: ['cleanUp'],
  },
  {
    name: 'then the remains',
    ending: deleted,
    observed: pod => ({ sandboxes: [{ ...sandbox, ready: false }], containers: [found(pod, 'app', 'exited')], cleanedUp: true }),
    actions: ['removeSandbox/s0'],
  },
  { name: 'then the object', ending: deleted, observed: () => ({ cleanedUp: true }), actions: ['forget'] },
  {
    name: 'a pod that is over stays as it is',
    status: { phase: 'Succeeded' },
    spec: { restartPolicy: 'Never' },
    observed: pod => ({ sandboxes: [{ ...sandbox, ready: false }], containers: [found(pod, 'app', 'exited')], cleanedUp: true }),
    actions: [],
    phase: 'Succeeded',
  },
  {
    name: 'the deadline ends the pod',
    spec: { activeDeadlineSeconds: 60 },
    status: { startTime: '2025-12-31T23:58:00Z' },
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'running')] }),
    actions: ['stopContainer/app-0/30'],
    phase: 'Running',
  },
  {
    name: 'and the pod has failed when nothing runs any more',
    spec: { activeDeadlineSeconds: 60 },
    status: { startTime: '2025-12-31T23:58:00Z' },
    observed: pod => ({ ...up, containers: [found(pod, 'app', 'exited', { exitCode: 0 })] }),
    actions: ['stopSandbox/s0'],
    phase: 'Failed',
  },
  {
    name: 'a refused pod fails without a start',
    ending: { cause: 'rejected', sinceMs: now, graceSeconds: 0, reason: 'OutOfcpu', message: 'no' },
    actions: ['cleanUp'],
    phase: 'Failed',
  },
]

describe('the pod machine', () => {
  for (const row of rows)
    it(row.name, () => {
      const pod = podOf(row.spec ?? {}, row.status)
      const observed = { ...nothingObserved, cgroup: kernelAmounts(podDemand(pod.spec)), ...row.observed?.(pod) }
      const decision = decide({ pod, ending: row.ending, observed, now, node: { ip: '172.30.0.2' } })
      const actions = decision.actions.map(action => {
        if (action.type === 'startContainer') return `${action.type}/${action.container}/${action.attempt}`
        if (action.type === 'ensureImage') return `${action.type}/${action.container}`
        if (action.type === 'stopContainer') return `${action.type}/${action.id}/${action.graceSeconds}`
        return 'id' in action ? `${action.type}/${action.id}` : action.type
      })
      assert.deepEqual(actions, row.actions)
      if (row.phase !== undefined) assert.equal(decision.status.phase, row.phase)
      if ('waiting' in row) assert.equal(decision.status.containerStatuses?.[0]?.state?.waiting?.reason, row.waiting)
      if (row.ready !== undefined) assert.equal(decision.status.conditions?.find(c => c.type === 'Ready')?.status, row.ready)
      if (row.requeueAfterMs !== undefined) assert.equal(decision.requeueAfterMs, row.requeueAfterMs)
    })
})
