import { condition } from '../../meta/condition.ts'
import { invalidValue, requiredValue } from '../../meta/field-error.ts'
import { atomicList, defaulted, describe, type Infer, listMap, object, patch, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withMetadataOf } from '../status-metadata.ts'
import { familyOf } from '../validate-address.ts'
import { type Errors, each, immutable, must, shaped } from '../validation.ts'
import { checkCanonicalCidr } from './canonical-address.ts'

const networking = (name: string) => `io.k8s.api.networking.v1.${name}`

export const serviceCIDRSpec = object(networking('ServiceCIDRSpec'), 'Addresses for services.', {
  cidrs: describe('One range of addresses, or one for each family.', atomicList(string())),
})
export type ServiceCIDRSpec = Infer<typeof serviceCIDRSpec>

export const serviceCIDRStatus = object(networking('ServiceCIDRStatus'), 'How the ranges fare.', {
  conditions: describe('Whether they are in use.', patch('merge', 'type', listMap(['type'], condition))),
})

const fields = {
  spec: describe('The ranges.', defaulted(serviceCIDRSpec, {})),
  status: describe('How they fare.', defaulted(serviceCIDRStatus, {})),
}
export type ServiceCIDR = ClusterObject<typeof fields>

const field = 'spec.cidrs'

function validate({ spec }: ServiceCIDR, previous: ServiceCIDR | undefined): Errors {
  const { cidrs = [] } = spec
  if (!previous) return validateRanges(cidrs)
  const old = previous.spec.cidrs ?? []
  const kept = (i: number) => immutable(cidrs[i], old[i], `${field}[${i}]`)
  if (cidrs.length === old.length) return cidrs.flatMap((_, i) => kept(i))
  // A second family may be added.
  return old.length === 1 && cidrs.length === 2 ? [...kept(0), ...validateRanges(cidrs)] : immutable(cidrs, old, field)
}

function validateRanges(cidrs: readonly string[]): Errors {
  if (cidrs.length === 0) return [requiredValue(field, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalidValue(field, { cidrs }, 'may only hold up to 2 values')]
  const [first, second] = cidrs.map(cidr => familyOf(cidr.split('/')[0] ?? ''))
  return [
    ...each(cidrs, field, (cidr, at) => shaped(cidr, at, checkCanonicalCidr)),
    ...must(cidrs.length < 2 || first === undefined || first !== second, () =>
      invalidValue(field, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'),
    ),
  ]
}

const columns: readonly Column<ServiceCIDR>[] = [
  nameColumn,
  text('CIDRs', 'The ranges.', ({ spec }) => (spec.cidrs ?? []).join(',')),
  ageColumn,
]

export const ServiceCIDR: Kind<ServiceCIDR> = clusterKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  definition: networking('ServiceCIDR'),
  doc: 'Ranges of addresses that services get theirs from.',
  fields,
  hasStatus: true,
  onStatusUpdate: withMetadataOf,
  columns,
  validate,
})
