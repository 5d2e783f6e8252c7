import { atomicList, defaulted, describe, type Infer, map, object, quantity, required, string } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { createdAtColumn } from '../rbac/rbac-columns.ts'
import { mapShared, withFields, withMissing } from '../sharing.ts'
import { type Amounts, roundAmounts } from './resource-amounts.ts'
import { validateLimits } from './validate-limit-range.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const limitRangeItem = object(core('LimitRangeItem'), 'The limits for one type of thing.', {
  default: describe('Limits of those that say nothing.', map(quantity())),
  defaultRequest: describe('Requests of those that say nothing.', map(quantity())),
  max: describe('The most that may be asked for.', map(quantity())),
  maxLimitRequestRatio: describe('How many times its request a limit may be.', map(quantity())),
  min: describe('The least that may be asked for.', map(quantity())),
  type: required(string('What is limited: Pod, Container or PersistentVolumeClaim.')),
})
export type LimitRangeItem = Infer<typeof limitRangeItem>

export const limitRangeSpec = object(core('LimitRangeSpec'), 'What each single object of a namespace may ask for.', {
  limits: describe('The limits, by type.', required(atomicList(limitRangeItem))),
})
export type LimitRangeSpec = Infer<typeof limitRangeSpec>

const fields = { spec: describe('The limits.', defaulted(limitRangeSpec, {})) }
export type LimitRange = NamespacedObject<typeof fields>

function complete(range: LimitRange): LimitRange {
  const { spec } = range
  return spec.limits ? withFields(range, { spec: withFields(spec, { limits: mapShared(spec.limits, completeItem) }) }) : range
}

/** What a container gets unasked follows from the most and the least that it may ask for. */
function completeItem(item: LimitRangeItem): LimitRangeItem {
  const rounded = withFields(item, {
    default: roundAmounts(item.default),
    defaultRequest: roundAmounts(item.defaultRequest),
    max: roundAmounts(item.max),
    maxLimitRequestRatio: roundAmounts(item.maxLimitRequestRatio),
    min: roundAmounts(item.min),
  })
  if (item.type !== 'Container') return rounded
  const limits = filled(rounded.default, rounded.max)
  return withFields(rounded, { default: limits, defaultRequest: filled(filled(rounded.defaultRequest, limits), rounded.min) })
}

function filled(amounts: Amounts | undefined, from: Amounts | undefined): Amounts | undefined {
  return from && Object.keys(from).length > 0 ? withMissing(amounts, from) : amounts
}

export const LimitRange: Kind<LimitRange> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  definition: 'io.k8s.api.core.v1.LimitRange',
  doc: 'Limits on what each pod, container or claim of a namespace may ask for.',
  createsOnUpdate: true,
  fields,
  validate: ({ spec }) => validateLimits(spec.limits),
  columns: [nameColumn, createdAtColumn],
  complete,
})
