// Devices that others use are open to administrators' claims only: those of namespaces that carry a label.
import { Namespace } from '../../api/core/namespace.ts'
import type { ResourceClaimSpec } from '../../api/resource/device-request.ts'
import { ResourceClaim } from '../../api/resource/resource-claim.ts'
import { ResourceClaimTemplate } from '../../api/resource/resource-claim-template.ts'
import { forbiddenValue } from '../../meta/field-error.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { AdmissionPlugin } from './admission.ts'

const label = 'resource.kubernetes.io/admin-access'
const detail = `admin access to devices requires the \`${label}: true\` label on the containing namespace`

export const adminAccess: AdmissionPlugin = {
  name: 'ResourceClaimAdminAccess',
  validate({ operation, call, object, subresource }, storage) {
    const { kind } = call.resource
    // What is claimed cannot be changed later.
    if (operation !== 'CREATE' || subresource !== '' || object === undefined) return
    if (kind !== ResourceClaim && kind !== ResourceClaimTemplate) return
    const spec = kind === ResourceClaim ? specOf(object) : specOf(specOf<KubeObject>(object))
    const asked = (spec.devices.requests ?? []).findIndex(request => request.exactly?.adminAccess === true)
    if (asked < 0) return
    const namespace = storage.find(Namespace, undefined, object.metadata.namespace ?? '')
    if (namespace?.metadata.labels?.[label] === 'true') return
    throw StatusError.invalid(kind, object.metadata.name, [forbiddenValue(`spec.devices.requests[${asked}].adminAccess`, detail)])
  },
}

function specOf<S = ResourceClaimSpec>(object: object): S {
  return (object as { readonly spec: S }).spec
}
