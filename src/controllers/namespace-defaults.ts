// What every active namespace has: the service account `default`, and the certificate by which pods know the API server.
import { ConfigMap } from '../api/core/config-map.ts'
import { Namespace } from '../api/core/namespace.ts'
import { ServiceAccount } from '../api/core/service-account.ts'
import { keyOf } from '../api/kind.ts'
import { deepEqual } from '../meta/deep-equal.ts'
import { nothingToDo, type Reconciler, watch } from './runtime/reconciler.ts'
import type { View } from './runtime/view.ts'
import { write } from './runtime/writes.ts'

const DEFAULT_ACCOUNT = 'default'
const ROOT_CA = 'kube-root-ca.crt'
const DESCRIPTION = 'kubernetes.io/description'
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

export const serviceAccountController: Reconciler = {
  name: 'serviceaccount-controller',
  account: 'service-account-controller',
  watches: [
    watch(Namespace, namespace => [keyOf(namespace)]),
    watch(
      ServiceAccount,
      account => (account.metadata.name === DEFAULT_ACCOUNT ? [account.metadata.namespace] : []),
      () => false,
    ),
  ],
  reconcile: (namespace, { view }) => {
    if (!isActive(view, namespace) || view.get(ServiceAccount, `${namespace}/${DEFAULT_ACCOUNT}`)) return nothingToDo
    return { writes: [write.create(ServiceAccount, { metadata: { namespace, name: DEFAULT_ACCOUNT } })] }
  },
}

/** `certificate`: the root of the API server's certificate, in PEM. */
export function rootCertificateController(certificate: string): Reconciler {
  const data = { 'ca.crt': certificate }
  return {
    name: 'root-ca-certificate-publisher-controller',
    account: 'root-ca-cert-publisher',
    watches: [
      watch(Namespace, namespace => [keyOf(namespace)]),
      watch(ConfigMap, map => (map.metadata.name === ROOT_CA ? [map.metadata.namespace] : [])),
    ],
    reconcile: (namespace, { view }) => {
      if (!isActive(view, namespace)) return nothingToDo
      const map = view.get(ConfigMap, `${namespace}/${ROOT_CA}`)
      const annotations = { ...map?.metadata.annotations, [DESCRIPTION]: description }
      if (!map) return { writes: [write.create(ConfigMap, { metadata: { namespace, name: ROOT_CA, annotations }, data })] }
      if (deepEqual(map.data, data) && map.metadata.annotations?.[DESCRIPTION] === description) return nothingToDo
      return { writes: [write.update(ConfigMap, { ...map, metadata: { ...map.metadata, annotations }, data })] }
    },
  }
}

function isActive(view: View, name: string): boolean {
  const namespace = view.get(Namespace, name)
  return namespace !== undefined && !namespace.metadata.deletionTimestamp && namespace.status.phase !== 'Terminating'
}
