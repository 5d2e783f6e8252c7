// What a pod asks for as a whole, in amounts and in devices, beside what its containers ask for.
import { duplicateValue, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain } from '../../meta/names.ts'
import { compareQuantity, formatQuantity, parseQuantity, type Quantity } from '../../meta/quantity.ts'
import { type Errors, each, must, shaped, together, when } from '../validation.ts'
import { amountsOf, containerTotals } from './pod-resources.ts'
import type { PodResourceClaim, PodSpec } from './pod-spec.ts'
import { isHugePages } from './resource-names.ts'
import { validateContainerResources, validatePodLevelResources } from './validate-resources.ts'

export function validatePodResources(spec: PodSpec, field: string): Errors {
  const { resources, os, resourceClaims } = spec
  if (!resources) return []
  if (os?.name === 'windows') return [forbiddenValue(field, 'may not be set for a windows pod')]
  return together(
    must(resources.claims === undefined, () => forbiddenValue(`${field}.claims`, 'claims may not be set for Resources at pod-level')),
    validatePodLevelResources(resources, new Set(resourceClaims?.map(claim => claim.name)), field),
    validateAgainstContainers(spec, field),
  )
}

/** The pod as a whole has at least what its containers have. */
function validateAgainstContainers(spec: PodSpec, field: string): Errors {
  const [requests, limits] = [amountsOf(spec.resources?.requests), amountsOf(spec.resources?.limits)]
  const covers = (whole: ReadonlyMap<string, Quantity>, name: string, part: Quantity, error: (amount: Quantity) => Errors) => {
    const amount = whole.get(name)
    return amount && compareQuantity(part, amount) > 0 ? error(amount) : []
  }
  const tooLittle = (part: Quantity, side: 'requests' | 'limits', name: string) => (amount: Quantity) => [
    invalidValue(
      `${field}.${side}[${name}]`,
      formatQuantity(amount),
      `must be greater than or equal to aggregate container ${side} of ${formatQuantity(part)}`,
    ),
  ]
  return together(
    [...containerTotals(spec, 'requests')].flatMap(([name, sum]) => covers(requests, name, sum, tooLittle(sum, 'requests', name))),
    [...containerTotals(spec, 'limits')]
      .filter(([name]) => isHugePages(name))
      .flatMap(([name, sum]) => covers(limits, name, sum, tooLittle(sum, 'limits', name))),
    each(spec.containers, `${field}.containers`, ({ resources }, at) =>
      Object.entries(resources?.limits ?? {}).flatMap(([name, limit]) =>
        covers(limits, name, parseQuantity(limit), amount => [
          invalidValue(`${at}[${name}].limits`, limit, `must be less than or equal to pod limits of ${formatQuantity(amount)}`),
        ]),
      ),
    ),
  )
}

export function validateOverhead({ overhead }: PodSpec, field: string): Errors {
  return when(overhead, limits => validateContainerResources({ limits }, new Set(), field))
}

export function validateResourceClaims(claims: readonly PodResourceClaim[] | undefined, field: string): Errors {
  const names = new Set<string>()
  return each(claims, field, (claim, at) => {
    const { name, resourceClaimName, resourceClaimTemplateName } = claim
    const isRepeated = names.has(name)
    names.add(name)
    const ofName = isRepeated ? [duplicateValue(`${at}.name`, name)] : shaped(name, `${at}.name`, checkDns1123Label)
    return together(
      name ? ofName : [requiredValue(`${at}.name`)],
      must(resourceClaimName === undefined || resourceClaimTemplateName === undefined, () =>
        invalidValue(at, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'),
      ),
      must(resourceClaimName !== undefined || resourceClaimTemplateName !== undefined, () =>
        invalidValue(at, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'),
      ),
      when(resourceClaimName, value => shaped(value, `${at}.resourceClaimName`, checkDns1123Subdomain)),
      when(resourceClaimTemplateName, value => shaped(value, `${at}.resourceClaimTemplateName`, checkDns1123Subdomain)),
    )
  })
}
