import { forbiddenValue } from '../../meta/field-error.ts'
import { boolean, defaulted, describe, int32, oneOf, string } from '../../schema/schema.ts'
import { count, text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { type Errors, immutable, must } from '../validation.ts'

const fields = {
  description: string('What it is for.'),
  globalDefault: boolean('Whether pods that name no class get this one.'),
  preemptionPolicy: describe('PreemptLowerPriority or Never.', defaulted(oneOf(['PreemptLowerPriority', 'Never']), 'PreemptLowerPriority')),
  value: int32('The priority; the higher, the sooner.'),
}
export type PriorityClass = ClusterObject<typeof fields>

/** Above this stand only the classes of the system itself. */
export const highestUserPriority = 1_000_000_000
export const systemPriorities: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
}

function validate(next: PriorityClass, previous: PriorityClass | undefined): Errors {
  return [
    ...(next.metadata.name?.startsWith('system-') ? validateSystemClass(next) : validateUserClass(next)),
    ...must(previous === undefined || (next.value ?? 0) === (previous.value ?? 0), () =>
      forbiddenValue('value', 'may not be changed in an update.'),
    ),
    ...(previous ? immutable(next.preemptionPolicy, previous.preemptionPolicy, 'preemptionPolicy') : []),
  ]
}

function validateSystemClass({ metadata, value, globalDefault }: PriorityClass): Errors {
  const { name } = metadata
  const expected = systemPriorities[name]
  const problem =
    expected === undefined
      ? `${name} is not a known system priority class`
      : value !== expected
        ? `value of ${name} PriorityClass must be ${expected}`
        : globalDefault
          ? `globalDefault of ${name} PriorityClass must be false`
          : undefined
  const rule = "priority class names with 'system-' prefix are reserved for system use only. error: "
  return must(problem === undefined, () => forbiddenValue('metadata.name', rule + problem))
}

function validateUserClass({ value }: PriorityClass): Errors {
  return must((value ?? 0) <= highestUserPriority, () =>
    forbiddenValue('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`),
  )
}

const columns: readonly Column<PriorityClass>[] = [
  nameColumn,
  count('Value', 'The priority of its pods.', pc => pc.value ?? 0),
  {
    name: 'Global-Default',
    type: 'boolean',
    doc: 'Whether pods that name no class get this one.',
    cell: pc => pc.globalDefault ?? false,
  },
  ageColumn,
  text('PreemptionPolicy', 'Whether its pods may push others off a node.', pc => pc.preemptionPolicy),
]

export const PriorityClass: Kind<PriorityClass> = clusterKind({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  definition: 'io.k8s.api.scheduling.v1.PriorityClass',
  doc: 'Gives a name to a priority that pods can ask for.',
  fields,
  // It never counts on: what a class is for cannot change.
  onCreate: pc => ({ ...pc, metadata: { ...pc.metadata, generation: 1 } }),
  validate,
  columns,
})
