// A container's security context: the pod's, overridden by its own, in the runtime's words.
// https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
import type { Pod } from '../../api/core/pod.ts'
import type { SeccompProfile } from '../../api/core/security-context.ts'
import type { LinuxContainerSecurityContext, NamespaceOption, SecurityProfile } from '../runtime/cri-config.ts'
import type { AnyContainer } from './containers.ts'

/** Who the image says it runs as. */
export interface ImageUser {
  readonly uid?: number
  readonly username: string
}

export interface SecurityOptions {
  readonly pod: Pod
  readonly container: AnyContainer
  readonly imageUser: ImageUser
  readonly seccompDir: string
  /** The container whose process namespace an ephemeral container joins. */
  readonly targetId?: string
  /** Groups that volumes ask for. */
  readonly volumeGroups: readonly number[]
}

const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

export function containerSecurity(options: SecurityOptions): LinuxContainerSecurityContext {
  const { pod, container, imageUser } = options
  const own = container.securityContext
  const shared = pod.spec.securityContext
  const runAsUser = own?.runAsUser ?? shared.runAsUser ?? imageUser.uid
  const runAsGroup = own?.runAsGroup ?? shared.runAsGroup
  const privileged = own?.privileged ?? false
  const unmasked = own?.procMount === 'Unmasked' || privileged
  return {
    privileged,
    namespaceOptions: namespaceOptions(pod, options.targetId),
    ...(own?.capabilities && {
      capabilities: { addCapabilities: own.capabilities.add ?? [], dropCapabilities: own.capabilities.drop ?? [] },
    }),
    ...(runAsUser !== undefined ? { runAsUser: { value: runAsUser } } : imageUser.username !== '' && { runAsUsername: imageUser.username }),
    ...(runAsGroup !== undefined && { runAsGroup: { value: runAsGroup } }),
    readonlyRootfs: own?.readOnlyRootFilesystem ?? false,
    supplementalGroups: supplementalGroups(pod, options.volumeGroups),
    supplementalGroupsPolicy: shared.supplementalGroupsPolicy === 'Strict' ? 'Strict' : 'Merge',
    noNewPrivs: own?.allowPrivilegeEscalation === false,
    maskedPaths: unmasked ? [] : maskedPaths,
    readonlyPaths: unmasked ? [] : readonlyPaths,
    seccomp: privileged ? { profileType: 'Unconfined' } : seccomp(own?.seccompProfile ?? shared.seccompProfile, options.seccompDir),
  }
}

export function supplementalGroups(pod: Pod, volumeGroups: readonly number[]): readonly number[] {
  const { supplementalGroups: given = [], fsGroup } = pod.spec.securityContext
  return [...new Set([...given, ...(fsGroup === undefined ? [] : [fsGroup]), ...volumeGroups])]
}

export function namespaceOptions({ spec }: Pod, targetId?: string): NamespaceOption {
  return {
    network: spec.hostNetwork ? 'NODE' : 'POD',
    ipc: spec.hostIPC ? 'NODE' : 'POD',
    pid: targetId !== undefined ? 'TARGET' : spec.hostPID ? 'NODE' : spec.shareProcessNamespace ? 'POD' : 'CONTAINER',
    ...(targetId !== undefined && { targetId }),
  }
}

/** Without a profile nothing is filtered, as upstream does by default. */
export function seccomp(profile: SeccompProfile | undefined, dir: string): SecurityProfile {
  if (!profile || profile.type === 'Unconfined') return { profileType: 'Unconfined' }
  if (profile.type === 'RuntimeDefault') return { profileType: 'RuntimeDefault' }
  return { profileType: 'Localhost', localhostRef: `${dir}/${profile.localhostProfile ?? ''}` }
}

/** Why the container must not start, when it asks to be kept from running as root and would. */
export function rootObjection(pod: Pod, container: AnyContainer, imageUser: ImageUser): string | undefined {
  const own = container.securityContext
  const shared = pod.spec.securityContext
  if (!(own?.runAsNonRoot ?? shared.runAsNonRoot)) return undefined
  const { name, namespace, uid } = pod.metadata
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`
  const user = own?.runAsUser ?? shared.runAsUser
  if (user !== undefined) return user === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined
  if (imageUser.uid !== undefined) return imageUser.uid === 0 ? `container has runAsNonRoot and image will run as root ${where}` : undefined
  return imageUser.username === ''
    ? `container has runAsNonRoot and image will run as root ${where}`
    : `container has runAsNonRoot and image has non-numeric user (${imageUser.username}), cannot verify user is non-root ${where}`
}
