// Whatever the pod and whatever happens to it, the machine settles, never stops or doubles what should run, and ends what is deleted.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Pod } from '../../api/core/pod.ts'
import { localPod } from '../mirror/local-pod.ts'
import { container } from '../test-kubelet.ts'
import { type Action, operationKey } from './actions.ts'
import { containerDemand, kernelAmounts, podDemand } from './container-resources.ts'
import { containerHash, findContainer, roleOf } from './containers.ts'
import { decide } from './machine.ts'
import { type Ending, latest, nothingObserved, type Observed, type ObservedContainer, type ObservedSandbox } from './observed.ts'
import { resizedContainers } from './resize.ts'

type Happening = 'exit-0' | 'exit-1' | 'break-sandbox' | 'fail-action' | 'wait' | 'resize-cpu' | 'resize-memory'

/** A node on which every action takes effect at once, unless the scenario says otherwise. */
class World {
  now = Date.UTC(2026, 0, 1)
  pod: Pod
  ending: Ending | undefined
  isForgotten = false
  #sequence = 0
  observed: Observed = nothingObserved

  constructor(pod: Pod) {
    this.pod = pod
  }

  /** Decides and acts until nothing more is to be done now. Returns the next moment at which something is. */
  settle(failNext = false): number | undefined {
    let fails = failNext
    for (let round = 0; round < 50; round++) {
      const decision = decide({ pod: this.pod, ending: this.ending, observed: this.observed, now: this.now, node: { ip: '10.0.0.9' } })
      this.ending = decision.ending
      this.pod = { ...this.pod, status: decision.status }
      if (decision.actions.length === 0 || this.isForgotten) return decision.requeueAfterMs
      for (const action of decision.actions) {
        this.#check(action)
        if (fails) this.#fail(action)
        else this.#act(action)
        fails = false
        this.now += 1
      }
    }
    assert.fail('does not settle')
  }

  happen(what: Happening): void {
    const running = this.observed.containers.filter(c => c.state === 'running')
    const [victim] = running
    if (what === 'exit-0' && victim) this.#set({ ...victim, state: 'exited', exitCode: 0, finishedAtMs: this.now })
    if (what === 'exit-1' && victim) this.#set({ ...victim, state: 'exited', exitCode: 1, finishedAtMs: this.now })
    if (what === 'break-sandbox') this.#sandboxes(s => ({ ...s, ready: false }))
    if (what === 'wait') this.now += 7_000
    if (what === 'resize-cpu') this.#resize('cpu')
    if (what === 'resize-memory') this.#resize('memory')
  }

  /** Another amount is set aside for each container, one that it had not before. */
  #resize(resource: 'cpu' | 'memory'): void {
    const { spec } = this.pod
    const limits = { ...spec.containers[0]?.resources.limits, [resource]: `${++this.#sequence}Mi` }
    const containers = spec.containers.map(c => ({ ...c, resources: { limits } }))
    this.pod = { ...this.pod, spec: { ...spec, containers } }
    this.observed = { ...this.observed, isAllocationKept: false }
  }

  /** What must hold of every action. */
  #check(action: Action): void {
    const { observed, pod } = this
    if (action.type === 'startContainer') {
      assert.notEqual(latest(observed, action.container)?.state, 'running', 'started twice')
      if (!observed.failures.has('resize'))
        assert.deepEqual(observed.cgroup, kernelAmounts(podDemand(pod.spec)), 'started in a cgroup of another size')
      assert.equal(observed.sandboxes[0]?.ready, true, 'started outside a sandbox')
      const role = roleOf(pod.spec, action.container)
      const isMain = role === 'main'
      for (const init of pod.spec.initContainers ?? []) {
        const found = latest(observed, init.name)
        if (isMain && init.restartPolicy !== 'Always' && !pod.spec.containers.some(c => observed.containers.some(o => o.name === c.name)))
          assert.ok(found?.state === 'exited' && found.exitCode === 0, 'started before an init container was done')
      }
    }
    if (action.type === 'stopContainer') {
      const found = observed.containers.find(c => c.id === action.id)
      const isOrphan = observed.sandboxes[0]?.ready !== true
      assert.ok(this.ending !== undefined || isOrphan || action.isReplaced, `stopped without a reason: ${found?.name}`)
    }
    if (action.type === 'createSandbox')
      assert.equal(
        observed.sandboxes.some(s => s.ready),
        false,
        'two sandboxes',
      )
  }

  #fail(action: Action): void {
    const failures = new Map(this.observed.failures)
    failures.set(operationKey(action), { reason: 'Error', message: '', atMs: this.now, retryAtMs: this.now + 1_000, count: 1 })
    this.observed = { ...this.observed, failures }
  }

  #act(action: Action): void {
    const { observed } = this
    const id = `id-${this.#sequence++}`
    switch (action.type) {
      case 'keepAllocation':
        this.observed = { ...observed, isAllocationKept: true }
        return
      case 'resize':
        this.observed = { ...observed, cgroup: kernelAmounts(podDemand(this.pod.spec)), failures: without(observed.failures, 'resize') }
        for (const { container, found } of resizedContainers(this.pod.spec, observed))
          this.#set({ ...found, amounts: kernelAmounts(containerDemand(container)) })
        return
      case 'mountVolumes':
        this.observed = { ...observed, volumesReady: true }
        return
      case 'createSandbox': {
        const sandbox: ObservedSandbox = { id, attempt: action.attempt, ready: true, createdAtMs: this.now, ips: ['10.0.0.1'] }
        this.observed = { ...observed, sandboxes: [sandbox, ...observed.sandboxes], cgroup: kernelAmounts(podDemand(this.pod.spec)) }
        return
      }
      case 'stopSandbox':
        this.#sandboxes(s => (s.id === action.id ? { ...s, ready: false } : s))
        return
      case 'removeSandbox':
        this.observed = {
          ...observed,
          sandboxes: observed.sandboxes.filter(s => s.id !== action.id),
          containers: observed.containers.filter(c => c.sandboxId !== action.id),
        }
        return
      case 'ensureImage':
        this.observed = { ...observed, images: new Map(observed.images).set(action.container, { state: 'present', ref: 'sha' }) }
        return
      case 'startContainer': {
        const images = new Map(observed.images)
        images.delete(action.container)
        const backoffs = new Map(observed.backoffs)
        if (action.backoff) backoffs.set(action.container, action.backoff)
        const spec = findContainer(this.pod.spec, action.container)
        const isInit = roleOf(this.pod.spec, action.container) === 'init'
        const started: ObservedContainer = {
          id,
          name: action.container,
          sandboxId: action.sandboxId,
          attempt: action.attempt,
          state: isInit ? 'exited' : 'running',
          createdAtMs: this.now,
          startedAtMs: this.now,
          finishedAtMs: isInit ? this.now : 0,
          exitCode: 0,
          reason: '',
          message: '',
          image: '',
          imageId: '',
          hash: spec ? containerHash(spec) : '',
          ...(spec && { amounts: kernelAmounts(containerDemand(spec)), madeWith: spec.resources }),
        }
        this.observed = { ...observed, images, backoffs, containers: [started, ...observed.containers] }
        return
      }
      case 'stopContainer': {
        const found = observed.containers.find(c => c.id === action.id)
        const isReplaced = action.isReplaced ?? false
        if (found) this.#set({ ...found, state: 'exited', exitCode: 143, finishedAtMs: this.now, isReplaced })
        return
      }
      case 'removeContainer':
        this.observed = { ...observed, containers: observed.containers.filter(c => c.id !== action.id) }
        return
      case 'cleanUp':
        this.observed = { ...observed, cleanedUp: true, volumesReady: false }
        return
      case 'forget':
        this.isForgotten = true
    }
  }

  #set(container: ObservedContainer): void {
    this.observed = { ...this.observed, containers: this.observed.containers.map(c => (c.id === container.id ? container : c)) }
  }
  #sandboxes(change: (sandbox: ObservedSandbox) => ObservedSandbox): void {
    this.observed = { ...this.observed, sandboxes: this.observed.sandboxes.map(change) }
  }
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  return new Map([...map].filter(([name]) => name !== key))
}

/** A change of memory restarts them, one of CPU does not. */
const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }]

const pods = fc
  .record({
    restartPolicy: fc.constantFrom('Always' as const, 'OnFailure' as const, 'Never' as const),
    inits: fc.array(fc.boolean(), { maxLength: 3 }),
    mains: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ restartPolicy, inits, mains }) =>
    localPod(
      {
        metadata: { name: 'p' },
        spec: {
          restartPolicy,
          initContainers: inits.map((isSidecar, i) => container(`init-${i}`, isSidecar ? { restartPolicy: 'Always' } : {})),
          containers: Array.from({ length: mains }, (_, i) => container(`main-${i}`, { resizePolicy })),
        },
      },
      'n',
      'node',
      0,
    ),
  )
const stories = fc.array(
  fc.constantFrom<Happening>('exit-0', 'exit-1', 'break-sandbox', 'fail-action', 'wait', 'resize-cpu', 'resize-memory'),
  { maxLength: 12 },
)

describe('the pod machine, whatever happens', () => {
  it('comes to rest with everything running that should, and nothing that should not', () => {
    fc.assert(
      fc.property(pods, stories, (pod, story) => {
        const world = new World({ ...pod, status: {} })
        world.settle()
        for (const happening of story) {
          world.happen(happening)
          world.settle(happening === 'fail-action')
        }
        for (let i = 0; i < 20; i++) {
          const waitMs = world.settle()
          if (waitMs === undefined) break
          world.now += waitMs
        }
        const { phase } = world.pod.status
        const running = world.observed.containers.filter(c => c.state === 'running').map(c => c.name)
        if (phase === 'Succeeded' || phase === 'Failed') {
          assert.deepEqual(running, [])
          assert.equal(world.observed.cleanedUp, true)
          return
        }
        assert.equal(phase, 'Running')
        const sidecars = (pod.spec.initContainers ?? []).filter(c => c.restartPolicy === 'Always')
        const wanted = [...sidecars, ...pod.spec.containers].filter(c => {
          const found = latest(world.observed, c.name)
          return (
            !(
              found?.state === 'exited' &&
              found.exitCode === 0 &&
              pod.spec.restartPolicy !== 'Always' &&
              roleOf(pod.spec, c.name) === 'main'
            ) && !(found?.state === 'exited' && pod.spec.restartPolicy === 'Never' && roleOf(pod.spec, c.name) === 'main')
          )
        })
        assert.deepEqual([...running].sort(), wanted.map(c => c.name).sort())
        const sizes = resizedContainers(world.pod.spec, world.observed).map(({ resize }) => resize)
        assert.deepEqual(new Set(sizes), new Set(sizes.length > 0 ? ['none'] : []))
      }),
      { numRuns: 300 },
    )
  })

  it('ends what is deleted, at any moment', () => {
    fc.assert(
      fc.property(pods, stories, (pod, story) => {
        const world = new World({ ...pod, status: {} })
        for (const happening of story) {
          world.happen(happening)
          world.settle(happening === 'fail-action')
        }
        world.ending = { cause: 'deleted', sinceMs: world.now, graceSeconds: 30 }
        for (let i = 0; i < 5 && !world.isForgotten; i++) world.now += world.settle() ?? 0
        assert.equal(world.isForgotten, true)
        assert.deepEqual([world.observed.sandboxes, world.observed.containers], [[], []])
      }),
      { numRuns: 300 },
    )
  })
})
