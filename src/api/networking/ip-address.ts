import { requiredValue } from '../../meta/field-error.ts'
import { checkDns1123Subdomain, checkPathSegment } from '../../meta/names.ts'
import { always, describe, type Infer, object, required, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { type Errors, immutable, named, shapedIfSet } from '../validation.ts'
import { checkCanonicalAddress } from './canonical-address.ts'

const networking = (name: string) => `io.k8s.api.networking.v1.${name}`

export const parentReference = object(networking('ParentReference'), 'The object that an address is for.', {
  group: string('Group of its resource; empty for the core group.'),
  name: describe('Its name.', required(string())),
  namespace: string('Its namespace, where it has one.'),
  resource: describe('Its resource, such as services.', required(string())),
})
export type ParentReference = Infer<typeof parentReference>

export const ipAddressSpec = object(networking('IPAddressSpec'), 'Who has an address.', {
  parentRef: describe('The object that has it. It cannot be changed.', required(parentReference)),
})

const fields = { spec: describe('Who has it.', always(ipAddressSpec, {})) }
export type IPAddress = ClusterObject<typeof fields>

function validate({ spec }: IPAddress, previous: IPAddress | undefined): Errors {
  if (previous) return immutable(spec.parentRef, previous.spec.parentRef, 'spec.parentRef')
  const parent: ParentReference | undefined = spec.parentRef
  const field = 'spec.parentRef'
  if (!parent) return [requiredValue(field)]
  return [
    ...shapedIfSet(parent.group, `${field}.group`, checkDns1123Subdomain),
    ...named(parent.resource, `${field}.resource`, checkPathSegment),
    ...named(parent.name, `${field}.name`, checkPathSegment),
    ...shapedIfSet(parent.namespace, `${field}.namespace`, checkPathSegment),
  ]
}

function parent({ spec }: IPAddress): string {
  const reference: ParentReference | undefined = spec.parentRef
  if (!reference) return '<none>'
  const { group, resource, namespace, name } = reference
  const of = (group ? `${resource}.${group}` : resource).toLowerCase()
  return [of, ...(namespace ? [namespace] : []), name].join('/')
}

const columns: readonly Column<IPAddress>[] = [nameColumn, text('ParentRef', 'The object that has it.', parent)]

export const IPAddress: Kind<IPAddress> = clusterKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  definition: networking('IPAddress'),
  doc: 'An address that is taken, with the object that has it. Its name is the address.',
  fields,
  columns,
  checkName: checkCanonicalAddress,
  validate,
})
