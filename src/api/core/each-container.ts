// All containers of a pod, whatever their sort, in the order in which upstream visits them.
import type { Container, EphemeralContainer } from './container.ts'
import type { PodSpec } from './pod-spec.ts'

/** What the two types of containers have in common. */
export type AnyContainer = Container | EphemeralContainer

const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const

export function flatMapContainers<T>(
  spec: PodSpec,
  field: string,
  map: (container: AnyContainer, at: string) => readonly T[],
): readonly T[] {
  return lists.flatMap(list => (spec[list] ?? []).flatMap((container: AnyContainer, i) => map(container, `${field}.${list}[${i}]`)))
}
