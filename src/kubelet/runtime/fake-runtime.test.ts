import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { type FakeBehaviour, FakeRuntime, type FakeRuntimeOptions } from './fake-runtime.ts'
import { containerConfig, runtimeContract } from './runtime.contract.ts'
import { RuntimeError } from './runtime.ts'

const behaviours: Record<string, FakeBehaviour> = {
  forever: { cpuNanoCores: 2_000_000, memoryBytes: 1_000_000 },
  three: { exitAfterMs: 50, exitCode: 3 },
  broken: { startError: 'exec: "broken": executable file not found in $PATH' },
}
const bytes = (text: string) => new Uint8Array(Buffer.from(text))
const sandboxConfig = (name: string) => ({ metadata: { name, uid: `uid-${name}`, namespace: 'default' }, labels: { app: name } })

runtimeContract('fake', () => {
  const clock = new VirtualClock()
  const runtime = new FakeRuntime({
    clock,
    behave: config => behaviours[config.command?.[0] ?? ''] ?? {},
    registry: () => undefined,
    exec: () => ({ stdout: bytes('out'), stderr: bytes('err'), exitCode: 4 }),
  })
  runtime.addImage('docker.io/library/busybox:1')
  return {
    runtime,
    image: 'docker.io/library/busybox:1',
    missingImage: 'example.test/missing:1',
    commands: { runForever: ['forever'], exitWith3: ['three'], cannotStart: ['broken'] },
    execCommand: ['anything'],
    sandboxConfig,
    pass: () => clock.advance(100),
  }
})

async function running(options: Omit<FakeRuntimeOptions, 'clock'> = {}) {
  const clock = new VirtualClock()
  const runtime = new FakeRuntime({ clock, ...options })
  runtime.addImage('image:1')
  const config = sandboxConfig('pod')
  const sandboxId = await runtime.runPodSandbox(config, '')
  const containerId = await runtime.createContainer(sandboxId, containerConfig({ image: 'image:1' }, ['run']), config)
  await runtime.startContainer(containerId)
  return { clock, runtime, sandboxId, containerId }
}

const graceTable: readonly [name: string, stopsAfterMs: number, graceSeconds: number, tookMs: number, exitCode: number][] = [
  ['ends on its signal', 2000, 30, 2000, 143],
  ['is killed after the grace period', 60_000, 30, 30_000, 137],
  ['is killed at once without one', 2000, 0, 0, 137],
]
for (const [name, stopsAfterMs, graceSeconds, tookMs, exitCode] of graceTable) {
  test(`stopping: a container ${name}`, async () => {
    const { clock, runtime, containerId } = await running({ behave: () => ({ stopsAfterMs }) })
    const before = clock.now()
    const stopped = runtime.stopContainer(containerId, graceSeconds)
    await clock.advance(100_000)
    await stopped
    const status = await runtime.containerStatus(containerId)
    assert.deepEqual([status.finishedAtMs - before, status.exitCode], [tookMs, exitCode])
  })
}

test('scripted faults hit the next calls only', async () => {
  const { runtime, containerId } = await running()
  runtime.failNext('containerStatus', new RuntimeError('Unavailable', 'gone'), new RuntimeError('Internal', 'odd'))
  await assert.rejects(runtime.containerStatus(containerId), { code: 'Unavailable', quoted: 'rpc error: code = Unavailable desc = gone' })
  await assert.rejects(runtime.containerStatus(containerId), { code: 'Internal' })
  assert.equal((await runtime.containerStatus(containerId)).state, 'CONTAINER_RUNNING')
})

test('pulling takes its time and makes the image known', async () => {
  const clock = new VirtualClock()
  const runtime = new FakeRuntime({ clock, pullMs: 500, registry: image => (image === 'a:1' ? { sizeBytes: 7 } : undefined) })
  const pulled = runtime.pullImage({ image: 'a:1' })
  await clock.advance(499)
  assert.equal(await runtime.imageStatus({ image: 'a:1' }), undefined)
  await clock.advance(1)
  assert.equal((await runtime.imageStatus({ image: await pulled }))?.size, 7)
})

test('events tell every change, and end with the signal', async () => {
  const { clock, runtime, sandboxId, containerId } = await running({ behave: () => ({ exitAfterMs: 100 }) })
  const stop = new AbortController()
  const seen: string[] = []
  const watching = (async () => {
    for await (const event of runtime.containerEvents(stop.signal)) {
      assert.equal(event.containerId, containerId)
      seen.push(`${event.containerEventType} ${event.containersStatuses[0]?.state}`)
    }
  })()
  await clock.advance(100)
  await runtime.removePodSandbox(sandboxId)
  await clock.advance(0)
  stop.abort()
  await watching
  assert.deepEqual(seen, ['CONTAINER_STOPPED_EVENT CONTAINER_EXITED', 'CONTAINER_DELETED_EVENT undefined'])
})
