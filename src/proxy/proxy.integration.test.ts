// The proxy against the real kernel, in throw-away network namespaces: a node with two pods on its bridge, and a client outside.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import { Service } from '../api/core/service.ts'
import { EndpointSlice } from '../api/discovery/endpoint-slice.ts'
import { silentLogger } from '../base/logger.ts'
import { FakeClient } from '../client/fake-client.ts'
import { systemClock } from '../platform/clock.ts'
import { nft } from '../platform/packet-filter.ts'
import { run } from '../platform/process.ts'
import { runProxy } from './proxy.ts'
import { sampleService, sampleSlice } from './samples.ts'
import { TABLE } from './table.ts'

const isRoot = process.getuid?.() === 0
const canRun =
  isRoot &&
  (await run('nft', ['--version']).then(
    () => true,
    () => false,
  )) &&
  (await run('ip', ['-V']).then(
    () => true,
    () => false,
  ))
const skip = canRun ? false : 'needs root, nft and ip'

const tag = `cxp${process.pid}`
const [node, podA, podB, outside] = ['node', 'a', 'b', 'out'].map(name => `${tag}-${name}`) as [string, string, string, string]
const servers: ChildProcess[] = []
const stop = new AbortController()
const client = new FakeClient({ clock: systemClock, random: Math.random })
let running: Promise<void> = Promise.resolve()
let applied = Promise.withResolvers<void>()
const scripts: string[] = []
const failures: string[] = []

/** Answers its name and the caller's address, by TCP and by UDP. */
const server = `
const name = process.argv[1]
require('net').createServer(s => { s.on('error', () => {}); s.end(name + ' ' + s.remoteAddress.replace('::ffff:', '')) }).listen(8080, '0.0.0.0', () => {
  const u = require('dgram').createSocket('udp4')
  u.on('message', (_, r) => u.send(name + ' ' + r.address, r.port, r.address))
  u.bind(8080, () => console.log('up'))
})`
const tcpClient = `
const [host, port] = process.argv.slice(1)
const s = require('net').connect({ host, port: Number(port), timeout: 1500 })
s.on('data', d => process.stdout.write(d)); s.on('error', e => process.stdout.write(e.code)); s.on('timeout', () => { process.stdout.write('TIMEOUT'); s.destroy() })`
const udpClient = `
const [host, port] = process.argv.slice(1)
const u = require('dgram').createSocket('udp4')
u.on('message', m => { process.stdout.write(m); process.exit() })
u.send('?', Number(port), host)
setTimeout(() => { process.stdout.write('TIMEOUT'); process.exit() }, 1500)`

const inside = (netns: string, ...command: string[]) => run('ip', ['netns', 'exec', netns, ...command])
const tcp = (netns: string, host: string, port: number) => inside(netns, process.execPath, '-e', tcpClient, host, String(port))
const udp = (netns: string, host: string, port: number) => inside(netns, process.execPath, '-e', udpClient, host, String(port))

function listen(netns: string, name: string): Promise<void> {
  const child = spawn('ip', ['netns', 'exec', netns, process.execPath, '-e', server, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  servers.push(child)
  return new Promise(resolve => child.stdout?.once('data', () => resolve()))
}
/** Resolves when the next script has been carried out. */
async function change(act: () => Promise<unknown> | unknown): Promise<void> {
  applied = Promise.withResolvers()
  await act()
  await applied.promise
}

before(async () => {
  if (skip) return
  const script = [
    `ip netns add ${node}`,
    `ip -n ${node} link set lo up`,
    `ip -n ${node} link add cni0 type bridge`,
    `ip -n ${node} addr add 10.244.1.1/24 dev cni0`,
    `ip -n ${node} link set cni0 up`,
    ...[podA, podB].flatMap((pod, i) => [
      `ip netns add ${pod}`,
      `ip -n ${node} link add p${i} type veth peer name eth0 netns ${pod}`,
      `ip -n ${node} link set p${i} master cni0 up`,
      `bridge -n ${node} link set dev p${i} hairpin on`,
      `ip -n ${pod} addr add 10.244.1.${i + 2}/24 dev eth0`,
      `ip -n ${pod} link set lo up`,
      `ip -n ${pod} link set eth0 up`,
      `ip -n ${pod} route add default via 10.244.1.1`,
    ]),
    `ip netns add ${outside}`,
    `ip -n ${node} link add out type veth peer name eth0 netns ${outside}`,
    `ip -n ${node} addr add 172.31.9.1/24 dev out`,
    `ip -n ${node} link set out up`,
    `ip -n ${outside} addr add 172.31.9.2/24 dev eth0`,
    `ip -n ${outside} link set lo up`,
    `ip -n ${outside} link set eth0 up`,
    `ip -n ${outside} route add default via 172.31.9.1`,
    `ip -n ${node} route add default via 172.31.9.2`,
    `ip netns exec ${node} sysctl -qw net.ipv4.ip_forward=1`,
    `ip netns exec ${node} sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true`,
  ]
  await run('sh', ['-ec', script.join('\n')])
  await Promise.all([listen(podA, 'a'), listen(podB, 'b')])
  await nft(`table ip ${TABLE} {\n map vips { type ipv4_addr : verdict; }\n}\n`, ['ip', 'netns', 'exec', node])
  await change(() => {
    running = runProxy({
      client,
      nft: async text => {
        scripts.push(text)
        await nft(text, ['ip', 'netns', 'exec', node])
      },
      config: { nodeName: 'n1', clusterCIDR: '10.244.0.0/16' },
      clock: systemClock,
      random: Math.random,
      logger: { ...silentLogger, error: message => failures.push(message) },
      signal: stop.signal,
      minIntervalMs: 5,
      onApplied: () => applied.resolve(),
    })
  })
})

after(async () => {
  stop.abort()
  await running
  for (const child of servers) child.kill('SIGKILL')
  if (canRun) for (const netns of [node, podA, podB, outside]) await run('ip', ['netns', 'delete', netns]).catch(() => {})
})

const both = [
  { ip: '10.244.1.2', node: 'n1' },
  { ip: '10.244.1.3', node: 'n1' },
]
const ports = [
  { name: 'web', port: 80, nodePort: 30080 },
  { name: 'dns', port: 53, protocol: 'UDP' as const, nodePort: 30053 },
]

test('services answer on their cluster IP and on every address of the node', { skip, timeout: 20_000 }, async () => {
  await change(() =>
    client.create(Service, sampleService('s', { type: 'NodePort', clusterIP: '10.96.0.9', ports, externalIPs: ['172.31.8.8'] })),
  )
  assert.equal(await tcp(podA, '10.96.0.9', 80), 'ECONNREFUSED')
  assert.equal(await tcp(outside, '172.31.9.1', 30080), 'ECONNREFUSED')
  assert.equal(await tcp(node, '172.31.9.1', 30080), 'ECONNREFUSED')
  await change(() => client.create(EndpointSlice, sampleSlice('s', 's-1', [both[0]!], ports)))
  const [a, b] = ['10.244.1.2', '10.244.1.3']
  const rows: [string, string, number, string][] = [
    [podB, '10.96.0.9', 80, `a ${b}`],
    [podA, '10.96.0.9', 80, 'a 10.244.1.1'],
    [node, '10.96.0.9', 80, 'a 10.244.1.1'],
    [outside, '10.96.0.9', 80, 'a 10.244.1.1'],
    [outside, '172.31.9.1', 30080, 'a 10.244.1.1'],
    [node, '172.31.9.1', 30080, 'a 10.244.1.1'],
    [podB, '172.31.9.1', 30080, 'a 10.244.1.1'],
    [podA, '10.244.1.1', 30080, 'a 10.244.1.1'],
    [outside, '172.31.8.8', 80, 'a 10.244.1.1'],
    [outside, a, 8080, 'a 172.31.9.2'],
    [podA, '10.96.0.9', 81, 'ECONNREFUSED'],
  ]
  for (const [netns, host, port, expected] of rows) assert.equal(await tcp(netns, host, port), expected, `${netns} ${host}:${port}`)
  assert.equal(await udp(podB, '10.96.0.9', 53), `a ${b}`)
  assert.equal(await udp(outside, '172.31.9.1', 30053), 'a 10.244.1.1')
})

test('connections spread over the endpoints, and follow changes', { skip, timeout: 20_000 }, async () => {
  const slice = client.all(EndpointSlice)[0]!
  await change(() => client.update(EndpointSlice, { ...slice, endpoints: sampleSlice('s', 's-1', both, ports).endpoints }))
  const seen = await Promise.all(Array.from({ length: 12 }, () => tcp(outside, '172.31.9.1', 30080)))
  assert.deepEqual([...new Set(seen.map(answer => answer[0]))].sort(), ['a', 'b'])
  assert.ok(!scripts.at(-1)!.includes('delete table'), 'a change is incremental')
  await change(() =>
    client.update(Service, { ...client.all(Service)[0]!, spec: { ...client.all(Service)[0]!.spec, externalTrafficPolicy: 'Local' } }),
  )
  assert.match(await tcp(outside, '172.31.9.1', 30080), /^[ab] 172\.31\.9\.2$/)
  assert.match(await tcp(node, '172.31.9.1', 30080), /^[ab] /)
})

test('session affinity keeps a client with its endpoint', { skip, timeout: 20_000 }, async () => {
  const service = client.all(Service)[0]!
  await change(() =>
    client.update(Service, { ...service, spec: { ...service.spec, externalTrafficPolicy: 'Cluster', sessionAffinity: 'ClientIP' } }),
  )
  const first = await tcp(outside, '172.31.9.1', 30080)
  for (let i = 0; i < 6; i++) assert.equal(await tcp(outside, '10.96.0.9', 80), first)
})

test('a table that somebody deleted is written anew with the next change, and a deleted service is gone', {
  skip,
  timeout: 20_000,
}, async () => {
  assert.deepEqual(failures, [])
  await inside(node, 'nft', 'delete', 'table', 'ip', TABLE)
  const service = client.all(Service)[0]!
  await change(() => client.update(Service, { ...service, spec: { ...service.spec, sessionAffinity: 'None' } }))
  assert.equal(failures.length, 1)
  assert.match(await tcp(podB, '10.96.0.9', 80), /^[ab]/)
  await change(() => client.delete(Service, { namespace: 'default', name: 's' }))
  const listed = await inside(node, 'nft', 'list', 'table', 'ip', TABLE)
  assert.ok(!listed.includes('10.96.0.9') && !listed.includes('pick-'), listed)
})
