// Every CEL expression of a device class or of a claim, with its path; the kinds' own rules look at all but whether it compiles.
import type { DeviceClass } from './device-class.ts'
import type { DeviceSelector, ResourceClaimSpec } from './device-request.ts'
import type { ResourceClaim } from './resource-claim.ts'
import type { ResourceClaimTemplate } from './resource-claim-template.ts'

export interface SelectorExpression {
  /** Such as `spec.selectors[0].cel.expression`. */
  readonly field: string
  readonly text: string
}

/** None where the selectors are as before, in the same order: what was accepted stays so. */
export function classExpressions({ spec }: DeviceClass, previous: DeviceClass | undefined): readonly SelectorExpression[] {
  const all = expressionsOf(spec?.selectors, 'spec.selectors')
  const before = previous && expressionsOf(previous.spec?.selectors, 'spec.selectors')
  return before?.length === all.length && all.every(({ text }, i) => before[i]?.text === text) ? [] : all
}

/** The specs of claims and of their templates cannot change, so they are looked at once. */
export function claimExpressions({ spec }: ResourceClaim, previous: ResourceClaim | undefined): readonly SelectorExpression[] {
  return previous ? [] : expressionsOfClaim(spec, 'spec')
}

export function templateExpressions(
  { spec }: ResourceClaimTemplate,
  previous: ResourceClaimTemplate | undefined,
): readonly SelectorExpression[] {
  return previous ? [] : expressionsOfClaim(spec.spec, 'spec.spec')
}

function expressionsOfClaim({ devices }: ResourceClaimSpec, field: string): readonly SelectorExpression[] {
  return (devices.requests ?? []).flatMap(({ exactly, firstAvailable = [] }, i) => {
    const at = `${field}.devices.requests[${i}]`
    return [
      ...expressionsOf(exactly?.selectors, `${at}.exactly.selectors`),
      ...firstAvailable.flatMap(({ selectors }, j) => expressionsOf(selectors, `${at}.firstAvailable[${j}].selectors`)),
    ]
  })
}

function expressionsOf(selectors: readonly DeviceSelector[] | undefined = [], field: string): readonly SelectorExpression[] {
  return selectors.flatMap(({ cel }, i) => (cel ? [{ field: `${field}[${i}].cel.expression`, text: cel.expression ?? '' }] : []))
}
