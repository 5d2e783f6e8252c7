// The pod's volumes, with what they are made of fetched first.
import { commonUser, mountVolumes, refreshVolumes, type VolumeContext } from '../volumes/pod-volumes.ts'
import { type PodMemory, podIpsOf } from './memory.ts'
import { type OperationDependencies, OperationError, text } from './operation.ts'

export async function mount(memory: PodMemory, deps: OperationDependencies): Promise<void> {
  try {
    memory.volumes = await mountVolumes(memory.pod, await volumeContext(memory, deps))
  } catch (error) {
    deps.events(memory.pod, 'Warning', 'FailedMount', text(error))
    throw new OperationError('FailedMount', text(error), { cause: error })
  }
}

/** Brings files made of objects up to date in the volumes of a running pod. */
export async function refresh(memory: PodMemory, deps: OperationDependencies): Promise<void> {
  await refreshVolumes(memory.pod, await volumeContext(memory, deps))
}

async function volumeContext(memory: PodMemory, deps: OperationDependencies): Promise<VolumeContext> {
  const { pod } = memory
  const [tokens] = await Promise.all([deps.tokens.of(pod), deps.objects.fetched(pod)])
  const { namespace } = pod.metadata
  const isOwned = pod.spec.securityContext.fsGroup !== undefined || commonUser(pod) !== undefined
  return {
    host: deps.host,
    rootDir: deps.config.rootDir,
    now: deps.clock.now(),
    sources: {
      pod,
      podIps: podIpsOf(memory, deps.config.nodeIp),
      nodeIp: deps.config.nodeIp,
      allocatable: deps.allocatable(),
      configMap: name => deps.objects.configMap(namespace, name),
      secret: name => deps.objects.secret(namespace, name),
      token: path => tokens.get(path),
      ...(isOwned && { tokenMode: 0o600 }),
    },
  }
}
