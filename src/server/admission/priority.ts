// Priority: a pod's number is that of its class, or of the cluster's default class.
import type { Pod } from '../../api/core/pod.ts'
import { Pod as PodKind } from '../../api/core/pod.ts'
import { PriorityClass } from '../../api/scheduling/priority-class.ts'
import { withFields } from '../../api/sharing.ts'
import { StatusError } from '../../meta/status-error.ts'
import { deriveSpec } from '../shared-specs.ts'
import type { Storage } from '../storage.ts'
import type { AdmissionPlugin } from './admission.ts'

export const priority: AdmissionPlugin = {
  name: 'Priority',
  mutate({ operation, call, object, previous, subresource }, storage) {
    if (call.resource.kind !== PodKind || subresource !== '') return object
    const pod = object as Pod
    if (operation === 'UPDATE') {
      const { priority, preemptionPolicy } = (previous as Pod).spec
      const kept = { priority: pod.spec.priority ?? priority, preemptionPolicy: pod.spec.preemptionPolicy ?? preemptionPolicy }
      return withFields(pod, { spec: withFields(pod.spec, kept) })
    }
    const refuse = (why: string) => StatusError.forbidden(call.resource, pod.metadata.name ?? '', why)
    const { priorityClassName } = pod.spec
    const chosen = priorityClassName ? storage.find(PriorityClass, undefined, priorityClassName) : defaultClass(storage)
    if (priorityClassName && !chosen) throw refuse(`no PriorityClass with name ${priorityClassName} was found`)
    const value = chosen?.value ?? 0
    if (pod.spec.priority !== undefined && pod.spec.priority !== value)
      throw refuse(
        `the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
      )
    const preemptionPolicy = pod.spec.preemptionPolicy ?? chosen?.preemptionPolicy ?? 'PreemptLowerPriority'
    const name = chosen && { priorityClassName: chosen.metadata.name }
    const inputs = `priority ${value} ${preemptionPolicy} ${chosen?.metadata.name}`
    return { ...pod, spec: deriveSpec(pod.spec, inputs, spec => ({ ...spec, priority: value, preemptionPolicy, ...name })) }
  },
}

/** The lowest of the classes marked as default, as upstream chooses. */
function defaultClass(storage: Storage): PriorityClass | undefined {
  return storage
    .all(PriorityClass)
    .filter(c => c.globalDefault)
    .sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0]
}
