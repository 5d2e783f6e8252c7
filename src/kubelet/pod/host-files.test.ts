import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Pod } from '../../api/core/pod.ts'
import type { Draft } from '../../schema/schema.ts'
import { localPod } from '../mirror/local-pod.ts'
import { container } from '../test-kubelet.ts'
import { hostsFile, podHostname, podResolver, readResolvConf } from './host-files.ts'
import { oomScoreAdj, qosClass } from './qos.ts'
import { podAmount } from './resources.ts'
import { rootObjection } from './security.ts'

const podOf = (spec: Draft<Pod['spec']>, name = 'p') =>
  localPod({ metadata: { name }, spec: { containers: [container('app')], ...spec } }, 'n', 'node', 0)

describe('what a pod sees of names', () => {
  it('its hosts file', () => {
    const pod = podOf({ hostname: 'web-0', subdomain: 'web', hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }] })
    const text = hostsFile(pod, ['10.0.0.1'], 'cluster.local', '')
    assert.match(text, /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/)
    assert.match(
      text,
      /\n10\.0\.0\.1\tweb-0\.web\.default\.svc\.cluster\.local\tweb-0\n\n# Entries added by HostAliases\.\n1\.2\.3\.4\ta\tb\n$/,
    )
    assert.equal(
      hostsFile(podOf({ hostNetwork: true }), [], 'x', '127.0.0.1 node\n'),
      '# Kubernetes-managed hosts file (host network).\n127.0.0.1 node\n',
    )
  })

  it('its hostname', () => {
    assert.equal(podHostname(podOf({}, `${'a'.repeat(62)}-b`)), 'a'.repeat(62))
    assert.equal(podHostname(podOf({ hostname: 'h', hostnameOverride: 'o' })), 'o')
  })

  const node = readResolvConf('# c\nnameserver 9.9.9.9\nsearch home\noptions ndots:1 rotate\n')
  const cluster = { dns: ['10.96.0.10'], domain: 'cluster.local' }
  const search = ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'home']
  const rows: readonly (readonly [string, Draft<Pod['spec']>, typeof cluster, unknown])[] = [
    ['ClusterFirst', {}, cluster, { servers: ['10.96.0.10'], searches: search, options: ['ndots:5'] }],
    ['ClusterFirst without a cluster DNS', {}, { ...cluster, dns: [] }, node],
    ["ClusterFirst on the node's network", { hostNetwork: true }, cluster, node],
    ['Default', { dnsPolicy: 'Default' }, cluster, node],
    [
      'None with a configuration',
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['s'], options: [{ name: 'edns0' }] } },
      cluster,
      { servers: ['1.1.1.1'], searches: ['s'], options: ['edns0'] },
    ],
    [
      'options overridden',
      { dnsConfig: { options: [{ name: 'ndots', value: '2' }] } },
      cluster,
      { servers: ['10.96.0.10'], searches: search, options: ['ndots:2'] },
    ],
  ]
  for (const [name, spec, of, wanted] of rows)
    it(`its resolver: ${name}`, () => assert.deepEqual(podResolver(podOf(spec), node, of), wanted))
})

describe('resources', () => {
  const of = (requests: Record<string, string>, limits: Record<string, string> = {}) =>
    container('app', { resources: { requests, limits } })
  it('make the QoS class', () => {
    assert.equal(qosClass(podOf({}).spec), 'BestEffort')
    assert.equal(qosClass(podOf({ containers: [of({ cpu: '1' })] }).spec), 'Burstable')
    assert.equal(qosClass(podOf({ containers: [of({}, { cpu: '1', memory: '1Gi' })] }).spec), 'Guaranteed')
    assert.equal(qosClass(podOf({ containers: [of({ cpu: '500m' }, { cpu: '1', memory: '1Gi' })] }).spec), 'Burstable')
    assert.deepEqual(
      [oomScoreAdj('Guaranteed', 0, 1), oomScoreAdj('BestEffort', 0, 1), oomScoreAdj('Burstable', 25, 100)],
      [-997, 1000, 750],
    )
  })
  it('add up, or are the largest moment of the start', () => {
    const initContainers = [
      { ...of({ cpu: '100m' }), name: 'side', restartPolicy: 'Always' },
      { ...of({ cpu: '2' }), name: 'init' },
    ]
    assert.equal(podAmount(podOf({ initContainers, containers: [of({ cpu: '1' })] }).spec, 'cpu', 'requests'), 2_100)
    assert.equal(podAmount(podOf({ initContainers, containers: [of({ cpu: '3' })] }).spec, 'cpu', 'requests'), 3_100)
  })
})

describe('runAsNonRoot', () => {
  const rows: readonly (readonly [string, Draft<Pod['spec']>, { uid?: number; username: string }, RegExp | undefined])[] = [
    ['is not asked', {}, { username: '' }, undefined],
    [
      'is broken by the spec',
      { securityContext: { runAsNonRoot: true, runAsUser: 0 } },
      { username: '' },
      /runAsUser breaks non-root policy/,
    ],
    ['is kept by the spec', { securityContext: { runAsNonRoot: true, runAsUser: 7 } }, { uid: 0, username: '' }, undefined],
    ['is broken by the image', { securityContext: { runAsNonRoot: true } }, { uid: 0, username: '' }, /image will run as root/],
    ['is broken by an image without a user', { securityContext: { runAsNonRoot: true } }, { username: '' }, /image will run as root/],
    ['cannot be told from a name', { securityContext: { runAsNonRoot: true } }, { username: 'www' }, /non-numeric user \(www\)/],
  ]
  for (const [name, spec, user, wanted] of rows)
    it(name, () => {
      const pod = podOf(spec)
      const objection = rootObjection(pod, pod.spec.containers[0]!, user)
      if (wanted) assert.match(objection ?? '', wanted)
      else assert.equal(objection, undefined)
    })
})
