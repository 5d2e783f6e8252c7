// Selectors of devices must compile when they are written, and not cost too much. The rest of the object has been checked by then.
import type { Kind } from '../../api/kind.ts'
import { DeviceClass } from '../../api/resource/device-class.ts'
import { ResourceClaim } from '../../api/resource/resource-claim.ts'
import { ResourceClaimTemplate } from '../../api/resource/resource-claim-template.ts'
import {
  claimExpressions,
  classExpressions,
  type SelectorExpression,
  templateExpressions,
} from '../../api/resource/selector-expressions.ts'
import { deviceSelectorErrors } from '../../cel/device.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { AdmissionPlugin } from './admission.ts'

export const deviceSelectors: AdmissionPlugin = {
  name: 'DeviceSelectors',
  validate({ call, object, previous, subresource }) {
    const { kind } = call.resource
    if (kind.group !== DeviceClass.group || !object || subresource !== '') return
    const errors = newExpressions(kind, object, previous).flatMap(({ field, text }) => deviceSelectorErrors(text, field))
    if (errors.length > 0) throw StatusError.invalid(kind, object.metadata.name, errors)
  },
}

function newExpressions(kind: Kind, object: KubeObject, previous: KubeObject | undefined): readonly SelectorExpression[] {
  switch (kind as unknown) {
    case DeviceClass:
      return classExpressions(object as DeviceClass, previous as DeviceClass | undefined)
    case ResourceClaim:
      return claimExpressions(object as ResourceClaim, previous as ResourceClaim | undefined)
    case ResourceClaimTemplate:
      return templateExpressions(object as ResourceClaimTemplate, previous as ResourceClaimTemplate | undefined)
    default:
      return []
  }
}
