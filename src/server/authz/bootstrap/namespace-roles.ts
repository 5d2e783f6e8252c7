// The default roles within kube-system and kube-public, with their bindings.
import { allow, type DefaultObject, events, read, role, roleBinding } from './notation.ts'

const reader = 'extension-apiserver-authentication-reader'

function leaderLocking(component: string, ...more: readonly string[]): readonly DefaultObject[] {
  const name = `system::leader-locking-${component}`
  const verbs = 'create get list update watch'
  return [
    role('kube-system', name, [allow(verbs, 'coordination.k8s.io', 'leases'), allow(verbs, 'coordination.k8s.io', 'leasecandidates')]),
    roleBinding('kube-system', name, [`user:system:${component}`, `account:${component}`, ...more]),
  ]
}

export const namespaceRoles: readonly DefaultObject[] = [
  role('kube-public', 'system:controller:bootstrap-signer', [
    allow(read, 'core', 'configmaps'),
    allow('update', 'core', 'configmaps', 'cluster-info'),
    events,
  ]),
  roleBinding('kube-public', 'system:controller:bootstrap-signer', ['account:bootstrap-signer']),
  role('kube-system', reader, [allow(read, 'core', 'configmaps', 'extension-apiserver-authentication')]),
  roleBinding('kube-system', `system::${reader}`, ['user:system:kube-controller-manager', 'user:system:kube-scheduler'], reader),
  ...leaderLocking('kube-controller-manager', 'account:leader-election-controller'),
  ...leaderLocking('kube-scheduler'),
  role('kube-system', 'system:controller:bootstrap-signer', [allow(read, 'core', 'secrets')]),
  roleBinding('kube-system', 'system:controller:bootstrap-signer', ['account:bootstrap-signer']),
  role('kube-system', 'system:controller:cloud-provider', [allow('create get list watch', 'core', 'configmaps')]),
  roleBinding('kube-system', 'system:controller:cloud-provider', ['account:cloud-provider']),
  role('kube-system', 'system:controller:token-cleaner', [allow('delete get list watch', 'core', 'secrets'), events]),
  roleBinding('kube-system', 'system:controller:token-cleaner', ['account:token-cleaner']),
]
