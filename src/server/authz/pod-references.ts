// Which secrets, config maps and claims a pod names: those its node must read to run it.
import type { Container } from '../../api/core/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Volume } from '../../api/core/volume.ts'

export type ReferencedResource = 'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'serviceaccounts' | 'resourceclaims'

export interface PodReference {
  readonly resource: ReferencedResource
  readonly name: string
}

type Spec = NonNullable<Pod['spec']>
type ContainerReferences = Pick<Container, 'env' | 'envFrom'>

/** May name a thing twice. */
export function podReferences(pod: Pod): readonly PodReference[] {
  const { spec } = pod
  if (!spec) return []
  const containers: readonly ContainerReferences[] = [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ]
  return [
    ...references('serviceaccounts', [spec.serviceAccountName]),
    ...references('secrets', [
      ...(spec.imagePullSecrets ?? []).map(s => s.name),
      ...containers.flatMap(secretsOfContainer),
      ...volumesOf(spec).flatMap(secretsOfVolume),
    ]),
    ...references('configmaps', [...containers.flatMap(configMapsOfContainer), ...volumesOf(spec).flatMap(configMapsOfVolume)]),
    ...references('resourceclaims', claimsOf(pod)),
    ...references(
      'persistentvolumeclaims',
      volumesOf(spec).map(v => v.persistentVolumeClaim?.claimName ?? (v.ephemeral && `${pod.metadata.name}-${v.name}`)),
    ),
  ]
}

function references(resource: ReferencedResource, names: readonly (string | undefined)[]): readonly PodReference[] {
  return names.flatMap(name => (name ? [{ resource, name }] : []))
}
/** Those made of templates are named in the status. */
function claimsOf({ spec, status }: Pod): readonly (string | undefined)[] {
  return [
    ...(spec.resourceClaims ?? []).map(claim => claim.resourceClaimName),
    ...(status?.resourceClaimStatuses ?? []).map(claim => claim.resourceClaimName),
    status?.extendedResourceClaimStatus?.resourceClaimName,
  ]
}
function volumesOf(spec: Spec): readonly Volume[] {
  return spec.volumes ?? []
}
function secretsOfContainer({ env = [], envFrom = [] }: ContainerReferences): readonly (string | undefined)[] {
  return [...env.map(e => e.valueFrom?.secretKeyRef?.name), ...envFrom.map(e => e.secretRef?.name)]
}
function configMapsOfContainer({ env = [], envFrom = [] }: ContainerReferences): readonly (string | undefined)[] {
  return [...env.map(e => e.valueFrom?.configMapKeyRef?.name), ...envFrom.map(e => e.configMapRef?.name)]
}
function secretsOfVolume(v: Volume): readonly (string | undefined)[] {
  return [
    v.secret?.secretName,
    ...(v.projected?.sources ?? []).map(s => s.secret?.name),
    v.csi?.nodePublishSecretRef?.name,
    v.azureFile?.secretName,
    ...[v.cephfs, v.cinder, v.flexVolume, v.iscsi, v.rbd, v.scaleIO, v.storageos].map(source => source?.secretRef?.name),
  ]
}
function configMapsOfVolume(v: Volume): readonly (string | undefined)[] {
  return [v.configMap?.name, ...(v.projected?.sources ?? []).map(s => s.configMap?.name)]
}
