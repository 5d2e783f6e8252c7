import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigMap } from '../../../api/core/config-map.ts'
import { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts'
import { Pod } from '../../../api/core/pod.ts'
import { ResourceQuota } from '../../../api/core/resource-quota.ts'
import { Service } from '../../../api/core/service.ts'
import type { Kind } from '../../../api/kind.ts'
import { evaluatorOf } from '../../../api/quota/all.ts'
import { stored } from '../../../api/testkit.ts'
import { VirtualClock } from '../../../base/virtual-clock.ts'
import type { KubeObject } from '../../../meta/object-meta.ts'
import { formatQuantity } from '../../../meta/quantity.ts'
import type { Draft } from '../../../schema/schema.ts'
import { openMemoryStore } from '../../../store/memory.ts'
import { resourceFor } from '../../resource.ts'
import { Storage } from '../../storage.ts'
import { request } from '../testkit.ts'
import { charged, chargesOf } from './charges.ts'
import { resourceQuota } from './plugin.ts'

type Amounts = Record<string, string>
const quotaOf = (name: string, hard: Amounts, used: Amounts | undefined, spec: Partial<Draft<ResourceQuota>['spec']> = {}) =>
  stored(ResourceQuota, {
    metadata: { name, uid: `uid-${name}` },
    spec: { hard, ...spec },
    status: { hard, ...(used && { used }) },
  })
type Resources = { requests?: Amounts; limits?: Amounts }
const podOf = (resources: Resources = {}, more: Partial<Draft<Pod>['spec']> = {}, name = 'p') =>
  stored(Pod, { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i', resources }], ...more } })
const serviceOf = (type: string, ports: number) =>
  stored(Service, { spec: { type, ports: Array.from({ length: ports }, (_, i) => ({ name: `p${i}`, port: 80 + i })) } } as Draft<Service>)
const claimOf = (storage: string, allocated?: string) =>
  stored(PersistentVolumeClaim, {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    status: allocated ? { allocatedResources: { storage: allocated } } : {},
  })

/** Lines such as `q pods+1`, or why not. */
function outcome(kind: Kind, quotas: ResourceQuota[], object: KubeObject, previous?: KubeObject, isReport = false): string[] | string {
  const evaluator = evaluatorOf(kind)
  assert.ok(evaluator)
  try {
    const charges = chargesOf(quotas, { evaluator, object, previous, isReport, refuse: why => new Error(why), list: () => [] })
    return charges.map(
      ({ uid, amounts }) => `${uid.slice(4)} ${[...amounts].map(([name, value]) => `${name}+${formatQuantity(value)}`).join(' ')}`,
    )
  } catch (error) {
    return (error as Error).message
  }
}

describe('A write is charged to quotas', () => {
  const rows: [string, ReturnType<typeof outcome>, string[] | string][] = [
    ['that count it', outcome(Pod, [quotaOf('q', { pods: '2' }, { pods: '1' })], podOf()), ['q pods+1']],
    [
      'all of them',
      outcome(
        Pod,
        [quotaOf('a', { pods: '2' }, { pods: '1' }), quotaOf('b', { 'requests.cpu': '2' }, { 'requests.cpu': '500m' })],
        podOf({ requests: { cpu: '1500m' } }),
      ),
      ['a pods+1', 'b requests.cpu+1500m'],
    ],
    [
      'and refused beyond them',
      outcome(Pod, [quotaOf('q', { pods: '2' }, { pods: '2' })], podOf()),
      'exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
    ],
    [
      'telling of what is too much alone',
      outcome(
        Pod,
        [
          quotaOf(
            'q',
            { pods: '9', 'requests.memory': '1Gi', 'requests.cpu': '1' },
            { pods: '2', 'requests.memory': '900Mi', 'requests.cpu': '600m' },
          ),
        ],
        podOf({ requests: { cpu: '500m', memory: '200Mi' } }),
      ),
      'exceeded quota: q, requested: requests.cpu=500m,requests.memory=200Mi, used: requests.cpu=600m,requests.memory=900Mi, limited: requests.cpu=1,requests.memory=1Gi',
    ],
    [
      'that want something said',
      outcome(Pod, [quotaOf('q', { 'limits.cpu': '2' }, { 'limits.cpu': '0' })], podOf()),
      'failed quota: q: must specify limits.cpu for: c',
    ],
    [
      'that were never counted',
      outcome(Pod, [quotaOf('q', { pods: '2', cpu: '1' }, undefined)], podOf({ requests: { cpu: '1' } })),
      'status unknown for quota: q, resources: cpu,pods',
    ],
    ['of other things not', outcome(Pod, [quotaOf('q', { services: '1' }, undefined)], podOf()), []],
    ['of other scopes not', outcome(Pod, [quotaOf('q', { pods: '0' }, { pods: '0' }, { scopes: ['Terminating'] })], podOf()), []],
    [
      'of any scope not, where there are none',
      outcome(ConfigMap, [quotaOf('q', { configmaps: '0' }, { configmaps: '0' }, { scopes: ['BestEffort'] })], stored(ConfigMap, {})),
      [],
    ],
    [
      'by what a change adds',
      outcome(
        Service,
        [quotaOf('q', { services: '1', 'services.nodeports': '3' }, { services: '1', 'services.nodeports': '1' })],
        serviceOf('NodePort', 3),
        serviceOf('NodePort', 1),
      ),
      ['q services.nodeports+2'],
    ],
    [
      'by nothing for what a change frees',
      outcome(
        Service,
        [quotaOf('q', { 'services.nodeports': '1' }, { 'services.nodeports': '3' })],
        serviceOf('NodePort', 1),
        serviceOf('NodePort', 3),
      ),
      [],
    ],
    [
      'in full when a change brings it in',
      outcome(
        Pod,
        [quotaOf('q', { pods: '1' }, { pods: '0' }, { scopes: ['Terminating'] })],
        podOf({}, { activeDeadlineSeconds: 5 }),
        podOf(),
      ),
      ['q pods+1'],
    ],
    [
      'beyond them when it is a report',
      outcome(
        PersistentVolumeClaim,
        [quotaOf('q', { 'requests.storage': '1Gi' }, { 'requests.storage': '1Gi' })],
        claimOf('1Gi', '3Gi'),
        claimOf('1Gi'),
        true,
      ),
      ['q requests.storage+2Gi'],
    ],
    [
      'that are exceeded already, as long as it adds nothing there',
      outcome(
        Pod,
        [quotaOf('q', { pods: '2', 'requests.cpu': '1' }, { pods: '0', 'requests.cpu': '5' })],
        podOf({ requests: { cpu: '0' } }),
      ),
      ['q pods+1'],
    ],
  ]
  for (const [name, got, want] of rows) it(name, () => assert.deepEqual(got, want))

  it('and never given back below nothing', () => {
    const amounts = new Map([['pods', { nanos: 2_000_000_000n, format: 'decimal' as const }]])
    assert.deepEqual(charged(quotaOf('q', { pods: '3' }, { pods: '1' }), amounts, -1).status.used, { pods: '0' })
    assert.deepEqual(charged(quotaOf('q', { pods: '3' }, { pods: '1' }), amounts).status.used, { pods: '3' })
  })
})

/** A store with these quotas, and the plugin on it. */
async function storeOf(...quotas: ResourceQuota[]) {
  const storage = new Storage(openMemoryStore({ clock: new VirtualClock() }))
  for (const quota of quotas) await storage.create(resourceFor(ResourceQuota), quota)
  const plugin = resourceQuota()
  let made = 0
  return {
    storage,
    /** Undefined when it was let pass, or why not. */
    async create(pod = podOf({}, {}, `p${made++}`), dryRun = false): Promise<string | undefined> {
      const asked = request(Pod, { object: pod })
      if (dryRun) asked.call.query.set('dryRun', 'All')
      try {
        await plugin.validate?.(asked, storage)
        return undefined
      } catch (error) {
        return (error as Error).message
      }
    },
    undo: (object: KubeObject) => plugin.undo?.(object, storage),
    used: (name: string) => storage.find(ResourceQuota, 'default', name)?.status.used,
  }
}

describe('The books of quotas', () => {
  it('admit of a burst what there is room for', async () => {
    const t = await storeOf(quotaOf('q', { pods: '5' }, { pods: '2' }))
    const got = await Promise.all(Array.from({ length: 10 }, () => t.create()))
    assert.equal(got.filter(why => why === undefined).length, 3)
    assert.match(got.at(-1) ?? '', /exceeded quota: q, requested: pods=1, used: pods=5, limited: pods=5/)
    assert.deepEqual(t.used('q'), { pods: '5' })
    await t.storage.store.close()
  })
  it('are written few times for many', async () => {
    const t = await storeOf(quotaOf('q', { pods: '500' }, { pods: '0' }))
    const before = t.storage.store.revision
    await Promise.all(Array.from({ length: 100 }, () => t.create()))
    assert.deepEqual(t.used('q'), { pods: '100' })
    assert.ok(t.storage.store.revision - before < 5, 'the first alone, then those that came meanwhile')
    await t.storage.store.close()
  })
  it('bear with others who write them', async () => {
    const t = await storeOf(quotaOf('q', { pods: '50' }, { pods: '0' }))
    const label = async (value: string) => {
      const entry = t.storage.entry(resourceFor(ResourceQuota), 'default', 'q')
      const quota = t.storage.find(ResourceQuota, 'default', 'q')
      if (!entry || !quota) throw new Error('the quota is there')
      await t.storage.replace(resourceFor(ResourceQuota), entry, { ...quota, metadata: { ...quota.metadata, labels: { value } } })
    }
    const got = await Promise.all([label('a'), t.create(), t.create(), label('b'), t.create()])
    assert.deepEqual(got.filter(Boolean), [])
    assert.deepEqual(t.used('q'), { pods: '3' })
    await t.storage.store.close()
  })
  it('are left alone by trials and refusals', async () => {
    const t = await storeOf(quotaOf('a', { pods: '5' }, { pods: '0' }), quotaOf('b', { 'count/pods': '0' }, { 'count/pods': '0' }))
    assert.match((await t.create()) ?? '', /exceeded quota: b/)
    assert.match((await t.create(podOf(), true)) ?? '', /exceeded quota: b/)
    assert.deepEqual([t.used('a'), t.used('b')], [{ pods: '0' }, { 'count/pods': '0' }])
    await t.storage.store.close()
  })
  it('take back what was not stored', async () => {
    const t = await storeOf(quotaOf('q', { pods: '5' }, { pods: '0' }))
    const pod = podOf()
    assert.equal(await t.create(pod), undefined)
    await t.create()
    await t.undo(pod)
    await t.undo(pod)
    assert.deepEqual(t.used('q'), { pods: '1' })
    await t.storage.store.close()
  })
  it('cost nothing where there are none', () => {
    const storage = { all: () => [] } as unknown as Storage
    assert.equal(resourceQuota().validate?.(request(Pod, { object: podOf() }), storage), undefined)
  })
})
