// Pods that are resized while they run, over a runtime in memory.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { Event } from '../api/core/event.ts'
import { Pod } from '../api/core/pod.ts'
import { container, podDraft, TestKubelet } from './test-kubelet.ts'

let kubelet: TestKubelet
afterEach(() => kubelet.close())

const resources = (cpu: string, memory = '100Mi') => ({ requests: { cpu, memory }, limits: { cpu, memory } })
const statusOf = (name = 'web') => kubelet.pod(name)?.status.containerStatuses?.[0]
const conditionOf = (type: string, name = 'web') => kubelet.pod(name)?.status.conditions?.find(c => c.type === type)
const isReady = (name = 'web') => conditionOf('Ready', name)?.status === 'True'
const messages = (reason: string) => kubelet.client.all(Event).flatMap(e => (e.reason === reason ? [e.message ?? ''] : []))
const calls = (method: string) => kubelet.runtime.calls.filter(c => c.method === method).length

async function run(name: string, wanted: ReturnType<typeof resources>, more: Parameters<typeof container>[1] = {}): Promise<void> {
  kubelet.client.seed(Pod, podDraft(name, { containers: [container('app', { resources: wanted, ...more })] }))
  await kubelet.until(`${name} ready`, () => isReady(name))
}
async function resize(name: string, wanted: ReturnType<typeof resources>): Promise<void> {
  const body = { spec: { containers: [{ name: 'app', resources: wanted }] } }
  await kubelet.client.patch(Pod, { namespace: 'default', name }, 'strategic', body, { subresource: 'resize' })
}
/** What the runtime was told of the container that the status names. */
async function granted(name = 'web'): Promise<unknown> {
  const { resources: told } = await kubelet.runtime.containerStatus(statusOf(name)?.containerID?.replace(/^.*\//, '') ?? '')
  return [told?.linux?.cpuShares, told?.linux?.cpuQuota, told?.linux?.memoryLimitInBytes]
}
const Mi = 2 ** 20

describe('a pod that is resized', () => {
  it('shows what its containers have and what is set aside for them', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    await run('web', resources('500m'))
    assert.deepEqual(statusOf()?.resources, resources('500m'))
    assert.deepEqual(statusOf()?.allocatedResources, resources('500m').requests)
    await run('idle', { requests: {}, limits: {} } as never)
    assert.notEqual(statusOf('idle')?.resources, undefined)
  })

  it('gets another amount without a restart', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    await run('web', resources('500m'))
    await resize('web', resources('1', '200Mi'))
    await kubelet.until('resized', () => statusOf()?.resources?.limits?.['cpu'] === '1')
    await kubelet.until('said', () => messages('ResizeCompleted').length > 0)
    assert.deepEqual(await granted(), [1024, 100_000, 200 * Mi])
    assert.deepEqual(statusOf()?.resources, resources('1', '200Mi'))
    assert.deepEqual(statusOf()?.allocatedResources, resources('1', '200Mi').requests)
    assert.equal(statusOf()?.restartCount, 0)
    assert.equal(kubelet.pod('web')?.status.observedGeneration, kubelet.pod('web')?.metadata.generation)
    await kubelet.until('at rest', () => conditionOf('PodResizeInProgress') === undefined)
    const summary =
      '{"containers":[{"name":"app","resources":{"limits":{"cpu":"1","memory":"200Mi"},"requests":{"cpu":"1","memory":"200Mi"}}}],"generation":2}'
    assert.deepEqual(messages('ResizeStarted'), [`Pod resize started: ${summary}`])
    assert.deepEqual(messages('ResizeCompleted'), [`Pod resize completed: ${summary}`])
  })

  it('restarts the container where its policy says so', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    const resizePolicy = ['cpu', 'memory'].map(resourceName => ({
      resourceName,
      restartPolicy: resourceName === 'cpu' ? 'NotRequired' : 'RestartContainer',
    }))
    await run('web', resources('500m'), { resizePolicy })
    await resize('web', resources('250m'))
    await kubelet.until('less CPU', () => statusOf()?.resources?.limits?.['cpu'] === '250m')
    assert.equal(statusOf()?.restartCount, 0)
    await resize('web', resources('250m', '64Mi'))
    await kubelet.until('restarted', () => statusOf()?.restartCount === 1 && isReady())
    assert.deepEqual(await granted(), [256, 25_000, 64 * Mi])
    await kubelet.until('said', () => messages('Killing').includes('Container app resize requires restart'))
    assert.equal(calls('startContainer'), 2)
  })

  it('waits while the node has no room, and goes on when there is some', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    await run('other', resources('2'))
    await run('web', resources('1'))
    await resize('web', resources('3'))
    await kubelet.until('deferred', () => conditionOf('PodResizePending')?.reason === 'Deferred')
    const { message, observedGeneration } = conditionOf('PodResizePending') ?? {}
    assert.equal(message, "Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000")
    assert.equal(observedGeneration, 2)
    assert.deepEqual(statusOf()?.resources, resources('1'))
    await kubelet.until('said', () => messages('ResizeDeferred').length > 0)
    assert.match(messages('ResizeDeferred')[0] ?? '', /^Pod resize Deferred: \{.*"cpu":"3".*"generation":2,"error":"Node didn't have/)
    await kubelet.client.delete(Pod, { namespace: 'default', name: 'other' })
    await kubelet.until('resized', () => statusOf()?.resources?.limits?.['cpu'] === '3')
    await kubelet.until('at rest', () => conditionOf('PodResizePending') === undefined && conditionOf('PodResizeInProgress') === undefined)
  })

  it('never gets more than its node has, and is let off by asking for less', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    await run('web', resources('1'))
    await resize('web', resources('5'))
    await kubelet.until('infeasible', () => conditionOf('PodResizePending')?.reason === 'Infeasible')
    assert.equal(conditionOf('PodResizePending')?.message, "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000")
    await resize('web', resources('1'))
    await kubelet.until('let off', () => conditionOf('PodResizePending') === undefined)
    assert.equal(calls('updateContainerResources'), 0)
  })

  it('keeps what is set aside for it when its kubelet starts anew', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    await run('web', resources('1'))
    await resize('web', resources('5'))
    await kubelet.until('infeasible', () => conditionOf('PodResizePending') !== undefined)
    await kubelet.stop()
    await resize('web', resources('6'))
    kubelet.start()
    await kubelet.until('judged anew', () => /requested: 6000/.test(conditionOf('PodResizePending')?.message ?? ''))
    assert.deepEqual(statusOf()?.resources, resources('1'))
    assert.deepEqual(await granted(), [1024, 100_000, 100 * Mi])
    await kubelet.stop()
    await resize('web', resources('2'))
    kubelet.start()
    await kubelet.until('resized', () => statusOf()?.resources?.limits?.['cpu'] === '2')
    assert.equal(statusOf()?.restartCount, 0)
    const uid = kubelet.pod('web')?.metadata.uid ?? ''
    const file = join(kubelet.config.rootDir, 'pods', uid, 'allocation.json')
    await kubelet.until('kept', () => JSON.parse(readFileSync(file, 'utf8')).containers.app.limits.cpu === '2')
    await kubelet.client.delete(Pod, { namespace: 'default', name: 'web' })
    await kubelet.until('gone', () => kubelet.pod('web') === undefined && !existsSync(file))
  })

  it('does not lose memory that it uses', async () => {
    kubelet = new TestKubelet()
    mkdirSync(kubelet.config.cgroupMount, { recursive: true })
    writeFileSync(join(kubelet.config.cgroupMount, 'cgroup.controllers'), 'cpu memory')
    kubelet.start()
    await run('web', resources('1', '200Mi'))
    const cgroup = join(kubelet.config.cgroupMount, `test/kubepods/pod${kubelet.pod('web')?.metadata.uid}`)
    writeFileSync(join(cgroup, 'memory.current'), `${150 * Mi}\n`)
    await resize('web', resources('1'))
    await kubelet.until('refused', () => conditionOf('PodResizeInProgress')?.reason === 'Error')
    const why = `cannot decrease memory limits: attempting to set pod memory limit (${100 * Mi}) below current usage (${150 * Mi})`
    assert.equal(conditionOf('PodResizeInProgress')?.message, why)
    assert.deepEqual(statusOf()?.resources?.limits, { cpu: '1', memory: '200Mi' })
    assert.deepEqual(statusOf()?.allocatedResources, { cpu: '1', memory: '100Mi' })
    await kubelet.until('said', () => messages('ResizeError').length > 0)
    writeFileSync(join(cgroup, 'memory.current'), `${50 * Mi}\n`)
    await kubelet.until('resized', () => statusOf()?.resources?.limits?.['memory'] === '100Mi')
    assert.equal(readFileSync(join(cgroup, 'memory.max'), 'utf8'), String(100 * Mi))
    await kubelet.until('at rest', () => conditionOf('PodResizeInProgress') === undefined)
  })
})
