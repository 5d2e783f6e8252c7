// The contract against a real containerd, and exec end to end: a WebSocket client, the bridge, containerd's SPDY streams, a process.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../platform/clock.ts'
import { startContainerd, type TestContainerd, testImage, whyNoContainerd } from './containerd.test-support.ts'
import { connectCri } from './cri.ts'
import { runtimeContract } from './runtime.contract.ts'
import { type Runtime, RuntimeError } from './runtime.ts'

const skip = whyNoContainerd()
let containerd: TestContainerd | undefined
let runtime: Runtime | undefined

before(async () => {
  if (skip) return
  containerd = await startContainerd()
  runtime = connectCri({ socketPath: containerd.socketPath, clock: systemClock, timeoutMs: 30_000 })
  // The socket is there before the services are.
  for (let i = 0; i < 100; i++) {
    const isUp = await runtime.version().then(
      () => true,
      () => false,
    )
    if (isUp) return
    await sleep(50)
  }
})
after(async () => {
  runtime?.close()
  await containerd?.stop()
})

runtimeContract(
  'CRI with containerd',
  () => ({
    runtime: runtime!,
    image: testImage,
    missingImage: 'registry.invalid/missing:1',
    commands: { runForever: ['/bin/sleep', '100000'], exitWith3: ['/bin/sh', '-c', 'exit 3'], cannotStart: ['/no/such/file'] },
    execCommand: ['/bin/sh', '-c', 'echo -n out; echo -n err >&2; exit 4'],
    sandboxConfig: name => ({
      metadata: { name, uid: `uid-${name}`, namespace: 'default' },
      labels: { app: name },
      logDirectory: `${containerd!.directory}/logs/${name}`,
      linux: { securityContext: { namespaceOptions: { network: 'NODE' } } },
    }),
    pass: () => sleep(50),
  }),
  skip,
)

test('a runtime that is not there is Unavailable or past its deadline', async () => {
  const absent = connectCri({ socketPath: '/nonexistent/run.sock', clock: systemClock, timeoutMs: 1000 })
  await assert.rejects(absent.version(), { name: 'RuntimeError', code: 'Unavailable' })
  absent.close()
})

test('events end quietly with the signal, or the runtime has none of them', { skip }, async () => {
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 500)
  try {
    for await (const event of runtime!.containerEvents(stop.signal)) assert.ok(event.containerId)
    assert.ok(stop.signal.aborted)
  } catch (error) {
    assert.ok(error instanceof RuntimeError && error.code === 'Unimplemented', String(error))
  }
})

test('a call in flight can be given up', { skip }, async t => {
  const stop = new AbortController()
  const reason = new Error('enough')
  // A registry that takes the connection and never says a word.
  const registry = createServer(socket => {
    t.after(() => socket.destroy())
    stop.abort(reason)
  }).listen(0, '127.0.0.1')
  t.after(() => registry.close())
  await once(registry, 'listening')
  const image = `127.0.0.1:${(registry.address() as AddressInfo).port}/slow:1`
  await assert.rejects(runtime!.pullImage({ image }, undefined, undefined, stop.signal), error => error === reason)
})
