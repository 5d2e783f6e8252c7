// The default roles of the cluster's own components: scheduler, controller manager, kubelets, proxies and their helpers.
import { all, allow, clusterRole, type DefaultObject, events, read } from './notation.ts'

const authentication = 'authentication.k8s.io'
const authorization = 'authorization.k8s.io'
const certificates = 'certificates.k8s.io'
const coordination = 'coordination.k8s.io'
const resource = 'resource.k8s.io'
const storage = 'storage.k8s.io'

/** Components ask the API server who their own callers are and what they may do. */
const delegation = [allow('create', authentication, 'tokenreviews'), allow('create', authorization, 'subjectaccessreviews')]

export const nodeRules = [
  allow('create', authentication, 'tokenreviews'),
  allow('create', authorization, 'localsubjectaccessreviews subjectaccessreviews'),
  allow(read, 'core', 'services'),
  allow('create get list watch', 'core', 'nodes'),
  allow('patch update', 'core', 'nodes/status'),
  allow('patch update', 'core', 'nodes'),
  allow('create patch update', 'core', 'events'),
  allow(read, 'core', 'pods'),
  allow('create delete', 'core', 'pods'),
  allow('patch update', 'core', 'pods/status'),
  allow('create', 'core', 'pods/eviction'),
  allow(read, 'core', 'configmaps secrets'),
  allow('get', 'core', 'persistentvolumeclaims persistentvolumes'),
  allow('get', 'core', 'endpoints'),
  allow('create get list watch', certificates, 'certificatesigningrequests'),
  allow('create delete get patch update', coordination, 'leases'),
  allow('get', storage, 'volumeattachments'),
  allow('create', 'core', 'serviceaccounts/token'),
  allow('get patch update', 'core', 'persistentvolumeclaims/status'),
  allow(read, storage, 'csidrivers'),
  allow('create delete get patch update', storage, 'csinodes'),
  allow(read, 'node.k8s.io', 'runtimeclasses'),
  allow('get', resource, 'resourceclaims'),
  allow('deletecollection', resource, 'resourceslices'),
  allow(read, certificates, 'clustertrustbundles'),
  allow('get', 'core', 'serviceaccounts'),
]

function approver(name: string, signer: string): DefaultObject {
  return clusterRole(`system:${certificates}:${name}`, [allow('approve', certificates, 'signers', `kubernetes.io/${signer}`)])
}

export const componentRoles: readonly DefaultObject[] = [
  clusterRole('system:node', nodeRules),
  clusterRole('system:node-proxier', [
    allow('list watch', 'core', 'endpoints services'),
    allow(read, 'core', 'nodes'),
    events,
    allow('list watch', 'networking.k8s.io', 'servicecidrs'),
    allow('list watch', 'discovery.k8s.io', 'endpointslices'),
  ]),
  clusterRole('system:node-bootstrapper', [allow('create get list watch', certificates, 'certificatesigningrequests')]),
  clusterRole('system:node-problem-detector', [allow('get', 'core', 'nodes'), allow('patch', 'core', 'nodes/status'), events]),
  clusterRole('system:kubelet-api-admin', [
    allow(read, 'core', 'nodes'),
    allow('proxy', 'core', 'nodes'),
    allow('*', 'core', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
    allow('*', 'core', 'nodes/configz nodes/healthz nodes/pods'),
  ]),
  clusterRole('system:kube-controller-manager', [
    events,
    allow('create', coordination, 'leases'),
    allow('get update', coordination, 'leases', 'kube-controller-manager'),
    allow('create', 'core', 'secrets serviceaccounts'),
    allow('delete', 'core', 'secrets'),
    allow('get', 'core', 'configmaps namespaces secrets serviceaccounts'),
    allow('update', 'core', 'secrets serviceaccounts'),
    ...delegation,
    allow('list watch', '*', '*'),
    allow('create', 'core', 'serviceaccounts/token'),
  ]),
  clusterRole('system:kube-scheduler', [
    events,
    allow('create', coordination, 'leases'),
    allow('get list update watch', coordination, 'leases', 'kube-scheduler'),
    allow(all, coordination, 'leasecandidates'),
    allow(read, 'core', 'nodes'),
    allow('delete get list watch', 'core', 'pods'),
    allow('create', 'core', 'bindings pods/binding'),
    allow('patch update', 'core', 'pods/status'),
    allow(read, 'core', 'replicationcontrollers services'),
    allow(read, 'apps extensions', 'replicasets'),
    allow(read, 'apps', 'statefulsets'),
    allow(read, 'policy', 'poddisruptionbudgets'),
    allow(read, 'core', 'persistentvolumeclaims persistentvolumes'),
    ...delegation,
    allow(read, storage, 'csinodes'),
    allow(read, storage, 'volumeattachments'),
    allow(read, 'core', 'namespaces'),
    allow(read, storage, 'csidrivers'),
    allow(read, storage, 'csistoragecapacities'),
    allow(read, resource, 'deviceclasses'),
    allow('get list patch update watch', resource, 'resourceclaims'),
    allow('get list patch update watch', resource, 'resourceclaims/status'),
    allow('get list patch update watch', 'core', 'pods/finalizers'),
    allow(read, resource, 'resourceslices'),
  ]),
  clusterRole('system:volume-scheduler', [
    allow('get list patch update watch', 'core', 'persistentvolumes'),
    allow(read, storage, 'storageclasses'),
    allow('get list patch update watch', 'core', 'persistentvolumeclaims'),
  ]),
  clusterRole('system:kube-dns', [allow('list watch', 'core', 'endpoints services')]),
  clusterRole('system:kube-aggregator', [allow(read, 'core', 'endpoints services')]),
  clusterRole('system:auth-delegator', delegation),
  clusterRole('system:heapster', [allow(read, 'core', 'events namespaces nodes pods'), allow(read, 'extensions', 'deployments')]),
  clusterRole('system:persistent-volume-provisioner', [
    allow('create delete get list watch', 'core', 'persistentvolumes'),
    allow('get list update watch', 'core', 'persistentvolumeclaims'),
    allow(read, storage, 'storageclasses'),
    allow('watch', 'core', 'events'),
    events,
  ]),
  ...['nodeclient', 'selfnodeclient'].map(kind =>
    clusterRole(`system:${certificates}:certificatesigningrequests:${kind}`, [
      allow('create', certificates, `certificatesigningrequests/${kind}`),
    ]),
  ),
  approver('legacy-unknown-approver', 'legacy-unknown'),
  approver('kubelet-serving-approver', 'kubelet-serving'),
  approver('kube-apiserver-client-approver', 'kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet-approver', 'kube-apiserver-client-kubelet'),
]
