// The kubelet against a real containerd, with the API server's part played by the fake one. Pods use the node's network: there is no CNI.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ConfigMap } from '../api/core/config-map.ts'
import { Event } from '../api/core/event.ts'
import { Pod } from '../api/core/pod.ts'
import { Secret } from '../api/core/secret.ts'
import { silentLogger } from '../base/logger.ts'
import { FakeClient } from '../client/fake-client.ts'
import { kubeletHost } from '../main/kubelet-host.ts'
import { systemClock } from '../platform/clock.ts'
import { connect } from '../platform/connect.ts'
import type { Draft } from '../schema/schema.ts'
import { kubeletConfig } from './config.ts'
import { runKubelet } from './kubelet.ts'
import { startContainerd, type TestContainerd, testImage, whyNoContainerd } from './runtime/containerd.test-support.ts'
import { connectCri } from './runtime/cri.ts'
import type { Runtime } from './runtime/runtime.ts'

const why = whyNoContainerd()

describe('a kubelet over containerd', { skip: why, timeout: 120_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'kubelet-containerd-'))
  const cgroupRoot = `/coxswain-test-${process.pid}`
  const config = kubeletConfig({
    nodeName: 'node-1',
    nodeIp: '127.0.0.1',
    cgroupRoot,
    rootDir: join(dir, 'kubelet'),
    podLogDir: join(dir, 'logs'),
    containerLogDir: join(dir, 'links'),
  })
  const client = new FakeClient({ clock: systemClock, random: Math.random })
  let containerd: TestContainerd
  let runtime: Runtime
  let stop = new AbortController()
  let done = Promise.resolve()

  const start = () => {
    stop = new AbortController()
    runtime = connectCri({ socketPath: containerd.socketPath, clock: systemClock })
    const { signal } = stop
    done = runKubelet({
      client,
      runtime,
      host: kubeletHost(),
      config,
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
      connect,
      signal,
    })
  }
  const halt = async () => {
    stop.abort()
    await done
    runtime.close()
  }
  const pod = (name: string) => client.all(Pod).find(p => p.metadata.name === name)
  const state = (name: string) => pod(name)?.status.containerStatuses?.[0]
  const isReady = (name: string) => pod(name)?.status.conditions?.find(c => c.type === 'Ready')?.status === 'True'
  const until = async (what: string, condition: () => boolean, withinMs = 20_000) => {
    for (const end = Date.now() + withinMs; !condition(); await delay(10))
      if (Date.now() > end) {
        const told = client.all(Event).map(e => `${e.involvedObject.name} ${e.reason}: ${e.message}`)
        assert.fail(
          `not reached: ${what}\n${told.join('\n')}\n${JSON.stringify(
            client.all(Pod).map(p => p.status),
            null,
            1,
          )}`,
        )
      }
  }
  const create = (name: string, container: Draft<Pod['spec']['containers'][number]>, spec: Draft<Pod['spec']> = {}) =>
    client.seed(Pod, {
      metadata: { name, namespace: 'default' },
      spec: {
        nodeName: 'node-1',
        hostNetwork: true,
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'app', image: testImage, imagePullPolicy: 'IfNotPresent', ...container }],
        ...spec,
      },
    })
  const logOf = (name: string, attempt = 0) =>
    readFileSync(join(config.podLogDir, `default_${name}_${pod(name)?.metadata.uid}`, 'app', `${attempt}.log`), 'utf8')
  const remove = async (name: string) => {
    await client.delete(Pod, { namespace: 'default', name })
    await until(`${name} gone`, () => pod(name) === undefined)
  }

  before(async () => {
    containerd = await startContainerd()
    start()
  })
  after(async () => {
    for (const { metadata } of client.all(Pod)) await remove(metadata.name)
    await halt()
    await containerd.stop()
    for (const controller of readdirSync('/sys/fs/cgroup'))
      for (const below of ['kubepods/burstable', 'kubepods/besteffort', 'kubepods', ''])
        await rmdir(join('/sys/fs/cgroup', controller, cgroupRoot, below)).catch(() => {})
    await rm(dir, { recursive: true, force: true })
  })

  it('runs a pod with environment, volumes and limits, and tells the log', async () => {
    client.seed(ConfigMap, { metadata: { name: 'settings', namespace: 'default' }, data: { color: 'blue' } })
    client.seed(Secret, { metadata: { name: 'key', namespace: 'default' }, data: { word: Buffer.from('hush').toString('base64') } })
    const begun = Date.now()
    create(
      'full',
      {
        command: [
          'sh',
          '-c',
          'echo $COLOR $(WHO); cat /etc/secret/word; id -u; touch /data/x && ls /data; grep managed /etc/hosts; sleep 1000',
        ],
        env: [
          { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
          { name: 'WHO', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
        resources: { limits: { cpu: '500m', memory: '64Mi' } },
        securityContext: { runAsUser: 1000, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [
          { name: 'secret', mountPath: '/etc/secret' },
          { name: 'data', mountPath: '/data' },
        ],
      },
      {
        securityContext: { fsGroup: 2000 },
        volumes: [
          { name: 'secret', secret: { secretName: 'key', defaultMode: 0o400 } },
          { name: 'data', emptyDir: { medium: 'Memory' } },
        ],
      },
    )
    await until('ready', () => isReady('full'))
    const tookMs = Date.now() - begun
    assert.ok(tookMs < 3_000, `ready after ${tookMs} ms`)
    await until('log', () => logOf('full').includes('managed'))
    const lines = logOf('full')
      .trim()
      .split('\n')
      .map(line => line.split(' ').slice(3).join(' '))
    assert.deepEqual(lines.slice(0, 3), ['blue full', 'hush1000', 'x'])
    assert.equal(state('full')?.imageID !== '', true)
    const uid = pod('full')?.metadata.uid
    const limit = join('/sys/fs/cgroup/memory', cgroupRoot, `kubepods/pod${uid}/memory.limit_in_bytes`)
    if (existsSync('/sys/fs/cgroup/memory')) assert.equal(readFileSync(limit, 'utf8').trim(), String(64 * 2 ** 20))
    await remove('full')
    assert.equal(existsSync(join(config.rootDir, 'pods', uid ?? '')), false)
    assert.equal(existsSync(limit), false)
  })

  it('tells why a command cannot be started, and the last words of one that ended', async () => {
    create('nocommand', { command: ['does-not-exist'] })
    create('lastwords', { command: ['sh', '-c', 'echo good-bye > /dev/termination-log; exit 7'] }, { restartPolicy: 'Never' })
    await until('error', () => state('nocommand')?.state?.waiting?.reason === 'RunContainerError')
    assert.match(state('nocommand')?.state?.waiting?.message ?? '', /exec: "does-not-exist": executable file not found in \$PATH/)
    await until('failed', () => pod('lastwords')?.status.phase === 'Failed')
    const { terminated } = state('lastwords')?.state ?? {}
    assert.deepEqual([terminated?.exitCode, terminated?.reason, terminated?.message], [7, 'Error', 'good-bye\n'])
    await until('back-off', () => state('nocommand')?.state?.waiting?.reason === 'CrashLoopBackOff')
  })

  it('sees a container that dies within about a second, and restarts it', async () => {
    create('mortal', { command: ['sh', '-c', 'sleep 1; exit 1'] })
    await until('restarted', () => (state('mortal')?.restartCount ?? 0) === 1, 5_000)
    assert.equal(state('mortal')?.lastState?.terminated?.exitCode, 1)
  })

  it('probes by exec, and restarts what fails', async () => {
    const probe = { exec: { command: ['sh', '-c', '[ -f /tmp/ok ]'] }, periodSeconds: 1, failureThreshold: 1 }
    create('probed', {
      command: ['sh', '-c', 'mkdir -p /tmp; echo > /tmp/ok; sleep 2; rm /tmp/ok; sleep 1000'],
      readinessProbe: probe,
      livenessProbe: { ...probe, initialDelaySeconds: 2 },
    })
    await until('ready', () => isReady('probed'))
    await until('restarted', () => (state('probed')?.restartCount ?? 0) === 1)
    assert.ok(client.all(Event).some(e => e.reason === 'Unhealthy' && e.message?.startsWith('Liveness probe failed')))
  })

  it('resizes a container as it runs, and again after a start of its own', async () => {
    const resources = (cpu: string, memory: string) => ({ requests: { cpu, memory: '16Mi' }, limits: { cpu, memory } })
    const shown = () => ({ ...state('sized')?.resources?.limits })
    const kernel = (controller: string, file: string) => {
      const uid = pod('sized')?.metadata.uid
      const of = (below: string) =>
        readFileSync(join('/sys/fs/cgroup', controller, cgroupRoot, `kubepods/burstable/pod${uid}`, below, file), 'utf8').trim()
      return [of(''), of(state('sized')?.containerID?.replace('containerd://', '') ?? '')]
    }
    const resize = (cpu: string, memory: string) =>
      client.patch(Pod, { namespace: 'default', name: 'sized' }, 'strategic', {
        spec: { containers: [{ name: 'app', resources: resources(cpu, memory) }] },
      })
    create('sized', { command: ['sleep', '1000'], resources: resources('500m', '64Mi') })
    await until('ready', () => isReady('sized'))
    const steps = [
      ['1', '128Mi'],
      ['250m', '32Mi'],
    ] as const
    for (const [cpu, memory] of steps) {
      await resize(cpu, memory)
      await until(`resized to ${cpu}`, () => shown()['cpu'] === cpu && shown()['memory'] === memory)
      if (existsSync('/sys/fs/cgroup/cpu')) {
        const milli = cpu === '1' ? 1000 : 250
        assert.deepEqual(kernel('cpu', 'cpu.cfs_quota_us'), [`${milli * 100}`, `${milli * 100}`])
        assert.deepEqual(kernel('cpu', 'cpu.shares'), [`${milli * 1.024}`, `${milli * 1.024}`])
        assert.deepEqual(
          kernel('memory', 'memory.limit_in_bytes'),
          [0, 0].map(() => `${Number.parseInt(memory, 10) * 2 ** 20}`),
        )
      }
      await halt()
      start()
      await until('taken over', () => isReady('sized'))
    }
    assert.equal(state('sized')?.restartCount, 0)
    assert.deepEqual(shown(), { cpu: '250m', memory: '32Mi' })
  })

  it('takes over what runs when it starts again', async () => {
    create('keeper', { command: ['sleep', '1000'] })
    await until('ready', () => isReady('keeper'))
    const id = state('keeper')?.containerID
    await halt()
    start()
    await delay(1_500)
    assert.equal(state('keeper')?.containerID, id)
    assert.equal(state('keeper')?.restartCount, 0)
    assert.equal(isReady('keeper'), true)
  })
})
