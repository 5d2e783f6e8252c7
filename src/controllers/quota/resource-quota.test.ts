import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HorizontalPodAutoscaler } from '../../api/autoscaling/horizontal-pod-autoscaler.ts'
import { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from '../../api/autoscaling/horizontal-pod-autoscaler-v1.ts'
import { ConfigMap } from '../../api/core/config-map.ts'
import { Pod } from '../../api/core/pod.ts'
import { ResourceQuota } from '../../api/core/resource-quota.ts'
import { Service } from '../../api/core/service.ts'
import { DeviceClass } from '../../api/resource/device-class.ts'
import { ResourceClaim } from '../../api/resource/resource-claim.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Draft } from '../../schema/schema.ts'
import { fixedKinds } from '../runtime/kind-source.ts'
import { TestControlPlane } from '../testing/control-plane.ts'
import { before, NOW, outcomeOf, stored } from '../testing/decide.ts'
import { resourceQuotaController } from './resource-quota.ts'

const kinds = [Pod, ConfigMap, Service, ResourceClaim, ResourceQuota, HorizontalPodAutoscaler, HorizontalPodAutoscalerV1]
const controller = resourceQuotaController(fixedKinds(kinds))
type Amounts = Record<string, string>
const quotaOf = (hard: Amounts, status: Draft<ResourceQuota>['status'] = {}) =>
  stored(ResourceQuota, { metadata: { name: 'q' }, spec: { hard }, status })
const pod = (name: string, more: Partial<Draft<Pod>> = {}) =>
  stored(Pod, { metadata: { name }, spec: { containers: [{ name: 'c', resources: { requests: { cpu: '500m' } } }] }, ...more })
const going = (name: string, seconds: number, grace: number) =>
  pod(name, { metadata: { name, deletionTimestamp: before(seconds), deletionGracePeriodSeconds: grace } })

/** What becomes of the status, and when it is looked at again. */
function recounted(objects: KubeObject[], circumstances: Parameters<typeof outcomeOf>[3] = {}) {
  const { writes, requeueAfterMs } = outcomeOf(controller, 'default/q', objects, circumstances)
  const [write] = writes
  return { status: write?.verb === 'update' ? (write.object as ResourceQuota).status : undefined, requeueAfterMs }
}

describe('A quota is recounted', () => {
  const hard = { pods: '5', 'requests.cpu': '4', configmaps: '3' }
  it('when it is new', () => {
    const { status, requeueAfterMs } = recounted([quotaOf(hard), pod('a'), pod('b'), stored(ConfigMap, { metadata: { name: 'm' } })])
    assert.deepEqual(status, { hard, used: { pods: '2', 'requests.cpu': '1', configmaps: '1' } })
    assert.equal(requeueAfterMs, 300_000)
  })
  it('and left alone when it is right, however its amounts are written', () => {
    const right = quotaOf(hard, { hard, used: { pods: '1', 'requests.cpu': '0.5', configmaps: '0' } })
    assert.equal(recounted([right, pod('a')]).status, undefined)
  })
  it('when something has gone, of its own namespace alone', () => {
    const old = quotaOf(hard, { hard, used: { pods: '3', 'requests.cpu': '1500m', configmaps: '0' } })
    const elsewhere = pod('b', { metadata: { name: 'b', namespace: 'other' } })
    assert.deepEqual(recounted([old, pod('a'), elsewhere]).status?.used, { pods: '1', 'requests.cpu': '500m', configmaps: '0' })
  })
  it('when its limits change, whatever is no longer limited', () => {
    const old = quotaOf({ pods: '1' }, { hard, used: { pods: '0', 'requests.cpu': '0', configmaps: '0' } })
    assert.deepEqual(recounted([old]).status, { hard: { pods: '1' }, used: { pods: '0' } })
  })
  it('without pods that have ended, or should have', () => {
    const ended = pod('e', { status: { phase: 'Failed' } })
    const { status, requeueAfterMs } = recounted([
      quotaOf({ pods: '9', 'count/pods': '9' }),
      ended,
      going('late', 31, 30),
      going('in-time', 10, 30),
    ])
    assert.deepEqual(status?.used, { pods: '1', 'count/pods': '3' })
    assert.equal(requeueAfterMs, 20_001)
  })
  it('not while objects may be on their way', () => {
    const old = quotaOf({ pods: '5' }, { hard: { pods: '5' }, used: { pods: '3' } })
    const justNow = { seen: { 'default/q': NOW - 50 } }
    assert.deepEqual(recounted([old], justNow), { status: undefined, requeueAfterMs: 150 })
    assert.deepEqual(recounted([quotaOf({ pods: '5' })], justNow).status?.used, { pods: '0' })
  })
  it('with each object once, whatever versions of it are served', () => {
    const name = 'count/horizontalpodautoscalers.autoscaling'
    const scaler = stored(HorizontalPodAutoscaler, {
      metadata: { name: 'h' },
      spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'd' } },
    })
    assert.deepEqual(recounted([quotaOf({ [name]: '1' }), scaler]).status?.used, { [name]: '1' })
  })
  it('with devices by their class and by the extended resource that it is', () => {
    const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', count: 2 } }] } }
    const gpu = stored(DeviceClass, { metadata: { name: 'gpu' }, spec: { extendedResourceName: 'example.com/gpu' } })
    const names = ['gpu.deviceclass.resource.k8s.io/devices', 'requests.example.com/gpu', 'requests.deviceclass.resource.kubernetes.io/gpu']
    const amounts = (amount: string) => Object.fromEntries(names.map(name => [name, amount]))
    const { status } = recounted([quotaOf(amounts('9')), gpu, stored(ResourceClaim, { metadata: { name: 'c' }, spec })])
    assert.deepEqual(status?.used, amounts('2'))
  })
  it('again soon when it counts what is not served', () => {
    const { status, requeueAfterMs } = recounted([quotaOf({ 'count/widgets.example.com': '1', pods: '1' })])
    assert.deepEqual([status?.used, requeueAfterMs], [{ pods: '0' }, 10_000])
  })
})

it('Quotas follow what comes and goes', async () => {
  const t = new TestControlPlane([controller])
  await t.start()
  await t.client.create(ResourceQuota, { metadata: { name: 'q', namespace: 'a' }, spec: { hard: { pods: '9', configmaps: '9' } } })
  const used = () => t.client.all(ResourceQuota)[0]?.status.used
  await t.clock.advance(1000)
  assert.deepEqual(used(), { pods: '0', configmaps: '0' })
  for (const name of ['x', 'y']) await t.client.create(ConfigMap, { metadata: { name, namespace: 'a' } })
  t.client.seed(Pod, { metadata: { name: 'p', namespace: 'a' }, spec: { containers: [{ name: 'c' }] } })
  await t.clock.advance(1000)
  assert.deepEqual(used(), { pods: '1', configmaps: '2' })
  await t.client.delete(ConfigMap, { namespace: 'a', name: 'x' })
  await t.clock.advance(1000)
  assert.deepEqual(used(), { pods: '1', configmaps: '1' })
  const [pod] = t.client.all(Pod)
  assert.ok(pod)
  await t.client.update(Pod, { ...pod, status: { ...pod.status, phase: 'Succeeded' } }, { subresource: 'status' })
  await t.clock.advance(1000)
  assert.deepEqual(used(), { pods: '0', configmaps: '1' })
  assert.deepEqual(await t.writesAfterRestart(), [])
  await t.stop()
})
