// `pods/ephemeralcontainers`: `kubectl debug` adds containers to a pod by it, which stay as they are; nothing else of the pod changes.
import { deepEqual } from '../../meta/deep-equal.ts'
import { forbiddenValue } from '../../meta/field-error.ts'
import type { Part } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { type Errors, together } from '../validation.ts'
import { isMirrorPod } from './mirror-pod.ts'
import type { PodObject } from './pod-strategy.ts'
import { differences, validateAnyPod } from './validate-pod.ts'
import { validateKeptAnnotations } from './validate-pod-annotations.ts'

const field = 'spec.ephemeralContainers'

export const ephemeral: Part<PodObject> = {
  change: (next, previous) => ({
    ...previous,
    metadata: next.metadata,
    spec: withFields(previous.spec, { ephemeralContainers: next.spec.ephemeralContainers }),
  }),

  validate(next, previous) {
    if (isMirrorPod(previous)) return [forbiddenValue('', 'static pods do not support ephemeral containers')]
    return together(
      validateAnyPod(next),
      validateKeptAnnotations(next.metadata.annotations, previous.metadata.annotations),
      validateKept(next, previous),
    )
  },
}

function validateKept(next: PodObject, previous: PodObject): Errors {
  return (previous.spec.ephemeralContainers ?? []).flatMap(old => {
    const what = `existing ephemeral containers ${JSON.stringify(old.name)} may not be`
    const now = next.spec.ephemeralContainers?.findLast(container => container.name === old.name)
    if (!now) return [forbiddenValue(field, `${what} removed\n`)]
    return deepEqual(now, old) ? [] : [forbiddenValue(field, `${what} changed\n${differences(now, old).join('\n')}`)]
  })
}
