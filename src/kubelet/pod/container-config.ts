// A container in the runtime's words. Pure: environment, mounts and the image's user are found out before.
import type { Pod } from '../../api/core/pod.ts'
import type { ContainerConfig, Device, Mount } from '../runtime/cri-config.ts'
import { containerDemand, containerResources } from './container-resources.ts'
import type { AnyContainer } from './containers.ts'
import { expand } from './expand.ts'
import { containerAnnotations, containerLogPath, containerNameLabel, identityOf, podLabels } from './names.ts'
import { oomScoreAdj, qosClass } from './qos.ts'
import { memoryBytes } from './resources.ts'
import { containerSecurity, type ImageUser } from './security.ts'

export interface ContainerOptions {
  readonly pod: Pod
  readonly container: AnyContainer
  readonly attempt: number
  readonly env: ReadonlyMap<string, string>
  readonly mounts: readonly Mount[]
  readonly devices: readonly Device[]
  /** What the runtime knows the image by. */
  readonly imageRef: string
  readonly imageUser: ImageUser
  readonly volumeGroups: readonly number[]
  readonly seccompDir: string
  readonly memoryCapacity: number
  readonly isCgroup2: boolean
  readonly targetId?: string
}

export function containerConfig(options: ContainerOptions): ContainerConfig {
  const { pod, container, attempt, env } = options
  const lookup = (name: string) => env.get(name)
  const demand = containerDemand(container)
  return {
    metadata: { name: container.name, attempt },
    image: { image: options.imageRef, userSpecifiedImage: container.image ?? '' },
    command: (container.command ?? []).map(word => expand(word, lookup)),
    args: (container.args ?? []).map(word => expand(word, lookup)),
    workingDir: container.workingDir ?? '',
    envs: [...env].map(([key, value]) => ({ key, value: Buffer.from(value) })),
    mounts: options.mounts,
    devices: options.devices,
    labels: { ...podLabels(identityOf(pod)), [containerNameLabel]: container.name },
    annotations: containerAnnotations(pod, container, attempt),
    logPath: containerLogPath(container.name, attempt),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: {
        ...containerResources(demand),
        oomScoreAdj: oomScoreAdj(
          qosClass(pod.spec),
          memoryBytes(container.resources.requests) ?? demand.memoryLimit,
          options.memoryCapacity,
        ),
        // All processes of a container go down together when memory runs out.
        ...(options.isCgroup2 && { unified: { 'memory.oom.group': '1' } }),
      },
      securityContext: containerSecurity(options),
    },
  }
}
