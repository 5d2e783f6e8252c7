// The mounts of one container: its volume mounts with sub paths, /etc/hosts and the file for its last words.
import { join } from 'node:path'
import type { VolumeMount } from '../../api/core/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import { type Files, isNoEntry } from '../host.ts'
import type { AnyContainer } from '../pod/containers.ts'
import { expand } from '../pod/expand.ts'
import type { Mount, MountPropagation } from '../runtime/cri-config.ts'
import { VolumeError, type VolumePaths } from './pod-volumes.ts'

const propagation: Readonly<Record<string, MountPropagation>> = {
  None: 'PROPAGATION_PRIVATE',
  HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER',
  Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
}

export interface MountOptions {
  readonly files: Files
  readonly pod: Pod
  readonly container: AnyContainer
  readonly volumes: VolumePaths
  readonly env: ReadonlyMap<string, string>
  /** The managed hosts file. */
  readonly hostsPath: string
  readonly messagePath: string
}

/** Throws `VolumeError`. */
export async function containerMounts(options: MountOptions): Promise<readonly Mount[]> {
  const { pod, container } = options
  const mounts: Mount[] = []
  for (const mount of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find(v => v.name === mount.name)
    mounts.push({
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      hostPath: await sourceOf(options, mount),
      readonly:
        (mount.readOnly ?? false) ||
        volume?.configMap !== undefined ||
        volume?.secret !== undefined ||
        volume?.projected !== undefined ||
        volume?.downwardAPI !== undefined,
      propagation: propagation[mount.mountPropagation ?? 'None'] ?? 'PROPAGATION_PRIVATE',
    })
  }
  const covers = (path: string) => mounts.some(m => m.containerPath === path)
  if (!covers('/etc/hosts')) mounts.push({ containerPath: '/etc/hosts', hostPath: options.hostsPath, propagation: 'PROPAGATION_PRIVATE' })
  if (container.terminationMessagePath !== '' && !covers(container.terminationMessagePath))
    mounts.push({ containerPath: container.terminationMessagePath, hostPath: options.messagePath, propagation: 'PROPAGATION_PRIVATE' })
  return mounts
}

async function sourceOf({ files, volumes, env }: MountOptions, mount: VolumeMount): Promise<string> {
  const root = volumes.get(mount.name)
  if (root === undefined) throw new VolumeError(`cannot find volume ${JSON.stringify(mount.name)} to mount into container`)
  const subPath = mount.subPath || expand(mount.subPathExpr ?? '', name => env.get(name))
  return subPath === '' ? root : subPathOf(files, root, subPath)
}

/** A path inside the volume, made a folder where there is nothing. Links may not lead out of the volume. */
export async function subPathOf(files: Files, root: string, subPath: string): Promise<string> {
  if (subPath.startsWith('/') || subPath.split('/').includes('..')) throw new VolumeError(`invalid sub path ${JSON.stringify(subPath)}`)
  const base = await files.realpath(root)
  let path = base
  for (const part of subPath.split('/').filter(p => p !== '' && p !== '.')) {
    const next = await files.realpath(join(path, part)).catch(async (error: unknown) => {
      if (!isNoEntry(error)) throw error
      await files.mkdir(join(path, part), { mode: 0o750 })
      return join(path, part)
    })
    if (next !== base && !next.startsWith(`${base}/`)) throw new VolumeError(`sub path ${JSON.stringify(subPath)} leads out of the volume`)
    path = next
  }
  return path
}
