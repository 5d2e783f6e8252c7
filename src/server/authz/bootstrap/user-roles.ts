// The default roles for people and their programs: cluster-admin, admin, edit, view, and the little that everybody may see.
import { aggregatedRole, all, allow, allowPaths, clusterRole, type DefaultObject, read, write } from './notation.ts'

const basicPaths = '/healthz /livez /readyz /version /version/'
const rbac = 'rbac.authorization.k8s.io'
const scalable = 'deployments/scale replicasets/scale'

export const userRoles: readonly DefaultObject[] = [
  clusterRole('cluster-admin', [allow('*', '*', '*'), allowPaths('*', '*')]),
  aggregatedRole('admin'),
  aggregatedRole('edit', 'admin'),
  aggregatedRole('view', 'edit'),

  clusterRole(
    'system:aggregate-to-admin',
    [allow('create', 'authorization.k8s.io', 'localsubjectaccessreviews'), allow(all, rbac, 'rolebindings roles')],
    'admin',
  ),
  clusterRole(
    'system:aggregate-to-edit',
    [
      allow(read, 'core', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
      allow('impersonate', 'core', 'serviceaccounts'),
      allow(write, 'core', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
      allow('create', 'core', 'pods/eviction'),
      allow(
        write,
        'core',
        'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
      ),
      allow('create', 'core', 'serviceaccounts/token'),
      allow(write, 'apps', `daemonsets deployments deployments/rollback ${scalable} replicasets statefulsets statefulsets/scale`),
      allow(write, 'autoscaling', 'horizontalpodautoscalers'),
      allow(write, 'batch', 'cronjobs jobs'),
      allow(
        write,
        'extensions',
        `daemonsets deployments deployments/rollback ${scalable} ingresses networkpolicies replicasets replicationcontrollers/scale`,
      ),
      allow(write, 'policy', 'poddisruptionbudgets'),
      allow(write, 'networking.k8s.io', 'ingresses networkpolicies'),
      allow(all, 'coordination.k8s.io', 'leases'),
      allow(write, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
    ],
    'edit',
  ),
  // Upstream, metrics-server brings its like, under another name.
  clusterRole('system:aggregate-metrics-to-view', [allow(read, 'metrics.k8s.io', 'nodes pods')], 'view'),
  clusterRole(
    'system:aggregate-to-view',
    [
      allow(
        read,
        'core',
        'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
      ),
      allow(
        read,
        'core',
        'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
      ),
      allow(read, 'core', 'namespaces'),
      allow(read, 'discovery.k8s.io', 'endpointslices'),
      allow(
        read,
        'apps',
        `controllerrevisions daemonsets daemonsets/status deployments deployments/status ${scalable} replicasets replicasets/status statefulsets statefulsets/scale statefulsets/status`,
      ),
      allow(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
      allow(read, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
      allow(
        read,
        'extensions',
        `daemonsets daemonsets/status deployments deployments/status ${scalable} ingresses ingresses/status networkpolicies replicasets replicasets/status replicationcontrollers/scale`,
      ),
      allow(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
      allow(read, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
      allow(read, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
    ],
    'view',
  ),

  clusterRole('system:basic-user', [
    allow('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    allow('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ]),
  clusterRole('system:discovery', [allowPaths('get', `/api /api/* /apis /apis/* /openapi /openapi/* ${basicPaths}`)]),
  clusterRole('system:public-info-viewer', [allowPaths('get', basicPaths)]),
  clusterRole('system:monitoring', [
    allowPaths('get', '/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*'),
    allowPaths('get', '/flagz'),
    allowPaths('get', '/statusz'),
  ]),
  clusterRole('system:service-account-issuer-discovery', [
    allowPaths('get', '/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/'),
  ]),
  clusterRole('system:cluster-trust-bundle-discovery', [allow(read, 'certificates.k8s.io', 'clustertrustbundles')]),
]
