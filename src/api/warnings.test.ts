import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { issue } from '../platform/certificate.ts'
import type { Draft } from '../schema/schema.ts'
import { CustomResourceDefinition } from './apiextensions/custom-resource-definition.ts'
import { warnFinalizers } from './apiextensions/definition-warnings.ts'
import { DaemonSet } from './apps/daemon-set.ts'
import { Deployment } from './apps/deployment.ts'
import { StatefulSet } from './apps/stateful-set.ts'
import { CronJob } from './batch/cron-job.ts'
import { Job } from './batch/job.ts'
import { ConfigMap } from './core/config-map.ts'
import { Endpoints } from './core/endpoints.ts'
import { Node } from './core/node.ts'
import { PersistentVolume } from './core/persistent-volume.ts'
import { PersistentVolumeClaim } from './core/persistent-volume-claim.ts'
import { Pod } from './core/pod.ts'
import type { PodSpec } from './core/pod-spec.ts'
import { PodTemplate } from './core/pod-template.ts'
import { ReplicationController } from './core/replication-controller.ts'
import { ResourceQuota } from './core/resource-quota.ts'
import { Secret } from './core/secret.ts'
import { Service } from './core/service.ts'
import { ServiceAccount } from './core/service-account.ts'
import { EndpointSlice } from './discovery/endpoint-slice.ts'
import { Ingress } from './networking/ingress.ts'
import { NetworkPolicy } from './networking/network-policy.ts'
import { RuntimeClass } from './node/runtime-class.ts'
import { ResourceSlice } from './resource/resource-slice.ts'
import { CSIStorageCapacity } from './storage/csi-storage-capacity.ts'
import { StorageClass } from './storage/storage-class.ts'
import { stored } from './testkit.ts'
import { warnAddress, warnNetwork } from './warnings.ts'

const container = { name: 'c', image: 'x' }
const podOf = (spec: Draft<PodSpec>, metadata: Draft<Pod>['metadata'] = {}) =>
  stored(Pod, { metadata, spec: { containers: [container], ...spec } })
const warned = (spec: Draft<PodSpec>, metadata: Draft<Pod>['metadata'] = {}) => Pod.warnings?.(podOf(spec, metadata), undefined)

describe('Warnings of pods', () => {
  const zone = 'failure-domain.beta.kubernetes.io/zone'
  const useZone = 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'
  const expression = { matchExpressions: [{ key: zone, operator: 'In' as const, values: ['a b'] }] }
  const noPod = 'a null labelSelector results in matching no pod'
  const spread = { maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' as const }
  const near = { topologyKey: 'kubernetes.io/hostname' }
  const one = 'requiredDuringSchedulingIgnoredDuringExecution'
  const other = 'preferredDuringSchedulingIgnoredDuringExecution'
  const ports = (...list: { containerPort: number; hostPort?: number; hostIP?: string; name?: string }[]) => ({
    containers: [{ ...container, ports: list.map(port => ({ protocol: 'UDP' as const, ...port })) }],
  })
  const [p0, p1] = ['spec.containers[0].ports[0]', 'spec.containers[0].ports[1]']
  const rows: [string, Draft<PodSpec>, string[]][] = [
    ['nothing', {}, []],
    ['labels of nodes', { nodeSelector: { [zone]: 'a', x: 'y' } }, [`spec.nodeSelector[${zone}]: ${useZone}`]],
    [
      'labels that nodes must have',
      { affinity: { nodeAffinity: { [one]: { nodeSelectorTerms: [expression] } } } },
      [`spec.affinity.nodeAffinity.${one}.nodeSelectorTerms[0].matchExpressions[0].key: ${zone} is ${useZone}`],
    ],
    [
      'labels that are preferred',
      { affinity: { nodeAffinity: { [other]: [{ weight: 1, preference: expression }] } } },
      [
        `spec.affinity.nodeAffinity.${other}[0].preference.matchExpressions[0].key: ${zone} is ${useZone}`,
        `spec.affinity.nodeAffinity.${other}[0].preference.matchExpressions[0].values[0]: a b is invalid, a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
      ],
    ],
    [
      'spreading',
      { topologySpreadConstraints: [{ ...spread, topologyKey: zone }] },
      [`spec.topologySpreadConstraints[0].topologyKey: ${zone} is ${useZone}`, `spec.topologySpreadConstraints[0].labelSelector: ${noPod}`],
    ],
    [
      'neighbours',
      { affinity: { podAffinity: { [one]: [near] }, podAntiAffinity: { [other]: [{ weight: 1, podAffinityTerm: near }] } } },
      [
        `spec.affinity.podAffinity.${one}[0].labelSelector: ${noPod}`,
        `spec.affinity.podAntiAffinity.${other}[0].podAffinityTerm.labelSelector: ${noPod}`,
      ],
    ],
    [
      'plugins of volumes',
      {
        volumes: [
          { name: 'a', gitRepo: { repository: 'x' } },
          { name: 'b', rbd: { monitors: ['m'], image: 'i' } },
          { name: 'c', storageos: { volumeName: 'v' } },
        ],
      },
      [
        'spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
        'spec.volumes[1].rbd: deprecated in v1.28, non-functional in v1.31+',
        'spec.volumes[2].storageOS: deprecated in v1.22, non-functional in v1.25+',
      ],
    ],
    [
      'files of a volume',
      {
        volumes: [
          {
            name: 'a',
            configMap: {
              name: 'm',
              items: [
                { key: 'k', path: 'x' },
                { key: 'l', path: 'x/y' },
                { key: 'm', path: 'xy' },
              ],
            },
          },
        ],
      },
      ['volume "a" (ConfigMap "m"): overlapping paths: "x/y" with "x"'],
    ],
    [
      'files of several sources',
      {
        volumes: [
          {
            name: 'a',
            projected: {
              sources: [{ secret: { name: 's', items: [{ key: 'k', path: 'token' }] } }, { serviceAccountToken: { path: 'token' } }],
            },
          },
          { name: 'b', projected: { sources: [{}] } },
        ],
      },
      [
        'volume "a" (Projected): overlapping paths: "token" (ServiceAccountToken) with "token" (Secret "s")',
        'volume "b" (Projected) has no sources provided',
      ],
    ],
    [
      'claims of its own',
      { volumes: [{ name: 'a', ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '1500m' } } } } } }] },
      [
        'spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
      ],
    ],
    [
      'what is there twice',
      { hostAliases: [{ ip: '10.0.0.1' }, { ip: '10.0.0.1' }], imagePullSecrets: [{ name: 'a' }, { name: 'a' }, { name: '' }] },
      [
        'spec.hostAliases[1].ip: duplicate ip "10.0.0.1"',
        'spec.imagePullSecrets[1].name: duplicate name "a"',
        'spec.imagePullSecrets[2].name: invalid empty name ""',
      ],
    ],
    [
      'parts of bytes',
      {
        overhead: { memory: '1m' },
        containers: [{ ...container, resources: { limits: { memory: '1.5', cpu: '1.5', 'ephemeral-storage': '2k' } } }],
      },
      [
        'spec.overhead[memory]: fractional byte value "1m" is invalid, must be an integer',
        ...['limits', 'requests'].map(
          list => `spec.containers[0].resources.${list}[memory]: fractional byte value "1500m" is invalid, must be an integer`,
        ),
      ],
    ],
    [
      'variables',
      {
        containers: [container],
        initContainers: [
          {
            name: 'i',
            image: 'x',
            env: [
              { name: 'A', value: '1' },
              { name: 'A', value: '$(A)2' },
              { name: 'A', value: '$(A)' },
              { name: 'A', value: '3' },
              { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            ],
          },
        ],
      },
      [2, 3, 4].map(i => `spec.initContainers[0].env[${i}]: hides previous definition of "A", which may be dropped when using apply`),
    ],
    [
      'an address without a port',
      ports({ containerPort: 80, hostIP: '10.0.0.1' }),
      [`${p0}: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:UDP HostIP:10.0.0.1}`],
    ],
    ['a port twice', ports({ containerPort: 80 }, { containerPort: 80 }), [`${p1}: duplicate port definition with ${p0}`]],
    [
      'a port with and without host',
      ports({ containerPort: 80, hostPort: 80 }, { containerPort: 80 }),
      [`${p1}: overlapping port definition with ${p0}`],
    ],
    [
      'a port of one and of all addresses',
      ports({ containerPort: 80, hostPort: 80 }, { containerPort: 80, hostPort: 80, hostIP: '10.0.0.1' }),
      [`${p1}: dangerously ambiguous port definition with ${p0}`],
    ],
    [
      'a name of two ports',
      {
        containers: [
          { ...container, ports: [{ name: 'web', containerPort: 80 }] },
          { name: 'd', image: 'x', ports: [{ name: 'web', containerPort: 81 }] },
        ],
      },
      [`spec.containers[1].ports[0]: duplicate port name "web" with ${p0}, services and probes that select ports by name will use ${p0}`],
    ],
    [
      'a grace below zero',
      { terminationGracePeriodSeconds: -1 },
      ['spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1'],
    ],
    [
      'addresses',
      { dnsConfig: { nameservers: ['fd00:0::1'] }, hostAliases: [{ ip: '::ffff:1.2.3.4' }] },
      [
        'spec.dnsConfig.nameservers[0]: IPv6 address "fd00:0::1" should be in RFC 5952 canonical format ("fd00::1")',
        'spec.hostAliases[0].ip: non-standard IP address "::ffff:1.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"',
      ],
    ],
  ]
  for (const [name, spec, want] of rows) it(name, () => assert.deepEqual(warned(spec), want))

  it('annotations that fields have taken the place of', () => {
    const annotations = {
      'scheduler.alpha.kubernetes.io/critical-pod': '',
      'seccomp.security.alpha.kubernetes.io/pod': 'x',
      'container.seccomp.security.alpha.kubernetes.io/c': 'x',
      'container.apparmor.security.beta.kubernetes.io/c': 'x',
    }
    const critical =
      'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead'
    assert.deepEqual(warned({}, { annotations }), [
      critical,
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
      'metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: non-functional in v1.27+; use the "seccompProfile" field instead',
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead',
    ])
    const profile = { seccompProfile: { type: 'RuntimeDefault' }, appArmorProfile: { type: 'RuntimeDefault' } } as const
    const own = { securityContext: profile, containers: [{ ...container, securityContext: profile }] }
    assert.deepEqual(warned(own, { annotations }), [critical])
  })

  it('a name that makes no host name', () => {
    const use = "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended"
    assert.deepEqual(warned({}, { name: 'a.b' }), [`${use}: [must not contain dots]`])
  })

  it('are told when it is made, not when it changes; and a spec is looked through once', () => {
    const pod = podOf({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } })
    assert.equal(Pod.warnings?.(pod, undefined).length, 1)
    assert.deepEqual(Pod.warnings?.(pod, pod), [])
    const containers = Object.getOwnPropertyDescriptor(pod.spec, 'containers')
    Object.defineProperty(pod.spec, 'containers', { get: () => assert.fail('it was looked through again') })
    assert.equal(Pod.warnings?.({ ...pod, metadata: { ...pod.metadata, name: 'b' } }, undefined).length, 1)
    Object.defineProperty(pod.spec, 'containers', containers ?? {})
  })

  it('addresses in its status', () => {
    const pod = { ...podOf({}), status: { podIPs: [{ ip: '10.0.0.1' }, { ip: 'FD00::1' }] } } as Pod
    assert.deepEqual(Pod.statusWarnings?.(pod), [
      'status.podIPs[1].ip: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")',
    ])
  })
})

describe('Warnings of what makes pods', () => {
  const template = {
    metadata: { labels: { app: 'a' } },
    spec: { containers: [container], nodeSelector: { 'node-role.kubernetes.io/master': '' } },
  }
  const selector = { matchLabels: { app: 'a' } }
  const label = 'spec.nodeSelector[node-role.kubernetes.io/master]: use "node-role.kubernetes.io/control-plane" instead'
  const dots =
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]'
  const name = 'a.b'
  const at = (generation: number) => ({ name, generation })

  it('deployments, when their template may have changed', () => {
    const of = (generation: number) => stored(Deployment, { metadata: at(generation), spec: { selector, template } })
    assert.deepEqual(Deployment.warnings?.(of(1), undefined), [dots, `spec.template.${label}`])
    assert.deepEqual(Deployment.warnings?.(of(2), of(1)), [`spec.template.${label}`])
    assert.deepEqual(Deployment.warnings?.(of(1), of(1)), [])
  })
  it('daemon sets and controllers', () => {
    const set = stored(DaemonSet, { metadata: at(1), spec: { selector, template } })
    assert.deepEqual(DaemonSet.warnings?.(set, undefined), [`spec.template.${label}`])
    const controller = stored(ReplicationController, { metadata: at(1), spec: { template } })
    assert.deepEqual(ReplicationController.warnings?.(controller, undefined), [dots, `spec.template.${label}`])
  })
  it('templates', () => {
    assert.deepEqual(PodTemplate.warnings?.(stored(PodTemplate, { metadata: at(1), template }), undefined), [`template.${label}`])
  })
  it('stateful sets, with their claims', () => {
    const claim = { metadata: { name: 'c' }, spec: { resources: { requests: { storage: '1.5' } } } }
    const set = stored(StatefulSet, {
      metadata: at(1),
      spec: { selector, template, serviceName: 's', revisionHistoryLimit: -1, volumeClaimTemplates: [claim] },
    })
    const amount = 'resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer'
    const limit = 'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended'
    assert.deepEqual(StatefulSet.warnings?.(set, undefined), [`spec.template.${label}`, `spec.volumeClaimTemplates[0].${amount}`, limit])
    assert.deepEqual(StatefulSet.warnings?.(set, set), [`spec.volumeClaimTemplates[0].Spec.${amount}`, limit])
  })
  it('jobs and cron jobs', () => {
    const spec = { template, completionMode: 'Indexed' as const, completions: 100_001, parallelism: 10_001 }
    const many =
      'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail'
    const job = stored(Job, { metadata: at(1), spec })
    assert.deepEqual(Job.warnings?.(job, undefined), [dots, `spec: ${many}`, `spec.template.${label}`])
    assert.deepEqual(Job.warnings?.(job, job), [])
    const cronJob = stored(CronJob, { metadata: at(1), spec: { schedule: 'TZ=UTC * * * * *', jobTemplate: { spec } } })
    const inner = [`spec.jobTemplate.spec: ${many}`, `spec.jobTemplate.spec.template.${label}`]
    assert.deepEqual(CronJob.warnings?.(cronJob, undefined), [dots, ...inner])
    assert.deepEqual(CronJob.warnings?.(cronJob, cronJob), [
      'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
    ])
  })
})

describe('Warnings of services', () => {
  const rows: [Draft<Service>['spec'], string[], Record<string, string>?][] = [
    [{}, []],
    [
      {},
      ['annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead'],
      { 'service.kubernetes.io/topology-aware-hints': 'auto' },
    ],
    [{ externalIPs: ['10.0.0.1'] }, ['spec.externalIPs is deprecated and may no longer be implemented in some clusters']],
    [
      { clusterIP: 'None', externalIPs: ['10.0.0.1'], loadBalancerIP: '10.0.0.1', sessionAffinity: 'ClientIP' },
      [
        'spec.loadBalancerIP is ignored for headless services',
        'spec.externalIPs is ignored for headless services',
        'spec.SessionAffinity is ignored for headless services',
      ],
    ],
    [
      { type: 'ExternalName', externalName: 'a', externalIPs: ['10.0.0.1'] },
      ['spec.externalIPs is ignored when spec.type is "ExternalName"'],
    ],
    [{ externalName: 'a' }, ['spec.externalName is ignored when spec.type is not "ExternalName"']],
    [{ trafficDistribution: 'PreferClose' }, ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"']],
    [
      { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.1/8'] },
      ['spec.loadBalancerSourceRanges[0]: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)'],
    ],
  ]
  for (const [spec, want, annotations] of rows)
    it(JSON.stringify(spec), () =>
      assert.deepEqual(Service.warnings?.(stored(Service, { metadata: { ...(annotations && { annotations }) }, spec }), undefined), want),
    )
})

describe('Warnings of addresses and networks', () => {
  const addresses: [string, string[]][] = [
    ['10.0.0.1', []],
    ['nonsense', []],
    ['2001:db8::2', []],
    ['2001:db8:0:0::2', ['x: IPv6 address "2001:db8:0:0::2" should be in RFC 5952 canonical format ("2001:db8::2")']],
    [
      '::ffff:10.0.0.1',
      ['x: non-standard IP address "::ffff:10.0.0.1" will be considered invalid in a future Kubernetes release: use "10.0.0.1"'],
    ],
  ]
  for (const [address, want] of addresses) it(address, () => assert.deepEqual(warnAddress(address, 'x'), want))
  const networks: [string, string[]][] = [
    ['10.0.0.0/8', []],
    ['nonsense', []],
    ['2001:db8::/64', []],
    ['10.0.0.1/8', ['x: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)']],
    ['2001:db8::1/64', ['x: CIDR value "2001:db8::1/64" is ambiguous in this context (should be "2001:db8::/64" or "2001:db8::1/128"?)']],
    ['2001:db8:0:0::/64', ['x: IPv6 CIDR value "2001:db8:0:0::/64" should be in RFC 5952 canonical format ("2001:db8::/64")']],
    [
      '::ffff:10.0.0.0/104',
      ['x: non-standard CIDR value "::ffff:10.0.0.0/104" will be considered invalid in a future Kubernetes release: use "10.0.0.0/8"'],
    ],
  ]
  for (const [network, want] of networks) it(network, () => assert.deepEqual(warnNetwork(network, 'x'), want))
})

describe('Warnings of other kinds', () => {
  const zone = 'failure-domain.beta.kubernetes.io/zone'
  const useZone = 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'
  const longIp = 'IPv6 address "fd00:0::1" should be in RFC 5952 canonical format ("fd00::1")'
  const network = 'CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)'
  const now = Date.UTC(2026, 0, 1)
  const pair = () => issue({ subject: { commonName: 'a' }, usage: 'client', notBefore: now, notAfter: now + 1000 })
  const [one, two] = [pair(), pair()]
  const secret = (crt: string, key: string) =>
    stored(Secret, {
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': Buffer.from(crt).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') },
    })
  const secrets: [string, string, string[]][] = [
    [one.certificate, one.key, []],
    [one.certificate, two.key, ['tls: private key does not match public key']],
    ['', one.key, ['tls: failed to find any PEM data in certificate input']],
    [
      one.key,
      one.certificate,
      ['tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'],
    ],
    [one.certificate, '', ['tls: failed to find any PEM data in key input']],
    [one.certificate, one.certificate, ['tls: found a certificate rather than a key in the PEM for the private key']],
    [one.certificate, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', ['tls: failed to parse private key']],
  ]
  for (const [crt, key, want] of secrets)
    it(`secrets: ${want[0] ?? 'a pair'}`, () => assert.deepEqual(Secret.warnings?.(secret(crt, key), undefined), want))

  const rows: [string, readonly string[] | undefined, string[]][] = [
    [
      'volumes',
      PersistentVolume.warnings?.(
        stored(PersistentVolume, {
          metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 'a' } },
          spec: {
            persistentVolumeReclaimPolicy: 'Recycle',
            nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: 'Exists' }] }] } },
            cephfs: { monitors: ['m'] },
          },
        }),
        undefined,
      ),
      [
        'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
        'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        `spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: ${zone} is ${useZone}`,
        'spec.cephfs: deprecated in v1.28, non-functional in v1.31+',
      ],
    ],
    [
      'claims',
      PersistentVolumeClaim.warnings?.(
        stored(PersistentVolumeClaim, { spec: { resources: { requests: { storage: '100m' }, limits: { storage: '1G' } } } }),
        undefined,
      ),
      ['spec.resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer'],
    ],
    [
      'quotas',
      ResourceQuota.warnings?.(
        stored(ResourceQuota, {
          spec: {
            hard: {
              cpu: '2',
              'limits.cpu': '1',
              'requests.memory': '3Gi',
              'limits.memory': '2Gi',
              'requests.storage': '1',
              'limits.storage': '2',
            },
          },
        }),
        undefined,
      ),
      [
        'ResourceQuota cpu (2) should be less than limits.cpu (1)',
        'ResourceQuota requests.memory (3Gi) should be less than limits.memory (2Gi)',
      ],
    ],
    [
      'nodes',
      Node.warnings?.(stored(Node, { spec: { externalID: 'x', configSource: {}, podCIDRs: ['10.0.0.1/8'] } }), undefined),
      [
        'spec.configSource: the feature is removed',
        'spec.externalID: this field is deprecated, and is unused by Kubernetes',
        `spec.podCIDRs[0]: ${network}`,
      ],
    ],
    [
      'endpoints',
      Endpoints.warnings?.(
        stored(Endpoints, { subsets: [{ addresses: [{ ip: 'fd00:0::1' }], notReadyAddresses: [{ ip: '10.0.0.1' }] }] }),
        undefined,
      ),
      [`subsets[0].addresses[0].ip: ${longIp}`],
    ],
    [
      'endpoint slices',
      EndpointSlice.warnings?.(stored(EndpointSlice, { addressType: 'IPv6', endpoints: [{ addresses: ['fd00:0::1'] }] }), undefined),
      [`endpoints[0].addresses[0]: ${longIp}`],
    ],
    [
      'endpoint slices of names',
      EndpointSlice.warnings?.(stored(EndpointSlice, { addressType: 'FQDN', endpoints: [{ addresses: ['a.b'] }] }), undefined),
      ['spec.addressType: FQDN endpoints are deprecated'],
    ],
    [
      'ingresses',
      Ingress.warnings?.(stored(Ingress, { metadata: { annotations: { 'kubernetes.io/ingress.class': 'a' } } }), undefined),
      [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`],
    ],
    [
      'network policies',
      NetworkPolicy.warnings?.(
        stored(NetworkPolicy, {
          spec: {
            podSelector: {},
            ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.1/8' } }] }],
            egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.1/8'] } }] }],
          },
        }),
        undefined,
      ),
      [`spec.ingress[0].from[0].ipBlock.cidr: ${network}`, `spec.egress[0].to[0].ipBlock.except[0]: ${network}`],
    ],
    [
      'storage classes',
      StorageClass.warnings?.(
        stored(StorageClass, { provisioner: 'p', allowedTopologies: [{ matchLabelExpressions: [{ key: zone, values: ['a'] }] }] }),
        undefined,
      ),
      [`allowedTopologies[0].matchLabelExpressions[0]: ${useZone}`],
    ],
    [
      'capacities',
      CSIStorageCapacity.warnings?.(
        stored(CSIStorageCapacity, {
          storageClassName: 's',
          nodeTopology: { matchLabels: { [zone]: 'a' }, matchExpressions: [{ key: zone, operator: 'Exists' }] },
        }),
        undefined,
      ),
      [`nodeTopology.matchExpressions[0].key: ${zone} is ${useZone}`, `nodeTopology.matchLabels.${zone}: ${useZone}`],
    ],
    [
      'runtime classes',
      RuntimeClass.warnings?.(stored(RuntimeClass, { handler: 'h', scheduling: { nodeSelector: { [zone]: 'a' } } }), undefined),
      [`scheduling.nodeSelector: ${useZone}`],
    ],
    [
      'slices of devices',
      ResourceSlice.warnings?.(
        stored(ResourceSlice, { spec: { driver: 'GPU.x.y', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, nodeName: 'n' } }),
        undefined,
      ),
      ['spec.driver: driver names should be lowercase; "GPU.x.y" contains uppercase characters'],
    ],
    [
      'finalizers of custom resources',
      warnFinalizers(
        stored(ConfigMap, { metadata: { finalizers: ['a.b/c', 'x.y', 'old', 'orphan'] } }),
        stored(ConfigMap, { metadata: { finalizers: ['old'] } }),
      ),
      [
        'metadata.finalizers: "x.y": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers',
      ],
    ],
  ]
  for (const [name, got, want] of rows) it(name, () => assert.deepEqual(got, want))

  it('service accounts, once', () => {
    const limited = stored(ServiceAccount, { metadata: { annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } } })
    assert.deepEqual(ServiceAccount.warnings?.(limited, undefined), [
      'metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets',
    ])
    assert.deepEqual(ServiceAccount.warnings?.(limited, limited), [])
  })
  it('definitions, of formats that are new', () => {
    const names = { plural: 'things', kind: 'Thing' }
    const of = (...formats: string[]) => {
      const properties = Object.fromEntries(formats.map((format, i) => [`p${i}`, { type: 'array', items: { type: 'string', format } }]))
      const schema = { openAPIV3Schema: { type: 'object', properties: { ...properties, n: { type: 'integer', format: 'int32' } } } }
      const versions = [{ name: 'v1', served: true, storage: true, schema }]
      return stored(CustomResourceDefinition, { spec: { group: 'a.b', scope: 'Namespaced', names, versions } })
    }
    assert.deepEqual(CustomResourceDefinition.warnings?.(of('date-time', 'nope'), undefined), ['unrecognized format "nope"'])
    assert.deepEqual(CustomResourceDefinition.warnings?.(of('nope', 'never'), of('nope')), ['unrecognized format "never"'])
  })
})
