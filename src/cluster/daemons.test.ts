import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultConfig } from './config.ts'
import { agentConfig, apiServerNames, controlPlaneConfig, serverUrl } from './daemons.ts'
import { clusterLayout } from './layout.ts'
import { type ClusterPlan, planCluster } from './plan.ts'

const roots = { home: '/home', run: '/run' }
const layout = clusterLayout(roots, 'dev')
function plan(networking: { apiServerAddress?: string; apiServerPort?: number } = {}): ClusterPlan {
  const config = defaultConfig('dev')
  const planned = planCluster({ ...config, networking: { ...config.networking, ...networking } }, { subnets: [], ports: [] })
  assert(planned.ok)
  return planned.plan
}

test('the API server listens where the kubeconfig says and on the gateway', () => {
  const { addresses, advertise } = controlPlaneConfig(layout, plan({ apiServerPort: 7443 }))
  assert.deepEqual(addresses, [
    { host: '127.0.0.1', port: 7443 },
    { host: '172.30.0.1', port: 7443 },
  ])
  assert.deepEqual(advertise, { host: '172.30.0.1', port: 7443 })
})

test('all addresses include the gateway', () => {
  const { addresses } = controlPlaneConfig(layout, plan({ apiServerAddress: '0.0.0.0', apiServerPort: 7443 }))
  assert.deepEqual(addresses, [{ host: '0.0.0.0', port: 7443 }])
})

test('kubeconfigs name an address that can be connected to', () => {
  assert.equal(serverUrl(plan({ apiServerAddress: '0.0.0.0', apiServerPort: 7443 })), 'https://127.0.0.1:7443')
  assert.equal(serverUrl(plan({ apiServerAddress: '10.1.2.3', apiServerPort: 7443 })), 'https://10.1.2.3:7443')
})

test('the certificate is good for all ways to the API server', () => {
  const names = apiServerNames(plan({ apiServerAddress: '10.1.2.3' }))
  for (const name of ['172.30.0.1', '10.1.2.3', '10.96.0.1', 'dev-control-plane', '172.30.0.2']) assert(names.includes(name), name)
})

test('only the agent on the control plane shows its components', () => {
  const [node] = plan().nodes
  assert(node)
  assert.deepEqual(agentConfig(roots, plan(), node).controlPlane, { pidFile: '/run/dev/control-plane.pid', logsDir: layout.logs })
  assert.equal(agentConfig(roots, plan(), { ...node, role: 'worker' }).controlPlane, undefined)
})
