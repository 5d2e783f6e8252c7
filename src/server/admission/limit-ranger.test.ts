import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LimitRange } from '../../api/core/limit-range.ts'
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { Pod } from '../../api/core/pod.ts'
import { stored } from '../../api/testkit.ts'
import type { Draft } from '../../schema/schema.ts'
import { limitRanger } from './limit-ranger.ts'
import { having, mutated, request } from './testkit.ts'

type Limits = Draft<LimitRange>['spec']
const range = (name: string, ...limits: NonNullable<NonNullable<Limits>['limits']>) =>
  stored(LimitRange, { metadata: { name }, spec: { limits } })
type Resources = { requests?: Record<string, string>; limits?: Record<string, string> }
const container = (name: string, resources: Resources = {}) => ({ name, image: 'i', resources })
const podOf = (spec: Partial<Draft<Pod>['spec']>) =>
  stored(Pod, { metadata: { name: 'p' }, spec: { containers: [container('c')], ...spec } })
const claimOf = (storage: string) =>
  stored(PersistentVolumeClaim, {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  })

function admitted(pod: Pod, ...ranges: LimitRange[]): Pod {
  return mutated(limitRanger, request(Pod, { object: pod }), having(...ranges)) as Pod
}

describe('LimitRanger gives', () => {
  const defaults = range('a', { type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } })

  it('every container what it says nothing of, and tells so', () => {
    const pod = admitted(
      podOf({ containers: [container('c'), container('d', { limits: { cpu: '2' } })], initContainers: [container('i')] }),
      defaults,
    )
    assert.deepEqual(
      [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(c => c.resources),
      [
        { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m', memory: '1Gi' } },
        { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '2', memory: '1Gi' } },
        { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m', memory: '1Gi' } },
      ],
    )
    assert.equal(
      pod.metadata.annotations?.['kubernetes.io/limit-ranger'],
      'LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c; memory request for container d; memory limit for container d; cpu, memory request for init container i; cpu, memory limit for init container i',
    )
  })
  it('nothing to those that say everything, on updates, or by ranges of something else', () => {
    const all = podOf({ containers: [container('c', { limits: { cpu: '1', memory: '1Gi' } })] })
    assert.equal(admitted(all, defaults), all)
    const silent = podOf({})
    assert.equal(admitted(silent, range('a', { type: 'Pod', max: { cpu: '1' } })), silent)
    assert.equal(mutated(limitRanger, request(Pod, { operation: 'UPDATE', object: silent, previous: silent }), having(defaults)), silent)
  })
  it('what a second range adds', () => {
    const pod = admitted(
      podOf({}),
      range('a', { type: 'Container', default: { cpu: '1' } }),
      range('b', { type: 'Container', default: { cpu: '3', memory: '1Mi' } }),
    )
    assert.deepEqual(pod.spec.containers[0]?.resources, { limits: { cpu: '1', memory: '1Mi' }, requests: { cpu: '1', memory: '1Mi' } })
    assert.equal(
      pod.metadata.annotations?.['kubernetes.io/limit-ranger'],
      'LimitRanger plugin set: memory request for container c; memory limit for container c',
    )
  })
})

describe('LimitRanger refuses', () => {
  type Item = Parameters<typeof range>[1]
  const rows: [string, Item, Partial<Draft<Pod>['spec']>, string | undefined][] = [
    [
      'within',
      { type: 'Container', min: { cpu: '1' }, max: { cpu: '2' } },
      { containers: [container('c', { requests: { cpu: '1' }, limits: { cpu: '2' } })] },
      undefined,
    ],
    [
      'above the most',
      { type: 'Container', max: { cpu: '1' } },
      { containers: [container('c', { limits: { cpu: '2' } })] },
      'maximum cpu usage per Container is 1, but limit is 2',
    ],
    [
      'no limit',
      { type: 'Container', max: { cpu: '1' } },
      { containers: [container('c', { requests: { cpu: '1' } })] },
      'maximum cpu usage per Container is 1.  No limit is specified',
    ],
    [
      'below the least',
      { type: 'Container', min: { memory: '1Gi' } },
      { containers: [container('c', { requests: { memory: '1000Mi' } })] },
      'minimum memory usage per Container is 1Gi, but request is 1000Mi',
    ],
    [
      'no request',
      { type: 'Container', min: { memory: '1Gi' } },
      {},
      'minimum memory usage per Container is 1Gi.  No request is specified',
    ],
    [
      'init containers',
      { type: 'Container', max: { cpu: '1' } },
      { containers: [container('c', { limits: { cpu: '1' } })], initContainers: [container('i', { limits: { cpu: '1500m' } })] },
      'maximum cpu usage per Container is 1, but limit is 1500m',
    ],
    [
      'a ratio',
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { containers: [container('c', { requests: { cpu: '300m' }, limits: { cpu: '1' } })] },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 3.333333',
    ],
    [
      'a ratio just met',
      { type: 'Container', maxLimitRequestRatio: { cpu: '2500m' } },
      { containers: [container('c', { requests: { cpu: '400m' }, limits: { cpu: '1' } })] },
      undefined,
    ],
    [
      'a ratio of nothing',
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { containers: [container('c', { requests: { cpu: '1' } })] },
      'cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0',
    ],
    [
      'all that is wrong, once',
      { type: 'Container', max: { cpu: '1', memory: '1Gi' } },
      { containers: [container('c'), container('d')] },
      '[maximum cpu usage per Container is 1.  No limit is specified, maximum memory usage per Container is 1Gi.  No limit is specified]',
    ],
    [
      'a pod as a whole',
      { type: 'Pod', max: { cpu: '1' } },
      { containers: [container('c', { limits: { cpu: '600m' } }), container('d', { limits: { cpu: '600m' } })] },
      'maximum cpu usage per Pod is 1, but limit is 1200m',
    ],
    [
      'no more than the overhead',
      { type: 'Pod', max: { cpu: '1' } },
      { overhead: { cpu: '1' }, containers: [container('c', { limits: { cpu: '1' } })] },
      undefined,
    ],
    [
      'init containers that run before',
      { type: 'Pod', max: { cpu: '1' } },
      { containers: [container('c', { limits: { cpu: '600m' } })], initContainers: [container('i', { limits: { cpu: '1' } })] },
      undefined,
    ],
    ['claims only by their own limits', { type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }, {}, undefined],
  ]
  for (const [name, item, spec, want] of rows)
    it(name, () => {
      const object = podOf(spec)
      const bare = stored(LimitRange, { metadata: { name: 'a' }, spec: { limits: [item] } })
      const check = () => limitRanger.validate?.(request(Pod, { object }), having(bare))
      if (want === undefined) assert.doesNotThrow(check)
      else assert.throws(check, { reason: 'Forbidden', message: `pods "p" is forbidden: ${want}` })
    })

  const claims = range('a', { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '5Gi' } })
  const claimRows: [storage: string, before: string | undefined, string | undefined][] = [
    ['1Gi', undefined, undefined],
    ['512Mi', undefined, 'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi'],
    ['6Gi', undefined, 'maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi'],
    ['6Gi', '6Gi', undefined],
    ['6Gi', '5Gi', 'maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi'],
  ]
  for (const [storage, before, want] of claimRows)
    it(`a claim of ${storage}${before ? ` after ${before}` : ''}`, () => {
      const previous = before ? claimOf(before) : undefined
      const asked = request(PersistentVolumeClaim, { operation: previous ? 'UPDATE' : 'CREATE', object: claimOf(storage), previous })
      const check = () => limitRanger.validate?.(asked, having(claims))
      if (want === undefined) assert.doesNotThrow(check)
      else assert.throws(check, { reason: 'Forbidden', message: `persistentvolumeclaims "data" is forbidden: ${want}` })
    })
  it('nothing of what is going away', () => {
    const previous = stored(PersistentVolumeClaim, {
      ...claimOf('1Gi'),
      metadata: { name: 'data', deletionTimestamp: '2026-01-01T00:00:00Z' },
    })
    const asked = request(PersistentVolumeClaim, { operation: 'UPDATE', object: claimOf('9Gi'), previous })
    assert.doesNotThrow(() => limitRanger.validate?.(asked, having(claims)))
  })
})
