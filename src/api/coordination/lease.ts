import { forbiddenValue } from '../../meta/field-error.ts'
import { checkQualifiedName } from '../../meta/names.ts'
import { defaulted, describe, type Infer, int32, microTime, object, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { type Errors, must, notNegative, positive, shaped, supported, when } from '../validation.ts'

const coordination = (name: string) => `io.k8s.api.coordination.v1.${name}`

export const leaseSpec = object(coordination('LeaseSpec'), '', {
  acquireTime: microTime('When the holder took it.'),
  holderIdentity: string('Who holds it.'),
  leaseDurationSeconds: int32('How long others have to wait after the last renewal.'),
  leaseTransitions: int32('How often it has changed hands.'),
  preferredHolder: string('Who should take it over.'),
  renewTime: microTime('When the holder last renewed it.'),
  strategy: string('How the holder is chosen.'),
})
export type LeaseSpec = Infer<typeof leaseSpec>

const fields = {
  spec: describe('Who holds it.', defaulted(leaseSpec, {})),
}
export type Lease = NamespacedObject<typeof fields>

const strategies = ['OldestEmulationVersion']

/** Words without a domain are Kubernetes' own. The path is spelt as upstream spells it. */
function validateStrategy(strategy: string, field: string): Errors {
  return strategy.includes('/') ? shaped(strategy, field, checkQualifiedName) : supported(strategy, field, strategies)
}

const columns: readonly Column<Lease>[] = [
  nameColumn,
  text('Holder', 'Who holds the lease.', lease => lease.spec.holderIdentity ?? ''),
  ageColumn,
]

export const Lease: Kind<Lease> = namespacedKind({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  definition: 'io.k8s.api.coordination.v1.Lease',
  doc: 'A claim that its holder renews for as long as it is alive.',
  createsOnUpdate: true,
  updatesNeedVersion: true,
  fields,
  validate: ({ spec }) => [
    ...positive(spec.leaseDurationSeconds, 'spec.leaseDurationSeconds'),
    ...notNegative(spec.leaseTransitions, 'spec.leaseTransitions'),
    ...when(spec.strategy, strategy => validateStrategy(strategy, 'spec.strategy.strategy')),
    ...must(!spec.preferredHolder || Boolean(spec.strategy), () =>
      forbiddenValue('spec.preferredHolder', 'may only be specified if `strategy` is defined'),
    ),
  ],
  columns,
})
