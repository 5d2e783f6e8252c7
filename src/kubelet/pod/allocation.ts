// What a node has set aside for a pod: the resources that its containers have or are to get, which are those that they ask for unless the
// node could not grant a change yet. Kept in the pod's folder, so that a kubelet that starts anew goes on from there.
import { join } from 'node:path'
import type { Container, ResourceRequirements } from '../../api/core/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import { mapShared, withFields } from '../../api/sharing.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { type Host, readTextIfThere } from '../host.ts'
import { isResizable } from './containers.ts'
import { podFolder } from './names.ts'

export interface Allocation {
  /** Of the pod that asked for it. */
  readonly generation: number
  /** By name of the container. */
  readonly containers: Readonly<Record<string, ResourceRequirements>>
}

export function allocationOf({ spec, metadata }: Pod): Allocation {
  const resizable = [...(spec.initContainers ?? []), ...spec.containers].filter(container => isResizable(spec, container))
  return {
    generation: metadata.generation ?? 0,
    containers: Object.fromEntries(resizable.map(({ name, resources }) => [name, resources])),
  }
}

/** The pod with what is set aside for it; the same pod where that is what it asks for. */
export function withAllocation(pod: Pod, { containers: allocated }: Allocation): Pod {
  const each = (container: Container): Container => {
    const resources = Object.hasOwn(allocated, container.name) ? allocated[container.name] : undefined
    return !resources || deepEqual(resources, container.resources) ? container : { ...container, resources }
  }
  const { spec } = pod
  return withFields(pod, {
    spec: withFields(spec, {
      containers: mapShared(spec.containers, each),
      initContainers: spec.initContainers && mapShared(spec.initContainers, each),
    }),
  })
}

export function asksForOther(pod: Pod, allocation: Allocation): boolean {
  return withAllocation(pod, allocation) !== pod
}

/** Written beside and moved into place: a reader finds the one before or this one. */
export async function keepAllocation(uid: string, allocation: Allocation, { files }: Pick<Host, 'files'>, rootDir: string): Promise<void> {
  const path = fileOf(rootDir, uid)
  await files.mkdir(podFolder(rootDir, uid), { recursive: true })
  await files.writeFile(`${path}.next`, JSON.stringify(allocation))
  await files.rename(`${path}.next`, path)
}

/** By uid of the pod. One that cannot be read counts as none: what the pod asks for is then what it has. */
export async function readAllocations({ files }: Pick<Host, 'files'>, rootDir: string): Promise<ReadonlyMap<string, Allocation>> {
  const found = new Map<string, Allocation>()
  for (const uid of await files.readdir(join(rootDir, 'pods'))) {
    const allocation = parse(await readTextIfThere(files, fileOf(rootDir, uid)))
    if (allocation) found.set(uid, allocation)
  }
  return found
}

function fileOf(rootDir: string, uid: string): string {
  return join(podFolder(rootDir, uid), 'allocation.json')
}

function parse(text: string | undefined): Allocation | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Allocation)
  } catch {
    return undefined
  }
}
