// The rules of priority levels.
import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { type Errors, must, when } from '../validation.ts'
import { mandatoryPriorityLevels } from './defaults.ts'
import type {
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from './priority-level-configuration.ts'

export function validatePriorityLevel({ metadata, spec }: PriorityLevelConfiguration): Errors {
  const { name } = metadata
  return [
    ...must((name === 'exempt') === (spec.type === 'Exempt'), () =>
      invalidValue('spec.type', spec.type ?? '', "type must be 'Exempt' if and only if name is 'exempt'"),
    ),
    ...validateByType(spec),
    ...validateMandatory(name, spec),
  ]
}

/** What the server cannot do without has a fixed form, but for the shares of the exempt level. */
function validateMandatory(name: string, spec: PriorityLevelConfigurationSpec): Errors {
  const fixed = mandatoryPriorityLevels.find(level => level.name === name)
  if (!fixed) return []
  if (name === 'exempt')
    return must(deepEqual({ ...spec, exempt: undefined }, { ...fixed.spec, exempt: undefined }), () =>
      invalidValue('spec', spec, `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`),
    )
  return must(deepEqual(spec, fixed.spec), () => invalidValue('spec', spec, `spec of '${name}' must equal the fixed value`))
}

function validateByType({ type, limited, exempt }: PriorityLevelConfigurationSpec): Errors {
  switch (type) {
    case 'Exempt':
      return [
        ...must(limited === undefined, () => forbiddenValue('spec.limited', 'must be nil if the type is not Limited')),
        ...when(exempt, found => validateShares(found, 'spec.exempt')),
      ]
    case 'Limited':
      return [
        ...must(exempt === undefined, () => forbiddenValue('spec.exempt', 'must be nil if the type is Limited')),
        ...(limited ? validateLimited(limited, 'spec.limited') : [requiredValue('spec.limited', 'must not be empty when type is Limited')]),
      ]
    default:
      // Other unknown words are refused by the schema.
      return must(Boolean(type), () => unsupportedValue('spec.type', '', ['Exempt', 'Limited']))
  }
}

interface Shares {
  readonly nominalConcurrencyShares: number
  readonly lendablePercent: number
}

function validateShares({ nominalConcurrencyShares: shares, lendablePercent: lendable }: Shares, field: string): Errors {
  return [
    ...must(shares >= 0, () => invalidValue(`${field}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')),
    ...must(lendable >= 0 && lendable <= 100, () =>
      invalidValue(`${field}.lendablePercent`, lendable, 'must be between 0 and 100, inclusive'),
    ),
  ]
}

function validateLimited(limited: LimitedPriorityLevelConfiguration, field: string): Errors {
  const { borrowingLimitPercent: borrowing } = limited
  return [
    ...validateShares(limited, field),
    ...validateResponse(limited.limitResponse, `${field}.limitResponse`),
    ...must((borrowing ?? 0) >= 0, () =>
      invalidValue(`${field}.borrowingLimitPercent`, borrowing, 'if specified, must be a non-negative integer'),
    ),
  ]
}

function validateResponse({ type, queuing }: LimitResponse, field: string): Errors {
  switch (type) {
    case 'Reject':
      return must(queuing === undefined, () =>
        forbiddenValue(`${field}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'),
      )
    case 'Queue':
      return queuing
        ? validateQueuing(queuing, `${field}.queuing`)
        : [requiredValue(`${field}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')]
    default:
      return must(Boolean(type), () => unsupportedValue(`${field}.type`, '', ['Queue', 'Reject']))
  }
}

const maxQueues = 10_000_000
/** A hash has so many bits to deal hands with. */
const maxHashBits = 60

function validateQueuing({ queues, handSize, queueLengthLimit }: QueuingConfiguration, field: string): Errors {
  const errors: FieldError[] = []
  if (queueLengthLimit <= 0) errors.push(invalidValue(`${field}.queueLengthLimit`, queueLengthLimit, 'must be positive'))
  if (queues <= 0) errors.push(invalidValue(`${field}.queues`, queues, 'must be positive'))
  else if (queues > maxQueues) errors.push(invalidValue(`${field}.queues`, queues, `must not be greater than ${maxQueues}`))
  const wrongHand = (detail: string) => errors.push(invalidValue(`${field}.handSize`, handSize, detail))
  if (handSize <= 0) wrongHand('must be positive')
  else if (handSize > queues) wrongHand(`should not be greater than queues (${queues})`)
  else if (entropyBits(queues, handSize) > maxHashBits)
    wrongHand(`required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${maxHashBits}`)
  return errors
}

/** How many bits tell all ordered hands of a deck apart. */
function entropyBits(deckSize: number, handSize: number): number {
  return Math.ceil(Math.log2(deckSize) * handSize)
}
