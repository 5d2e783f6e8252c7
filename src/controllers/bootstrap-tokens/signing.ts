// Signs the kubeconfig of the config map `cluster-info` with every bootstrap token that is for signing, so that who joins with a token
// knows by it that this is the right cluster. https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#configmap-signing
import { createHmac } from 'node:crypto'
import {
  type BootstrapToken,
  bootstrapTimeLeftMs,
  bootstrapTokenOf,
  isBootstrapToken,
  isBootstrapTokenFor,
} from '../../api/core/bootstrap-token.ts'
import { ConfigMap } from '../../api/core/config-map.ts'
import { Secret } from '../../api/core/secret.ts'
import { keyOf } from '../../api/kind.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { index, nothingToDo, type Reconciler, watch } from '../runtime/reconciler.ts'
import { write } from '../runtime/writes.ts'

const clusterInfo = 'kube-public/cluster-info'
const signaturePrefix = 'jws-kubeconfig-'
const byBeingOne = 'bootstrapToken'

export const bootstrapSigner: Reconciler = {
  name: 'bootstrap-signer-controller',
  account: 'bootstrap-signer',
  watches: [
    watch(ConfigMap, map => (keyOf(map) === clusterInfo ? [clusterInfo] : [])),
    watch(Secret, secret => (isBootstrapToken(secret) ? [clusterInfo] : [])),
  ],
  indices: [index(Secret, byBeingOne, secret => (isBootstrapToken(secret) ? [byBeingOne] : []))],
  reconcile(_key, { view, now }) {
    const map = view.get(ConfigMap, clusterInfo)
    const kubeconfig = map?.data?.['kubeconfig']
    if (!map || kubeconfig === undefined) return nothingToDo
    const secrets = view.byIndex(Secret, byBeingOne, byBeingOne)
    const signing = secrets.filter(secret => isBootstrapTokenFor(secret, 'signing') && bootstrapTimeLeftMs(secret, now) !== 0)
    const tokens = signing.flatMap(secret => bootstrapTokenOf(secret) ?? [])
    const others = Object.entries(map.data ?? {}).filter(([key]) => !key.startsWith(signaturePrefix))
    const signatures = tokens.map(token => [signaturePrefix + token.id, detachedSignature(kubeconfig, token)] as const)
    const data = Object.fromEntries([...others, ...signatures])
    return deepEqual(data, map.data) ? nothingToDo : { writes: [write.update(ConfigMap, { ...map, data })] }
  },
}

/** A JSON Web Signature in its compact form, without what it signs. */
export function detachedSignature(content: string, { id, secret }: BootstrapToken): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url')
  const payload = Buffer.from(content).toString('base64url')
  return `${header}..${createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')}`
}
