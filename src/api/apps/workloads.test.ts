import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fieldErrorMessage } from '../../meta/field-error.ts'
import type { Draft } from '../../schema/schema.ts'
import { stored } from '../testkit.ts'
import { DaemonSet } from './daemon-set.ts'
import { Deployment } from './deployment.ts'

const selector = { matchLabels: { a: 'b' } }
const template = (image = 'i') => ({ metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image }] } })

describe('the status of a Deployment', () => {
  const deployment = (status: Draft<Deployment>['status'], metadata = {}) =>
    stored(Deployment, { metadata, spec: { selector, template: template() }, status })
  const found = (next: Draft<Deployment>['status'], previous: Draft<Deployment>['status'] = {}) =>
    Deployment.validateStatus?.(deployment(next), deployment(previous)).map(fieldErrorMessage)

  const rows: readonly (readonly [next: Draft<Deployment>['status'], previous: Draft<Deployment>['status'], ...errors: string[]])[] = [
    [{ replicas: 2, readyReplicas: 1, collisionCount: 1 }, { collisionCount: 1 }],
    [
      { unavailableReplicas: -1, terminatingReplicas: -1 },
      {},
      'status.unavailableReplicas: Invalid value: -1: must be greater than or equal to 0',
      'status.terminatingReplicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [{}, { collisionCount: 1 }, 'status.collisionCount: Invalid value: 0: cannot be decremented'],
    [
      { collisionCount: -1 },
      {},
      'status.collisionCount: Invalid value: -1: must be greater than or equal to 0',
      'status.collisionCount: Invalid value: -1: cannot be decremented',
    ],
  ]
  for (const [next, previous, ...errors] of rows) {
    it(`${JSON.stringify(next)} after ${JSON.stringify(previous)}`, () => assert.deepEqual(found(next, previous), errors))
  }

  it('is written without its labels, and with its annotations', () => {
    const before = deployment({}, { labels: { a: 'b' } })
    const after = Deployment.onStatusUpdate?.(deployment({}, { labels: { c: 'd' }, annotations: { e: 'f' } }), before, 0)
    assert.deepEqual([after?.metadata.labels, after?.metadata.annotations], [{ a: 'b' }, { e: 'f' }])
  })
})

describe('a DaemonSet', () => {
  const key = 'deprecated.daemonset.template.generation'
  const daemonSet = (image: string, annotations: Record<string, string> = {}) =>
    stored(DaemonSet, { metadata: { annotations }, spec: { selector, template: template(image) } })

  it('has its changes of the template counted', () => {
    const created = (annotations: Record<string, string>) =>
      DaemonSet.onCreate?.(daemonSet('a', annotations), { username: '', groups: [] }).metadata.annotations?.[key]
    assert.deepEqual([created({}), created({ [key]: '3' }), created({ [key]: '0' })], ['1', '3', '1'])
    const updated = (image: string, annotations: Record<string, string>) =>
      DaemonSet.onUpdate?.(daemonSet(image, annotations), daemonSet('a', { [key]: '3' })).metadata.annotations?.[key]
    assert.deepEqual([updated('a', {}), updated('a', { [key]: '9' }), updated('b', {})], ['3', '3', '4'])
  })

  it('has counts and collisions in its status that make sense', () => {
    const status = (status: Draft<DaemonSet>['status']) => stored(DaemonSet, { spec: { selector, template: template() }, status })
    const found = DaemonSet.validateStatus?.(status({ numberReady: -1, numberUnavailable: -1 }), status({ collisionCount: 2 }))
    assert.deepEqual(found?.map(fieldErrorMessage), [
      'status.numberReady: Invalid value: -1: must be greater than or equal to 0',
      'status.numberUnavailable: Invalid value: -1: must be greater than or equal to 0',
      'status.collisionCount: Invalid value: 0: cannot be decremented',
    ])
  })
})
