import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts'

type Spec = NonNullable<Draft<HorizontalPodAutoscaler>['spec']>
type Metric = NonNullable<Spec['metrics']>[number]

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
const hpa = (spec: Spec = {}, status: Draft<HorizontalPodAutoscaler>['status'] = {}) =>
  stored(HorizontalPodAutoscaler, { spec: { maxReplicas: 5, scaleTargetRef, ...spec }, status })

const cpu: Metric = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }
const ofObject: Metric = {
  type: 'Object',
  object: {
    describedObject: { apiVersion: 'v1', kind: 'Service', name: 's' },
    metric: { name: 'm' },
    target: { type: 'Value', value: '10' },
  },
}
const ofPods: Metric = { type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '5' } } }
const external: Metric = { type: 'External', external: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '7' } } }

describe('an autoscaler', () => {
  it('goes by the CPU', () => {
    assert.deepEqual(hpa().spec, { maxReplicas: 5, minReplicas: 1, scaleTargetRef, metrics: [cpu] })
  })

  it('whose behavior is told in part has the rest of it', () => {
    const up = {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    }
    const down = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }
    assert.deepEqual(hpa({ behavior: {} }).spec.behavior, { scaleUp: up, scaleDown: down })
    const { behavior } = hpa({ behavior: { scaleDown: { selectPolicy: 'Disabled', tolerance: '50m' } } }).spec
    assert.deepEqual(behavior, { scaleUp: up, scaleDown: { ...down, selectPolicy: 'Disabled', tolerance: '50m' } })
  })
})

describe('validation of an autoscaler', () => {
  const target = (more: object): Metric => ({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', ...more } } })
  const rows: readonly (readonly [name: string, spec: Spec, expected: readonly string[]])[] = [
    ['that is right', { metrics: [cpu, ofObject, ofPods, external] }, []],
    [
      'without numbers or target',
      { maxReplicas: 0, minReplicas: 0, scaleTargetRef: {} },
      [
        'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
        'spec.maxReplicas: Invalid value: 0: must be greater than 0',
        'spec.scaleTargetRef.kind: Required value',
        'spec.scaleTargetRef.name: Required value',
        'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
        'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
      ],
    ],
    [
      'with bounds the wrong way round',
      { minReplicas: 6 },
      ['spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`'],
    ],
    ['of a replication controller', { scaleTargetRef: { kind: 'ReplicationController', name: 'a' } }, []],
    [
      'of what is no path',
      { scaleTargetRef: { apiVersion: 'a/b/c', kind: 'a/b', name: '..' } },
      [
        'spec.scaleTargetRef.kind: Invalid value: "a/b": may not contain \'/\'',
        'spec.scaleTargetRef.name: Invalid value: "..": may not be \'..\'',
        'spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      ],
    ],
    [
      'without a source',
      { metrics: [{ type: 'Pods' }] },
      ['spec.metrics[0].pods: Required value: must populate information for the given metric source'],
    ],
    [
      'with two sources',
      { metrics: [{ ...cpu, ...ofPods, type: 'Resource' }] },
      ['spec.metrics[0].pods: Forbidden: must populate the given metric source only'],
    ],
    [
      'of an unknown kind',
      { metrics: [{ type: 'Moon' as 'Pods' }] },
      ['spec.metrics[0].type: Unsupported value: "Moon": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"'],
    ],
    [
      'without a target',
      { metrics: [target({}), target({ averageUtilization: 0 }), target({ averageUtilization: 1, averageValue: '1' })] },
      [
        'spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
        'spec.metrics[1].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
        'spec.metrics[2].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization',
      ],
    ],
    [
      'with a target of nothing',
      { metrics: [target({ type: 'Odd', averageValue: '0' })] },
      [
        'spec.metrics[0].resource.target.type: Invalid value: "Odd": must be either Utilization, Value, or AverageValue',
        'spec.metrics[0].resource.target.averageValue: Invalid value: "0": must be positive',
      ],
    ],
    [
      'of an unnamed container',
      {
        metrics: [
          { type: 'ContainerResource', containerResource: { name: 'moon', target: { type: 'Utilization', averageUtilization: 1 } } },
        ],
      },
      [
        'spec.metrics[0].containerResource.name: Invalid value: "moon": must be a standard resource for containers',
        'spec.metrics[0].containerResource.container: Required value: must specify a container',
      ],
    ],
    [
      'of an unnamed metric',
      { metrics: [{ type: 'External', external: { target: { type: 'Value', value: '1', averageValue: '1' } } }] },
      [
        'spec.metrics[0].external.metric.name: Required value: must specify a metric name',
        'spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
      ],
    ],
    [
      'whose behavior is odd',
      {
        behavior: {
          scaleUp: { policies: [], stabilizationWindowSeconds: 3601, tolerance: '-1' },
          scaleDown: { stabilizationWindowSeconds: -1, policies: [{ type: 'Pods', value: 0, periodSeconds: 1801 }, {}] },
        },
      },
      [
        'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
        'spec.behavior.scaleUp.policies: Required value: must specify at least one Policy',
        'spec.behavior.scaleUp.tolerance: Invalid value: "-1": must be greater than or equal to 0',
        'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero',
        'spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero',
        'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
        'spec.behavior.scaleDown.policies[1].type: Unsupported value: "": supported values: "Percent", "Pods"',
        'spec.behavior.scaleDown.policies[1].value: Invalid value: 0: must be greater than zero',
        'spec.behavior.scaleDown.policies[1].periodSeconds: Invalid value: 0: must be greater than zero',
      ],
    ],
  ]
  for (const [name, spec, expected] of rows) it(name, () => assert.deepEqual(complaints(HorizontalPodAutoscaler, hpa(spec)), expected))

  it('leaves alone what was there before', () => {
    const wrong = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 0, metrics: [ofObject] }
    assert.equal(complaints(HorizontalPodAutoscaler, hpa(wrong)).length, 2)
    assert.deepEqual(complaints(HorizontalPodAutoscaler, hpa({ ...wrong, maxReplicas: 9 }), hpa(wrong)), [])
  })
})

describe('the targets of an autoscaler in a table', () => {
  const rows: readonly (readonly [name: string, hpa: HorizontalPodAutoscaler, expected: string])[] = [
    ['not yet measured', hpa(), 'cpu: <unknown>/80%'],
    [
      'measured',
      hpa({}, { currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12 } } }] }),
      'cpu: 12%/80%',
    ],
    [
      'by values',
      hpa(
        { metrics: [external, ofObject] },
        {
          currentMetrics: [
            { type: 'External', external: { metric: { name: 'm' }, current: { averageValue: '3' } } },
            { type: 'Object', object: { metric: { name: 'm' }, current: { value: '4' }, describedObject: { kind: 'Service', name: 's' } } },
          ],
        },
      ),
      '3/7 (avg), 4/10',
    ],
    ['of many metrics', hpa({ metrics: [cpu, ofPods, external, ofObject] }), 'cpu: <unknown>/80%, <unknown>/5 + 2 more...'],
  ]
  for (const [name, object, Targets] of rows) {
    it(name, () => {
      const base = { Name: 'a', Reference: 'Deployment/web', MinPods: '1', MaxPods: 5, Replicas: 0, Age: '5m' }
      assert.deepEqual(row(HorizontalPodAutoscaler, object), { ...base, Targets })
    })
  }
})
