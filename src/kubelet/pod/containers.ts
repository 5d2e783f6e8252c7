// The containers of a pod spec by their part in it, and the rules of restarting them.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
import { createHash } from 'node:crypto'
import type { Container, EphemeralContainer } from '../../api/core/container.ts'
import { matchingRule } from '../../api/core/container-roles.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import type { ObservedContainer } from './observed.ts'

export type AnyContainer = Container | EphemeralContainer
export type Role = 'init' | 'sidecar' | 'main' | 'ephemeral'

export function roleOf(spec: PodSpec, name: string): Role | undefined {
  const init = spec.initContainers?.find(c => c.name === name)
  if (init) return isSidecar(init) ? 'sidecar' : 'init'
  if (spec.containers.some(c => c.name === name)) return 'main'
  return spec.ephemeralContainers?.some(c => c.name === name) ? 'ephemeral' : undefined
}

export function isSidecar(initContainer: Container): boolean {
  return initContainer.restartPolicy === 'Always'
}

export function allContainers(spec: PodSpec): readonly AnyContainer[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]
}

export function findContainer(spec: PodSpec, name: string): AnyContainer | undefined {
  return allContainers(spec).find(c => c.name === name)
}

/** Whether a container that ended with this code is to run again. An init container without a policy of its own repeats failures only. */
export function shouldRestart(spec: PodSpec, container: AnyContainer, exitCode: number): boolean {
  if (matchingRule(container, exitCode)?.action === 'Restart') return true
  const role = roleOf(spec, container.name)
  if (role === 'ephemeral') return false
  const policy = container.restartPolicy ?? spec.restartPolicy
  if (policy === 'Never') return false
  return exitCode !== 0 || (policy === 'Always' && role !== 'init')
}

/** Whether an instance that has ended is to be followed by another. */
export function runsAgain(spec: PodSpec, container: AnyContainer, ended: Pick<ObservedContainer, 'exitCode' | 'isReplaced'>): boolean {
  return ended.isReplaced === true || shouldRestart(spec, container, ended.exitCode)
}

/** Whether CPU and memory of the container may change while it is there: those of init containers that end may not. */
export function isResizable(spec: PodSpec, { name }: AnyContainer): boolean {
  const role = roleOf(spec, name)
  return role === 'main' || role === 'sidecar'
}

/** Changes of the hashed fields alone make a running container be replaced; the others cannot change or apply without a restart. */
export function containerHash(container: AnyContainer): string {
  const text = JSON.stringify([container.name, container.image ?? ''])
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
