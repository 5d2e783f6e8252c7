import { defaulted, describe, required } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { type Errors, immutable } from '../validation.ts'
import { resourceClaimStatus, withoutStaleDevices } from './allocation.ts'
import { completeClaimSpec, definition, resourceClaimSpec } from './device-request.ts'
import { validateClaimSpec } from './validate-claim.ts'
import { validateClaimStatus } from './validate-claim-status.ts'

const fields = {
  spec: required(describe('What is claimed; it cannot be changed.', resourceClaimSpec)),
  status: describe('What was given, and who uses it.', defaulted(resourceClaimStatus, {})),
}
export type ResourceClaim = NamespacedObject<typeof fields>

/** A spec that cannot change need not be looked at again. */
function validate({ spec }: ResourceClaim, previous: ResourceClaim | undefined): Errors {
  return previous ? immutable(spec, previous.spec, 'spec') : validateClaimSpec(spec, 'spec')
}

function state({ metadata, status }: ResourceClaim): string {
  const isGoing = metadata.deletionTimestamp !== undefined
  const isReserved = (status.reservedFor?.length ?? 0) > 0
  const states = [
    ...(isGoing ? ['deleted'] : []),
    ...(status.allocation ? ['allocated', ...(isReserved ? ['reserved'] : [])] : isGoing ? [] : ['pending']),
  ]
  return states.join(',')
}

const columns: readonly Column<ResourceClaim>[] = [
  nameColumn,
  text('State', 'Whether it was given anything, and whether that is used.', state),
  ageColumn,
]

export const ResourceClaim: Kind<ResourceClaim> = namespacedKind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  definition: definition('ResourceClaim'),
  doc: 'Asks for devices, for pods to use.',
  hasStatus: true,
  fields,
  complete: claim => withFields(claim, { spec: completeClaimSpec(claim.spec ?? { devices: {} }) }),
  onStatusUpdate: (next, previous) =>
    withFields(next, { status: withFields(next.status, { devices: withoutStaleDevices(next.status, previous.status) }) }),
  validate,
  validateStatus: validateClaimStatus,
  columns,
})
