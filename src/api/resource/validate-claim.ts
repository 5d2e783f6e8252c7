// The rules of claims of devices: everything but whether the expressions of selectors compile.
import { invalidValue, requiredValue, tooLong } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkLabelValue } from '../../meta/names.ts'
import { type Errors, each, label, labelKey, must, named, shaped } from '../validation.ts'
import type {
  DeviceClaim,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  OpaqueDeviceConfiguration,
  ResourceClaimSpec,
} from './device-request.ts'
import { driverName, fullyQualifiedName, rawObject, setUpTo, upTo } from './validate-names.ts'

export const maxRequests = 32
export const maxConfigurations = 32
const maxConstraints = 32
const maxSelectors = 32
const maxChoices = 8
const maxTolerations = 16
const maxExpressionBytes = 10 * 1024
const maxParametersBytes = 10 * 1024

export function validateClaimSpec({ devices }: ResourceClaimSpec, field: string): Errors {
  const names = requestNames(devices)
  const at = `${field}.devices`
  return [
    ...setUpTo(maxRequests, devices.requests, `${at}.requests`, validateRequest, request => request.name),
    ...upTo(maxConstraints, devices.constraints, `${at}.constraints`, (constraint, at) => validateConstraint(constraint, names, at)),
    ...upTo(maxConfigurations, devices.config, `${at}.config`, (config, at) => [
      ...validateRequestNames(config.requests, names, `${at}.requests`),
      ...validateConfiguration(config.opaque, at),
    ]),
  ]
}

/** `request`, and `request/choice` where there are choices. */
export function requestNames({ requests = [] }: DeviceClaim): ReadonlySet<string> {
  return new Set(requests.flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map(choice => `${name}/${choice.name}`)]))
}

function validateRequest(request: DeviceRequest, field: string): Errors {
  const { name, exactly, firstAvailable = [] } = request
  const either = 'exactly one of `exactly` or `firstAvailable` is required'
  const ofName = shaped(name ?? '', `${field}.name`, checkDns1123Label)
  if (firstAvailable.length > 0) {
    if (exactly) return [...ofName, invalidValue(field, null, `${either}, but multiple fields are set`)]
    return [...ofName, ...setUpTo(maxChoices, firstAvailable, `${field}.firstAvailable`, validateChoice, choice => choice.name)]
  }
  return [...ofName, ...(exactly ? validateDevices(exactly, `${field}.exactly`) : [requiredValue(field, either)])]
}

function validateChoice(choice: DeviceSubRequest, field: string): Errors {
  return [...shaped(choice.name ?? '', `${field}.name`, checkDns1123Label), ...validateDevices(choice, field)]
}

function validateDevices(request: ExactDeviceRequest | DeviceSubRequest, field: string): Errors {
  const { deviceClassName, selectors, allocationMode, count = 0, tolerations } = request
  return [
    ...named(deviceClassName, `${field}.deviceClassName`, checkDns1123Subdomain),
    ...validateSelectors(selectors, `${field}.selectors`),
    ...must(allocationMode !== 'All' || count === 0, () =>
      invalidValue(`${field}.count`, count, "must not be specified when allocationMode is 'All'"),
    ),
    ...must(allocationMode !== 'ExactCount' || count > 0, () => invalidValue(`${field}.count`, count, 'must be greater than zero')),
    ...validateTolerations(tolerations, `${field}.tolerations`),
  ]
}

export function validateSelectors(selectors: readonly DeviceSelector[] | undefined, field: string): Errors {
  return upTo(maxSelectors, selectors, field, ({ cel }, at) => {
    if (cel === undefined) return [requiredValue(`${at}.cel`)]
    const expression = cel.expression ?? ''
    return must(Buffer.byteLength(expression) <= maxExpressionBytes, () => tooLong(`${at}.cel.expression`, maxExpressionBytes))
  })
}

export function validateTolerations(tolerations: readonly DeviceToleration[] | undefined, field: string): Errors {
  return upTo(maxTolerations, tolerations, field, ({ key, operator, value = '' }, at) => [
    ...(key ? labelKey(key, `${at}.key`) : []),
    ...(operator === 'Exists'
      ? must(value === '', () => invalidValue(`${at}.value`, value, 'must be empty for operator `Exists`'))
      : shaped(value, `${at}.value`, checkLabelValue)),
  ])
}

function validateConstraint(constraint: DeviceConstraint, names: ReadonlySet<string>, field: string): Errors {
  const { matchAttribute, distinctAttribute } = constraint
  return [
    ...validateRequestNames(constraint.requests, names, `${field}.requests`),
    ...(matchAttribute !== undefined
      ? fullyQualifiedName(matchAttribute, `${field}.matchAttribute`)
      : distinctAttribute !== undefined
        ? fullyQualifiedName(distinctAttribute, `${field}.distinctAttribute`)
        : // The wording is upstream's, though it is none that is set.
          [requiredValue(field, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set')]),
  ]
}

export function validateRequestNames(requests: readonly string[] | undefined, names: ReadonlySet<string>, field: string): Errors {
  return setUpTo(
    maxRequests,
    requests,
    field,
    (name, at) => validateRequestName(name, names, at),
    name => name,
  )
}

export function validateRequestName(name: string, names: ReadonlySet<string>, field: string): Errors {
  const segments = name.split('/')
  const unknown = () =>
    invalidValue(field, name, "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'")
  if (segments.length > 2) return [unknown()]
  return [...each(segments, field, segment => label(segment, field)), ...must(names.has(name), unknown)]
}

/** `isStored`: it was accepted before, when parameters may have been larger. */
export function validateConfiguration(opaque: OpaqueDeviceConfiguration | undefined, field: string, isStored = false): Errors {
  if (opaque === undefined) return [requiredValue(`${field}.opaque`)]
  return [
    ...driverName(opaque.driver, `${field}.opaque.driver`),
    ...rawObject(opaque.parameters, isStored ? undefined : maxParametersBytes, `${field}.opaque.parameters`),
  ]
}
