// Gives a running pod what is set aside for it: by the pod's cgroup, and by the runtime for its containers.
import type { Container } from '../../api/core/container.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import type { Cgroups } from '../cgroups.ts'
import { inspectContainer } from './container-operations.ts'
import { containerDemand, kernelAmounts, podDemand } from './container-resources.ts'
import { observedOf, type PodMemory } from './memory.ts'
import type { ObservedContainer } from './observed.ts'
import { type OperationDependencies, OperationError } from './operation.ts'
import { memoryObjection, type ResizePlan, resizedContainers, resizeOf, resizeSteps } from './resize.ts'

export async function resizePod(memory: PodMemory, deps: OperationDependencies): Promise<void> {
  const { runtime, cgroups } = deps
  const { pod } = memory
  const due = resizedContainers(pod.spec, observedOf(memory)).filter(({ resize }) => resize === 'update' || resize === 'check')
  const plan: ResizePlan = {
    pod: { now: { ...memory.cgroup, ...(await cgroups.amountsOf(pod)) }, wanted: kernelAmounts(podDemand(pod.spec)) },
    containers: due.map(({ container, found: { id, name, amounts } }) => ({
      id,
      name,
      now: amounts ?? {},
      wanted: kernelAmounts(containerDemand(container)),
    })),
  }
  const objection = memoryObjection(plan, await usageOf(plan, memory, cgroups))
  if (objection !== undefined) throw new OperationError('Error', objection)
  for (const step of resizeSteps(plan)) {
    if (step.on === 'pod') await cgroups.ensurePod(pod, step.amounts)
    else {
      const known = memory.containers.get(step.id)
      if (!known) continue
      await runtime.updateContainerResources(step.id, step.resources)
      await inspectContainer(step.id, known.sandboxId, memory, deps, step.amounts)
    }
  }
  memory.cgroup = plan.pod.wanted
  for (const { container, found } of due) expectResized(pod.spec, container, memory.containers.get(found.id))
}

async function usageOf({ containers }: ResizePlan, { pod }: PodMemory, cgroups: Cgroups) {
  const used = containers.map(async ({ id }) => [id, await cgroups.memoryUsage(pod, id)] as const)
  return { pod: await cgroups.memoryUsage(pod), containers: new Map(await Promise.all(used)) }
}

/** A runtime that agrees and does nothing is asked again, after a while. */
function expectResized(spec: PodSpec, container: Container, found: ObservedContainer | undefined): void {
  if (!found || resizeOf(spec, container, found) !== 'update') return
  throw new OperationError('Error', `container ${JSON.stringify(container.name)} does not have the resources that it was given`)
}
