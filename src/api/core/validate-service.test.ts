import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fieldErrorMessage } from '../../meta/field-error.ts'
import type { Draft } from '../../schema/schema.ts'
import { complaints, stored } from '../testkit.ts'
import { type LoadBalancerIngress, Service } from './service.ts'
import { validateServiceStatus } from './validate-service-status.ts'

type Spec = Draft<Service>['spec']
const port = { port: 80 }
const balancer = (more: Spec = {}): Spec => ({ type: 'LoadBalancer', ports: [port], ...more })
const service = (spec: Spec, annotations?: Record<string, string>) => stored(Service, { metadata: { annotations }, spec })

describe('a new service', () => {
  const rows: readonly (readonly [name: string, spec: Spec, expected: readonly string[]])[] = [
    ['of the port of a kubelet', balancer({ ports: [{ port: 10250 }] }), []],
    [
      'with several first addresses',
      { ports: [port], clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.2'] },
      ['spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`'],
    ],
    [
      'with a list alone',
      { ports: [port], clusterIPs: ['10.0.0.2'] },
      ['spec.clusterIPs: Invalid value: ["10.0.0.2"]: must be empty when `clusterIP` is not specified'],
    ],
    [
      'with an address of another family',
      { ports: [port], clusterIP: 'fd00::1', clusterIPs: ['fd00::1'], ipFamilies: ['IPv4'] },
      ['spec.clusterIPs[0]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[0]`'],
    ],
    [
      'with no address beside an address',
      { ports: [port], clusterIP: 'None', clusterIPs: ['None', 'None'] },
      [
        'spec.clusterIPs: Invalid value: ["None","None"]: \'None\' must be the first and only value',
        'spec.clusterIPs[1]: Invalid value: "None": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      'with sources, and no balancer',
      { ports: [port], loadBalancerSourceRanges: ['10.0.0.0/40'] },
      [
        "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0/40": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    ],
    [
      'with an empty protocol',
      { ports: [{ port: 80, appProtocol: '' }] },
      [
        'spec.ports[0].appProtocol: Invalid value: "": name part must be non-empty',
        'spec.ports[0].appProtocol: Invalid value: "": name part …',
      ],
    ],
    [
      'with an odd preference',
      { ports: [port], trafficDistribution: 'Odd' },
      ['spec.trafficDistribution: Unsupported value: "Odd": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"'],
    ],
  ]
  for (const [name, spec, expected] of rows) it(name, () => assert.deepEqual(complaints(Service, service(spec)), expected))

  it('with annotations that say otherwise', () => {
    const topology = 'service.kubernetes.io/topology-'
    const sources = 'service.beta.kubernetes.io/load-balancer-source-ranges'
    assert.deepEqual(
      complaints(Service, service(balancer(), { [`${topology}mode`]: 'a', [`${topology}aware-hints`]: 'b', [sources]: 'x' })),
      [
        `metadata.annotations[${topology}mode]: Invalid value: "a": must match annotations[${topology}aware-hints] when both are specified`,
        `metadata.annotations[${sources}]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
      ],
    )
  })
})

describe('a change of a service', () => {
  const both = { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'] } as const
  const one = { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'] } as const
  const local = (healthCheckNodePort: number) => balancer({ externalTrafficPolicy: 'Local', healthCheckNodePort })
  const rows: readonly (readonly [name: string, previous: Spec, next: Spec, expected: readonly string[]])[] = [
    ['to both families', { ports: [port], ...one }, { ports: [port], ...both, ipFamilyPolicy: 'PreferDualStack' }, []],
    [
      'to one family, and no policy',
      { ports: [port], ...both, ipFamilyPolicy: 'PreferDualStack' },
      { ports: [port], ...one, ipFamilyPolicy: 'PreferDualStack' },
      ['clusterIP', 'ipFamily'].map(
        what => `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary ${what}`,
      ),
    ],
    [
      'to one family',
      { ports: [port], ...both, ipFamilyPolicy: 'PreferDualStack' },
      { ports: [port], ...one, ipFamilyPolicy: 'SingleStack' },
      [],
    ],
    [
      'of its class',
      balancer({ loadBalancerClass: 'a/b' }),
      balancer({ loadBalancerClass: 'a/c' }),
      ['spec.loadBalancerClass: Invalid value: "a/c": may not change once set'],
    ],
    ['of its port for health', local(30000), local(30001), ['spec.healthCheckNodePort: Forbidden: field is immutable']],
  ]
  for (const [name, previous, next, expected] of rows) {
    it(name, () => assert.deepEqual(complaints(Service, service(next), service(previous)), expected))
  }
})

describe('the status of a service', () => {
  const of = (spec: Spec, ingress: LoadBalancerIngress[] = []) => stored(Service, { spec, status: { loadBalancer: { ingress } } })
  const at = 'status.loadBalancer.ingress'
  const rows: readonly (readonly [name: string, spec: Spec, ingress: LoadBalancerIngress[], expected: readonly string[]])[] = [
    ['of a balancer', balancer(), [{ ip: '10.0.0.1' }, { hostname: 'example.com' }], []],
    [
      'of none',
      { ports: [port] },
      [{ hostname: 'example.com' }],
      [`${at}: Forbidden: may only be used when \`spec.type\` is 'LoadBalancer'`],
    ],
    [
      'in an odd mode',
      balancer(),
      [
        { ip: '10.0.0.1', ipMode: 'Odd' },
        { hostname: '10.0.0.1', ipMode: 'VIP' },
      ],
      [
        `${at}[0].ipMode: Unsupported value: "Odd": supported values: "Proxy", "VIP"`,
        `${at}[1].ipMode: Forbidden: may not be specified when \`ip\` is not set`,
        `${at}[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address`,
      ],
    ],
  ]
  for (const [name, spec, ingress, expected] of rows) {
    it(name, () => assert.deepEqual(validateServiceStatus(of(spec, ingress), of(spec)).map(fieldErrorMessage), expected))
  }
})
