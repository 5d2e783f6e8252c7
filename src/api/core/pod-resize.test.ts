import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldErrorMessage } from '../../meta/field-error.ts'
import { Pod } from './pod.ts'
import { resize } from './pod-resize.ts'
import type { PodObject } from './pod-strategy.ts'

type Json = Readonly<Record<string, unknown>>
const half = { requests: { cpu: '500m', memory: '64Mi' }, limits: { cpu: '1', memory: '64Mi' } }
const container = (name: string, resources: Json = half, more: Json = {}): Json => ({ name, image: 'i', resources, ...more })

function pod(containers: readonly Json[], spec: Json = {}, status: Json = {}, metadata: Json = {}): PodObject {
  return Pod.complete?.({
    metadata: { name: 'p', namespace: 'n', ...metadata },
    spec: { containers, ...spec },
    status,
  } as never) as PodObject
}

function complaints(next: PodObject, previous: PodObject): readonly string[] {
  return resize.validate(resize.change(next, previous, 0), previous).map(fieldErrorMessage)
}

const before = pod([container('a'), container('b')])

test('only resources are taken over', () => {
  const wanted = pod([container('a', { ...half, limits: { cpu: '2', memory: '128Mi' } }, { image: 'other' }), container('b')], {
    nodeName: 'elsewhere',
  })
  const { spec } = resize.change(wanted, before, 0)
  assert.deepEqual(spec.containers[0]?.resources?.limits, { cpu: '2', memory: '128Mi' })
  assert.deepEqual([spec.containers[0]?.image, spec.nodeName], ['i', undefined])
  assert.deepEqual(complaints(wanted, before), [])
})

test('what changes nothing shares the old containers', () => {
  assert.equal(resize.change(before, before, 0).spec, before.spec)
})

test('what is refused', () => {
  const one = pod([container('a')])
  const init = (resources: Json, more: Json = {}) => pod([container('a')], { initContainers: [container('i', resources, more)] })
  const more = { requests: { cpu: '600m', memory: '64Mi' }, limits: half.limits }
  const rows: readonly (readonly [next: PodObject, previous: PodObject, expected: readonly string[]])[] = [
    [
      pod([container('b'), container('a')]),
      before,
      [0, 1].map(i => `spec.containers[${i}].name: Forbidden: containers may not be renamed or reordered on resize`),
    ],
    [one, before, ['spec.containers: Forbidden: containers may not be added or removed on resize']],
    [
      pod([container('a', { requests: { cpu: '500m' }, limits: { cpu: '1' } })]),
      one,
      [
        'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
        'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
      ],
    ],
    [
      pod([container('a', { requests: half.limits, limits: half.limits })]),
      one,
      ['spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'],
    ],
    [
      pod([container('a', { ...half, requests: { ...half.requests, 'ephemeral-storage': '1Gi' } })]),
      one,
      ['spec: Forbidden: only cpu and memory resources are mutable'],
    ],
    [
      pod([container('a', half, { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] })]),
      one,
      ['spec: Forbidden: only cpu and memory resources are mutable'],
    ],
    [init(more), init(half), ['spec.initContainers[0].resources: Forbidden: resources for non-sidecar init containers are immutable']],
    [init(more, { restartPolicy: 'Always' }), init(half, { restartPolicy: 'Always' }), []],
    [
      one,
      pod([container('a')], {}, { containerStatuses: [{ name: 'a', state: { running: {} } }] }),
      ['spec: Forbidden: Pod running on node without support for resize'],
    ],
    [one, pod([container('a')], { os: { name: 'windows' } }), [': Forbidden: windows pods cannot be resized']],
    [
      one,
      pod([container('a')], {}, {}, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      [': Forbidden: static pods cannot be resized'],
    ],
    [
      pod([container('a', { requests: { cpu: '2', memory: '64Mi' }, limits: half.limits })]),
      one,
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
  ]
  for (const [next, previous, expected] of rows) assert.deepEqual(complaints(next, previous), expected)
})
