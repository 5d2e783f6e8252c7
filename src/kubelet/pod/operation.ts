// What every operation works with, and how it fails.
import type { Pod } from '../../api/core/pod.ts'
import type { Service } from '../../api/core/service.ts'
import type { Clock } from '../../base/clock.ts'
import type { Cgroups } from '../cgroups.ts'
import type { KubeletConfig } from '../config.ts'
import type { Host } from '../host.ts'
import type { DockerConfig } from '../images/credentials.ts'
import type { Images } from '../images/images.ts'
import type { PodObjects } from '../objects.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Tokens } from '../volumes/tokens.ts'
import { type EventType, fieldPathOf, type PodEvents } from './events.ts'
import type { Amounts } from './resources.ts'

export interface OperationDependencies {
  readonly runtime: Runtime
  readonly host: Host
  readonly clock: Clock
  readonly config: KubeletConfig
  readonly images: Images
  readonly objects: PodObjects
  readonly tokens: Tokens
  readonly cgroups: Cgroups
  readonly events: PodEvents
  readonly memoryCapacity: number
  allocatable(): Amounts
  services(): readonly Service[]
  nodeDockerConfigs(): Promise<readonly DockerConfig[]>
}

export class OperationError extends Error {
  override readonly name = 'OperationError'
  readonly reason: string

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Tells events about one container. */
export function eventsOf({ events }: OperationDependencies, pod: Pod, container: string) {
  return (type: EventType, reason: string, message: string) => events(pod, type, reason, message, fieldPathOf(pod, container))
}

export function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
