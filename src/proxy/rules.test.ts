import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceRules } from './rules.ts'
import { type SamplePort, sampleService, sampleSlice } from './samples.ts'
import { staleFlows } from './stale-flows.ts'

const config = { nodeName: 'n1', clusterCIDR: '10.244.0.0/16' }
const web: SamplePort = { port: 80, name: 'web' }
const two = [
  { ip: '10.244.1.2', node: 'n1' },
  { ip: '10.244.2.2', node: 'n2' },
]

function rulesOf(spec: Parameters<typeof sampleService>[1], endpoints: Parameters<typeof sampleSlice>[2], extra = {}) {
  const rules = serviceRules(sampleService('a', spec, extra), [sampleSlice('a', 'a-1', endpoints, spec.ports ?? [web])], config)
  const elements: Record<string, Record<string, string>> = {}
  for (const [name, entries] of rules.elements) elements[name] = Object.fromEntries(entries)
  return { elements, chains: Object.fromEntries(rules.chains), notices: rules.notices }
}

test('a cluster IP leads to an endpoint by lot; who comes from elsewhere is masqueraded', () => {
  const rules = rulesOf({ clusterIP: '10.96.0.9', ports: [web] }, two)
  assert.deepEqual(rules.elements, {
    vips: { '10.96.0.9 . tcp . 80': 'goto inside-pick-vip-2' },
    'vip-endpoints': { '10.96.0.9 . tcp . 80 . 0xc50000': '10.244.1.2 . 8080', '10.96.0.9 . tcp . 80 . 0xc50001': '10.244.2.2 . 8080' },
    'cluster-ips': { '10.96.0.9': '' },
    hairpins: { '10.244.1.2 . 10.244.1.2': '' },
  })
  assert.deepEqual(rules.chains, {
    'pick-vip-2': [
      'meta mark set numgen random mod 2 offset 12910592',
      'dnat to ip daddr . ip protocol . th dport . meta mark map @vip-endpoints',
    ],
    'inside-pick-vip-2': ['ip saddr != 10.244.0.0/16 jump mark-for-masquerade', 'goto pick-vip-2'],
  })
})

test('other ways in are masqueraded', () => {
  const rules = rulesOf(
    {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.9',
      ports: [{ ...web, nodePort: 30080 }],
      externalIPs: ['1.2.3.4', 'fd00::1'],
      loadBalancerSourceRanges: ['9.0.0.0/8'],
    },
    two,
    { ingress: [{ ip: '5.6.7.8' }, { ip: '5.6.7.9', ipMode: 'Proxy' }, { hostname: 'x' }] },
  )
  assert.deepEqual(Object.keys(rules.elements['vips'] ?? {}), ['10.96.0.9 . tcp . 80', '1.2.3.4 . tcp . 80', '5.6.7.8 . tcp . 80'])
  assert.equal(rules.elements['vips']?.['1.2.3.4 . tcp . 80'], 'goto masqueraded-pick-vip-2')
  assert.deepEqual(rules.elements['node-ports'], { 'tcp . 30080': 'goto masqueraded-pick-node-port-2' })
  assert.deepEqual(rules.elements['node-port-endpoints'], {
    'tcp . 30080 . 0xc50000': '10.244.1.2 . 8080',
    'tcp . 30080 . 0xc50001': '10.244.2.2 . 8080',
  })
  assert.deepEqual(rules.elements['guarded-vips'], { '5.6.7.8 . tcp . 80': 'goto guard-default/a' })
  assert.deepEqual(rules.chains['guard-default/a'], ['ip saddr != { 9.0.0.0/8 } drop'])
})

test('local policies keep to the node', () => {
  const ports = [{ ...web, nodePort: 30080 }]
  const outside = rulesOf({ clusterIP: '10.96.0.9', ports, externalTrafficPolicy: 'Local' }, two)
  assert.deepEqual(outside.elements['node-ports'], { 'tcp . 30080': 'goto own-pick-node-port-2-pick-node-port-local-1' })
  assert.equal(outside.elements['node-port-endpoints']?.['tcp . 30080 . 0xc58000'], '10.244.1.2 . 8080')
  assert.deepEqual(outside.chains['own-pick-node-port-2-pick-node-port-local-1'], [
    'ip saddr 10.244.0.0/16 goto masqueraded-pick-node-port-2',
    'fib saddr type local goto masqueraded-pick-node-port-2',
    'goto pick-node-port-local-1',
  ])
  const elsewhere = rulesOf({ clusterIP: '10.96.0.9', ports, externalTrafficPolicy: 'Local' }, [two[1]!])
  assert.deepEqual(elsewhere.elements['unserved-node-ports'], { 'tcp . 30080': 'drop' })
  assert.deepEqual(elsewhere.elements['node-ports'], { 'tcp . 30080': 'goto own-pick-node-port-1-none' })
  const inside = rulesOf({ clusterIP: '10.96.0.9', ports, internalTrafficPolicy: 'Local' }, two)
  assert.deepEqual(inside.elements['vip-endpoints'], { '10.96.0.9 . tcp . 80 . 0xc58000': '10.244.1.2 . 8080' })
  const nowhere = rulesOf({ clusterIP: '10.96.0.9', ports, internalTrafficPolicy: 'Local' }, [two[1]!])
  assert.deepEqual(nowhere.elements['unserved-vips'], { '10.96.0.9 . tcp . 80': 'drop' })
})

test('ready endpoints first, then those that serve while they end, else refusal', () => {
  const rows: [string, Parameters<typeof sampleSlice>[2], readonly string[]][] = [
    ['ready before ending', [{ ip: '10.0.0.1' }, { ip: '10.0.0.2', ready: false, serving: true, terminating: true }], ['10.0.0.1 . 8080']],
    ['ending only', [{ ip: '10.0.0.2', ready: false, serving: true, terminating: true }], ['10.0.0.2 . 8080']],
    ['ended', [{ ip: '10.0.0.2', ready: false, serving: false, terminating: true }], []],
    ['not ready', [{ ip: '10.0.0.2', ready: false, serving: false }], []],
    ['none', [], []],
  ]
  for (const [name, endpoints, expected] of rows) {
    const rules = rulesOf({ clusterIP: '10.96.0.9', ports: [web] }, endpoints)
    assert.deepEqual(Object.values(rules.elements['vip-endpoints'] ?? {}), expected, name)
    assert.deepEqual(rules.elements['unserved-vips'], expected.length === 0 ? { '10.96.0.9 . tcp . 80': 'goto refuse' } : undefined, name)
  }
})

test('session affinity remembers clients a set for each endpoint', () => {
  const rules = rulesOf({ clusterIP: '10.96.0.9', ports: [web], sessionAffinity: 'ClientIP' }, two)
  assert.deepEqual(rules.chains['affinity-default/a/80/tcp'], [
    'meta l4proto tcp ip saddr @clients-default/a/80/tcp/10.244.1.2/8080 update @clients-default/a/80/tcp/10.244.1.2/8080 { ip saddr timeout 10800s } dnat to 10.244.1.2:8080',
    'meta l4proto tcp ip saddr @clients-default/a/80/tcp/10.244.2.2/8080 update @clients-default/a/80/tcp/10.244.2.2/8080 { ip saddr timeout 10800s } dnat to 10.244.2.2:8080',
    'meta l4proto tcp numgen random mod 2 == 0 update @clients-default/a/80/tcp/10.244.1.2/8080 { ip saddr timeout 10800s } dnat to 10.244.1.2:8080',
    'meta l4proto tcp numgen random mod 1 == 0 update @clients-default/a/80/tcp/10.244.2.2/8080 { ip saddr timeout 10800s } dnat to 10.244.2.2:8080',
  ])
})

test('some services are not for this proxy', () => {
  const empty = { elements: {}, chains: {}, notices: [] }
  assert.deepEqual(rulesOf({ clusterIP: 'None', ports: [web] }, two), empty)
  assert.deepEqual(rulesOf({ type: 'ExternalName', externalName: 'x.org' }, two), empty)
  assert.deepEqual(rulesOf({ clusterIP: 'fd00::9', ports: [web] }, two), empty)
  const sctp = rulesOf({ clusterIP: '10.96.0.9', ports: [{ port: 9, protocol: 'SCTP' }] }, two)
  assert.deepEqual(sctp.notices, ['port 9/SCTP is not served: the kernel does not track SCTP'])
})

test('UDP flows are stale when their endpoint goes, or the first one comes', () => {
  const dns: SamplePort = { port: 53, protocol: 'UDP', nodePort: 30053 }
  const of = (...ips: string[]) =>
    serviceRules(
      sampleService('a', { clusterIP: '10.96.0.9', ports: [dns] }),
      [
        sampleSlice(
          'a',
          's',
          ips.map(ip => ({ ip })),
          [dns],
        ),
      ],
      config,
    )
  const both = (endpoint: string | undefined) => [
    { address: '10.96.0.9', port: 53, endpoint },
    { address: undefined, port: 30053, endpoint },
  ]
  assert.deepEqual(staleFlows(of('10.0.0.1', '10.0.0.2'), of('10.0.0.2', '10.0.0.3')), both('10.0.0.1'))
  assert.deepEqual(staleFlows(of(), of('10.0.0.2')), both(undefined))
  assert.deepEqual(staleFlows(undefined, of('10.0.0.2')), both(undefined))
  assert.deepEqual(staleFlows(of('10.0.0.2'), undefined), both('10.0.0.2'))
  assert.deepEqual(staleFlows(of('10.0.0.2'), of('10.0.0.2')), [])
})
