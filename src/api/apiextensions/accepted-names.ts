// Which of the names that a definition asks for it gets: those that no other definition of its group has. What it has, it keeps.
import { findCondition, isConditionTrue, removeCondition, setCondition } from '../../meta/conditions.ts'
import { aggregateMessage, fieldErrorMessage } from '../../meta/field-error.ts'
import { withFields } from '../sharing.ts'
import { caBundleProblem } from '../validate-ca-bundle.ts'
import { approvalOf, isProtectedGroup } from './api-approval.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceNames } from './custom-resource-definition.ts'
import { structureErrors } from './validate-structure.ts'

type Condition = CustomResourceDefinitionCondition

/** The definition with its names and conditions as they follow from it and the others; the same one when nothing changes. */
export function withAcceptedNames(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  now: string,
): CustomResourceDefinition {
  const { names, conflict } = acceptNames(definition, others)
  const accepted: Condition = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
  const before = findCondition(definition.status.conditions, 'Established')
  const isNamed = names.plural !== '' && names.kind !== ''
  const established: Condition =
    before?.status === 'True'
      ? before
      : !conflict && isNamed
        ? establishing(definition)
        : (before ?? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' })
  let conditions = definition.status.conditions ?? []
  for (const condition of [accepted, established, ...approvalCondition(definition)]) conditions = setCondition(conditions, condition, now)
  conditions = withStructureCondition(definition, conditions, now)
  const sameNames = JSON.stringify(names) === JSON.stringify(definition.status.acceptedNames)
  const status = withFields(definition.status, { conditions, ...(!sameNames && { acceptedNames: names }) })
  return withFields(definition, { status })
}

/** What cannot be converted, as its webhook is never to be trusted, is not served. */
function establishing({ spec }: CustomResourceDefinition): Condition {
  return caBundleProblem(spec.conversion?.webhook?.clientConfig?.caBundle) === undefined
    ? { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }
    : { type: 'Established', status: 'False', reason: 'InvalidCABundle', message: 'The conversion webhook CABundle is invalid' }
}

interface Conflict {
  readonly reason: string
  readonly message: string
}

function acceptNames(
  { spec, status, metadata }: CustomResourceDefinition,
  all: readonly CustomResourceDefinition[],
): { readonly names: CustomResourceNames; readonly conflict: Conflict | undefined } {
  const others = all
    .filter(other => other.spec.group === spec.group && other.metadata.name !== metadata.name)
    .map(other => other.status.acceptedNames)
  const resources = new Set(others.flatMap(names => [names.plural, names.singular ?? '', ...(names.shortNames ?? [])]))
  const kinds = new Set(others.flatMap(names => [names.kind, names.listKind ?? '']))
  const [wanted, has] = [spec.names, status.acceptedNames]
  // The last conflict is the one that is told.
  let conflict: Conflict | undefined
  const choose = (reason: string, name: string, had: string, taken: ReadonlySet<string>): string => {
    if (name === had || !taken.has(name)) return name
    conflict = { reason, message: `${JSON.stringify(name)} is already in use` }
    return had
  }
  const plural = choose('PluralConflict', wanted.plural, has.plural, resources)
  const singular = choose('SingularConflict', wanted.singular ?? '', has.singular ?? '', resources)
  const short = (wanted.shortNames ?? []).filter(name => !has.shortNames?.includes(name) && resources.has(name))
  if (short.length > 0)
    conflict = { reason: 'ShortNamesConflict', message: aggregateMessage(short.map(name => `${JSON.stringify(name)} is already in use`)) }
  const shortNames = short.length > 0 ? has.shortNames : wanted.shortNames
  const kind = choose('KindConflict', wanted.kind, has.kind, kinds)
  const listKind = choose('ListKindConflict', wanted.listKind ?? '', has.listKind ?? '', kinds)
  const names: CustomResourceNames = {
    plural,
    ...(singular && { singular }),
    ...(shortNames && { shortNames }),
    kind,
    ...(listKind && { listKind }),
    ...(wanted.categories && { categories: wanted.categories }),
  }
  return { names, conflict }
}

const approvals = {
  approved: ['True', 'ApprovedAnnotation'],
  bypassed: ['False', 'UnapprovedAnnotation'],
  missing: ['False', 'MissingAnnotation'],
  invalid: ['False', 'InvalidAnnotation'],
} as const

function approvalCondition({ spec, metadata }: CustomResourceDefinition): readonly Condition[] {
  if (!isProtectedGroup(spec.group)) return []
  const { approval, message } = approvalOf(metadata.annotations)
  const [status, reason] = approvals[approval]
  return [{ type: 'KubernetesAPIApprovalPolicyConformant', status, reason, message }]
}

/** Only definitions from before structure was asked for have something to be told. */
function withStructureCondition(
  { spec, status }: CustomResourceDefinition,
  conditions: readonly Condition[],
  now: string,
): readonly Condition[] {
  const violations = spec.versions.flatMap(({ schema }, i) =>
    schema?.openAPIV3Schema ? structureErrors(schema.openAPIV3Schema, `spec.versions[${i}].schema.openAPIV3Schema`) : [],
  )
  const type = 'NonStructuralSchema'
  if (violations.length > 0)
    return setCondition(
      conditions,
      { type, status: 'True', reason: 'Violations', message: aggregateMessage(violations.map(fieldErrorMessage)) },
      now,
    )
  return findCondition(status.conditions, type) ? removeCondition(conditions, type) : conditions
}

export function isServed(definition: CustomResourceDefinition): boolean {
  return isConditionTrue(definition.status.conditions, 'Established')
}
