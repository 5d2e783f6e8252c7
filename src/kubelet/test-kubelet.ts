// A kubelet for tests: a fake runtime, a fake API server, a virtual clock and a temporary folder. Mounts are only remembered.
import { mkdtempSync } from 'node:fs'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pod } from '../api/core/pod.ts'
import { silentLogger } from '../base/logger.ts'
import { seededRandom, VirtualClock } from '../base/virtual-clock.ts'
import { FakeClient } from '../client/fake-client.ts'
import type { Draft } from '../schema/schema.ts'
import { type KubeletConfig, kubeletConfig } from './config.ts'
import type { Host } from './host.ts'
import { runKubelet } from './kubelet.ts'
import type { BuiltinPod } from './mirror/builtin-pods.ts'
import { FakeRuntime, type FakeRuntimeOptions } from './runtime/fake-runtime.ts'

export interface TestHost extends Host {
  readonly mounts: Set<string>
  http: Host['http']
  tcp: Host['tcp']
}

export function testHost(): TestHost {
  const mounts = new Set<string>()
  return {
    files,
    mounts,
    async mountTmpfs(path) {
      mounts.add(path)
    },
    async unmount(path) {
      mounts.delete(path)
    },
    kill() {},
    async mountPoints() {
      return [...mounts]
    },
    async http() {
      return { status: 200, body: '' }
    },
    async tcp() {
      return undefined
    },
    async machine() {
      return {
        cpus: 4,
        memoryBytes: 8 * 2 ** 30,
        machineId: 'machine',
        systemUuid: 'system',
        bootId: 'boot',
        kernelVersion: '6.1',
        osImage: 'Test Linux',
        architecture: 'amd64',
      }
    },
    async memoryAvailableBytes() {
      return 4 * 2 ** 30
    },
    async gzip(path) {
      await files.rename(path, `${path}.gz`)
    },
  }
}

const connect = () => Promise.reject(new Error('no connections in tests'))

export class TestKubelet {
  readonly clock = new VirtualClock()
  readonly client: FakeClient
  readonly runtime: FakeRuntime
  readonly host = testHost()
  readonly dir: string
  readonly config: KubeletConfig
  #stop = new AbortController()
  #done: Promise<void> = Promise.resolve()

  readonly #builtinPods: readonly BuiltinPod[]

  constructor(runtime: Partial<FakeRuntimeOptions> = {}, config: Partial<KubeletConfig> = {}, builtinPods: readonly BuiltinPod[] = []) {
    this.#builtinPods = builtinPods
    this.dir = mkdtempSync(join(tmpdir(), 'kubelet-test-'))
    this.client = new FakeClient({ clock: this.clock, random: seededRandom(1) })
    this.runtime = new FakeRuntime({ clock: this.clock, ...runtime })
    this.config = kubeletConfig({
      nodeName: 'node-1',
      nodeIp: '172.30.0.2',
      cgroupRoot: '/test',
      cgroupMount: join(this.dir, 'cgroup'),
      rootDir: join(this.dir, 'kubelet'),
      podLogDir: join(this.dir, 'pods'),
      containerLogDir: join(this.dir, 'containers'),
      ...config,
    })
  }

  start(): void {
    this.#stop = new AbortController()
    const { client, runtime, host, config, clock } = this
    this.#done = runKubelet({
      client,
      runtime,
      host,
      config,
      clock,
      random: seededRandom(2),
      logger: silentLogger,
      connect,
      builtinPods: this.#builtinPods,
      signal: this.#stop.signal,
    })
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async close(): Promise<void> {
    await this.stop()
    await files.rm(this.dir, { recursive: true, force: true })
  }

  pod(name: string, namespace = 'default'): Pod | undefined {
    return this.client.all(Pod).find(p => p.metadata.name === name && p.metadata.namespace === namespace)
  }

  /** Lets time pass in steps until the condition holds. It passes while files are written for real, so it is given plenty. */
  async until(what: string, condition: () => boolean, withinMs = 300_000): Promise<void> {
    const end = this.clock.now() + withinMs
    for (;;) {
      for (let i = 0; i < 40; i++) {
        if (condition()) return
        await new Promise(resolve => setImmediate(resolve))
      }
      if (this.clock.now() >= end)
        throw new Error(
          `not reached: ${what}\n${JSON.stringify(
            this.client.all(Pod).map(p => p.status),
            null,
            1,
          )}`,
        )
      await this.clock.advance(50)
    }
  }
}

export function podDraft(name: string, spec: Draft<Pod['spec']>, metadata: Draft<Pod['metadata']> = {}): Draft<Pod> {
  return {
    metadata: { name, namespace: 'default', ...metadata },
    spec: { nodeName: 'node-1', enableServiceLinks: true, ...spec },
  }
}

export function container(name: string, more: Draft<Pod['spec']['containers'][number]> = {}): Draft<Pod['spec']['containers'][number]> {
  return { name, image: 'registry.example/app:1', imagePullPolicy: 'IfNotPresent', ...more }
}
