// `pods/resize`: what containers ask for of CPU and memory may change while they run, and nothing else of their pod.

import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, forbiddenValue, invalidValue } from '../../meta/field-error.ts'
import type { Part } from '../kind.ts'
import { mapShared, withFields } from '../sharing.ts'
import { type Errors, each, must, together } from '../validation.ts'
import type { Container, ResourceRequirements } from './container.ts'
import { isSidecar } from './container-roles.ts'
import { isMirrorPod } from './mirror-pod.ts'
import { qosClassOf } from './pod-qos.ts'
import type { PodSpec } from './pod-spec.ts'
import type { PodObject } from './pod-strategy.ts'
import type { Amounts } from './resource-amounts.ts'
import { validateOwnPodSpec } from './validate-pod.ts'

const lists = ['containers', 'initContainers'] as const

export const resize: Part<PodObject> = {
  /** The old pod with the resources of the new one. Containers that were added, renamed or moved are left for validation to refuse. */
  change: (next, previous) => (orderErrors(next.spec, previous.spec).length > 0 ? next : resized(next, previous)),

  validate(next, previous) {
    if (isMirrorPod(previous)) return [forbiddenValue('', 'static pods cannot be resized')]
    if (previous.spec.os?.name === 'windows') return [forbiddenValue('', 'windows pods cannot be resized')]
    const order = orderErrors(next.spec, previous.spec)
    return together(
      validateOwnPodSpec(next.spec),
      validateQosClass(next, previous),
      must(!runsWithoutSupport(previous), () => forbiddenValue('spec', 'Pod running on node without support for resize')),
      order.length > 0 ? order : validateContainers(next.spec, previous.spec),
    )
  },
}

function resized(next: PodObject, previous: PodObject): PodObject {
  const { containers, initContainers } = next.spec
  const merged = (of: readonly Container[], from: readonly Container[]) =>
    mapShared(of, (container, i) => withFields(container, { resources: from[i]?.resources, resizePolicy: from[i]?.resizePolicy }))
  const spec = withFields(previous.spec, {
    containers: merged(previous.spec.containers, containers),
    initContainers: previous.spec.initContainers && merged(previous.spec.initContainers, initContainers ?? []),
  })
  return { ...previous, metadata: next.metadata, spec }
}

function orderErrors(next: PodSpec, previous: PodSpec): readonly FieldError[] {
  return lists.flatMap(list => {
    const [now, before] = [next[list] ?? [], previous[list] ?? []]
    if (now.length !== before.length) return [forbiddenValue(`spec.${list}`, `${list} may not be added or removed on resize`)]
    return now.flatMap(({ name }, i) =>
      must(name === before[i]?.name, () => forbiddenValue(`spec.${list}[${i}].name`, `${list} may not be renamed or reordered on resize`)),
    )
  })
}

function validateQosClass(next: PodObject, previous: PodObject): Errors {
  const before = previous.status.qosClass || qosClassOf(previous.spec)
  return must(qosClassOf(next.spec) === before, () => invalidValue('spec', before, 'Pod QOS Class may not change as a result of resizing'))
}

/** A kubelet that resizes says what its running containers have; the first of them tells. */
function runsWithoutSupport({ status }: PodObject): boolean {
  const running = status.containerStatuses?.find(({ state }) => state?.running !== undefined)
  return running !== undefined && running.resources === undefined
}

function validateContainers(next: PodSpec, previous: PodSpec): Errors {
  const before = (list: (typeof lists)[number], i: number) => previous[list]?.[i]?.resources
  const isFixed = (container: Container, old: Container | undefined) =>
    deepEqual(withFields(container, { resources: undefined }), old && withFields(old, { resources: undefined })) &&
    deepEqual(others(container.resources), others(old?.resources))
  return together(
    each(next.containers, 'spec.containers', ({ resources }, at, i) => validateKept(resources, before('containers', i), `${at}.resources`)),
    each(next.initContainers, 'spec.initContainers', (container, at, i) => {
      const old = before('initContainers', i)
      if (isSidecar(container)) return validateKept(container.resources, old, `${at}.resources`)
      return must(deepEqual(container.resources ?? {}, old ?? {}), () =>
        forbiddenValue(`${at}.resources`, 'resources for non-sidecar init containers are immutable'),
      )
    }),
    each(next.containers, 'spec', (container, _at, i) =>
      must(isFixed(container, previous.containers[i]), () => forbiddenValue('spec', 'only cpu and memory resources are mutable')),
    ),
    each(next.initContainers, 'spec', (container, _at, i) =>
      must(isFixed(container, previous.initContainers?.[i]), () =>
        forbiddenValue('spec', 'only cpu and memory resources for sidecar containers are mutable'),
      ),
    ),
  )
}

function validateKept(next: ResourceRequirements | undefined, previous: ResourceRequirements | undefined, field: string): Errors {
  return (['requests', 'limits'] as const).flatMap(what =>
    must(
      Object.keys(previous?.[what] ?? {}).every(name => next?.[what]?.[name] !== undefined),
      () => forbiddenValue(`${field}.${what}`, `resource ${what} cannot be removed`),
    ),
  )
}

/** What may not change: everything but CPU and memory. */
function others(resources: ResourceRequirements | undefined): object {
  const rest = (amounts: Amounts | undefined = {}) => {
    const { cpu, memory, ...kept } = amounts
    return kept
  }
  return { requests: rest(resources?.requests), limits: rest(resources?.limits), claims: resources?.claims ?? [] }
}
