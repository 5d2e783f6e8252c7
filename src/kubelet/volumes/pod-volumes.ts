// The volumes of one pod on disk: made before its containers start, kept up to date while it runs, taken away after it.
import { join } from 'node:path'
import type { Pod } from '../../api/core/pod.ts'
import type { Volume } from '../../api/core/volume.ts'
import { parseQuantity, quantityValue } from '../../meta/quantity.ts'
import type { Host } from '../host.ts'
import { podFolder } from '../pod/names.ts'
import { isLimited, podAmount } from '../pod/resources.ts'
import { type Ownership, writePayload } from './atomic-writer.ts'
import { checkHostPath } from './host-path.ts'
import { isPayloadVolume, PayloadError, type PayloadSources, volumePayload } from './payload.ts'

export interface VolumeContext {
  readonly host: Host
  readonly rootDir: string
  readonly now: number
  /** Objects and tokens, already fetched. */
  readonly sources: PayloadSources
}

/** Where each volume of the pod is, by its name. */
export type VolumePaths = ReadonlyMap<string, string>

/** Why a volume cannot be had; the text is what the FailedMount event says. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError'
}

/** Idempotent: what is there is kept, files of objects are brought up to date. Throws `VolumeError`. */
export async function mountVolumes(pod: Pod, context: VolumeContext): Promise<VolumePaths> {
  const volumes = pod.spec.volumes ?? []
  if (volumes.length === 0) return new Map()
  const mounted = new Set(await context.host.mountPoints())
  const paths = await Promise.all(
    volumes.map(async (volume): Promise<readonly [string, string]> => {
      try {
        return [volume.name, await mountVolume(pod, volume, mounted, context)]
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        throw new VolumeError(`MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${why}`, { cause: error })
      }
    }),
  )
  return new Map(paths)
}

/** Only what can change under a running pod. Throws `VolumeError`. */
export async function refreshVolumes(pod: Pod, context: VolumeContext): Promise<void> {
  const changing = (pod.spec.volumes ?? []).filter(isPayloadVolume)
  if (changing.length > 0) await mountVolumes({ ...pod, spec: { ...pod.spec, volumes: changing } }, context)
}

export function volumePath(rootDir: string, uid: string, volume: Volume): string {
  const plugin = volume.configMap
    ? 'configmap'
    : volume.secret
      ? 'secret'
      : volume.downwardAPI
        ? 'downward-api'
        : volume.projected
          ? 'projected'
          : 'empty-dir'
  return join(podFolder(rootDir, uid), 'volumes', `kubernetes.io~${plugin}`, volume.name)
}

async function mountVolume(pod: Pod, volume: Volume, mounted: ReadonlySet<string>, context: VolumeContext): Promise<string> {
  const { host, rootDir } = context
  const path = volumePath(rootDir, pod.metadata.uid, volume)
  const fsGroup = pod.spec.securityContext.fsGroup
  if (volume.hostPath) {
    await checkHostPath(host.files, volume.hostPath.path, volume.hostPath.type)
    return volume.hostPath.path
  }
  if (volume.emptyDir) {
    const isNew = (await host.files.mkdir(path, { recursive: true })) !== undefined
    if (volume.emptyDir.medium === 'Memory' && !mounted.has(path)) await host.mountTmpfs(path, tmpfsOptions(pod, volume))
    if (isNew) {
      if (fsGroup !== undefined) await host.files.chown(path, 0, fsGroup)
      await host.files.chmod(path, fsGroup === undefined ? 0o777 : 0o2777)
    }
    return path
  }
  if (isPayloadVolume(volume)) {
    // The files first: nothing is mounted for a volume that cannot be filled yet.
    const payload = volumePayload(volume, context.sources)
    await host.files.mkdir(path, { recursive: true })
    if (!volume.configMap && !mounted.has(path)) await host.mountTmpfs(path, {})
    await host.files.chmod(path, fsGroup === undefined ? 0o777 : 0o2777)
    await writePayload(host.files, path, payload, ownership(pod, volume), context.now)
    return path
  }
  const type = Object.keys(volume).find(key => key !== 'name') ?? 'none'
  throw new PayloadError(`volumes of type ${type} are not supported on this node`)
}

function tmpfsOptions(pod: Pod, { emptyDir }: Volume): { readonly sizeBytes?: number } {
  const limit = emptyDir?.sizeLimit === undefined ? 0 : quantityValue(parseQuantity(emptyDir.sizeLimit))
  const memory = isLimited(pod.spec, 'memory') ? podAmount(pod.spec, 'memory', 'limits') : 0
  const sizes = [limit, memory].filter(size => size > 0)
  return sizes.length === 0 ? {} : { sizeBytes: Math.min(...sizes) }
}

/** The one user of all containers, if they have one: token files belong to it. */
export function commonUser({ spec }: Pod): number | undefined {
  const users = new Set(
    [...(spec.initContainers ?? []), ...spec.containers].map(c => c.securityContext?.runAsUser ?? spec.securityContext.runAsUser),
  )
  const [user] = users
  return users.size === 1 ? user : undefined
}

function ownership(pod: Pod, volume: Volume): Ownership {
  const { fsGroup } = pod.spec.securityContext
  const hasToken = volume.projected?.sources?.some(source => source.serviceAccountToken) ?? false
  const uid = hasToken && fsGroup === undefined ? commonUser(pod) : undefined
  return { ...(uid !== undefined && { uid }), ...(fsGroup !== undefined && { gid: fsGroup }) }
}

/**
 * Takes away everything below the pod's folder. Whatever is still mounted in it (by us, or by a container with bidirectional propagation)
 * is unmounted first, deepest first; nothing is deleted while a mount is left, as that would delete through it.
 */
export async function removePodFolder(host: Host, rootDir: string, uid: string): Promise<void> {
  const folder = podFolder(rootDir, uid)
  const below = async () => (await host.mountPoints()).filter(path => path.startsWith(`${folder}/`))
  for (const path of [...(await below())].sort((a, b) => b.length - a.length)) await host.unmount(path)
  const left = await below()
  if (left.length > 0) throw new VolumeError(`UnmountVolume.TearDown failed: still mounted: ${left.join(', ')}`)
  await host.files.rm(folder, { recursive: true, force: true })
}
