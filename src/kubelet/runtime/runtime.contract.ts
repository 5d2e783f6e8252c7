// What every Runtime must do, run against each implementation.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { ContainerConfig, PodSandboxConfig } from './cri-config.ts'
import type { ContainerStatus } from './cri-observed.ts'
import { type Runtime, RuntimeError } from './runtime.ts'

export interface RuntimeHarness {
  readonly runtime: Runtime
  /** An image that is here. */
  readonly image: string
  /** One that no registry has. */
  readonly missingImage: string
  /** What containers can be made to do. */
  readonly commands: {
    readonly runForever: readonly string[]
    readonly exitWith3: readonly string[]
    readonly cannotStart: readonly string[]
  }
  /** A command for `execSync` that writes `out` and `err` and ends with 4. */
  readonly execCommand: readonly string[]
  sandboxConfig(name: string): PodSandboxConfig
  /** Lets a little time go by: real time, or the clock's. */
  pass(): Promise<void>
}

export function runtimeContract(name: string, harness: () => RuntimeHarness, skip: string | false = false): void {
  describe(`the runtime contract: ${name}`, { skip }, () => {
    const it = (what: string, check: (h: RuntimeHarness, t: TestContext) => Promise<void>) => test(what, t => check(harness(), t))

    it('a sandbox lives, stops and goes, and all of that is idempotent', async ({ runtime, sandboxConfig }) => {
      const id = await runtime.runPodSandbox(sandboxConfig('life'), '')
      const status = await runtime.podSandboxStatus(id)
      assert.equal(status.state, 'SANDBOX_READY')
      assert.deepEqual(status.metadata, { name: 'life', uid: 'uid-life', namespace: 'default', attempt: 0 })
      assert.ok(status.createdAtMs > 0)
      await runtime.stopPodSandbox(id)
      await runtime.stopPodSandbox(id)
      assert.equal((await runtime.podSandboxStatus(id)).state, 'SANDBOX_NOTREADY')
      await runtime.removePodSandbox(id)
      await runtime.removePodSandbox(id)
      await assert.rejects(runtime.podSandboxStatus(id), code('NotFound'))
    })

    it('sandboxes and containers are listed by state and labels', async (h, t) => {
      const { runtime } = h
      const { sandboxId, containerId } = await start(h, t, 'listed', h.commands.runForever)
      const labelSelector = { app: 'listed' }
      assert.deepEqual(
        (await runtime.listPodSandboxes({ labelSelector })).map(({ id }) => id),
        [sandboxId],
      )
      assert.deepEqual(await runtime.listPodSandboxes({ labelSelector, state: 'SANDBOX_NOTREADY' }), [])
      assert.deepEqual(await runtime.listPodSandboxes({ labelSelector: { app: 'other' } }), [])
      const [container] = await runtime.listContainers({ podSandboxId: sandboxId, state: 'CONTAINER_RUNNING' })
      assert.equal(container?.id, containerId)
      assert.equal(container.podSandboxId, sandboxId)
      assert.equal(container.metadata?.name, 'main')
      assert.deepEqual(await runtime.listContainers({ podSandboxId: sandboxId, state: 'CONTAINER_EXITED' }), [])
    })

    it('a container runs and is stopped', async (h, t) => {
      const { runtime } = h
      const { containerId } = await start(h, t, 'stopped', h.commands.runForever)
      const running = await runtime.containerStatus(containerId)
      assert.equal(running.state, 'CONTAINER_RUNNING')
      assert.ok(running.startedAtMs >= running.createdAtMs)
      assert.equal(running.finishedAtMs, 0)
      await runtime.stopContainer(containerId, 0)
      const stopped = await runtime.containerStatus(containerId)
      assert.equal(stopped.state, 'CONTAINER_EXITED')
      assert.equal(stopped.exitCode, 137)
      assert.ok(stopped.finishedAtMs >= stopped.startedAtMs)
      await runtime.stopContainer(containerId, 0)
      await runtime.removeContainer(containerId)
      await runtime.removeContainer(containerId)
      await runtime.stopContainer(containerId, 0)
      await assert.rejects(runtime.containerStatus(containerId), code('NotFound'))
    })

    it('a container that ends by itself tells its exit code', async (h, t) => {
      const { containerId } = await start(h, t, 'ends', h.commands.exitWith3)
      const status = await untilExited(h, containerId)
      assert.equal(status.exitCode, 3)
      assert.equal(status.reason, 'Error')
    })

    it('a container that cannot start rejects and is left exited', async (h, t) => {
      const { runtime } = h
      const { sandboxId, config } = await sandbox(h, t, 'broken')
      const containerId = await runtime.createContainer(sandboxId, containerConfig(h, h.commands.cannotStart), config)
      await assert.rejects(runtime.startContainer(containerId), RuntimeError)
      const status = await runtime.containerStatus(containerId)
      assert.equal(status.state, 'CONTAINER_EXITED')
      assert.equal(status.reason, 'StartError')
      assert.equal(status.exitCode, 128)
    })

    it('a container is started once', async (h, t) => {
      const { containerId } = await start(h, t, 'once', h.commands.runForever)
      await assert.rejects(h.runtime.startContainer(containerId), RuntimeError)
    })

    it('removing a sandbox removes its containers', async (h, t) => {
      const { runtime } = h
      const { sandboxId, containerId } = await start(h, t, 'whole', h.commands.runForever)
      await runtime.stopPodSandbox(sandboxId)
      assert.equal((await runtime.containerStatus(containerId)).state, 'CONTAINER_EXITED')
      await runtime.removePodSandbox(sandboxId)
      await assert.rejects(runtime.containerStatus(containerId), code('NotFound'))
    })

    it('a command in a running container gives its output and exit code', async (h, t) => {
      const { containerId } = await start(h, t, 'exec', h.commands.runForever)
      const result = await h.runtime.execSync(containerId, h.execCommand, 10)
      assert.equal(Buffer.from(result.stdout).toString(), 'out')
      assert.equal(Buffer.from(result.stderr).toString(), 'err')
      assert.equal(result.exitCode, 4)
      await h.runtime.stopContainer(containerId, 0)
      await assert.rejects(h.runtime.execSync(containerId, h.execCommand, 10), RuntimeError)
    })

    it('images are found by name and id, and missing ones are told', async ({ runtime, image, missingImage }) => {
      const found = await runtime.imageStatus({ image })
      assert.ok(found && Number(found.size) > 0)
      assert.equal((await runtime.imageStatus({ image: found.id }))?.id, found.id)
      assert.ok((await runtime.listImages()).some(({ id }) => id === found.id))
      assert.equal(await runtime.imageStatus({ image: missingImage }), undefined)
      await assert.rejects(runtime.pullImage({ image: missingImage }), RuntimeError)
      await runtime.removeImage({ image: missingImage })
      assert.ok((await runtime.imageFsInfo())[0]?.fsId?.mountpoint)
    })

    it('a container of an image that is not here is refused', async (h, t) => {
      const { sandboxId, config } = await sandbox(h, t, 'imageless')
      const wanted = { ...containerConfig(h, h.commands.runForever), image: { image: h.missingImage } }
      await assert.rejects(h.runtime.createContainer(sandboxId, wanted, config), code('NotFound'))
    })

    it('statistics name the container that they are of', async (h, t) => {
      const { sandboxId, containerId } = await start(h, t, 'stats', h.commands.runForever)
      await h.pass()
      const stats = await h.runtime.containerStats(containerId)
      assert.equal(stats.attributes?.id, containerId)
      assert.ok(stats.memory && stats.cpu && stats.cpu.timestampMs > 0)
      const listed = await h.runtime.listContainerStats({ id: containerId })
      assert.deepEqual(
        listed.map(({ attributes }) => attributes?.id),
        [containerId],
      )
      await h.runtime.stopPodSandbox(sandboxId)
    })

    it('a call that was given up rejects with the reason', async ({ runtime }) => {
      const reason = new Error('given up')
      await assert.rejects(runtime.version(AbortSignal.abort(reason)), error => error === reason)
    })

    it('the runtime tells who it is and that it is ready', async ({ runtime }) => {
      assert.equal((await runtime.version()).runtimeApiVersion, 'v1')
      const { conditions } = await runtime.status()
      assert.equal(conditions.find(({ type }) => type === 'RuntimeReady')?.status, true)
    })
  })
}

function code(expected: RuntimeError['code']) {
  return (error: unknown) => error instanceof RuntimeError && error.code === expected
}

export function containerConfig(h: Pick<RuntimeHarness, 'image'>, command: readonly string[]): ContainerConfig {
  const labels = { app: 'contract' }
  return { metadata: { name: 'main', attempt: 0 }, image: { image: h.image }, command, logPath: 'main/0.log', labels, linux: {} }
}

async function sandbox(h: RuntimeHarness, t: TestContext, name: string) {
  const config = h.sandboxConfig(name)
  const sandboxId = await h.runtime.runPodSandbox(config, '')
  t.after(() => h.runtime.removePodSandbox(sandboxId))
  return { sandboxId, config }
}

async function start(h: RuntimeHarness, t: TestContext, name: string, command: readonly string[]) {
  const { sandboxId, config } = await sandbox(h, t, name)
  const containerId = await h.runtime.createContainer(sandboxId, containerConfig(h, command), config)
  await h.runtime.startContainer(containerId)
  return { sandboxId, containerId }
}

async function untilExited(h: RuntimeHarness, containerId: string): Promise<ContainerStatus> {
  for (let i = 0; i < 100; i++) {
    const status = await h.runtime.containerStatus(containerId)
    if (status.state === 'CONTAINER_EXITED') return status
    await h.pass()
  }
  throw new Error('the container did not end')
}
