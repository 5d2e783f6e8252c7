import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, stored } from '../testkit.ts'
import type { Container } from './container.ts'
import { Pod } from './pod.ts'
import type { PodSpec } from './pod-spec.ts'

const main: Draft<Container> = { name: 'a', image: 'i' }
const withSpec = (more: Draft<PodSpec>): Draft<PodSpec> => ({ containers: [main], ...more })

const cases: readonly (readonly [name: string, spec: Draft<PodSpec>, expected: readonly string[]])[] = [
  [
    'overhead',
    withSpec({ runtimeClassName: 'r', overhead: { cpu: '-1', 'a b': '1' } }),
    [
      'spec.overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      'spec.overhead.limits[a b]: Invalid value: "a b": name part …',
      'spec.overhead.limits[a b]: Invalid value: "a b": must be a standard resource for containers',
    ],
  ],
  [
    'less for the pod than its containers have',
    {
      containers: [{ ...main, resources: { requests: { cpu: '2' }, limits: { cpu: '4' } } }],
      resources: { requests: { cpu: '1', 'x.y/z': '1' }, limits: { cpu: '500m', memory: '1Gi' } },
    },
    [
      'spec.resources.requests: Invalid value: "1": must be less than or equal to cpu limit of 500m',
      'spec.resources.requests[x.y/z]: Unsupported value: "x.y/z": supported values: "cpu", "hugepages-", "memory"',
      'spec.resources.limits: Required value: Limit must be set for non overcommitable resources',
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
      'spec.resources.containers[0][cpu].limits: Invalid value: "4": must be less than or equal to pod limits of 500m',
    ],
  ],
  [
    'claims',
    {
      containers: [{ ...main, resources: { claims: [{ name: 'x' }, { name: 'c' }, { name: 'c', request: 'r' }, { name: 'c' }] } }],
      resourceClaims: [
        { name: 'c', resourceClaimName: 'a', resourceClaimTemplateName: 'b' },
        { name: 'c', resourceClaimName: 'a' },
        { name: 'd' },
        { name: '' },
      ],
    },
    [
      'spec.resourceClaims[0]: Invalid value: {"name":"c","resourceClaimName":"a","resourceClaimTemplateName":"b"}: at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
      'spec.resourceClaims[1].name: Duplicate value: "c"',
      'spec.resourceClaims[2]: Invalid value: {"name":"d"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
      'spec.resourceClaims[3].name: Required value',
      'spec.resourceClaims[3]: Invalid value: {"name":""}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
      'spec.containers[0].resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims: c, d',
      'spec.containers[0].resources.claims[2]: Duplicate value: "c"',
      'spec.containers[0].resources.claims[3]: Duplicate value: "c"',
    ],
  ],
]

describe('validation of resources', () => {
  for (const [name, spec, expected] of cases) it(name, () => assert.deepEqual(complaints(Pod, stored(Pod, { spec })), expected))
})
