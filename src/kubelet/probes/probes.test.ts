import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Probe } from '../../api/core/probe.ts'
import { probe as probeSchema } from '../../api/core/probe.ts'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { applyDefaults } from '../../schema/default.ts'
import type { Draft } from '../../schema/schema.ts'
import type { HttpProbe } from '../host.ts'
import { localPod } from '../mirror/local-pod.ts'
import { FakeRuntime } from '../runtime/fake-runtime.ts'
import { container, testHost } from '../test-kubelet.ts'
import { check } from './check.ts'
import { Prober } from './prober.ts'
import { count, noTally } from './verdict.ts'

const probeOf = (draft: Draft<Probe>) => applyDefaults(probeSchema.node, draft) as Probe

it('a verdict changes after as many like results in a row as the threshold says', () => {
  const probe = { successThreshold: 2, failureThreshold: 3 }
  let tally = noTally
  const verdicts = [...'ssffsfffs'].map(result => {
    tally = count(tally, result === 's', probe)
    return tally.verdict
  })
  assert.deepEqual(verdicts, ['unknown', 'success', 'success', 'success', 'success', 'success', 'success', 'failure', 'failure'])
})

describe('a check', () => {
  const asked: HttpProbe[] = []
  const host = testHost()
  const runtime = new FakeRuntime({ clock: new VirtualClock() })
  const [app] = localPod(
    { metadata: { name: 'p' }, spec: { containers: [container('app', { ports: [{ name: 'web', containerPort: 8080 }] })] } },
    'n',
    'node',
    0,
  ).spec.containers
  const context = { runtime, host, container: app!, containerId: 'c', podIp: '10.0.0.1' }

  it('by http takes 200 to 399, at a named port', async () => {
    for (const [status, ok] of [
      [200, true],
      [302, true],
      [404, false],
      [500, false],
    ] as const) {
      host.http = async request => {
        asked.push(request)
        return { status, body: '' }
      }
      const result = await check(probeOf({ httpGet: { port: 'web', path: '/ok', scheme: 'HTTPS' } }), context)
      assert.equal(result.ok, ok)
      if (!result.ok) assert.equal(result.message, `HTTP probe failed with statuscode: ${status}`)
    }
    assert.deepEqual([asked[0]?.scheme, asked[0]?.host, asked[0]?.port, asked[0]?.path], ['https', '10.0.0.1', 8080, '/ok'])
  })

  it('by tcp asks for a connection', async () => {
    host.tcp = async () => 'connect: connection refused'
    assert.deepEqual(await check(probeOf({ tcpSocket: { port: 80 } }), context), { ok: false, message: 'connect: connection refused' })
  })

  it('by exec takes exit code 0', async () => {
    const answer = (exitCode: number) => async () => ({ exitCode, stdout: Buffer.from('out '), stderr: Buffer.from('err') })
    runtime.execSync = answer(0)
    assert.deepEqual(await check(probeOf({ exec: { command: ['x'] } }), context), { ok: true })
    runtime.execSync = answer(1)
    assert.deepEqual(await check(probeOf({ exec: { command: ['x'] } }), context), { ok: false, message: 'out err' })
  })

  it('at a port that has no name fails', async () => {
    assert.deepEqual(await check(probeOf({ httpGet: { port: 'none' } }), context), { ok: false, message: "couldn't find port: none" })
  })
})

it('a prober waits for the initial delay, then asks in its period', async () => {
  const clock = new VirtualClock()
  const host = testHost()
  const times: number[] = []
  host.tcp = async () => {
    times.push(clock.now() - begun)
    return times.length < 2 ? 'no' : undefined
  }
  const begun = clock.now()
  const verdicts: string[] = []
  const [app] = localPod({ metadata: { name: 'p' }, spec: { containers: [container('app')] } }, 'n', 'node', 0).spec.containers
  const prober = new Prober({
    probe: probeOf({ tcpSocket: { port: 80 }, initialDelaySeconds: 3, periodSeconds: 2 }),
    clock,
    startedAtMs: begun,
    context: { runtime: new FakeRuntime({ clock }), host, container: app!, containerId: 'c', podIp: '10.0.0.1' },
    initial: 'unknown',
    onVerdict: verdict => verdicts.push(verdict),
    onFailure: () => {},
  })
  await clock.advance(8_000)
  prober.stop()
  await clock.advance(8_000)
  assert.deepEqual(times, [3_000, 5_000, 7_000])
  assert.deepEqual(verdicts, ['success'])
})
