// The ConfigMaps and Secrets that a pod names anywhere, so that each can be watched by itself while a pod needs it.
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { allContainers } from '../pod/containers.ts'

export interface References {
  readonly configMaps: ReadonlySet<string>
  readonly secrets: ReadonlySet<string>
}

export function referencesOf(spec: PodSpec): References {
  const configMaps = new Set<string>()
  const secrets = new Set<string>()
  const add = (to: Set<string>, name: string | undefined) => name && to.add(name)
  for (const { name } of spec.imagePullSecrets ?? []) add(secrets, name)
  for (const container of allContainers(spec)) {
    for (const source of container.envFrom ?? []) {
      add(configMaps, source.configMapRef?.name)
      add(secrets, source.secretRef?.name)
    }
    for (const { valueFrom } of container.env ?? []) {
      add(configMaps, valueFrom?.configMapKeyRef?.name)
      add(secrets, valueFrom?.secretKeyRef?.name)
    }
  }
  for (const volume of spec.volumes ?? []) {
    add(configMaps, volume.configMap?.name)
    add(secrets, volume.secret?.secretName)
    for (const source of volume.projected?.sources ?? []) {
      add(configMaps, source.configMap?.name)
      add(secrets, source.secret?.name)
    }
  }
  return { configMaps, secrets }
}
