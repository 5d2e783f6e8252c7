import assert from 'node:assert/strict'
import { it } from 'node:test'
import { cniNetwork, containerdConfig } from './containerd.ts'

it('containerd is told only of those limits that the machine has', () => {
  const free = containerdConfig({ sysResource: true, appArmor: true, cniBinDir: '/opt/cni/bin' })
  assert.match(free, /restrict_oom_score_adj = false\n[\s\S]*disable_apparmor = false\n[\s\S]*bin_dir = "\/opt\/cni\/bin"/)
  const limited = containerdConfig({ sysResource: false, appArmor: false, cniBinDir: '/usr/lib/cni' })
  assert.match(limited, /restrict_oom_score_adj = true\n[\s\S]*disable_apparmor = true\n[\s\S]*config_path = "\/etc\/containerd\/certs\.d"/)
})

it('pods get addresses of the node’s network and keep them towards other nodes', () => {
  const network = JSON.parse(cniNetwork('10.244.3.0/24'))
  const [bridge] = network.plugins
  assert.deepEqual([bridge.type, bridge.ipMasq, bridge.isGateway, bridge.hairpinMode], ['bridge', false, true, true])
  assert.deepEqual(bridge.ipam.ranges, [[{ subnet: '10.244.3.0/24' }]])
})
