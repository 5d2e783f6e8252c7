// RuntimeClass: pods of a class cost what its overhead says and go to the nodes that its scheduling names.
import type { Toleration } from '../../api/core/affinity.ts'
import type { Pod } from '../../api/core/pod.ts'
import { Pod as PodKind } from '../../api/core/pod.ts'
import { type RuntimeClass, RuntimeClass as RuntimeClassKind, type Scheduling } from '../../api/node/runtime-class.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { StatusError } from '../../meta/status-error.ts'
import { deriveSpec } from '../shared-specs.ts'
import type { Storage } from '../storage.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

type PodSpec = Pod['spec']
type Refuse = (why: string) => StatusError

export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  mutate(request, storage) {
    const pod = request.object as Pod
    if (!concerns(request) || !pod.spec.runtimeClassName) return pod
    const refuse = refusal(request, pod)
    const found = classOf(pod.spec, storage, refuse)
    if (!found?.overhead && !found?.scheduling) return pod
    const { uid, resourceVersion } = found.metadata
    return { ...pod, spec: deriveSpec(pod.spec, `runtime class ${uid} ${resourceVersion}`, spec => withClass(spec, found, refuse)) }
  },
  validate(request, storage) {
    if (!concerns(request)) return
    const pod = request.object as Pod
    const { overhead, runtimeClassName } = pod.spec
    if (!runtimeClassName && !overhead) return
    const refuse = refusal(request, pod)
    const fixed = classOf(pod.spec, storage, refuse)?.overhead?.podFixed
    if (!fixed) {
      if (overhead) throw refuse('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    } else if (!deepEqual(fixed, overhead)) throw refuse(otherOverhead)
  },
}

const otherOverhead = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"

function concerns({ operation, call, subresource }: AdmissionRequest): boolean {
  return operation === 'CREATE' && call.resource.kind === PodKind && subresource === ''
}

function refusal({ call }: AdmissionRequest, pod: Pod): Refuse {
  return why => StatusError.forbidden(call.resource, pod.metadata.name ?? '', why)
}

function classOf({ runtimeClassName: name }: PodSpec, storage: Storage, refuse: Refuse): RuntimeClass | undefined {
  const found = name ? storage.find(RuntimeClassKind, undefined, name) : undefined
  if (name && !found) throw refuse(`pod rejected: RuntimeClass "${name}" not found`)
  return found
}

function withClass(spec: PodSpec, { overhead, scheduling }: RuntimeClass, refuse: Refuse): PodSpec {
  const fixed = overhead?.podFixed
  if (fixed && spec.overhead && Object.keys(spec.overhead).length > 0 && !deepEqual(fixed, spec.overhead)) throw refuse(otherOverhead)
  return { ...spec, ...(fixed && { overhead: fixed }), ...(scheduling && placed(spec, scheduling, refuse)) }
}

function placed(spec: PodSpec, { nodeSelector = {}, tolerations = [] }: Scheduling, refuse: Refuse): Partial<PodSpec> {
  const own = spec.nodeSelector ?? {}
  const conflict = Object.entries(nodeSelector).find(([key, value]) => Object.hasOwn(own, key) && own[key] !== value)
  if (conflict) {
    const [key, value] = conflict
    throw refuse(`conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`)
  }
  const selector = { ...own, ...nodeSelector }
  const merged = mergeTolerations([...(spec.tolerations ?? []), ...tolerations])
  return {
    ...(Object.keys(selector).length > 0 && { nodeSelector: selector }),
    ...(merged.length > 0 && { tolerations: merged }),
  }
}

/** Those that no other covers; of equal ones the first. */
export function mergeTolerations(all: readonly Toleration[]): readonly Toleration[] {
  const merged: Toleration[] = []
  for (const [i, toleration] of all.entries()) {
    const isCovered =
      merged.some(other => covers(other, toleration)) ||
      all.slice(i + 1).some(other => !deepEqual(other, toleration) && covers(other, toleration))
    if (!isCovered) merged.push(toleration)
  }
  return merged
}

/** Whether every taint that `one` puts up with is one that `wide` puts up with, for as long. */
function covers(wide: Toleration, one: Toleration): boolean {
  if (deepEqual(wide, one)) return true
  if ((one.key ?? '') !== (wide.key ?? '') && (wide.key || wide.operator !== 'Exists')) return false
  if (wide.effect && one.effect !== wide.effect) return false
  if (wide.effect === 'NoExecute' && wide.tolerationSeconds !== undefined) {
    if (one.tolerationSeconds === undefined || one.tolerationSeconds > wide.tolerationSeconds) return false
  }
  const operator = wide.operator || 'Equal'
  if (operator === 'Equal') return (one.operator || 'Equal') === 'Equal' && (one.value ?? '') === (wide.value ?? '')
  return operator === 'Exists'
}
