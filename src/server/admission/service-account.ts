// ServiceAccount: every pod runs as one, and finds its token, the cluster's CA and its namespace in a well-known folder.
import { isMirrorPod } from '../../api/core/mirror-pod.ts'
import type { Pod } from '../../api/core/pod.ts'
import { Pod as PodKind } from '../../api/core/pod.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { ServiceAccount } from '../../api/core/service-account.ts'
import { StatusError } from '../../meta/status-error.ts'
import { podReferences } from '../authz/pod-references.ts'
import type { Call } from '../call.ts'
import { deriveSpec } from '../shared-specs.ts'
import type { Storage } from '../storage.ts'
import type { AdmissionPlugin } from './admission.ts'
import { unmountable, unmountableLater } from './mountable-secrets.ts'

/** A volume whose name begins so is taken for that of the token. */
const volumePrefix = 'kube-api-access-'
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
/** An hour, and the seconds by which kubelets renew late. */
const tokenExpirationSeconds = 3607

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  mutate({ operation, call, subresource, object }, storage) {
    if (call.resource.kind !== PodKind || operation !== 'CREATE' || subresource !== '') return object
    const pod = object as Pod
    if (isMirrorPod(pod)) {
      checkMirror(call, pod)
      return pod
    }
    const account = accountOf(call, pod, storage)
    const { automountServiceAccountToken, imagePullSecrets, metadata } = account
    const inputs = `account ${JSON.stringify([call.info.namespace, metadata.name, automountServiceAccountToken, imagePullSecrets])}`
    return { ...pod, spec: deriveSpec(pod.spec, inputs, spec => withAccount(spec, account)) }
  },
  validate({ operation, call, subresource, object }, storage) {
    if (call.resource.kind !== PodKind) return
    const isNew = operation === 'CREATE' && subresource === ''
    if (!isNew && (operation !== 'UPDATE' || subresource !== 'ephemeralcontainers')) return
    const pod = object as Pod
    if (isNew && isMirrorPod(pod)) return checkMirror(call, pod)
    const account = accountOf(call, pod, storage)
    const why = isNew ? unmountable(pod.spec, account) : unmountableLater(pod.spec, account)
    if (why !== undefined) throw StatusError.forbidden(call.resource, pod.metadata.name, why)
  },
}

function accountOf({ resource, info }: Call, pod: Pod, storage: Storage): ServiceAccount {
  const name = pod.spec.serviceAccountName || 'default'
  const account = storage.find(ServiceAccount, info.namespace, name)
  if (account) return account
  const why = `error looking up service account ${info.namespace}/${name}: serviceaccount "${name}" not found`
  throw StatusError.forbidden(resource, pod.metadata.name ?? '', why)
}

/** What a kubelet runs by itself cannot get anything that only the API server has. */
function checkMirror({ resource }: Call, pod: Pod): void {
  const refuse = (why: string) => StatusError.forbidden(resource, pod.metadata.name ?? '', `a mirror pod may not ${why}`)
  if (pod.spec.serviceAccountName) throw refuse('reference service accounts')
  if (podReferences(pod).some(reference => reference.resource === 'secrets')) throw refuse('reference secrets')
  if (pod.spec.volumes?.some(({ projected }) => projected?.sources?.some(source => source.serviceAccountToken)))
    throw refuse('use ServiceAccountToken volume projections')
}

function withAccount(wanted: PodSpec, account: ServiceAccount): PodSpec {
  const { name, namespace } = account.metadata
  let spec: PodSpec = { ...wanted, serviceAccountName: name, serviceAccount: name }
  if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) spec = { ...spec, imagePullSecrets: account.imagePullSecrets }
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)
    spec = withToken(spec, `${volumePrefix}${letters(`${namespace}/${name}`)}`)
  return spec
}

function letters(seed: string): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  let hash = 2166136261
  for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 16777619) >>> 0
  let text = ''
  for (let i = 0; i < 5; i++) {
    text += alphabet[hash % alphabet.length]
    hash = Math.floor(hash / alphabet.length)
  }
  return text
}

/** `fresh` is the name of a new volume: the same for all pods of an account, so that those of one template have one spec. */
function withToken(spec: PodSpec, fresh: string): PodSpec {
  const lacksToken = (c: PodSpec['containers'][number]) => !c.volumeMounts?.some(m => m.mountPath === mountPath)
  if (![...spec.containers, ...(spec.initContainers ?? [])].some(lacksToken)) return spec
  const present = spec.volumes?.find(({ name }) => name.startsWith(volumePrefix))
  const volume = present?.name ?? fresh
  const mount = <C extends PodSpec['containers'][number]>(c: C): C =>
    lacksToken(c) ? { ...c, volumeMounts: [...(c.volumeMounts ?? []), { name: volume, mountPath, readOnly: true }] } : c
  return {
    ...spec,
    ...(!present && { volumes: [...(spec.volumes ?? []), tokenVolume(volume)] }),
    containers: spec.containers.map(mount),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(mount) }),
  }
}

function tokenVolume(name: string): NonNullable<PodSpec['volumes']>[number] {
  return {
    name,
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenExpirationSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  }
}
