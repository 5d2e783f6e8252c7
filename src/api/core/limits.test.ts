// Limits of single objects, quotas of namespaces, templates of pods.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { ComponentStatus } from './component-status.ts'
import { LimitRange } from './limit-range.ts'
import { PodTemplate } from './pod-template.ts'
import { ResourceQuota } from './resource-quota.ts'

type Item = NonNullable<NonNullable<NonNullable<Draft<LimitRange>['spec']>['limits']>[number]>
const limits = (...items: readonly Item[]) => stored(LimitRange, { spec: { limits: items } })

describe('a limit range', () => {
  it('says what containers get unasked, from what they may ask for', () => {
    const { spec } = limits({ type: 'Container', max: { cpu: '2' }, min: { cpu: '1', memory: '1Mi' } }, { type: 'Pod', max: { cpu: '2' } })
    assert.deepEqual(spec.limits, [
      {
        type: 'Container',
        max: { cpu: '2' },
        min: { cpu: '1', memory: '1Mi' },
        default: { cpu: '2' },
        defaultRequest: { cpu: '2', memory: '1Mi' },
      },
      { type: 'Pod', max: { cpu: '2' } },
    ])
  })

  const at = 'spec.limits[0]'
  const rows: readonly (readonly [name: string, item: Item, said: readonly string[]])[] = [
    ['of containers', { type: 'Container', max: { cpu: '2', 'example.com/gpu': '1' } }, []],
    ['of an odd type', { type: 'Sofa' }, [`${at}.type: Invalid value: "Sofa": must be a standard limit type or fully qualified`]],
    ['of a foreign type', { type: 'example.com/sofa', max: { storage: '1' } }, []],
    [
      'of odd resources',
      { type: 'Pod', max: { storage: '1', sofa: '1' } },
      [
        `${at}.max[storage]: Invalid value: "storage": must be a standard resource for containers`,
        `${at}.max[sofa]: Invalid value: "sofa": must be a standard resource type or fully qualified`,
        `${at}.max[sofa]: Invalid value: "sofa": must be a standard resource for containers`,
      ],
    ],
    [
      'of pods, with defaults',
      { type: 'Pod', default: { cpu: '1' } },
      [`${at}.default: Forbidden: may not be specified when \`type\` is 'Pod'`],
    ],
    [
      'of claims without storage',
      { type: 'PersistentVolumeClaim' },
      [`${at}.limits: Required value: either minimum or maximum storage value is required, but neither was provided`],
    ],
    [
      'of the wrong order',
      { type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } },
      [`${at}.min[cpu]: Invalid value: "2": min value 2 is greater than max value 1`],
    ],
    [
      'with defaults out of bounds',
      { type: 'Container', max: { cpu: '2' }, default: { cpu: '3' }, defaultRequest: { cpu: '4' } },
      [
        `${at}.defaultRequest[cpu]: Invalid value: "4": default request value 4 is greater than max value 2`,
        `${at}.defaultRequest[cpu]: Invalid value: "4": default request value 4 is greater than default limit value 3`,
        `${at}.default[cpu]: Invalid value: "2": default value 3 is greater than max value 2`,
      ],
    ],
    [
      'of a ratio that cannot be',
      { type: 'Pod', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3' } },
      [`${at}.maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000`],
    ],
    [
      'of a ratio below one',
      { type: 'Pod', maxLimitRequestRatio: { cpu: '500m' } },
      [`${at}.maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1`],
    ],
    [
      'of devices',
      { type: 'Container', default: { 'example.com/gpu': '2' }, defaultRequest: { 'example.com/gpu': '1' } },
      [
        `${at}.defaultRequest[example.com/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/gpu`,
      ],
    ],
  ]
  for (const [name, item, said] of rows) it(`${name} is checked`, () => assert.deepEqual(complaints(LimitRange, limits(item)), said))

  it('has each type once', () => {
    const said = complaints(LimitRange, limits({ type: 'Pod' }, { type: 'Pod' }))
    assert.deepEqual(said, ['spec.limits[1].type: Duplicate value: "Pod"'])
    assert.deepEqual(row(LimitRange, limits()), { Name: 'a', 'Created At': '2026-01-01T00:00:00Z' })
  })
})

type Quota = Draft<ResourceQuota>
const quota = (spec: Quota['spec'], status: Quota['status'] = {}) => stored(ResourceQuota, { spec, status })
const scoped = (scopeName: string, operator: string, values?: readonly string[]) => ({
  scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values && { values }) }] },
})

describe('a quota', () => {
  const at = 'spec.scopeSelector.matchExpressions'
  const rows: readonly (readonly [name: string, spec: Quota['spec'], said: readonly string[]])[] = [
    [
      'of all sorts',
      { hard: { pods: '3', 'requests.cpu': '1', 'count/jobs.batch': '2', 'requests.example.com/gpu': '1', 'hugepages-2Mi': '2Mi' } },
      [],
    ],
    [
      'of the unknown',
      { hard: { sofas: '1', storage: '1' } },
      [
        'spec.hard[sofas]: Invalid value: "sofas": must be a standard resource type or fully qualified',
        'spec.hard[sofas]: Invalid value: "sofas": must be a standard resource for quota',
        'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
      ],
    ],
    ['of parts of pods', { hard: { pods: '1500m' } }, ['spec.hard[pods]: Invalid value: "1500m": must be an integer']],
    ['below zero', { hard: { cpu: '-1' } }, ['spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0']],
    [
      'of a scope named like a member of every object',
      { hard: { pods: '1' }, scopes: ['constructor'] },
      ['spec.scopes: Invalid value: ["constructor"]: unsupported scope'],
    ],
    ['of an odd scope', { scopes: ['Soft'] }, ['spec.scopes: Invalid value: ["Soft"]: unsupported scope']],
    [
      'of a scope that counts no such thing',
      { hard: { cpu: '1' }, scopes: ['BestEffort'] },
      ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
    ],
    [
      'of scopes that exclude each other',
      { scopes: ['BestEffort', 'NotBestEffort'] },
      ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
    ],
    ['of a class of priority', { hard: { pods: '1' }, ...scoped('PriorityClass', 'In', ['high']) }, []],
    ['of a class of attributes', { hard: { 'requests.storage': '1Gi' }, ...scoped('VolumeAttributesClass', 'In', ['gold']) }, []],
    [
      'of no value',
      scoped('PriorityClass', 'In'),
      [`${at}.values: Required value: must be at least one value when \`operator\` is 'In' or 'NotIn' for scope selector`],
    ],
    [
      'of a value too many',
      scoped('PriorityClass', 'Exists', ['x']),
      [`${at}.values: Invalid value: ["x"]: must be no value when \`operator\` is 'Exist' or 'DoesNotExist' for scope selector`],
    ],
    ['of an odd operator', scoped('PriorityClass', 'Like'), [`${at}.operator: Invalid value: "Like": not a valid selector operator`]],
  ]
  for (const [name, spec, said] of rows) it(`${name} is checked`, () => assert.deepEqual(complaints(ResourceQuota, quota(spec)), said))

  it('keeps its scopes', () => {
    const before = quota({ scopes: ['Terminating', 'NotBestEffort'] })
    assert.deepEqual(complaints(ResourceQuota, quota({ scopes: ['NotBestEffort', 'Terminating'] }), before), [])
    assert.deepEqual(complaints(ResourceQuota, quota({ scopes: ['Terminating'] }), before), [
      'spec.scopes: Invalid value: ["Terminating"]: field is immutable',
    ])
  })

  it('shows what is used', () => {
    const shown = row(ResourceQuota, quota({}, { hard: { pods: '10', cpu: '4', 'limits.cpu': '8' }, used: { pods: '3' } }))
    assert.deepEqual(shown, { Name: 'a', Request: 'cpu: 0/4, pods: 3/10', Limit: 'limits.cpu: 0/8', Age: '5m' })
  })
})

describe('others', () => {
  it('a template of pods has their defaults, and is checked as they are', () => {
    const template = stored(PodTemplate, {
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
    })
    assert.equal(template.template.spec?.restartPolicy, 'Always')
    assert.deepEqual(row(PodTemplate, template), { Name: 'a', Containers: 'c', Images: 'nginx', 'Pod Labels': 'a=b' })
    assert.deepEqual(complaints(PodTemplate, template), [])
    assert.deepEqual(complaints(PodTemplate, stored(PodTemplate, {})), ['template.spec.containers: Required value'])
  })

  it('a component shows how it is', () => {
    const conditions = [{ type: 'Healthy', status: 'False', message: 'why' }]
    assert.deepEqual(row(ComponentStatus, stored(ComponentStatus, { conditions })), {
      Name: 'a',
      Status: 'Unhealthy',
      Message: 'why',
      Error: '',
    })
    assert.equal(row(ComponentStatus, stored(ComponentStatus, {}))['Status'], 'Unknown')
  })
})
