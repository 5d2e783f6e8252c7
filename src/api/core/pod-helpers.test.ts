import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatQuantity } from '../../meta/quantity.ts'
import type { Draft } from '../../schema/schema.ts'
import { stored } from '../testkit.ts'
import type { NodeSelectorRequirement, NodeSelectorTerm, Toleration } from './affinity.ts'
import { normalizeImageName, parseImageName } from './image-name.ts'
import type { Taint } from './node.ts'
import { matchesNodeTerm } from './node-selector.ts'
import { Pod } from './pod.ts'
import { isPodActive, isPodAvailable } from './pod-conditions.ts'
import { qosClassOf } from './pod-qos.ts'
import { podLimits, podRequests } from './pod-resources.ts'
import type { PodSpec } from './pod-spec.ts'
import { targetPortOf } from './service-ports.ts'
import { firstUntolerated, tolerates } from './tolerations.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('image names', () => {
  const full: Readonly<Record<string, string>> = {
    nginx: 'docker.io/library/nginx:latest',
    'nginx:1.27': 'docker.io/library/nginx:1.27',
    'bitnami/redis': 'docker.io/bitnami/redis:latest',
    'docker.io/nginx': 'docker.io/library/nginx:latest',
    'index.docker.io/a/b:1': 'docker.io/a/b:1',
    'localhost/a': 'localhost/a:latest',
    'localhost:5000/a/b:v1': 'localhost:5000/a/b:v1',
    'registry.k8s.io/pause:3.10': 'registry.k8s.io/pause:3.10',
    'quay.io/a/b_c.d--e:1': 'quay.io/a/b_c.d--e:1',
    [`nginx@${digest}`]: `docker.io/library/nginx@${digest}`,
    [`nginx:1@${digest}`]: `docker.io/library/nginx:1@${digest}`,
  }
  for (const [short, long] of Object.entries(full)) it(`${short.slice(0, 24)} in full`, () => assert.equal(normalizeImageName(short), long))
  for (const wrong of ['', 'Nginx', 'a//b', 'a:', 'nginx@sha256:12', ' nginx', 'a/b:c:d', 'a'.repeat(64)]) {
    it(`${JSON.stringify(wrong.slice(0, 20))} is none`, () => assert.equal(parseImageName(wrong), undefined))
  }
})

const needs = (cpu: string, more = {}) => ({ name: `c${cpu}`, image: 'i', resources: { requests: { cpu } }, ...more })
const specOf = (spec: Draft<PodSpec>): PodSpec => stored(Pod, { spec }).spec
const asText = (amounts: ReturnType<typeof podRequests>) => Object.fromEntries([...amounts].map(([name, q]) => [name, formatQuantity(q)]))
const sidecar = { restartPolicy: 'Always' }

describe('the resources of a pod', () => {
  const cases: readonly (readonly [string, Draft<PodSpec>, Record<string, string>])[] = [
    ['are the sum of its containers', { containers: [needs('100m'), needs('200m')] }, { cpu: '300m' }],
    [
      'are at least those of its greatest init container',
      { initContainers: [needs('2'), needs('1')], containers: [needs('100m')] },
      { cpu: '2' },
    ],
    ['hold its sidecars all along', { initContainers: [needs('1', sidecar)], containers: [needs('100m')] }, { cpu: '1100m' }],
    [
      'hold beside an init container only the sidecars before it',
      { initContainers: [needs('1', sidecar), needs('3'), needs('500m', sidecar)], containers: [needs('100m')] },
      { cpu: '4' },
    ],
    ['have the overhead on top', { containers: [needs('100m')], overhead: { cpu: '50m' } }, { cpu: '150m' }],
    ['are those of the pod where it has its own', { containers: [needs('100m')], resources: { requests: { cpu: '2' } } }, { cpu: '2' }],
  ]
  for (const [name, spec, expected] of cases) it(name, () => assert.deepEqual(asText(podRequests(specOf(spec))), expected))

  it('are limited only where something limits them', () => {
    const spec = specOf({
      containers: [{ name: 'c', image: 'i', resources: { limits: { memory: '1Gi' } } }],
      overhead: { cpu: '1', memory: '1Gi' },
    })
    assert.deepEqual(asText(podLimits(spec)), { memory: '2Gi' })
  })
})

describe('the class of a pod', () => {
  const both = { cpu: '1', memory: '1Gi' }
  const cases: readonly (readonly [string, Draft<PodSpec>, string])[] = [
    ['asks for nothing', { containers: [{ name: 'a', image: 'i' }] }, 'BestEffort'],
    ['asks for zero', { containers: [needs('0')] }, 'BestEffort'],
    ['asks for something', { containers: [needs('1')] }, 'Burstable'],
    ['limits both', { containers: [{ name: 'a', image: 'i', resources: { limits: both } }] }, 'Guaranteed'],
    ['limits one', { containers: [{ name: 'a', image: 'i', resources: { limits: { cpu: '1' } } }] }, 'Burstable'],
    [
      'limits both in one of two containers',
      {
        containers: [
          { name: 'a', image: 'i', resources: { limits: both } },
          { name: 'b', image: 'i' },
        ],
      },
      'Burstable',
    ],
    [
      'requests less than it limits',
      { containers: [{ name: 'a', image: 'i', resources: { limits: both, requests: { cpu: '500m' } } }] },
      'Burstable',
    ],
    [
      'has an init container without limits',
      { containers: [{ name: 'a', image: 'i', resources: { limits: both } }], initContainers: [{ name: 'b', image: 'i' }] },
      'Burstable',
    ],
  ]
  for (const [name, spec, expected] of cases) it(`that ${name} is ${expected}`, () => assert.equal(qosClassOf(specOf(spec)), expected))
})

describe('tolerations', () => {
  const taint: Taint = { key: 'gpu', value: '8', effect: 'NoSchedule' }
  const cases: readonly (readonly [Toleration, boolean])[] = [
    [{ operator: 'Exists' }, true],
    [{ key: 'gpu', operator: 'Exists' }, true],
    [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }, false],
    [{ key: 'gpu', value: '8' }, true],
    [{ key: 'gpu', operator: 'Equal', value: '9' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
    [{ key: 'gpu', operator: 'Lt', value: '9' }, true],
    [{ key: 'gpu', operator: 'Gt', value: '9' }, false],
  ]
  for (const [toleration, expected] of cases) {
    it(`${JSON.stringify(toleration)} ${expected ? 'covers' : 'does not cover'} gpu=8`, () =>
      assert.equal(tolerates(toleration, taint), expected))
  }
  it('the first taint that is not covered stands out', () => {
    const taints: Taint[] = [taint, { key: 'a', effect: 'PreferNoSchedule' }, { key: 'b', effect: 'NoExecute' }]
    assert.equal(firstUntolerated(taints, [{ key: 'gpu', operator: 'Exists' }], ['NoSchedule', 'NoExecute']), taints[2])
    assert.equal(firstUntolerated(taints, [{ operator: 'Exists' }], ['NoSchedule', 'NoExecute']), undefined)
  })
})

describe('a node selector term', () => {
  const node = { metadata: { name: 'n1', labels: { zone: 'a', cpus: '16' } } }
  const term = (key: string, operator: NodeSelectorRequirement['operator'], values?: string[]) => ({
    matchExpressions: [{ key, operator, values }],
  })
  const cases: readonly (readonly [string, NodeSelectorTerm, boolean])[] = [
    ['empty', {}, false],
    ['In', term('zone', 'In', ['a', 'b']), true],
    ['In without the label', term('rack', 'In', ['a']), false],
    ['NotIn without the label', term('rack', 'NotIn', ['a']), true],
    ['NotIn', term('zone', 'NotIn', ['a']), false],
    ['Exists', term('zone', 'Exists'), true],
    ['DoesNotExist', term('zone', 'DoesNotExist'), false],
    ['Gt', term('cpus', 'Gt', ['8']), true],
    ['Lt', term('cpus', 'Lt', ['8']), false],
    ['Gt of no number', term('zone', 'Gt', ['8']), false],
    ['by name', { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }, true],
    ['by another name', { matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['n1'] }] }, false],
  ]
  for (const [name, term, expected] of cases) {
    it(`${name} ${expected ? 'matches' : 'does not match'}`, () => assert.equal(matchesNodeTerm(term, node), expected))
  }
})

describe('a pod', () => {
  const ready = { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] }
  const at = (seconds: number) => Date.parse('2026-01-01T00:00:00Z') + seconds * 1000
  it('is available once it has been ready for long enough', () => {
    assert.equal(isPodAvailable({ status: ready }, 0, at(0)), true)
    assert.equal(isPodAvailable({ status: ready }, 10, at(9)), false)
    assert.equal(isPodAvailable({ status: ready }, 10, at(10)), true)
    assert.equal(isPodAvailable({ status: {} }, 0, at(10)), false)
  })
  it('is active until it ends or is deleted', () => {
    assert.equal(isPodActive({ metadata: {}, status: { phase: 'Pending' } }), true)
    assert.equal(isPodActive({ metadata: {}, status: { phase: 'Failed' } }), false)
    assert.equal(isPodActive({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: { phase: 'Running' } }), false)
  })
  it('has its ports found by number and by name', () => {
    const spec = specOf({ containers: [{ name: 'c', image: 'i', ports: [{ name: 'dns', containerPort: 53, protocol: 'UDP' }] }] })
    assert.equal(targetPortOf({ port: 80, protocol: 'TCP', targetPort: 8080 }, spec), 8080)
    assert.equal(targetPortOf({ port: 80, protocol: 'TCP' }, spec), 80)
    assert.equal(targetPortOf({ port: 80, protocol: 'UDP', targetPort: 'dns' }, spec), 53)
    assert.equal(targetPortOf({ port: 80, protocol: 'TCP', targetPort: 'dns' }, spec), undefined)
  })
})
