import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import * as files from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { TokenReview } from '../../api/authentication/token-review.ts'
import { SubjectAccessReview } from '../../api/authorization/subject-access-review.ts'
import type { Kind } from '../../api/kind.ts'
import { silentLogger } from '../../base/logger.ts'
import { seededRandom, VirtualClock } from '../../base/virtual-clock.ts'
import { FakeClient } from '../../client/fake-client.ts'
import { issue, type KeyPair } from '../../platform/certificate.ts'
import { kubeletConfig } from '../config.ts'
import { localPod } from '../mirror/local-pod.ts'
import { FakeRuntime } from '../runtime/fake-runtime.ts'
import { ServedError, type ServedPods } from '../served-pods.ts'
import { container } from '../test-kubelet.ts'
import { apiServerName } from './access.ts'
import { startKubeletServer } from './server.ts'

const dir = mkdtempSync(join(tmpdir(), 'kubelet-server-test-'))
const stop = new AbortController()
after(() => {
  stop.abort()
  rmSync(dir, { recursive: true, force: true })
})

const times = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 600_000 }
const ca = issue({ subject: { commonName: 'ca' }, usage: 'authority', ...times })
const otherCa = issue({ subject: { commonName: 'other' }, usage: 'authority', ...times })
const clientOf = (commonName: string, authority = ca) =>
  issue({ subject: { commonName, organizations: ['people'] }, usage: 'client', ...times }, authority)
const serving = issue({ subject: { commonName: 'node-1' }, usage: 'server', alternativeNames: ['127.0.0.1'], ...times }, ca)

const clock = new VirtualClock()
const client = new FakeClient({ clock, random: seededRandom(1) })
const asked: unknown[] = []
const tokensAsked: string[] = []
const reviews: Pick<FakeClient, 'create'> = {
  async create(kind, draft) {
    if ((kind as unknown as Kind).kind === TokenReview.kind) {
      const { spec } = draft as unknown as { spec: { token: string } }
      tokensAsked.push(spec.token)
      const user = { username: spec.token, groups: ['system:authenticated'] }
      return { ...draft, status: spec.token === 'metrics-reader' ? { authenticated: true, user } : { error: 'unknown' } } as never
    }
    assert.equal((kind as unknown as Kind).kind, SubjectAccessReview.kind)
    const { spec } = draft as unknown as { spec: { user: string } }
    asked.push(spec)
    return { ...draft, status: { allowed: spec.user === 'metrics-reader' } } as never
  },
}
const pod = localPod({ metadata: { name: 'web' }, spec: { containers: [container('app')] } }, 'node-1', 'node', 0)
const log = join(dir, '0.log')
writeFileSync(log, '2026-01-01T00:00:01Z stdout F one\n2026-01-01T00:00:02Z stdout F two\n')
const pods: ServedPods = {
  list: () => [pod],
  logs: (_namespace, name) => {
    if (name !== 'web') throw new ServedError(404, `pod ${JSON.stringify(name)} not found`)
    return { files, clock, path: log, isRunning: () => false }
  },
  container: (_namespace, _name, wanted) => {
    throw new ServedError(404, `container not found (${JSON.stringify(wanted)})`)
  },
  sandbox: () => 'sandbox',
}

/** How often this process has the log open. */
async function openLogs(): Promise<number> {
  const targets = await Promise.all((await files.readdir('/proc/self/fd')).map(fd => files.readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return targets.filter(target => target === log).length
}

describe('the server of a kubelet', () => {
  let port = 0
  before(async () => {
    writeFileSync(join(dir, 'cert'), serving.certificate)
    writeFileSync(join(dir, 'key'), serving.key)
    writeFileSync(join(dir, 'ca'), ca.certificate)
    const address = await startKubeletServer({
      server: { address: '127.0.0.1', port: 0, certFile: join(dir, 'cert'), keyFile: join(dir, 'key'), clientCaFile: join(dir, 'ca') },
      config: kubeletConfig({ nodeName: 'node-1', nodeIp: '127.0.0.1', cgroupRoot: '/x' }),
      client: Object.assign(client, reviews),
      runtime: new FakeRuntime({ clock }),
      pods,
      files,
      connect: () => Promise.reject(new Error('no connections in this test')),
      clock,
      memoryBytes: 2 ** 30,
      logger: silentLogger,
      signal: stop.signal,
    })
    port = address.port
  })

  const ask = (path: string, who: KeyPair | undefined, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, ca: ca.certificate, headers, agent: false as const }
      const call = request({ ...options, ...(who && { cert: who.certificate, key: who.key }) }, response => {
        let body = ''
        response.on('data', (piece: Buffer) => {
          body += piece.toString()
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      })
      call.on('error', reject)
      call.end()
    })
  const apiServer = clientOf(apiServerName)

  it('answers the API server', async () => {
    assert.deepEqual(await ask('/healthz', apiServer), { status: 200, body: 'ok' })
    const { body } = await ask('/pods', apiServer)
    assert.equal((JSON.parse(body) as { items: { metadata: { name: string } }[] }).items[0]?.metadata.name, 'web-node-1')
    assert.match((await ask('/metrics', apiServer)).body, /^# HELP kubelet_running_pods/)
    assert.equal((await ask('/metrics/resource', apiServer)).status, 200)
    assert.equal((JSON.parse((await ask('/stats/summary', apiServer)).body) as { node: { nodeName: string } }).node.nodeName, 'node-1')
    assert.equal((await ask('/nothing', apiServer)).status, 404)
  })

  it('tells logs, and why there are none', async () => {
    assert.deepEqual(await ask('/containerLogs/default/web/app?tailLines=1', apiServer), { status: 200, body: 'two\n' })
    assert.deepEqual(await ask('/containerLogs/default/none/app', apiServer), { status: 404, body: 'pod "none" not found\n' })
  })

  it('closes a log when the client leaves in the middle', async () => {
    await files.writeFile(log, '2026-01-01T00:00:01Z stdout F one\n2026-01-01T00:00:02Z stdout F two\n'.repeat(50_000))
    const before = await openLogs()
    const options = { host: '127.0.0.1', port, path: '/containerLogs/default/web/app', ca: ca.certificate, agent: false as const }
    const call = request({ ...options, cert: apiServer.certificate, key: apiServer.key })
    call.end()
    const [response] = (await once(call, 'response')) as [IncomingMessage]
    await once(response, 'readable')
    assert.equal(await openLogs(), before + 1)
    response.on('error', () => {}).destroy()
    for (const until = Date.now() + 5000; Date.now() < until && (await openLogs()) > before; ) await setImmediate()
    assert.equal(await openLogs(), before)
  })

  it('refuses an upgrade for a container that does not run', async () => {
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }
    const { status, body } = await ask('/exec/default/web/app?command=sh&output=1', apiServer, upgrade)
    assert.deepEqual([status, body], [404, 'container not found ("app")\n'])
  })

  it('asks the API server about others, and remembers', async () => {
    const reader = clientOf('metrics-reader')
    assert.equal((await ask('/metrics', reader)).status, 200)
    assert.equal((await ask('/metrics', reader)).status, 200)
    assert.equal((await ask('/pods', clientOf('nobody'))).status, 403)
    assert.deepEqual(asked[0], {
      user: 'metrics-reader',
      groups: ['people', 'system:authenticated'],
      resourceAttributes: { verb: 'get', version: 'v1', resource: 'nodes', subresource: 'metrics', name: 'node-1' },
    })
    assert.equal(asked.length, 2)
  })

  it('knows others by their tokens, of which it asks the API server, and remembers', async () => {
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
    assert.equal((await ask('/metrics', undefined, bearer('metrics-reader'))).status, 200)
    assert.equal((await ask('/stats/summary', undefined, bearer('metrics-reader'))).status, 200)
    assert.deepEqual(await ask('/metrics', undefined, bearer('nobody')), { status: 401, body: 'Unauthorized\n' })
    assert.deepEqual(tokensAsked, ['metrics-reader', 'nobody'])
  })

  it('tells nothing to whoever shows nothing, or a certificate of another authority', async () => {
    assert.equal((await ask('/healthz', undefined)).status, 401)
    assert.equal((await ask('/metrics', clientOf(apiServerName, otherCa))).status, 401)
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }
    assert.equal((await ask('/exec/default/web/app?command=sh&output=1', undefined, upgrade)).status, 401)
  })
})
