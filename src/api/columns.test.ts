import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubeObject } from '../meta/object-meta.ts'
import type { Draft } from '../schema/schema.ts'
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
import { ServiceAccount } from './core/service-account.ts'
import { EndpointSlice } from './discovery/endpoint-slice.ts'
import type { Kind } from './kind.ts'
import { ClusterRoleBinding } from './rbac/cluster-role-binding.ts'
import { Role } from './rbac/role.ts'
import { PriorityClass } from './scheduling/priority-class.ts'
import { row, stored } from './testkit.ts'

interface Golden {
  readonly name: string
  readonly cells: () => Record<string, unknown>
  readonly expected: Record<string, unknown>
}

function golden<O extends KubeObject>(name: string, kind: Kind<O>, draft: Draft<O>, expected: Record<string, unknown>): Golden {
  return { name, cells: () => row(kind, stored(kind, draft)), expected }
}

const selector = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['b', 'a'] }] } as const
const template = {
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      { name: 'x', image: 'nginx' },
      { name: 'y', image: 'busybox:1' },
    ],
  },
}
const workload = { Name: 'a', Age: '5m', Containers: 'x,y', Images: 'nginx,busybox:1', Selector: 'app=web,tier in (a,b)' }
const portsOf = (type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName') => ({
  type,
  clusterIP: '10.96.0.9',
  clusterIPs: ['10.96.0.9'],
  ports: [
    { name: 'http', port: 80, ...(type !== 'ClusterIP' && { nodePort: 30080 }) },
    { name: 'dns', port: 53, protocol: 'UDP' as const },
  ],
})

const rows: readonly Golden[] = [
  golden(
    'deployment',
    Deployment,
    { spec: { replicas: 3, selector, template }, status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 } },
    {
      ...workload,
      Ready: '2/3',
      'Up-to-date': '3',
      Available: '1',
    },
  ),
  golden(
    'replica set',
    ReplicaSet,
    { spec: { replicas: 3, selector, template }, status: { replicas: 2, readyReplicas: 1 } },
    {
      ...workload,
      Desired: 3,
      Current: 2,
      Ready: 1,
    },
  ),
  golden(
    'replication controller',
    ReplicationController,
    { spec: { template }, status: { replicas: 2 } },
    {
      ...workload,
      Selector: 'app=web',
      Desired: 1,
      Current: 2,
      Ready: 0,
    },
  ),
  golden(
    'daemon set',
    DaemonSet,
    { spec: { selector, template }, status: { desiredNumberScheduled: 3, currentNumberScheduled: 2, numberReady: 1 } },
    {
      ...workload,
      Desired: 3,
      Current: 2,
      Ready: 1,
      'Up-to-date': 0,
      Available: 0,
      'Node Selector': '<none>',
    },
  ),
  golden(
    'service of a cluster address',
    Service,
    { spec: { ...portsOf('ClusterIP'), selector: { b: '2', a: '1' } } },
    {
      Name: 'a',
      Type: 'ClusterIP',
      'Cluster-IP': '10.96.0.9',
      'External-IP': '<none>',
      'Port(s)': '80/TCP,53/UDP',
      Age: '5m',
      Selector: 'a=1,b=2',
    },
  ),
  golden(
    'service on nodes',
    Service,
    { spec: { ...portsOf('NodePort'), externalIPs: ['1.2.3.4'] } },
    {
      Name: 'a',
      Type: 'NodePort',
      'Cluster-IP': '10.96.0.9',
      'External-IP': '1.2.3.4',
      'Port(s)': '80:30080/TCP,53/UDP',
      Age: '5m',
      Selector: '<none>',
    },
  ),
  golden(
    'service that waits for a balancer',
    Service,
    { spec: portsOf('LoadBalancer') },
    {
      Name: 'a',
      Type: 'LoadBalancer',
      'Cluster-IP': '10.96.0.9',
      'External-IP': '<pending>',
      'Port(s)': '80:30080/TCP,53/UDP',
      Age: '5m',
      Selector: '<none>',
    },
  ),
  golden(
    'service by name',
    Service,
    { spec: { type: 'ExternalName', externalName: 'example.com' } },
    {
      Name: 'a',
      Type: 'ExternalName',
      'Cluster-IP': '<none>',
      'External-IP': 'example.com',
      'Port(s)': '<none>',
      Age: '5m',
      Selector: '<none>',
    },
  ),
  golden(
    'endpoints',
    Endpoints,
    { subsets: [{ addresses: ['1', '2', '3', '4'].map(n => ({ ip: `10.0.0.${n}` })), ports: [{ port: 80 }] }] },
    { Name: 'a', Endpoints: '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...', Age: '5m' },
  ),
  golden(
    'endpoint slice',
    EndpointSlice,
    { addressType: 'IPv4', ports: [{ port: 80 }, { port: 443 }], endpoints: [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'] }] },
    { Name: 'a', AddressType: 'IPv4', Ports: '80,443', Endpoints: '10.0.0.1,10.0.0.2', Age: '5m' },
  ),
  golden(
    'empty endpoint slice',
    EndpointSlice,
    { addressType: 'IPv4' },
    {
      Name: 'a',
      AddressType: 'IPv4',
      Ports: '<unset>',
      Endpoints: '<unset>',
      Age: '5m',
    },
  ),
  golden(
    'node',
    Node,
    {
      metadata: { labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'edge' } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '172.30.0.2' }],
        nodeInfo: { kubeletVersion: 'v1.36.0', osImage: 'Debian', kernelVersion: '6.1', containerRuntimeVersion: 'containerd://2' },
      },
    },
    {
      Name: 'a',
      Status: 'Ready,SchedulingDisabled',
      Roles: 'control-plane,edge',
      Age: '5m',
      Version: 'v1.36.0',
      'Internal-IP': '172.30.0.2',
      'External-IP': '<none>',
      'OS-Image': 'Debian',
      'Kernel-Version': '6.1',
      'Container-Runtime': 'containerd://2',
    },
  ),
  golden(
    'event',
    Event,
    {
      type: 'Warning',
      reason: 'BackOff',
      message: ' Back-off restarting \n',
      involvedObject: { kind: 'Pod', name: 'web', namespace: 'default', fieldPath: 'spec.containers{x}' },
      source: { component: 'kubelet', host: 'n1' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:04:50Z',
      count: 7,
    },
    {
      'Last Seen': '10s',
      Type: 'Warning',
      Reason: 'BackOff',
      Object: 'pod/web',
      Subobject: 'spec.containers{x}',
      Source: 'kubelet, n1',
      Message: 'Back-off restarting',
      'First Seen': '5m',
      Count: '7',
      Name: 'a',
    },
  ),
  golden('namespace', Namespace, {}, { Name: 'a', Status: 'Active', Age: '5m' }),
  golden('config map', ConfigMap, { data: { a: 'x' }, binaryData: { b: 'eA==' } }, { Name: 'a', Data: '2', Age: '5m' }),
  golden('secret', Secret, { stringData: { a: 'x' } }, { Name: 'a', Type: 'Opaque', Data: '1', Age: '5m' }),
  golden('service account', ServiceAccount, {}, { Name: 'a', Age: '5m' }),
  golden('lease', Lease, { spec: { holderIdentity: 'n1' } }, { Name: 'a', Holder: 'n1', Age: '5m' }),
  golden(
    'priority class',
    PriorityClass,
    { value: 7 },
    {
      Name: 'a',
      Value: 7,
      'Global-Default': false,
      Age: '5m',
      PreemptionPolicy: 'PreemptLowerPriority',
    },
  ),
  golden('role', Role, {}, { Name: 'a', 'Created At': '2026-01-01T00:00:00Z' }),
  golden(
    'cluster role binding',
    ClusterRoleBinding,
    {
      roleRef: { kind: 'ClusterRole', name: 'view' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 's', namespace: 'n' },
      ],
    },
    { Name: 'a', Role: 'ClusterRole/view', Age: '5m', Users: 'u', Groups: '', ServiceAccounts: 'n/s' },
  ),
  golden(
    'controller revision',
    ControllerRevision,
    {
      metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'ds', uid: 'u', controller: true }] },
      revision: 2,
    },
    { Name: 'a', Controller: 'daemonset.apps/ds', Revision: 2, Age: '5m' },
  ),
]

describe('tables show', () => {
  for (const { name, cells, expected } of rows) it(`a ${name}`, () => assert.deepEqual(cells(), expected))
})
