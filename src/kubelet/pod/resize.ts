// Resizing a pod in place: which of its containers have other resources than are set aside for them, what that takes, and in which order.
// Pure. The rules are those of Kubernetes' KEP-1287.
import type { Container, ResourceRequirements } from '../../api/core/container.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import type { LinuxContainerResources } from '../runtime/cri-config.ts'
import type { ActionOf } from './actions.ts'
import { containerDemand, cpuResources, type KernelAmounts, kernelAmounts, memoryResources, podDemand } from './container-resources.ts'
import { isResizable } from './containers.ts'
import { latest, type Observed, type ObservedContainer, type PodInput } from './observed.ts'
import { amountOf } from './resources.ts'

/** `check`: the kernel's word is missing, so it is set once more. */
export type ContainerResize = 'none' | 'check' | 'update' | 'restart'

export interface ResizedContainer {
  readonly container: Container
  readonly found: ObservedContainer
  readonly resize: ContainerResize
}

export function resizeOf(spec: PodSpec, container: Container, found: ObservedContainer): ContainerResize {
  if (found.state !== 'running' || !isResizable(spec, container)) return 'none'
  if (found.madeWith && needsRestart(container, found.madeWith)) return 'restart'
  const difference = differenceOf(kernelAmounts(containerDemand(container)), found.amounts ?? {})
  return difference === 'some' ? 'update' : difference === 'unknown' ? 'check' : 'none'
}

/** The containers that run and can be resized. */
export function resizedContainers(spec: PodSpec, observed: Observed): readonly ResizedContainer[] {
  return [...(spec.initContainers ?? []), ...spec.containers].flatMap(container => {
    const found = latest(observed, container.name)
    return found?.state === 'running' && isResizable(spec, container)
      ? [{ container, found, resize: resizeOf(spec, container, found) }]
      : []
  })
}

/** Nothing before what is set aside is on disk, nor before the containers that resize by a restart have stopped. */
export function planResize({ pod, observed }: PodInput): ActionOf<'resize'> | undefined {
  if (!observed.isAllocationKept) return undefined
  const containers = resizedContainers(pod.spec, observed)
  if (containers.some(({ resize }) => resize === 'restart')) return undefined
  const isDue = cgroupDifference(pod.spec, observed) !== 'none' || containers.some(({ resize }) => resize !== 'none')
  return isDue ? { type: 'resize' } : undefined
}

/** Whether anything is known to be other than it is to be. Containers that do not run are made to measure when they start. */
export function isResizing({ pod, observed }: PodInput): boolean {
  return (
    cgroupDifference(pod.spec, observed) === 'some' ||
    resizedContainers(pod.spec, observed).some(({ resize }) => resize === 'update' || resize === 'restart')
  )
}

function cgroupDifference(spec: PodSpec, { cgroup, sandboxes }: Observed): Difference {
  if (!sandboxes[0]?.ready) return 'none'
  if (!cgroup) return 'unknown'
  const wanted = kernelAmounts(podDemand(spec))
  return counted.every(what => cgroup[what] === wanted[what]) ? 'none' : 'some'
}

type Difference = 'none' | 'unknown' | 'some'
/** Kernels round limits of memory to whole pages, which have up to 64 KiB. */
const largestPage = 65_536

const counted = ['shares', 'quotaUs', 'memoryBytes'] as const

/** The amounts that are known to be others than those wanted. */
export function differing(wanted: KernelAmounts, actual: Partial<KernelAmounts>): Partial<KernelAmounts> {
  const isSame = (what: keyof KernelAmounts, amount: number) =>
    amount === wanted[what] || (what === 'memoryBytes' && Math.abs(amount - wanted[what]) < largestPage)
  return Object.fromEntries(
    counted.flatMap(what => {
      const amount = actual[what]
      return amount === undefined || isSame(what, amount) ? [] : [[what, amount]]
    }),
  )
}

function differenceOf(wanted: KernelAmounts, actual: Partial<KernelAmounts>): Difference {
  if (Object.keys(differing(wanted, actual)).length > 0) return 'some'
  return counted.every(what => actual[what] !== undefined) ? 'none' : 'unknown'
}

/** Whether a resource that its policy changes by a restart alone is not what the container was made with. */
function needsRestart({ resources, resizePolicy = [] }: Container, madeWith: ResourceRequirements): boolean {
  return resizePolicy
    .filter(({ restartPolicy }) => restartPolicy === 'RestartContainer')
    .some(({ resourceName: name }) =>
      (['requests', 'limits'] as const).some(what => amountOf(name, resources[what]) !== amountOf(name, madeWith[what])),
    )
}

export interface Resized {
  /** What is not known is taken to be less than what is wanted. */
  readonly now: Partial<KernelAmounts>
  readonly wanted: KernelAmounts
}
export interface ResizePlan {
  readonly pod: Resized
  readonly containers: readonly (Resized & { readonly id: string; readonly name: string })[]
}
export type ResizeStep =
  | { readonly on: 'pod'; readonly amounts: Partial<KernelAmounts> }
  | { readonly on: 'container'; readonly id: string; readonly resources: LinuxContainerResources; readonly amounts: Partial<KernelAmounts> }

/**
 * The pod grows before its containers and shrinks after them; containers that shrink make room for those that grow. Memory first. At no
 * moment are a pod's requests above its limits.
 */
export function resizeSteps({ pod, containers }: ResizePlan): readonly ResizeStep[] {
  const sets = (what: keyof KernelAmounts, isDue: (change: number) => boolean): readonly ResizeStep[] =>
    isDue(change(pod, what)) ? [{ on: 'pod', amounts: { [what]: pod.wanted[what] } }] : []
  const grows = (change: number) => change > 0
  const shrinks = (change: number) => change < 0
  const inOrder = (what: keyof KernelAmounts) => containers.toSorted((a, b) => Math.sign(change(a, what)) - Math.sign(change(b, what)))
  const memory = inOrder('memoryBytes').flatMap(({ id, now, wanted }): readonly ResizeStep[] => {
    const { memoryBytes } = wanted
    return now.memoryBytes === memoryBytes ? [] : [{ on: 'container', id, resources: memoryResources(wanted), amounts: { memoryBytes } }]
  })
  const cpu = inOrder('quotaUs').flatMap(({ id, now, wanted }): readonly ResizeStep[] => {
    const { shares, quotaUs } = wanted
    const isSame = now.shares === shares && now.quotaUs === quotaUs
    return isSame ? [] : [{ on: 'container', id, resources: cpuResources(wanted), amounts: { shares, quotaUs } }]
  })
  return [
    ...sets('memoryBytes', grows),
    ...memory,
    ...sets('memoryBytes', shrinks),
    ...sets('quotaUs', grows),
    ...sets('shares', grows),
    ...cpu,
    ...sets('shares', shrinks),
    ...sets('quotaUs', shrinks),
  ]
}

function change({ now, wanted }: Resized, what: keyof KernelAmounts): number {
  const before = now[what]
  return before === undefined ? 1 : before === wanted[what] ? 0 : wanted[what] - before
}

export interface MemoryUsage {
  /** Bytes; undefined where nobody counts. */
  readonly pod: number | undefined
  readonly containers: ReadonlyMap<string, number | undefined>
}

/** Why limits of memory are not lowered: what is used already would not fit, and the kernel would kill for it. */
export function memoryObjection({ pod, containers }: ResizePlan, usage: MemoryUsage): string | undefined {
  const lowered = (of: Resized, used: number | undefined, whose: string) => {
    const { memoryBytes } = of.wanted
    const isBelow = change(of, 'memoryBytes') < 0 && used !== undefined && used >= memoryBytes
    return isBelow ? [`attempting to set ${whose} memory limit (${memoryBytes}) below current usage (${used})`] : []
  }
  const objections = [
    ...lowered(pod, usage.pod, 'pod'),
    ...containers.flatMap(each => lowered(each, usage.containers.get(each.id), `container ${JSON.stringify(each.name)}`)),
  ]
  if (objections.length === 0) return undefined
  return `cannot decrease memory limits: ${objections.length === 1 ? objections[0] : `[${objections.join(', ')}]`}`
}
