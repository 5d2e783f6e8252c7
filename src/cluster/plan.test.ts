import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { overlap, parseCidr } from '../base/cidr.ts'
import { type ClusterConfig, defaultConfig, type NodeConfig, type NodeRole } from './config.ts'
import { type ClusterPlan, type InUse, planCluster, usedBy } from './plan.ts'

const node = (role: NodeRole, more: Partial<NodeConfig> = {}): NodeConfig => ({
  role,
  labels: {},
  extraMounts: [],
  extraPortMappings: [],
  ...more,
})
const three = [node('control-plane'), node('worker'), node('worker')]
const nothing: InUse = { subnets: [], ports: [] }

function plan(config: ClusterConfig, inUse = nothing): ClusterPlan {
  const result = planCluster(config, inUse)
  assert(result.ok, JSON.stringify(result))
  return result.plan
}
function refusal(config: ClusterConfig, inUse = nothing): string {
  const result = planCluster(config, inUse)
  assert(!result.ok)
  return result.error
}
const withNetworking = (networking: Partial<ClusterConfig['networking']>): ClusterConfig => {
  const config = defaultConfig('c', three)
  return { ...config, networking: { ...config.networking, ...networking } }
}

describe('a plan', () => {
  it('names and numbers the nodes as kind does', () => {
    const made = plan(defaultConfig('dev', three))
    assert.deepEqual(
      made.nodes.map(each => [each.name, each.address, each.podCidr, each.netns]),
      [
        ['dev-control-plane', '172.30.0.2', '10.244.0.0/24', 'cox-dev-control-plane'],
        ['dev-worker', '172.30.0.3', '10.244.1.0/24', 'cox-dev-worker'],
        ['dev-worker2', '172.30.0.4', '10.244.2.0/24', 'cox-dev-worker2'],
      ],
    )
    assert.deepEqual(
      [made.bridge, made.nodeSubnet, made.gateway, made.podSubnet, made.serviceSubnet, made.apiServerPort],
      ['cox-dev', '172.30.0.0/24', '172.30.0.1', '10.244.0.0/16', '10.96.0.0/16', 6443],
    )
  })

  it('keeps out of the way of other clusters and of the machine', () => {
    const first = plan(defaultConfig('a', three))
    const second = plan(defaultConfig('b', three), usedBy(first))
    assert.deepEqual([second.nodeSubnet, second.podSubnet, second.apiServerPort], ['172.30.1.0/24', '10.245.0.0/16', 6444])
    assert.equal(plan(defaultConfig('c'), { subnets: [], ports: [6443, 6444] }).apiServerPort, 6445)
    assert.match(refusal(defaultConfig('c'), { subnets: ['172.16.0.0/12'], ports: [] }), /no free network for nodes/)
    assert.match(refusal(defaultConfig('c'), { subnets: ['10.0.0.0/8'], ports: [] }), /no free \/16 for pods/)
  })

  it('takes what is configured, or says why not', () => {
    assert.equal(plan(withNetworking({ podSubnet: '10.1.0.0/16', apiServerPort: 7000 })).nodes[2]?.podCidr, '10.1.2.0/24')
    assert.match(refusal(withNetworking({ podSubnet: '10.96.0.0/12' })), /overlaps 10\.96\.0\.0\/16/)
    assert.match(refusal(withNetworking({ podSubnet: '10.1.0.0/23' })), /no room for a \/24 for each of 3 nodes/)
    assert.match(refusal(withNetworking({ apiServerPort: 7000 }), { subnets: [], ports: [7000] }), /apiServerPort 7000 is in use/)
  })

  it('gives mapped ports, the unnamed ones included, once only', () => {
    const mapping = { containerPort: 80, hostPort: 0, listenAddress: '0.0.0.0', protocol: 'TCP' } as const
    const nodes = [node('control-plane', { extraPortMappings: [mapping, { ...mapping, hostPort: 6443 }] })]
    const made = plan(defaultConfig('c', nodes))
    const ports = [made.apiServerPort, ...(made.nodes[0]?.extraPortMappings.map(each => each.hostPort) ?? [])]
    assert.deepEqual(ports, [6444, 6445, 6443])
    assert.match(refusal(defaultConfig('c', nodes), { subnets: [], ports: [6443] }), /hostPort 6443 is in use/)
  })

  it('has link names of at most 15 characters that differ, and networks that do not overlap', () => {
    const names = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,40}[a-z0-9])?$/)
    fc.assert(
      fc.property(fc.uniqueArray(names, { minLength: 1, maxLength: 5 }), fc.integer({ min: 0, max: 5 }), (clusters, workers) => {
        const plans: ClusterPlan[] = []
        for (const name of clusters) {
          const used = plans.map(usedBy)
          const inUse = { subnets: used.flatMap(each => each.subnets), ports: used.flatMap(each => each.ports) }
          plans.push(plan(defaultConfig(name, [node('control-plane'), ...Array(workers).fill(node('worker'))]), inUse))
        }
        const links = plans.flatMap(each => [each.bridge, ...each.nodes.map(one => one.hostLink)])
        assert.equal(new Set(links).size, links.length)
        assert(links.every(link => link.length <= 15))
        const networks = plans.flatMap(each => [each.nodeSubnet, each.podSubnet]).map(text => parseCidr(text)!)
        for (const [i, a] of networks.entries()) for (const b of networks.slice(i + 1)) assert(!overlap(a, b))
      }),
      { numRuns: 50 },
    )
  })
})
