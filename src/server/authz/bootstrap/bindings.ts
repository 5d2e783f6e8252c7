// Who holds the default ClusterRoles.
import { clusterRoleBinding, type DefaultObject } from './notation.ts'

const everyone = ['group:system:authenticated']

export const clusterBindings: readonly DefaultObject[] = [
  clusterRoleBinding('cluster-admin', ['group:system:masters']),
  // The group of the administrator's certificate: unlike system:masters it can be taken away.
  clusterRoleBinding('kubeadm:cluster-admins', ['group:kubeadm:cluster-admins'], 'cluster-admin'),
  clusterRoleBinding('system:basic-user', everyone),
  clusterRoleBinding('system:discovery', everyone),
  clusterRoleBinding('system:public-info-viewer', [...everyone, 'group:system:unauthenticated']),
  clusterRoleBinding('system:monitoring', ['group:system:monitoring']),
  clusterRoleBinding('system:service-account-issuer-discovery', ['group:system:serviceaccounts']),
  clusterRoleBinding('system:cluster-trust-bundle-discovery', ['group:system:serviceaccounts']),
  // Nodes are let in by the node authorizer; the binding stays for those who add subjects to it.
  clusterRoleBinding('system:node', []),
  clusterRoleBinding('system:node-proxier', ['user:system:kube-proxy']),
  clusterRoleBinding('system:kube-controller-manager', ['user:system:kube-controller-manager']),
  clusterRoleBinding('system:kube-scheduler', ['user:system:kube-scheduler']),
  clusterRoleBinding('system:volume-scheduler', ['user:system:kube-scheduler']),
  clusterRoleBinding('system:kube-dns', ['account:kube-dns']),
]
