// Carries out what the pod machine asks for. What an operation learns goes into the worker's memory; what goes wrong is thrown as an
// `OperationError` with the words for the pod's status.
import { removePodFolder } from '../volumes/pod-volumes.ts'
import type { Action } from './actions.ts'
import { keepAllocation } from './allocation.ts'
import { ensureImage, inspectContainer, startContainer, stopContainer } from './container-operations.ts'
import { removeLog } from './log-links.ts'
import type { PodMemory } from './memory.ts'
import type { OperationDependencies } from './operation.ts'
import { resizePod } from './resize-operations.ts'
import { createSandbox, inspectSandbox } from './sandbox-operations.ts'
import { mount } from './volume-operations.ts'

export async function perform(
  action: Exclude<Action, { type: 'forget' }>,
  memory: PodMemory,
  signal: AbortSignal,
  deps: OperationDependencies,
): Promise<void> {
  switch (action.type) {
    case 'keepAllocation': {
      const { allocation, pod } = memory
      await keepAllocation(pod.metadata.uid, allocation, deps.host, deps.config.rootDir)
      memory.keptAllocation = allocation
      return
    }
    case 'resize':
      return resizePod(memory, deps)
    case 'mountVolumes':
      return mount(memory, deps)
    case 'createSandbox':
      return createSandbox(action, memory, deps)
    case 'stopSandbox':
      await deps.runtime.stopPodSandbox(action.id)
      return inspectSandbox(action.id, memory, deps)
    case 'removeSandbox':
      await deps.runtime.removePodSandbox(action.id)
      memory.sandboxes.delete(action.id)
      for (const { id, sandboxId } of memory.containers.values()) if (sandboxId === action.id) memory.containers.delete(id)
      return
    case 'ensureImage':
      return ensureImage(action.container, memory, signal, deps)
    case 'startContainer':
      return startContainer(action, memory, signal, deps)
    case 'stopContainer':
      return stopContainer(action, memory, signal, deps)
    case 'removeContainer':
      if (await hasStarted(action.id, memory, deps)) return
      await deps.runtime.removeContainer(action.id)
      await removeLog(action.id, memory, deps)
      memory.containers.delete(action.id)
      memory.replaced.delete(action.id)
      return
    case 'cleanUp':
      await deps.cgroups.removePod(memory.pod)
      await removePodFolder(deps.host, deps.config.rootDir, memory.pod.metadata.uid)
      memory.volumes = undefined
      memory.cleanedUp = true
  }
}
/** A container taken for half-made may have come up since we looked. */
async function hasStarted(id: string, memory: PodMemory, deps: OperationDependencies): Promise<boolean> {
  const known = memory.containers.get(id)
  if (known?.state !== 'created') return false
  await inspectContainer(id, known.sandboxId, memory, deps)
  return memory.containers.get(id)?.state === 'running'
}
