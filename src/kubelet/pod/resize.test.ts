// The pure parts of a resize: what differs, what that takes and in which order, what is shown meanwhile.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Pod } from '../../api/core/pod.ts'
import { localPod } from '../mirror/local-pod.ts'
import { container } from '../test-kubelet.ts'
import { type Allocation, allocationOf, asksForOther, withAllocation } from './allocation.ts'
import { containerDemand, type KernelAmounts, kernelAmounts, unlimited } from './container-resources.ts'
import type { ObservedContainer } from './observed.ts'
import { memoryObjection, type ResizePlan, resizeOf, resizeSteps } from './resize.ts'
import { shownResources } from './shown-resources.ts'

const Mi = 2 ** 20
type Resources = { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> }
const resources = (cpu: string, memory = '100Mi'): Resources => ({ requests: { cpu, memory }, limits: { cpu, memory } })
const podOf = (wanted: Resources, more: Parameters<typeof container>[1] = {}): Pod =>
  localPod({ metadata: { name: 'p' }, spec: { containers: [container('app', { resources: wanted, ...more })] } }, 'n', 'node', 0)
const running: ObservedContainer = {
  id: 'app-0',
  name: 'app',
  sandboxId: 's0',
  attempt: 0,
  state: 'running',
  createdAtMs: 0,
  startedAtMs: 0,
  finishedAtMs: 0,
  exitCode: 0,
  reason: '',
  message: '',
  image: '',
  imageId: '',
  hash: '',
}
const amountsOf = (wanted: Resources) => kernelAmounts(containerDemand(podOf(wanted).spec.containers[0]!))

describe('what a container needs', () => {
  const byRestart = (...names: string[]) => names.map(resourceName => ({ resourceName, restartPolicy: 'RestartContainer' }))
  const rows: readonly (readonly [string, wanted: Resources, found: Partial<ObservedContainer>, policy: string[], expected: string])[] = [
    ['nothing when it has what it is to have', resources('1'), { amounts: amountsOf(resources('1')) }, [], 'none'],
    ['nothing while it does not run', resources('2'), { amounts: amountsOf(resources('1')), state: 'exited' }, [], 'none'],
    ['an update for other CPU', resources('2'), { amounts: amountsOf(resources('1')) }, [], 'update'],
    ['an update for other memory', resources('1', '200Mi'), { amounts: amountsOf(resources('1')) }, [], 'update'],
    ['an update for its first limit', resources('1'), { amounts: amountsOf({ requests: { cpu: '1' } }) }, [], 'update'],
    ['nothing for what the kernel cannot tell apart', resources('1m'), { amounts: amountsOf(resources('2m')) }, [], 'none'],
    [
      'nothing for what the kernel rounded to its pages',
      resources('1'),
      { amounts: { ...amountsOf(resources('1')), memoryBytes: 100 * Mi - 4096 } },
      [],
      'none',
    ],
    ['a check when nobody says what it has', resources('1'), { amounts: { quotaUs: 100_000 } }, [], 'check'],
    ['an update when what is known is wrong already', resources('1'), { amounts: { quotaUs: 50_000 } }, [], 'update'],
    [
      'a restart where the policy says so',
      resources('1', '200Mi'),
      { madeWith: resources('1'), amounts: amountsOf(resources('1')) },
      ['memory'],
      'restart',
    ],
    [
      'a restart for a request that only the API knows',
      { requests: { memory: '1Mi' } },
      { madeWith: { requests: { memory: '2Mi' } } },
      ['memory'],
      'restart',
    ],
    [
      'no restart for the other resource',
      resources('2'),
      { madeWith: resources('1'), amounts: amountsOf(resources('1')) },
      ['memory'],
      'update',
    ],
    [
      'no restart for the same in other words',
      resources('1000m'),
      { madeWith: resources('1'), amounts: amountsOf(resources('1')) },
      ['cpu', 'memory'],
      'none',
    ],
    ['no restart when it is not known what it was made with', resources('1'), { amounts: amountsOf(resources('1')) }, ['cpu'], 'none'],
  ]
  for (const [name, wanted, found, policy, expected] of rows)
    it(`is ${name}`, () => {
      const { spec } = podOf(wanted, { resizePolicy: byRestart(...policy) })
      assert.equal(resizeOf(spec, spec.containers[0]!, { ...running, ...found }), expected)
    })

  it('is nothing for an init container that ends', () => {
    const { spec } = localPod(
      { metadata: { name: 'p' }, spec: { containers: [container('app')], initContainers: [container('init')] } },
      'n',
      'node',
      0,
    )
    assert.equal(resizeOf(spec, spec.initContainers![0]!, { ...running, amounts: { shares: 7 } }), 'none')
  })
})

const kernel = (shares: number, quotaUs: number, memoryMi: number): KernelAmounts => ({ shares, quotaUs, memoryBytes: memoryMi * Mi })
const each = (name: string, now: Partial<KernelAmounts>, wanted: KernelAmounts) => ({ id: name, name, now, wanted })
function order(plan: ResizePlan): string {
  return resizeSteps(plan)
    .map(step => `${step.on === 'pod' ? 'pod' : step.id}:${Object.keys(step.amounts).join('+')}`)
    .join(' ')
}

describe('the order of a resize', () => {
  const small = kernel(100, 10_000, 10)
  const large = kernel(200, 20_000, 20)
  const rows: readonly (readonly [string, ResizePlan, string])[] = [
    [
      'the pod grows first',
      { pod: { now: small, wanted: large }, containers: [each('a', small, large)] },
      'pod:memoryBytes a:memoryBytes pod:quotaUs pod:shares a:shares+quotaUs',
    ],
    [
      'the pod shrinks last',
      { pod: { now: large, wanted: small }, containers: [each('a', large, small)] },
      'a:memoryBytes pod:memoryBytes a:shares+quotaUs pod:shares pod:quotaUs',
    ],
    [
      'who shrinks makes room for who grows',
      { pod: { now: large, wanted: large }, containers: [each('a', small, large), each('b', large, small)] },
      'b:memoryBytes a:memoryBytes b:shares+quotaUs a:shares+quotaUs',
    ],
    [
      'each resource goes its own way',
      {
        pod: { now: kernel(100, 10_000, 20), wanted: kernel(200, 20_000, 10) },
        containers: [each('a', kernel(100, 10_000, 20), kernel(200, 20_000, 10))],
      },
      'a:memoryBytes pod:memoryBytes pod:quotaUs pod:shares a:shares+quotaUs',
    ],
    [
      'a first limit is a shrinking',
      {
        pod: { now: kernel(100, unlimited, unlimited), wanted: kernel(100, 10_000, 10) },
        containers: [each('a', kernel(100, unlimited, unlimited), small)],
      },
      'a:memoryBytes pod:memoryBytes a:shares+quotaUs pod:quotaUs',
    ],
    [
      'what is not known is set',
      { pod: { now: {}, wanted: small }, containers: [each('a', { quotaUs: 10_000 }, small)] },
      'pod:memoryBytes a:memoryBytes pod:quotaUs pod:shares a:shares+quotaUs',
    ],
    ['nothing for nothing', { pod: { now: small, wanted: small }, containers: [] }, ''],
  ]
  for (const [name, plan, expected] of rows) it(name, () => assert.equal(order(plan), expected))
})

describe('memory', () => {
  const plan: ResizePlan = {
    pod: { now: kernel(1, 1, 40), wanted: kernel(1, 1, 20) },
    containers: [each('a', kernel(1, 1, 20), kernel(1, 1, 10)), each('b', kernel(1, 1, 20), kernel(1, 1, 30))],
  }
  const used = (pod: number | undefined, a: number | undefined, b: number | undefined) => ({
    pod,
    containers: new Map([
      ['a', a],
      ['b', b],
    ]),
  })
  const rows: readonly (readonly [string, ReturnType<typeof used>, string | undefined])[] = [
    ['is lowered where it is not used', used(19 * Mi, 9 * Mi, 10 * Mi), undefined],
    ['is lowered where nobody counts', used(undefined, undefined, undefined), undefined],
    ['is raised whatever is used', used(0, 0, 99 * Mi), undefined],
    [
      'of the pod is not lowered below its use',
      used(20 * Mi, 1, 1),
      'cannot decrease memory limits: attempting to set pod memory limit (20971520) below current usage (20971520)',
    ],
    [
      'of nobody is lowered below its use',
      used(30 * Mi, 15 * Mi, 15 * Mi),
      'cannot decrease memory limits: [attempting to set pod memory limit (20971520) below current usage (31457280), attempting to set container "a" memory limit (10485760) below current usage (15728640)]',
    ],
  ]
  for (const [name, usage, expected] of rows) it(name, () => assert.equal(memoryObjection(plan, usage), expected))
})

describe('the resources that are shown', () => {
  const half = { requests: { cpu: '500m', memory: '10Mi' }, limits: { cpu: '1', memory: '20Mi' } }
  const rows: readonly (readonly [string, Resources, Partial<KernelAmounts> | undefined, Resources])[] = [
    ['those of the definition before it runs', half, undefined, half],
    ['those of the definition where the kernel has them', half, { shares: 512, quotaUs: 100_000, memoryBytes: 20 * Mi }, half],
    ['those of the definition where nobody tells', half, {}, half],
    [
      "the kernel's where it has others",
      half,
      { shares: 102, quotaUs: 25_000, memoryBytes: 15 * Mi },
      { requests: { cpu: '100m', memory: '10Mi' }, limits: { cpu: '250m', memory: '15Mi' } },
    ],
    [
      'no limit where the kernel has none yet',
      half,
      { quotaUs: unlimited, memoryBytes: unlimited },
      { requests: half.requests, limits: {} },
    ],
    ['nothing where the definition says nothing', {}, { shares: 512, quotaUs: 50_000, memoryBytes: Mi }, {}],
  ]
  for (const [name, wanted, amounts, expected] of rows)
    it(`are ${name}`, () => {
      const found = amounts && { ...running, amounts }
      assert.deepEqual(shownResources(podOf(wanted).spec.containers[0]!, found), expected)
    })
})

describe('what is set aside', () => {
  const allocation: Allocation = allocationOf(podOf(resources('1')))
  it('takes the place of what is asked for', () => {
    const pod = podOf(resources('2'), { image: 'other' })
    const allocated = withAllocation(pod, allocation)
    assert.deepEqual([allocated.spec.containers[0]?.resources, allocated.spec.containers[0]?.image], [resources('1'), 'other'])
    assert.equal(asksForOther(pod, allocation), true)
  })
  it('leaves a pod as it is that asks for just that', () => {
    const pod = podOf(resources('1'))
    assert.equal(withAllocation(pod, allocation), pod)
    assert.equal(asksForOther(pod, allocation), false)
  })
  it('is for containers that can be resized', () => {
    const spec = { initContainers: [container('init'), container('side', { restartPolicy: 'Always' })], containers: [container('app')] }
    const { containers } = allocationOf(localPod({ metadata: { name: 'p' }, spec }, 'n', 'node', 0))
    assert.deepEqual(Object.keys(containers), ['side', 'app'])
  })
})
