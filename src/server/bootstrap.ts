// What every cluster has from its first second: namespaces, default roles and bindings, priority classes, flow control, and the
// service `kubernetes` with the range of addresses that it is in.
// Idempotent: a restart only adds what is missing and mends the parts that the server owns.
import { ConfigMap } from '../api/core/config-map.ts'
import { Endpoints } from '../api/core/endpoints.ts'
import { Namespace } from '../api/core/namespace.ts'
import { Service } from '../api/core/service.ts'
import { EndpointSlice } from '../api/discovery/endpoint-slice.ts'
import type { Kind } from '../api/kind.ts'
import { ServiceCIDR } from '../api/networking/service-cidr.ts'
import { ClusterRole } from '../api/rbac/cluster-role.ts'
import { ClusterRoleBinding } from '../api/rbac/cluster-role-binding.ts'
import { Role } from '../api/rbac/role.ts'
import { RoleBinding } from '../api/rbac/role-binding.ts'
import { PriorityClass } from '../api/scheduling/priority-class.ts'
import { addressAt, formatCidr, parseCidr } from '../base/cidr.ts'
import { deepEqual } from '../meta/deep-equal.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { StatusError } from '../meta/status-error.ts'
import { formatTime } from '../meta/time.ts'
import type { Draft } from '../schema/schema.ts'
import { authenticationConfig } from './aggregation/identity.ts'
import { apiServerUser } from './authn/user-info.ts'
import { reconcileBootstrapPolicy } from './authz/bootstrap-policy.ts'
import { reconcileFlowControl } from './bootstrap-flow-control.ts'
import type { Context } from './context.ts'
import { inProcessClient } from './in-process-client.ts'
import type { ApiServerOptions } from './server.ts'

const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'default']

const priorityClasses = [
  { name: 'system-cluster-critical', value: 2_000_000_000, description: 'For pods that the cluster needs, wherever they run.' },
  { name: 'system-node-critical', value: 2_000_001_000, description: 'For pods that a node needs.' },
]

export async function bootstrap(context: Context, options: ApiServerOptions): Promise<void> {
  const client = inProcessClient(context, apiServerUser)
  const { storage } = context
  const { serviceCidr } = options.ranges
  const parsed = parseCidr(serviceCidr)
  if (!parsed) throw new Error(`the service range ${serviceCidr} is not an IPv4 CIDR`)
  const serviceRange = parsed

  async function ensure<O extends KubeObject>(
    kind: Kind<O>,
    draft: Draft<O> & { readonly metadata: { readonly name: string; readonly namespace?: string } },
  ): Promise<void> {
    if (!storage.has(kind, draft.metadata.namespace, draft.metadata.name)) await create(kind, draft)
  }

  /** What is there already stays, also when it cannot be read. */
  async function create<O extends KubeObject>(kind: Kind<O>, draft: Draft<O>): Promise<void> {
    try {
      await client.create(kind, draft)
    } catch (error) {
      if (!StatusError.is(error, 'AlreadyExists')) throw error
    }
  }

  await Promise.all(systemNamespaces.map(name => ensure(Namespace, { metadata: { name } })))
  await Promise.all([
    ...priorityClasses.map(({ name, ...rest }) => ensure(PriorityClass, { metadata: { name }, ...rest })),
    ensureServiceRange().then(ensureKubernetesService),
    applyFlowControl(),
    applyPolicy(),
    ensureAuthenticationConfig(),
  ])

  /** By it, servers behind API services know this one and its users. */
  async function ensureAuthenticationConfig(): Promise<void> {
    const [name, namespace] = ['extension-apiserver-authentication', 'kube-system']
    const data = authenticationConfig(options.tls.clientCa, options.frontProxy.ca)
    await ensure(ConfigMap, { metadata: { name, namespace }, data })
    const config = storage.findReadable(ConfigMap, namespace, name)
    if (config && !deepEqual(config.data, data)) await client.update(ConfigMap, { ...config, data })
  }

  async function applyPolicy(): Promise<void> {
    const current = [
      ...storage.readable(ClusterRole),
      ...storage.readable(ClusterRoleBinding),
      ...storage.readable(Role),
      ...storage.readable(RoleBinding),
    ]
    const writes = reconcileBootstrapPolicy(current).map(async ({ kind, object, exists, replaces }) => {
      const { namespace, name = '' } = object.metadata ?? {}
      if (replaces) await client.delete(kind, { namespace, name })
      if (exists && !replaces) await client.update(kind, object as KubeObject)
      else await create(kind, object)
    })
    await Promise.all(writes)
  }

  async function applyFlowControl(): Promise<void> {
    const writes = reconcileFlowControl((kind, name) => storage.findReadable(kind, undefined, name))
    await Promise.all(writes.map(w => (w.verb === 'create' ? create(w.kind, w.object) : client.update(w.kind, w.object))))
  }

  async function ensureServiceRange(): Promise<void> {
    const name = 'kubernetes'
    await ensure(ServiceCIDR, { metadata: { name }, spec: { cidrs: [formatCidr(serviceRange)] } })
    const range = storage.findReadable(ServiceCIDR, undefined, name)
    if (!range || range.status.conditions?.some(c => c.type === 'Ready')) return
    const message = 'Kubernetes default Service CIDR is ready'
    const ready = { type: 'Ready', status: 'True', reason: '', message, lastTransitionTime: formatTime(context.clock.now()) }
    const conditions = [...(range.status.conditions ?? []), ready]
    await client.update(ServiceCIDR, { ...range, status: { ...range.status, conditions } }, { subresource: 'status' })
  }

  async function ensureKubernetesService(): Promise<void> {
    const labels = { component: 'apiserver', provider: 'kubernetes' }
    const name = 'kubernetes'
    const namespace = 'default'
    await ensure(Service, {
      metadata: { name, namespace, labels },
      spec: {
        type: 'ClusterIP',
        clusterIP: addressAt(serviceRange, 1),
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: options.advertise.port }],
      },
    })
    const { host, port } = options.advertise
    const subsets = [{ addresses: [{ ip: host }], ports: [{ name: 'https', port, protocol: 'TCP' as const }] }]
    const skipMirror = { 'endpointslice.kubernetes.io/skip-mirror': 'true' }
    await ensure(Endpoints, { metadata: { name, namespace, labels: skipMirror }, subsets })
    const endpoints = storage.findReadable(Endpoints, namespace, name)
    if (endpoints && !deepEqual(endpoints.subsets, subsets)) await client.update(Endpoints, { ...endpoints, subsets })
    const slice = {
      addressType: 'IPv4' as const,
      endpoints: [{ addresses: [host], conditions: { ready: true } }],
      ports: [{ name: 'https', port, protocol: 'TCP' as const }],
    }
    await ensure(EndpointSlice, { metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } }, ...slice })
    const stored = storage.findReadable(EndpointSlice, namespace, name)
    if (stored && !deepEqual({ endpoints: stored.endpoints, ports: stored.ports }, { endpoints: slice.endpoints, ports: slice.ports }))
      await client.update(EndpointSlice, { ...stored, ...slice })
  }
}
