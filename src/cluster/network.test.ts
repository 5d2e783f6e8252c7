import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defaultConfig, type NodeConfig } from './config.ts'
import { hostBatch, hostRules, nodeBatch } from './network.ts'
import { planCluster } from './plan.ts'

const mapping = { containerPort: 30080, hostPort: 8080, listenAddress: '0.0.0.0', protocol: 'TCP' } as const
const node = (role: NodeConfig['role'], extraPortMappings: NodeConfig['extraPortMappings'] = []): NodeConfig => ({
  role,
  labels: {},
  extraMounts: [],
  extraPortMappings,
})
const nodes = [node('control-plane', [mapping, { ...mapping, listenAddress: '127.0.0.1', protocol: 'UDP' }]), node('worker')]
const planned = planCluster(defaultConfig('dev', nodes), { subnets: [], ports: [] })
assert(planned.ok)
const { plan } = planned
const [controlPlane, worker] = plan.nodes
assert(controlPlane && worker)

describe('commands for the host', () => {
  const addsLink = (text: string) => text.includes(`link add ${worker.hostLink} `)
  const addsSpace = (text: string) => text.includes(`netns add ${worker.netns}\n`)
  const deletesLink = (text: string) => text.includes(`link delete ${worker.hostLink}\n`)
  const cases: [string, boolean, boolean, boolean[]][] = [
    ['nothing is there', false, false, [false, true, true]],
    ['all is there', true, true, [false, false, false]],
    ['the link is left over', true, false, [true, true, true]],
    ['the namespace is left over', false, true, [false, false, true]],
  ]
  for (const [what, hasLink, hasSpace, expected] of cases) {
    it(`complete what is missing when ${what}`, () => {
      const state = { links: new Set(hasLink ? [plan.bridge, worker.hostLink] : []), netns: new Set(hasSpace ? [worker.netns] : []) }
      const batch = hostBatch(plan, [worker], state)
      assert.deepEqual([deletesLink(batch), addsSpace(batch), addsLink(batch)], expected)
      assert.equal(batch.includes(`link add ${plan.bridge} `), !hasLink)
      assert.match(batch, /route replace 10\.244\.1\.0\/24 via 172\.30\.0\.3 dev cox-dev\n/)
    })
  }
})

it('a node routes to the other nodes, and everything else to the host', () => {
  assert.deepEqual(nodeBatch(plan, worker).match(/route .*/g), [
    'route replace default via 172.30.0.1 dev eth0',
    'route replace 10.244.0.0/24 via 172.30.0.2 dev eth0',
  ])
})

it('rules map ports on the addresses asked for, and masquerade only what leaves the cluster', () => {
  const rules = hostRules(plan)
  assert.match(rules, /fib daddr type local tcp dport 8080 dnat to 172\.30\.0\.2:30080\n/)
  assert.match(rules, /ip daddr 127\.0\.0\.1 udp dport 8080 dnat to 172\.30\.0\.2:30080\n/)
  assert.match(
    rules,
    /ip saddr \{ 172\.30\.0\.0\/24, 10\.244\.0\.0\/16 \} ip daddr != \{ 172\.30\.0\.0\/24, 10\.244\.0\.0\/16 \} masquerade/,
  )
})
