// What each controller may do. A controller named X runs as the service account X of kube-system, bound to the role system:controller:X.
import type { PolicyRule } from '../../../api/rbac/rule.ts'
import { allow, clusterRole, clusterRoleBinding, type DefaultObject, events, read } from './notation.ts'

const apps = 'apps extensions'
const certificates = 'certificates.k8s.io'
const discovery = 'discovery.k8s.io'
const networking = 'networking.k8s.io'
const resource = 'resource.k8s.io'
const storage = 'storage.k8s.io'
const readWithUpdate = 'get list update watch'
const readWithPatch = 'get list patch update watch'
/** All verbs but deletecollection. */
const own = 'create delete get list patch update watch'
const endpointSlices = allow('create delete get list update watch', discovery, 'endpointslices')

const rules: Readonly<Record<string, readonly PolicyRule[]>> = {
  'attachdetach-controller': [
    allow('list watch', 'core', 'persistentvolumeclaims persistentvolumes'),
    allow(read, 'core', 'nodes'),
    allow('patch update', 'core', 'nodes/status'),
    allow('list watch', 'core', 'pods'),
    events,
    allow('create delete get list watch', storage, 'volumeattachments'),
    allow(read, storage, 'csidrivers'),
    allow(read, storage, 'csinodes'),
  ],
  'certificate-controller': [
    allow('delete get list watch', certificates, 'certificatesigningrequests'),
    allow('update', certificates, 'certificatesigningrequests/approval certificatesigningrequests/status'),
    allow('approve', certificates, 'signers', 'kubernetes.io/kube-apiserver-client-kubelet'),
    allow(
      'sign',
      certificates,
      'signers',
      'kubernetes.io/kube-apiserver-client kubernetes.io/kube-apiserver-client-kubelet kubernetes.io/kubelet-serving kubernetes.io/legacy-unknown',
    ),
    allow('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    events,
  ],
  'clusterrole-aggregation-controller': [allow('escalate get list patch update watch', 'rbac.authorization.k8s.io', 'clusterroles')],
  'cronjob-controller': [
    allow(readWithUpdate, 'batch', 'cronjobs'),
    allow(own, 'batch', 'jobs'),
    allow('update', 'batch', 'cronjobs/status'),
    allow('update', 'batch', 'cronjobs/finalizers'),
    allow('delete list watch', 'core', 'pods'),
    events,
  ],
  'daemon-set-controller': [
    allow(read, apps, 'daemonsets'),
    allow('update', apps, 'daemonsets/status'),
    allow('update', apps, 'daemonsets/finalizers'),
    allow('list watch', 'core', 'nodes'),
    allow('create delete list patch watch', 'core', 'pods'),
    allow('create', 'core', 'pods/binding'),
    allow(own, 'apps', 'controllerrevisions'),
    events,
  ],
  'deployment-controller': [
    allow(readWithUpdate, apps, 'deployments'),
    allow('update', apps, 'deployments/status'),
    allow('update', apps, 'deployments/finalizers'),
    allow(own, apps, 'replicasets'),
    allow(readWithUpdate, 'core', 'pods'),
    events,
  ],
  'device-taint-eviction-controller': [
    allow('delete get list watch', 'core', 'pods'),
    allow('patch update', 'core', 'pods/status'),
    allow(read, resource, 'resourceclaims'),
    allow(read, resource, 'resourceslices'),
    allow(read, resource, 'deviceclasses'),
    events,
  ],
  'disruption-controller': [
    allow(read, apps, 'deployments'),
    allow(read, apps, 'replicasets'),
    allow(read, 'core', 'replicationcontrollers'),
    allow(read, 'policy', 'poddisruptionbudgets'),
    allow(read, 'apps', 'statefulsets'),
    allow('update', 'policy', 'poddisruptionbudgets/status'),
    allow('patch update', 'core', 'pods/status'),
    allow('get', '*', '*/scale'),
    events,
  ],
  'endpoint-controller': [
    allow(read, 'core', 'pods services'),
    allow('create delete get list update watch', 'core', 'endpoints'),
    allow('create', 'core', 'endpoints/restricted'),
    events,
  ],
  'endpointslice-controller': [
    allow(read, 'core', 'nodes pods services'),
    allow('update', 'core', 'services/finalizers'),
    endpointSlices,
    events,
  ],
  'endpointslicemirroring-controller': [
    allow(read, 'core', 'endpoints services'),
    allow('update', 'core', 'services/finalizers'),
    allow('update', 'core', 'endpoints/finalizers'),
    endpointSlices,
    events,
  ],
  'ephemeral-volume-controller': [
    allow(read, 'core', 'pods'),
    allow('update', 'core', 'pods/finalizers'),
    allow('create get list watch', 'core', 'persistentvolumeclaims'),
    events,
  ],
  'expand-controller': [
    allow(readWithPatch, 'core', 'persistentvolumes'),
    allow('patch update', 'core', 'persistentvolumeclaims/status'),
    allow(read, 'core', 'persistentvolumeclaims'),
    events,
  ],
  'generic-garbage-collector': [allow('delete get list patch update watch', '*', '*'), events],
  'horizontal-pod-autoscaler': [
    allow(read, 'autoscaling', 'horizontalpodautoscalers'),
    allow('update', 'autoscaling', 'horizontalpodautoscalers/status'),
    allow('get update', '*', '*/scale'),
    allow('list watch', 'core', 'pods'),
    allow('list watch', 'metrics.k8s.io', 'pods'),
    allow(read, 'custom.metrics.k8s.io', '*'),
    allow(read, 'external.metrics.k8s.io', '*'),
    events,
  ],
  'job-controller': [
    allow(readWithPatch, 'batch', 'jobs'),
    allow('update', 'batch', 'jobs/status'),
    allow('update', 'batch', 'jobs/finalizers'),
    allow('create delete list patch watch', 'core', 'pods'),
    events,
  ],
  'legacy-service-account-token-cleaner': [
    allow('get', 'core', 'configmaps', 'kube-apiserver-legacy-service-account-token-tracking'),
    allow('delete patch', 'core', 'secrets'),
  ],
  'namespace-controller': [
    allow('delete get list watch', 'core', 'namespaces'),
    allow('update', 'core', 'namespaces/finalize namespaces/status'),
    allow('delete deletecollection get list watch', '*', '*'),
  ],
  'node-controller': [
    allow('delete get list patch update watch', 'core', 'nodes'),
    allow('patch update', 'core', 'nodes/status'),
    allow('patch update', 'core', 'pods/status'),
    allow('delete get list watch', 'core', 'pods'),
    events,
  ],
  'persistent-volume-binder': [
    allow('create delete get list update watch', 'core', 'persistentvolumes'),
    allow('update', 'core', 'persistentvolumes/status'),
    allow(readWithUpdate, 'core', 'persistentvolumeclaims'),
    allow('update', 'core', 'persistentvolumeclaims/status'),
    allow('create delete get list watch', 'core', 'pods'),
    allow(read, storage, 'storageclasses'),
    allow('list watch', 'core', 'nodes'),
    events,
    allow('watch', 'core', 'events'),
  ],
  'pod-garbage-collector': [
    allow('delete list watch', 'core', 'pods'),
    allow(read, 'core', 'nodes'),
    allow('patch', 'core', 'pods/status'),
  ],
  'pv-protection-controller': [allow(readWithUpdate, 'core', 'persistentvolumes'), events],
  'pvc-protection-controller': [
    allow(readWithUpdate, 'core', 'persistentvolumeclaims'),
    allow('update', 'core', 'persistentvolumeclaims/status'),
    allow(read, 'core', 'pods'),
    events,
  ],
  'replicaset-controller': [
    allow(readWithUpdate, apps, 'replicasets'),
    allow('update', apps, 'replicasets/status'),
    allow('update', apps, 'replicasets/finalizers'),
    allow('create delete list patch watch', 'core', 'pods'),
    events,
  ],
  'replication-controller': [
    allow(readWithUpdate, 'core', 'replicationcontrollers'),
    allow('update', 'core', 'replicationcontrollers/status'),
    allow('update', 'core', 'replicationcontrollers/finalizers'),
    allow('create delete list patch watch', 'core', 'pods'),
    events,
  ],
  'resource-claim-controller': [
    allow(read, 'core', 'pods'),
    allow('update', 'core', 'pods/finalizers'),
    allow('create delete get list watch', resource, 'resourceclaims'),
    allow('patch update', resource, 'resourceclaims resourceclaims/status'),
    allow('patch update', 'core', 'pods/status'),
    events,
    allow('patch update', resource, 'resourceclaims/binding'),
  ],
  'resourcequota-controller': [allow('list watch', '*', '*'), allow('update', 'core', 'resourcequotas/status'), events],
  'root-ca-cert-publisher': [allow('create update', 'core', 'configmaps'), events],
  'route-controller': [allow('list watch', 'core', 'nodes'), allow('patch', 'core', 'nodes/status'), events],
  'selinux-warning-controller': [
    events,
    allow(read, 'core', 'persistentvolumes'),
    allow(read, 'core', 'persistentvolumeclaims'),
    allow(read, 'core', 'pods'),
    allow(read, storage, 'csidrivers'),
  ],
  'service-account-controller': [allow('create', 'core', 'serviceaccounts'), events],
  'service-cidrs-controller': [
    allow(readWithPatch, networking, 'servicecidrs'),
    allow('patch update', networking, 'servicecidrs/finalizers'),
    allow('patch update', networking, 'servicecidrs/status'),
    allow(read, networking, 'ipaddresses'),
    events,
  ],
  'service-controller': [
    allow(read, 'core', 'services'),
    allow('patch update', 'core', 'services/status'),
    allow('list watch', 'core', 'nodes'),
    events,
  ],
  'statefulset-controller': [
    allow('list watch', 'core', 'pods'),
    allow(read, 'apps', 'statefulsets'),
    allow('update', 'apps', 'statefulsets/status'),
    allow('update', 'apps', 'statefulsets/finalizers'),
    allow('create delete get patch update', 'core', 'pods'),
    allow(own, 'apps', 'controllerrevisions'),
    allow('create get list watch', 'core', 'persistentvolumeclaims'),
    allow('delete update', 'core', 'persistentvolumeclaims'),
    allow('update', 'core', 'pods/finalizers'),
    events,
  ],
  'ttl-after-finished-controller': [allow('delete get list watch', 'batch', 'jobs'), events],
  'ttl-controller': [allow('list patch update watch', 'core', 'nodes'), events],
  'validatingadmissionpolicy-status-controller': [
    allow(read, 'admissionregistration.k8s.io', 'validatingadmissionpolicies'),
    allow('get patch update', 'admissionregistration.k8s.io', 'validatingadmissionpolicies/status'),
    events,
  ],
  'volumeattributesclass-protection-controller': [
    allow(read, 'core', 'persistentvolumeclaims'),
    allow(read, 'core', 'persistentvolumes'),
    allow(readWithUpdate, storage, 'volumeattributesclasses'),
    events,
  ],
}

export const controllerRoles: readonly DefaultObject[] = Object.entries(rules).flatMap(([name, list]) => [
  clusterRole(`system:controller:${name}`, list),
  clusterRoleBinding(`system:controller:${name}`, [`account:${name}`]),
])
