import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldErrorMessage } from '../../meta/field-error.ts'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { Ingress, type IngressBackend } from './ingress.ts'
import { IngressClass } from './ingress-class.ts'
import { IPAddress } from './ip-address.ts'
import { NetworkPolicy, type NetworkPolicyPeer, type NetworkPolicyPort } from './network-policy.ts'
import { ServiceCIDR } from './service-cidr.ts'

const service: Draft<IngressBackend> = { service: { name: 'web', port: { number: 80 } } }
const ingress = (spec: Draft<Ingress>['spec'], more: Draft<Ingress> = {}) => stored(Ingress, { ...more, spec })
const backend = (backend: Draft<IngressBackend>) => complaints(Ingress, ingress({ defaultBackend: backend }))
const path = (pathType: string, text: string) =>
  complaints(Ingress, ingress({ rules: [{ http: { paths: [{ path: text, pathType: pathType as 'Exact', backend: service }] } }] }))

test('where the requests of an ingress may go', () => {
  assert.deepEqual(backend(service), [])
  assert.deepEqual(backend({ resource: { apiGroup: 'a.b', kind: 'Bucket', name: 'x' } }), [])
  const at = 'spec.defaultBackend'
  const cases: readonly (readonly [Draft<IngressBackend>, string])[] = [
    [{}, `${at}: Invalid value: "": resource or service backend is required`],
    [{ ...service, resource: { kind: 'A', name: 'b' } }, `${at}: Invalid value: "": cannot set both resource and service backends`],
    [{ service: { name: 'web' } }, `${at}: Required value: port name or number is required`],
    [{ service: { name: 'web', port: { name: 'a', number: 1 } } }, `${at}: Invalid value: "": cannot set both port name & port number`],
    [
      { service: { name: 'web', port: { number: 70000 } } },
      `${at}.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive`,
    ],
    [{ service: { port: { number: 1 } } }, `${at}.service.name: Required value`],
    [{ resource: { kind: '', name: 'a/b' } }, `${at}.resource.kind: Required value`],
  ]
  for (const [wrong, message] of cases) assert.equal(backend(wrong)[0], message)
})

test('paths of an ingress', () => {
  const at = 'spec.rules[0].http.paths[0]'
  const cases: readonly (readonly [type: string, path: string, ...errors: string[]])[] = [
    ['Prefix', '/a'],
    ['ImplementationSpecific', ''],
    ['Exact', '', `${at}.path: Invalid value: "": must be an absolute path`],
    ['ImplementationSpecific', 'a', `${at}.path: Invalid value: "a": must be an absolute path`],
    ['Prefix', '/a//b', `${at}.path: Invalid value: "/a//b": must not contain '//'`],
    ['Prefix', '/a/..', `${at}.path: Invalid value: "/a/..": cannot end with '/..'`],
    ['Prefix', '/%2F', `${at}.path: Invalid value: "/%2F": must not contain '%2F'`],
    ['', '/', `${at}.pathType: Unsupported value: "": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ['Regex', '/', `${at}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
  ]
  for (const [type, text, ...errors] of cases) assert.deepEqual(path(type, text), errors)
  const untyped = ingress({ rules: [{ http: { paths: [{ path: '/', backend: service }] } }] })
  assert.deepEqual(complaints(Ingress, untyped), [`${at}.pathType: Required value: pathType must be specified`])
  assert.deepEqual(complaints(Ingress, ingress({ rules: [{ http: { paths: [] } }] })), ['spec.rules[0].http.paths: Required value'])
})

test('hosts, certificates and classes of an ingress', () => {
  const of = (spec: Draft<Ingress>['spec'], more: Draft<Ingress> = {}) =>
    complaints(Ingress, ingress({ defaultBackend: service, ...spec }, more))
  assert.deepEqual(of({ rules: [{ host: '*.example.com' }, { host: 'a.b' }], tls: [{ hosts: ['*.a.b'], secretName: 's' }] }), [])
  assert.deepEqual(complaints(Ingress, ingress({})), ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'])
  assert.deepEqual(of({ rules: [{ host: '10.0.0.1' }] }), [
    'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ])
  assert.match(
    of({ rules: [{ host: 'a.*.b' }] })[0] ?? '',
    /^spec.rules\[0\].host: Invalid value: "a\.\*\.b": a wildcard DNS-1123 subdomain must start with/,
  )
  assert.match(of({ tls: [{ secretName: 'A' }] })[0] ?? '', /^spec.tls\[0\].secretName: Invalid value: "A"/)
  assert.match(of({ ingressClassName: 'A' })[0] ?? '', /^spec.ingressClassName: Invalid value: "A"/)
  const annotations = { 'kubernetes.io/ingress.class': 'b' }
  assert.deepEqual(of({ ingressClassName: 'a' }, { metadata: { annotations } }), [
    'annotations.kubernetes.io/ingress.class: Invalid value: "b": must match `ingressClassName` when both are specified',
  ])
})

test('what was stored with a wrong secret name may keep it', () => {
  const wrong = ingress({ defaultBackend: service, tls: [{ secretName: 'A' }] })
  assert.deepEqual(complaints(Ingress, wrong, wrong), [])
})

test('the status of an ingress', () => {
  const of = (ingresses: Draft<Ingress['status']['loadBalancer']>['ingress']) => {
    const object = ingress({ defaultBackend: service }, { status: { loadBalancer: { ingress: ingresses } } })
    return (Ingress.validateStatus?.(object, object) ?? []).map(fieldErrorMessage)
  }
  assert.deepEqual(of([{ ip: '10.0.0.1' }, { hostname: 'a.b' }]), [])
  assert.deepEqual(of([{ hostname: '10.0.0.1' }]), [
    'status.loadBalancer.ingress[0].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ])
  assert.match(of([{ ip: 'a' }])[0] ?? '', /^status.loadBalancer.ingress\[0\].ip: Invalid value: "a": must be a valid IP address/)
})

test('what kubectl shows of an ingress', () => {
  const shown = (spec: Draft<Ingress>['spec'], status: Draft<Ingress>['status'] = {}) => {
    const { Class, Hosts, Address, Ports } = row(Ingress, ingress(spec, { status }))
    return [Class, Hosts, Address, Ports]
  }
  assert.deepEqual(shown({ defaultBackend: service }), ['<none>', '*', '', '80'])
  const rules = ['a', 'b', 'c', 'd', 'e'].map(host => ({ host }))
  const addresses = { loadBalancer: { ingress: [{ ip: '10.0.0.2' }, { hostname: 'x.y' }, { ip: '10.0.0.1' }] } }
  assert.deepEqual(shown({ ingressClassName: 'n', rules, tls: [{}] }, addresses), [
    'n',
    'a,b,c + 2 more...',
    '10.0.0.1,10.0.0.2,x.y',
    '80, 443',
  ])
  assert.equal(shown({ rules: rules.slice(0, 3) })[1], 'a,b,c')
})

const ingressClass = (spec: Draft<IngressClass>['spec']) => stored(IngressClass, { spec: { controller: 'example.com/c', ...spec } })

test('ingress classes', () => {
  const parameters = { kind: 'Settings', name: 's' }
  assert.equal(ingressClass({ parameters }).spec.parameters?.scope, 'Cluster')
  const of = (spec: Draft<IngressClass>['spec']) => complaints(IngressClass, ingressClass(spec))
  const cases: readonly (readonly [Draft<IngressClass>['spec'], ...string[]])[] = [
    [{}],
    [{ parameters: { ...parameters, scope: 'Namespace', namespace: 'n' } }],
    [{ controller: '' }, 'spec.controller: Required value'],
    [
      { controller: 'example.com' },
      'spec.controller: Invalid value: "example.com": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [{ controller: 'Example/c' }, 'spec.controller: Invalid value: "Example": a lowercase RFC 1123 subdomain …'],
    [{ controller: `a.b/${'c'.repeat(250)}` }, 'spec.controller: Too long: may not be more than 250 bytes'],
    [{ parameters: { ...parameters, namespace: 'n' } }, "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    [
      { parameters: { ...parameters, scope: 'Namespace' } },
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ],
  ]
  for (const [spec, ...errors] of cases) assert.deepEqual(of(spec), errors)
  assert.deepEqual(complaints(IngressClass, ingressClass({ controller: 'a.b/c' }), ingressClass({})), [
    'spec.controller: Invalid value: "a.b/c": field is immutable',
  ])
  assert.equal(row(IngressClass, ingressClass({ parameters: { ...parameters, apiGroup: 'a.b' } }))['Parameters'], 'Settings.a.b/s')
})

const policy = (spec: Draft<NetworkPolicy>['spec']) => stored(NetworkPolicy, { spec })

test('a network policy is about what it has rules for', () => {
  assert.deepEqual(policy({}).spec, { podSelector: {}, policyTypes: ['Ingress'] })
  assert.deepEqual(policy({ egress: [{}] }).spec.policyTypes, ['Ingress', 'Egress'])
  assert.deepEqual(policy({ policyTypes: ['Egress'] }).spec.policyTypes, ['Egress'])
  assert.equal(policy({ ingress: [{ ports: [{ port: 80 }] }] }).spec.ingress?.[0]?.ports?.[0]?.protocol, 'TCP')
  assert.equal(row(NetworkPolicy, policy({ podSelector: { matchLabels: { a: 'b' } } }))['Pod-Selector'], 'a=b')
  assert.equal(row(NetworkPolicy, policy({}))['Pod-Selector'], '<none>')
})

test('ports of a network policy', () => {
  const of = (port: Draft<NetworkPolicyPort>) => complaints(NetworkPolicy, policy({ egress: [{ ports: [port] }] }))
  const at = 'spec.egress[0].ports[0]'
  const cases: readonly (readonly [Draft<NetworkPolicyPort>, ...string[]])[] = [
    [{ port: 80, endPort: 90 }],
    [{ port: 'web' }],
    [{ port: 90, endPort: 80 }, `${at}.endPort: Invalid value: 80: must be greater than or equal to \`port\``],
    [{ port: 'web', endPort: 80 }, `${at}.endPort: Invalid value: 80: may not be specified when \`port\` is non-numeric`],
    [{ endPort: 80 }, `${at}.endPort: Invalid value: 80: may not be specified when \`port\` is not specified`],
    [{ port: 0 }, `${at}.port: Invalid value: 0: must be between 1 and 65535, inclusive`],
    [{ protocol: 'ICMP' as 'TCP' }, `${at}.protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"`],
  ]
  for (const [port, ...errors] of cases) assert.deepEqual(of(port), errors)
})

test('peers of a network policy', () => {
  const of = (peer: Draft<NetworkPolicyPeer>) => complaints(NetworkPolicy, policy({ ingress: [{ from: [peer] }] }))
  const at = 'spec.ingress[0].from[0]'
  const hole = (cidr: string, except: string) => of({ ipBlock: { cidr, except: [except] } })
  assert.deepEqual(of({ podSelector: {}, namespaceSelector: {} }), [])
  assert.deepEqual(of({}), [`${at}: Required value: must specify a peer`])
  assert.deepEqual(of({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }), [
    `${at}: Forbidden: may not specify both ipBlock and another peer`,
  ])
  assert.deepEqual(of({ ipBlock: {} }), [`${at}.ipBlock.cidr: Required value`])
  assert.deepEqual(of({ ipBlock: { cidr: 'a' } }), [
    `${at}.ipBlock.cidr: Invalid value: "a": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
  ])
  assert.deepEqual(hole('10.0.0.0/8', '10.1.0.0/16'), [])
  assert.deepEqual(hole('2001:db8::/32', '2001:db8:1::/48'), [])
  for (const [cidr, except] of [
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.0.0.0/8', '11.0.0.0/16'],
    ['10.0.0.0/8', '2001:db8::/64'],
  ] as const)
    assert.deepEqual(hole(cidr, except), [`${at}.ipBlock.except[0]: Invalid value: "${except}": must be a strict subset of \`cidr\``])
  assert.deepEqual(complaints(NetworkPolicy, policy({ policyTypes: ['Ingress', 'Egress', 'Ingress'] })), [
    'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes',
  ])
})

const address = (name: string, parentRef?: Draft<IPAddress['spec']['parentRef']>) =>
  stored(IPAddress, { metadata: { name }, spec: { ...(parentRef && { parentRef }) } })
const parent = { resource: 'services', namespace: 'default', name: 'web' }

test('addresses are named by the one way to write them', () => {
  const cases: readonly (readonly [name: string, ...errors: string[]])[] = [
    ['10.0.0.1'],
    ['2001:db8::1'],
    ['2001:DB8::1', 'must be in canonical form ("2001:db8::1")'],
    ['2001:db8:0::1', 'must be in canonical form ("2001:db8::1")'],
    ['::ffff:10.0.0.1', 'must not be an IPv4-mapped IPv6 address'],
    ['a', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ]
  for (const [name, ...errors] of cases)
    assert.deepEqual(
      complaints(IPAddress, address(name, parent)),
      errors.map(error => `metadata.name: Invalid value: "${name}": ${error}`),
    )
})

test('addresses have an owner, which stays', () => {
  assert.deepEqual(complaints(IPAddress, address('10.0.0.1')), ['spec.parentRef: Required value'])
  assert.deepEqual(complaints(IPAddress, address('10.0.0.1', {})), [
    'spec.parentRef.resource: Required value',
    'spec.parentRef.name: Required value',
  ])
  const other = { ...parent, name: 'other' }
  assert.deepEqual(complaints(IPAddress, address('10.0.0.1', other), address('10.0.0.1', parent)), [
    `spec.parentRef: Invalid value: ${JSON.stringify(other)}: field is immutable`,
  ])
  assert.equal(row(IPAddress, address('10.0.0.1', parent))['ParentRef'], 'services/default/web')
  assert.equal(row(IPAddress, address('10.0.0.1', { group: 'a.b', resource: 'gateways', name: 'g' }))['ParentRef'], 'gateways.a.b/g')
})

const range = (...cidrs: string[]) => stored(ServiceCIDR, { spec: { cidrs } })

test('ranges of service addresses', () => {
  const at = 'spec.cidrs'
  const cases: readonly (readonly [cidrs: readonly string[], ...errors: string[]])[] = [
    [['10.0.0.0/16']],
    [['10.0.0.0/16', '2001:db8::/64']],
    [[], `${at}: Required value: at least one CIDR required`],
    [['10.0.0.1/16'], `${at}[0]: Invalid value: "10.0.0.1/16": must not have bits set beyond the prefix length`],
    [['2001:DB8::/64'], `${at}[0]: Invalid value: "2001:DB8::/64": must be in canonical form ("2001:db8::/64")`],
    [
      ['10.0.0.0/16', '10.1.0.0/16'],
      `${at}: Invalid value: ["10.0.0.0/16","10.1.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64`,
    ],
  ]
  for (const [cidrs, ...errors] of cases) assert.deepEqual(complaints(ServiceCIDR, range(...cidrs)), errors)
  assert.deepEqual(complaints(ServiceCIDR, range('a', 'b', 'c')), [
    `${at}: Invalid value: {"cidrs":["a","b","c"]}: may only hold up to 2 values`,
  ])
})

test('a range stays, and may get a second one beside it', () => {
  const [old, second] = ['10.0.0.0/16', '2001:db8::/64']
  const change = (...cidrs: string[]) => complaints(ServiceCIDR, range(...cidrs), range(old))
  assert.deepEqual(change(old), [])
  assert.deepEqual(change(old, second), [])
  assert.deepEqual(change('10.1.0.0/16'), ['spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable'])
  assert.deepEqual(change(second, old), [`spec.cidrs[0]: Invalid value: "${second}": field is immutable`])
  assert.deepEqual(change(), ['spec.cidrs: Invalid value: []: field is immutable'])
  assert.equal(row(ServiceCIDR, range(old, second))['CIDRs'], '10.0.0.0/16,2001:db8::/64')
})
