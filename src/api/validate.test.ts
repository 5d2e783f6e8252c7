import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubeObject } from '../meta/object-meta.ts'
import type { Draft } from '../schema/schema.ts'
import { MutatingWebhookConfiguration } from './admissionregistration/mutating-webhook-configuration.ts'
import { ControllerRevision } from './apps/controller-revision.ts'
import { DaemonSet } from './apps/daemon-set.ts'
import { Deployment } from './apps/deployment.ts'
import { ReplicaSet } from './apps/replica-set.ts'
import { Lease } from './coordination/lease.ts'
import { ConfigMap } from './core/config-map.ts'
import { Endpoints } from './core/endpoints.ts'
import { Event } from './core/event.ts'
import { Namespace } from './core/namespace.ts'
import { Node } from './core/node.ts'
import { ReplicationController } from './core/replication-controller.ts'
import { Secret } from './core/secret.ts'
import { Service } from './core/service.ts'
import { EndpointSlice } from './discovery/endpoint-slice.ts'
import { Event as EventsEvent } from './events/event.ts'
import type { Kind } from './kind.ts'
import { ClusterRole } from './rbac/cluster-role.ts'
import { ClusterRoleBinding } from './rbac/cluster-role-binding.ts'
import { Role } from './rbac/role.ts'
import { RoleBinding } from './rbac/role-binding.ts'
import { PriorityClass } from './scheduling/priority-class.ts'
import { complaints, stored } from './testkit.ts'

interface Case {
  readonly name: string
  readonly found: () => string[]
  readonly expected: readonly string[]
}

function creating<O extends KubeObject>(name: string, kind: Kind<O>, draft: Draft<O>, expected: readonly string[]): Case {
  return { name: `a new ${kind.kind} ${name}`, found: () => complaints(kind, stored(kind, draft)), expected }
}
function changing<O extends KubeObject>(name: string, kind: Kind<O>, from: Draft<O>, to: Draft<O>, expected: readonly string[]): Case {
  return { name: `a change of a ${kind.kind} ${name}`, found: () => complaints(kind, stored(kind, to), stored(kind, from)), expected }
}

const spec = { containers: [{ name: 'c', image: 'i' }] }
const template = { metadata: { labels: { a: 'b' } }, spec }
const selector = { matchLabels: { a: 'b' } }
const port = { port: 80 }
const userRef = { kind: 'User', name: 'u' }
const longAgo = '2026-01-01T00:00:00Z'

const metadata: readonly Case[] = [
  creating('with names that are none', ConfigMap, { metadata: { name: 'A', generateName: 'BB-', namespace: 'C' } }, [
    'metadata.generateName: Invalid value: "BB-": a lowercase RFC 1123 subdomain …',
    'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain …',
    'metadata.namespace: Invalid value: "C": a lowercase RFC 1123 label …',
  ]),
  creating('without a name', ConfigMap, { metadata: { name: '' } }, ['metadata.name: Required value: name or generateName is required']),
  creating('in a namespace', Namespace, { metadata: { namespace: 'x' } }, ['metadata.namespace: Forbidden: not allowed on this type']),
  creating('with wrong labels', ConfigMap, { metadata: { labels: { 'a b': 'x', c: 'd e' } } }, [
    'metadata.labels: Invalid value: "a b": name part …',
    'metadata.labels: Invalid value: "d e": a valid label must be an empty string or …',
  ]),
  creating('with too many annotations', ConfigMap, { metadata: { annotations: { a: 'x'.repeat(256 * 1024) } } }, [
    'metadata.annotations: Too long: may not be more than 262144 bytes',
  ]),
  creating('with odd finalizers', ConfigMap, { metadata: { finalizers: ['x', 'orphan', 'foregroundDeletion'] } }, [
    'metadata.finalizers: Invalid value: ["x","orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    'metadata.finalizers[0]: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
  ]),
  changing('of finalizers', ConfigMap, {}, { metadata: { finalizers: ['x', 'orphan', 'foregroundDeletion'] } }, [
    'metadata.finalizers[0]: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
  ]),
  creating(
    'with two controllers, of which one is an event',
    ConfigMap,
    {
      metadata: {
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true },
          { apiVersion: 'v1', kind: 'Event', name: 'e', uid: 'v', controller: true },
          { apiVersion: 'a/', kind: 'A', name: 'a', uid: 'w' },
        ],
      },
    },
    [
      'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"e","uid":"v","controller":true}: /v1, Kind=Event is disallowed from being an owner',
      'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","controller":true},{"apiVersion":"v1","kind":"Event","name":"e","uid":"v","controller":true},{"apiVersion":"a/","kind":"A","name":"a","uid":"w"}]: Only one reference can have Controller set to true. Found "true" in references for Pod/p and Event/e',
      'metadata.ownerReferences.apiVersion: Invalid value: "a/": version must not be empty',
    ],
  ),
  creating('with an owner of which nothing is told', ConfigMap, { metadata: { ownerReferences: [{}] } }, [
    'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
    'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
    'metadata.ownerReferences.name: Invalid value: "": must not be empty',
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ]),
  creating('with a finalizer without a path', MutatingWebhookConfiguration, { metadata: { finalizers: ['x.example.com'] } }, []),
  creating('with an owner that is none', ConfigMap, { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p' }] } }, [
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ]),
  changing('of its identity', ConfigMap, {}, { metadata: { uid: 'other', resourceVersion: '' } }, [
    'metadata.resourceVersion: Invalid value: "": must be specified for an update',
    'metadata.uid: Invalid value: "other": field is immutable',
  ]),
  changing(
    'that goes and is to stay',
    ConfigMap,
    { metadata: { deletionTimestamp: longAgo } },
    { metadata: { deletionTimestamp: longAgo, finalizers: ['a/b'] } },
    ['metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a/b"}'],
  ),
]

const workloads: readonly Case[] = [
  creating('that is right', Deployment, { spec: { selector, template } }, []),
  creating('of nothing', Deployment, {}, [
    'spec.selector: Required value',
    'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
    'spec.template.spec.containers: Required value',
  ]),
  creating('without a selector', DaemonSet, { spec: { template } }, [
    'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
  ]),
  creating('that selects others', Deployment, { spec: { selector: { matchLabels: { x: 'y' } }, template } }, [
    'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
  ]),
  creating(
    'that selects in no known way',
    ReplicaSet,
    { spec: { selector: { matchExpressions: [{ key: 'a', operator: 'Like' }] }, template } },
    [
      'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
      'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Like"}]}: invalid label selector',
    ],
  ),
  creating('that selects everything', ReplicaSet, { spec: { selector: {}, template } }, [
    'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
  ]),
  creating(
    'of pods that end',
    ReplicaSet,
    { spec: { replicas: -1, selector, template: { ...template, spec: { ...spec, restartPolicy: 'Never' } } } },
    [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
  ),
  creating(
    'that cannot move',
    Deployment,
    { spec: { selector, template, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } } },
    ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
  ),
  creating(
    'with shares that are none',
    Deployment,
    { spec: { selector, template, strategy: { rollingUpdate: { maxSurge: 'x', maxUnavailable: '101%' } } } },
    [
      "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"x\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ],
  ),
  creating('that recreates in steps', Deployment, { spec: { selector, template, strategy: { type: 'Recreate', rollingUpdate: {} } } }, [
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ]),
  creating('with a short deadline', Deployment, { spec: { selector, template, minReadySeconds: 600 } }, [
    'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
  ]),
  changing(
    'of its selector',
    Deployment,
    { spec: { selector, template } },
    { spec: { selector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] }, template } },
    ['spec.selector: Invalid value: {"matchLabels":{"a":"b"},"matchExpressions":[{"key":"a","operator":"Exists"}]}: field is immutable'],
  ),
  creating(
    'that surges and lacks',
    DaemonSet,
    { spec: { selector, template, updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } } },
    ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
  ),
  creating('of nothing', ReplicationController, {}, ['spec.selector: Required value', 'spec.template: Required value']),
  changing('of its data', ControllerRevision, { data: { a: 1 }, revision: 1 }, { data: { a: 2 }, revision: 2 }, [
    'data: Invalid value: {"a":2}: field is immutable',
  ]),
]

const network: readonly Case[] = [
  creating('that is right', Service, { spec: { ports: [port] } }, []),
  creating('without ports', Service, {}, ['spec.ports: Required value']),
  creating('without ports or address', Service, { spec: { clusterIP: 'None', clusterIPs: ['None'] } }, []),
  creating('with a name of a number', Service, { metadata: { name: '1a' }, spec: { ports: [port] } }, [
    'metadata.name: Invalid value: "1a": a DNS-1035 label …',
  ]),
  creating(
    'with odd ports',
    Service,
    { spec: { ports: [{ port: 0 }, { name: 'a', port: 80, nodePort: 30000 }, { name: 'a', port: 80, targetPort: 'x y' }] } },
    [
      'spec.ports[0].name: Required value',
      'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.ports[2].name: Duplicate value: "a"',
      'spec.ports[2].targetPort: Invalid value: "x y": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      "spec.ports[1].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
      'spec.ports[2]: Duplicate value: {"protocol":"TCP","port":80}',
    ],
  ),
  creating('by no name', Service, { spec: { type: 'ExternalName', clusterIPs: ['1.2.3.4'] } }, [
    'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
    'spec.externalName: Required value',
  ]),
  creating(
    'with what is for balancers',
    Service,
    { spec: { ports: [port], loadBalancerClass: 'a/b', externalTrafficPolicy: 'Local', healthCheckNodePort: 1 } },
    [
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
      "spec.healthCheckNodePort: Invalid value: 1: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
  ),
  creating('with addresses of its own host', Service, { spec: { ports: [port], externalIPs: ['127.0.0.1', 'x'] } }, [
    'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'spec.externalIPs[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ]),
  changing(
    'of its address',
    Service,
    { spec: { ports: [port], clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'] } },
    { spec: { ports: [port], clusterIP: '10.96.0.2', clusterIPs: ['10.96.0.2'] } },
    ['spec.clusterIPs[0]: Invalid value: ["10.96.0.2"]: may not change once set'],
  ),
  creating('of nothing', Endpoints, { subsets: [{}] }, ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`']),
  creating('of another family', EndpointSlice, { addressType: 'IPv6', endpoints: [{ addresses: ['10.0.0.1'] }, {}], ports: [{}, {}] }, [
    'endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be an IPv6 address',
    'endpoints[1].addresses: Required value: must contain at least 1 address',
    'ports[1].name: Duplicate value: ""',
  ]),
  creating(
    'with hints',
    EndpointSlice,
    {
      addressType: 'IPv4',
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          hints: { forZones: [{ name: 'a' }, { name: 'a' }, { name: 'b c' }], forNodes: Array.from({ length: 9 }, () => ({ name: 'n' })) },
        },
      ],
    },
    [
      'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
      'endpoints[0].hints.forZones[2].name: Invalid value: "b c": a valid label must be an empty string or …',
      'endpoints[0].hints.forNodes: Too many: 9: must have at most 8 items',
    ],
  ),
  creating('with too many ports', EndpointSlice, { addressType: 'IPv4', ports: Array.from({ length: 20_001 }, () => ({})) }, [
    'ports: Too many: 20001: must have at most 20000 items',
  ]),
  changing('of its family', EndpointSlice, { addressType: 'IPv4' }, { addressType: 'IPv6' }, [
    'addressType: Invalid value: "IPv6": field is immutable',
  ]),
]

const rest: readonly Case[] = [
  creating('with keys that are no files', ConfigMap, { data: { '..': 'x', 'a/b': 'x' }, binaryData: { '..': 'eA==' } }, [
    'data[..]: Invalid value: "..": duplicate of key present in binaryData',
    `data[..]: Invalid value: "..": must not be '..'`,
    'data[a/b]: Invalid value: "a/b": a valid config key …',
    `binaryData[..]: Invalid value: "..": must not be '..'`,
  ]),
  creating('that is too large', ConfigMap, { data: { a: 'x'.repeat(1024 * 1024 + 1) } }, [
    ': Too long: may not be more than 1048576 bytes',
  ]),
  changing('that is frozen', ConfigMap, { immutable: true, data: { a: 'x' } }, { data: { a: 'y' } }, [
    'immutable: Forbidden: field is immutable when `immutable` is set',
    'data: Forbidden: field is immutable when `immutable` is set',
  ]),
  creating('for TLS without its parts', Secret, { type: 'kubernetes.io/tls' }, [
    'data[tls.crt]: Required value',
    'data[tls.key]: Required value',
  ]),
  creating(
    'for registries that is no JSON',
    Secret,
    { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{}' } },
    [],
  ),
  creating('of an account without its name', Secret, { type: 'kubernetes.io/service-account-token' }, [
    'metadata.annotations[kubernetes.io/service-account.name]: Required value',
  ]),
  changing('of its type', Secret, {}, { type: 'a/b' }, ['type: Invalid value: "a/b": field is immutable']),
  creating('of credentials that are a list', Secret, { type: 'kubernetes.io/dockercfg', data: { '.dockercfg': 'W10=' } }, [
    'data[.dockercfg]: Invalid value: "<secret contents redacted>": not an object',
  ]),
  creating(
    'with a taint twice',
    Node,
    {
      spec: {
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoSchedule' },
        ],
      },
    },
    ['metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}: taints must be unique by key and effect pair'],
  ),
  creating(
    'with odd features, and no swap',
    Node,
    {
      spec: { taints: [{ key: 'a', value: 'b c', effect: 'NoSchedule' }] },
      status: {
        capacity: { cpu: '-1' },
        declaredFeatures: ['B', 'A', 'A', 'b'],
        nodeInfo: { swap: { capacity: 0 } },
      } as never,
    },
    [
      'metadata.taints[0].value: Invalid value: "b c": a valid label must be an empty string or …',
      'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
      'status.allocatable.cpu: Invalid value: "-1": must be greater than or equal to 0',
      'metadata.nodeSwapStatus.capacity: Invalid value: 0: must be greater than zero',
      'status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically',
      'status.declaredFeatures[2]: Duplicate value: "A"',
      `status.declaredFeatures[3]: Invalid value: "b": invalid feature name "b": must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`,
    ],
  ),
  changing(
    'of what is no longer used',
    Node,
    {},
    { spec: { externalID: 'x', configSource: { configMap: { uid: 'u', name: 'c', namespace: 'n', kubeletConfigKey: '' } } } },
    [
      'spec.configSource.configMap.uid: Forbidden: uid must not be set in spec',
      'spec.configSource.configMap.kubeletConfigKey: Required value',
      'spec.externalID: Forbidden: may not be updated',
    ],
  ),
  changing('of its pod network', Node, { spec: { podCIDRs: ['10.0.0.0/24'] } }, { spec: { podCIDRs: ['10.0.1.0/24'] } }, [
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
  ]),
  creating('of another strategy', Lease, { spec: { strategy: 'Newest', preferredHolder: 'a' } }, [
    'spec.strategy.strategy: Unsupported value: "Newest": supported values: "OldestEmulationVersion"',
  ]),
  creating('of a foreign strategy', Lease, { spec: { strategy: 'a.b/c', preferredHolder: 'a' } }, []),
  creating('of no time', Lease, { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } }, [
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
  ]),
  creating('above all', PriorityClass, { value: 1_000_000_001 }, [
    'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
  ]),
  creating('in the name of the system', PriorityClass, { metadata: { name: 'system-x' } }, [
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class",
  ]),
  creating('of the system', PriorityClass, { metadata: { name: 'system-node-critical' }, value: 2_000_001_000 }, []),
  changing('of its value', PriorityClass, { value: 1 }, { value: 2 }, ['value: Forbidden: may not be changed in an update.']),
  creating('that is empty', Role, { rules: [{}, { verbs: ['get'], nonResourceURLs: ['/x'] }] }, [
    'rules[0].verbs: Required value: verbs must contain at least one value',
    'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
    'rules[0].resources: Required value: resource rules must supply at least one resource',
    'rules[1].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ]),
  creating('that gathers nothing', ClusterRole, { metadata: { name: 'system:x' }, aggregationRule: {} }, [
    'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  ]),
  creating(
    'of a role in a namespace',
    ClusterRoleBinding,
    {
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'ServiceAccount', name: 's' },
        { kind: 'X', name: 'x' },
      ],
    },
    [
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      'subjects[0].namespace: Required value',
      'subjects[1].kind: Unsupported value: "X": supported values: "ServiceAccount", "User", "Group"',
    ],
  ),
  changing(
    'of its role',
    RoleBinding,
    { roleRef: { kind: 'Role', name: 'r' }, subjects: [userRef] },
    { roleRef: { kind: 'Role', name: 's' }, subjects: [userRef] },
    ['roleRef: Invalid value: {"kind":"Role","name":"s","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef'],
  ),
  creating('of another place', Event, { involvedObject: { namespace: 'x' } }, [
    'involvedObject.namespace: Invalid value: "x": does not match event.namespace',
  ]),
  creating('that says nothing', EventsEvent, { type: 'Odd', deprecatedCount: 1 }, [
    'eventTime: Required value',
    'type: Invalid value: "": has invalid value: Odd',
    'count: Invalid value: "": needs to be unset',
  ]),
  creating(
    'that says too little',
    EventsEvent,
    { type: 'Normal', eventTime: '2026-01-01T00:00:00.000000Z', series: { count: 1, lastObservedTime: '2026-01-01T00:00:00.000000Z' } },
    [
      'reportingController: Required value',
      'reportingController: Invalid value: "": name part must be non-empty',
      'reportingController: Invalid value: "": name part …',
      'reportingInstance: Required value',
      'action: Required value',
      'reason: Required value',
      'series.count: Invalid value: "": should be at least 2',
    ],
  ),
  changing('of what it tells of', EventsEvent, { regarding: { kind: 'Pod' }, note: 'a' }, { regarding: { kind: 'Node' }, note: 'b' }, [
    'involvedObject: Invalid value: {"kind":"Node"}: field is immutable',
    'message: Invalid value: "b": field is immutable',
  ]),
]

describe('validation of', () => {
  for (const { name, found, expected } of [...metadata, ...workloads, ...network, ...rest]) {
    it(name, () => assert.deepEqual(found(), expected))
  }
})
