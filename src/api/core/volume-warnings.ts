// What is to be said of the volumes of a pod: plugins that are gone, and files of which one hides another.
import { nothing, quoted, type Warnings, warnEach, warnFractionalBytes } from '../warnings.ts'
import type { PersistentVolumeClaimSpec, Volume, VolumeProjection } from './volume.ts'

const plugins = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+', 'storageOS'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const

/** Of a volume's source, in pods and in persistent volumes. */
export function warnPlugins(source: { readonly [K in (typeof plugins)[number][0]]?: unknown }, field: string): Warnings {
  return plugins.flatMap(([plugin, message, shown = plugin]) => (source[plugin] === undefined ? [] : [`${field}.${shown}: ${message}`]))
}

export function warnVolumes(volumes: readonly Volume[] | undefined, field: string): Warnings {
  if (!volumes) return nothing
  return [
    ...warnEach(volumes, field, (volume, at) => [
      ...warnPlugins(volume, at),
      ...warnClaimSpec(volume.ephemeral?.volumeClaimTemplate?.spec, `${at}.ephemeral.volumeClaimTemplate.spec`),
    ]),
    ...volumes.flatMap(warnOverlaps),
  ]
}

export function warnClaimSpec(spec: PersistentVolumeClaimSpec | undefined, field: string): Warnings {
  const resources = spec?.resources
  return resources
    ? [
        ...warnFractionalBytes(resources.requests, ['storage'], `${field}.resources.requests`),
        ...warnFractionalBytes(resources.limits, ['storage'], `${field}.resources.limits`),
      ]
    : nothing
}

/** A file of a volume; `source` says where it is from, where there are several. */
interface File {
  readonly path: string
  readonly source: string
}

function warnOverlaps({ name, configMap, secret, downwardAPI, projected }: Volume): Warnings {
  const warn = (files: readonly File[], what: string) =>
    overlaps(files).map(pair => `volume ${quoted(name)} (${what}): overlapping paths: ${pair}`)
  const own = (items: readonly { readonly path: string }[] | undefined) => (items ?? []).map(({ path }) => ({ path, source: '' }))
  return [
    ...(configMap ? warn(own(configMap.items), `ConfigMap ${quoted(configMap.name ?? '')}`) : []),
    ...(secret ? warn(own(secret.items), `Secret ${quoted(secret.secretName ?? '')}`) : []),
    ...(downwardAPI ? warn(own(downwardAPI.items), 'DownwardAPI') : []),
    ...(projected?.sources ?? []).flatMap(source =>
      Object.values(source).every(part => part === undefined) ? [`volume ${quoted(name)} (Projected) has no sources provided`] : [],
    ),
    ...(projected ? warn((projected.sources ?? []).flatMap(filesOf), 'Projected') : []),
  ]
}

function filesOf(source: VolumeProjection): readonly File[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source
  const from = (name: string, items: readonly { readonly path?: string | undefined }[] | undefined) =>
    (items ?? []).flatMap(({ path }) => (path ? [{ path, source: name }] : []))
  return [
    ...from(`ConfigMap ${quoted(configMap?.name ?? '')}`, configMap?.items),
    ...from(`Secret ${quoted(secret?.name ?? '')}`, secret?.items),
    ...from('DownwardAPI', downwardAPI?.items),
    ...from('ServiceAccountToken', serviceAccountToken && [serviceAccountToken]),
    ...from(
      `ClusterTrustBundle ${quoted(clusterTrustBundle?.name ?? clusterTrustBundle?.signerName ?? '')}`,
      clusterTrustBundle && [clusterTrustBundle],
    ),
    ...from('PodCertificate chain', podCertificate && [{ path: podCertificate.certificateChainPath }]),
    ...from('PodCertificate key', podCertificate && [{ path: podCertificate.keyPath }]),
    ...from('PodCertificate credential bundle', podCertificate && [{ path: podCertificate.credentialBundlePath }]),
  ]
}

/** Files of which one lies where the other is, or within it. */
function overlaps(files: readonly File[]): readonly string[] {
  const seen: File[] = []
  return files.flatMap(({ path, source }) => {
    const file = { path: path.replace(/\/+$/, ''), source }
    const others = file.path === '' ? [] : seen.filter(other => isWithin(file.path, other.path) || isWithin(other.path, file.path))
    seen.push(file)
    return others.map(other => `${shown(file)} with ${shown(other)}`)
  })
}

function isWithin(path: string, directory: string): boolean {
  return directory !== '' && `${path}/`.startsWith(`${directory}/`)
}

function shown({ path, source }: File): string {
  return source === '' ? quoted(path) : `${quoted(path)} (${source})`
}
