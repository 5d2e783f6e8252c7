// `pods/ephemeralcontainers`: `kubectl debug` adds containers to a running pod by it; nothing else of the pod may change.
import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, forbiddenValue } from '../../meta/field-error.ts'
import type { Part } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { together } from '../validation.ts'
import type { PodSpec } from './pod-spec.ts'
import type { PodObject } from './pod-strategy.ts'
import { validateOwnPodSpec } from './validate-pod.ts'

const mirror = 'kubernetes.io/config.mirror'

export const ephemeralContainers: Part<PodObject> = {
  change: (next, previous) => ({
    ...previous,
    metadata: next.metadata,
    spec: withFields(previous.spec, { ephemeralContainers: next.spec.ephemeralContainers }),
  }),

  validate(next, previous) {
    const { annotations } = previous.metadata
    if (annotations && mirror in annotations) return [forbiddenValue('', 'static pods do not support ephemeral containers')]
    return together(validateOwnPodSpec(next.spec), changeErrors(next.spec, previous.spec))
  },
}

/** What is there stays as it is, in whatever order. */
function changeErrors(next: PodSpec, previous: PodSpec): readonly FieldError[] {
  return (previous.ephemeralContainers ?? []).flatMap(old => {
    const now = next.ephemeralContainers?.find(({ name }) => name === old.name)
    if (now && deepEqual(now, old)) return []
    const what = `existing ephemeral containers ${JSON.stringify(old.name)} may not be ${now ? 'changed' : 'removed'}\n`
    return [forbiddenValue('spec.ephemeralContainers', what)]
  })
}
