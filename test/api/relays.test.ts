// What others answer, and what clients make the API server say to others.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { backend, ok } from './backend-setup.ts'
import { collection, overBothProtocols, patchWish, pod, pods } from './setup.ts'

/** An address of this machine that is not its loopback: the API server sends nothing to that for a pod. */
const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find(one => one?.family === 'IPv4' && !one.internal)?.address

overBothProtocols(api => {
  const podAt = async (name: string, podIP: string, containerPort: number) => {
    await api.admin.send('POST', pods, { body: pod(name, { containers: [{ name: 'c', image: 'x', ports: [{ containerPort }] }] }) })
    const set = await api.admin.send('PATCH', `${pods}/${name}/status`, patchWish('merge', { status: { podIP, podIPs: [{ ip: podIP }] } }))
    assert.equal(set.code, 200)
    return `${pods}/${name}/proxy/`
  }

  test('an answer of a pod that is no proper HTTP harms nobody', { skip: ownAddress === undefined && 'only loopback here' }, async t => {
    const { port } = await backend(t, createServer(), ownAddress ?? '', head => {
      const status = /^GET \/(\d+)/.exec(head)?.[1]
      if (head.startsWith('GET /upgraded')) return 'HTTP/1.1 101 Odd\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
      return status === undefined ? ok : `HTTP/1.1 ${status} Odd\r\nContent-Length: 2\r\n\r\nok`
    })
    const at = await podAt('odd', ownAddress ?? '', port)
    assert.equal((await api.admin.send('GET', at)).text, 'ok')
    for (const status of ['999', '099', '101', 'upgraded']) {
      const { code } = await api.admin.send('GET', `${at}${status}`)
      assert.ok(code === 503 || code === 999, `${status} was answered by ${code}`)
    }
    assert.equal((await api.admin.send('GET', at)).text, 'ok')
  })

  test('a pod is not told who asks', { skip: ownAddress === undefined && 'only loopback here' }, async t => {
    const { port, heads } = await backend(t, createServer(), ownAddress ?? '', () => ok)
    const headers = { 'x-remote-user': 'jane', 'x-remote-group': 'a', 'X-Remote-Extra-b': 'c', 'x-remote-port': '1', cookie: 'secret' }
    assert.equal((await api.admin.send('GET', await podAt('discreet', ownAddress ?? '', port), { headers })).code, 200)
    assert.doesNotMatch(heads.join('\n'), /x-remote-(user|group|extra)|cookie/i)
    assert.match(heads.join('\n'), /x-remote-port: 1/i)
  })

  test('an upgrade to a pod over TLS', { skip: ownAddress === undefined && 'only loopback here' }, async t => {
    const { certificate: cert, key } = api.server.pki.apiServer
    const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
    const { port, heads } = await backend(t, createTlsServer({ cert, key }), ownAddress ?? '', () => switched)
    await podAt('safe', ownAddress ?? '', port)
    const { ca, admin } = api.server.pki
    const identity = { ca: ca.certificate, cert: admin.certificate, key: admin.key }
    const headers = { connection: 'Upgrade', upgrade: 'x', authorization: 'Basic x', 'x-remote-user': 'jane' }
    const call = request(`${api.server.url}${pods}/https:safe:${port}/proxy/`, { ...identity, headers, agent: false }).end()
    const [answer, socket] = (await once(call, 'upgrade')) as [IncomingMessage, Socket]
    socket.destroy()
    assert.equal(answer.statusCode, 101)
    assert.doesNotMatch(heads.join('\n'), /authorization|x-remote/i)
    assert.equal(heads.join('\n').match(/^host:/gim)?.length, 1, 'strict servers refuse a request with two hosts')
  })

  test('what calls itself a pod does not lead to the own host', async t => {
    const { port, heads } = await backend(t, createServer(), '127.0.0.1', () => ok)
    const { code, json } = await api.admin.send('GET', await podAt('liar', '127.0.0.1', port))
    assert.deepEqual([code, json['message'], heads], [400, 'address not allowed', []])
  })

  test('a body that is not passed on is not announced either', async t => {
    const { certificate: cert, key } = api.server.pki.apiServer
    const { port, heads } = await backend(t, createTlsServer({ cert, key }), '127.0.0.1', () => ok)
    const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }]
    const daemonEndpoints = { kubeletEndpoint: { Port: port } }
    await api.admin.send('POST', '/api/v1/nodes', { body: { metadata: { name: 'n8' }, status: { addresses, daemonEndpoints } } })
    await api.admin.send('POST', collection('pods'), { body: pod('logs', { nodeName: 'n8' }) })
    assert.equal((await api.admin.send('GET', `${pods}/logs/log`, { body: 'aaaaa', headers: { 'content-length': '5' } })).text, 'ok')
    assert.equal((await api.admin.send('GET', `${pods}/logs/log`)).text, 'ok')
    assert.equal(heads.length, 2)
    assert.doesNotMatch(heads.join('\n'), /content-length/i)
  })
})
