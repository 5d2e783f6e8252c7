// What a pod may pull an image with: its pull secrets first, then what the node has.
import type { Pod } from '../../api/core/pod.ts'
import { credentialsFor, type PullCredential, secretDockerConfig } from '../images/credentials.ts'
import type { OperationDependencies } from './operation.ts'

/** The pull goes on without secrets that cannot be had: it may not need them. */
export async function pullCredentials(image: string, pod: Pod, deps: OperationDependencies): Promise<readonly PullCredential[]> {
  await deps.objects.fetched(pod)
  const names = (pod.spec.imagePullSecrets ?? []).flatMap(reference => reference.name || [])
  const found = names.map(name => {
    const secret = deps.objects.secret(pod.metadata.namespace, name)
    return { name, metadata: secret?.metadata, config: secret && secretDockerConfig(secret) }
  })
  const missing = found.filter(each => each.config === undefined).map(each => each.name)
  if (missing.length > 0) {
    const message = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`
    deps.events(pod, 'Warning', 'FailedToRetrieveImagePullSecret', message)
  }
  const ofPod = found.flatMap(({ config, metadata }) =>
    config && metadata ? [{ config, secret: { uid: metadata.uid, namespace: metadata.namespace, name: metadata.name } }] : [],
  )
  const ofNode = (await deps.nodeDockerConfigs()).map(config => ({ config }))
  return [...credentialsFor(image, ofPod), ...credentialsFor(image, ofNode)]
}
