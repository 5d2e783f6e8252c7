// The rules of slices of devices.
import { deepEqual } from '../../meta/deep-equal.ts'
import { duplicateValue, type FieldError, invalidValue, requiredValue, tooLong } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkLabelValue } from '../../meta/names.ts'
import { validateNodeSelector } from '../core/validate-affinity.ts'
import { type Errors, each, immutable, label, labelKey, must, named, shaped, shapedIfSet, when } from '../validation.ts'
import type { CounterSet, Device, DeviceAttribute, DeviceCounterConsumption, DeviceTaint } from './device.ts'
import type { ResourcePool, ResourceSliceSpec } from './resource-slice.ts'
import { validateCapacity } from './validate-capacity.ts'
import { driverName, mapUpTo, poolName, qualifiedName, setUpTo, upTo } from './validate-names.ts'

const maxDevices = 128
const maxElaborateDevices = 64
const maxAttributesAndCapacities = 32
const maxTaints = 16
const maxConsumptions = 2
const maxCounterSets = 8
const maxCounters = 32
const maxBindingConditions = 4
const maxValueBytes = 64
/** A domain, a slash and a name. */
const longestQualifiedName = 63 + 1 + 32
const longestLabel = 63

export function validateSlice(next: ResourceSliceSpec, previous: ResourceSliceSpec | undefined): Errors {
  const { devices, sharedCounters, pool } = next
  const isElaborate = devices?.some(device => device.taints?.length || device.consumesCounters?.length)
  const before = new Map(previous?.devices?.map(device => [device.name, device]))
  const bothLists = devices !== undefined && sharedCounters !== undefined
  return [
    ...driverName(next.driver, 'spec.driver'),
    ...validatePool(pool),
    ...(previous ? validateKept(next, previous) : []),
    ...validateNodes(next),
    ...must(!bothLists, () => invalidValue('spec', '', 'only one of `sharedCounters` or `devices` is allowed')),
    ...setUpTo(
      isElaborate ? maxElaborateDevices : maxDevices,
      devices,
      'spec.devices',
      (device, at) => validateDevice(device, before.get(device.name), next.perDeviceNodeSelection === true, at),
      device => device.name,
    ),
    ...setUpTo(maxCounterSets, sharedCounters, 'spec.sharedCounters', validateCounterSet, set => set.name),
  ]
}

function validatePool({ name, resourceSliceCount = 0, generation = 0 }: ResourcePool): Errors {
  return [
    ...poolName(name, 'spec.pool.name'),
    ...must(resourceSliceCount > 0, () => invalidValue('spec.pool.resourceSliceCount', resourceSliceCount, 'must be greater than zero')),
    ...must(generation >= 0, () => invalidValue('spec.pool.generation', generation, 'must be greater than or equal to zero')),
  ]
}

function validateKept(next: ResourceSliceSpec, previous: ResourceSliceSpec): Errors {
  return [
    ...immutable(next.pool.name, previous.pool.name, 'spec.pool.name'),
    ...immutable(next.driver, previous.driver, 'spec.driver'),
    ...immutable(next.nodeName, previous.nodeName, 'spec.nodeName'),
  ]
}

function validateNodes(spec: ResourceSliceSpec): Errors {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec
  const terms = nodeSelector?.nodeSelectorTerms ?? []
  const chosen = [
    ...(nodeName ? ['`nodeName`'] : []),
    ...(nodeSelector ? ['`nodeSelector`'] : []),
    ...(allNodes ? ['`allNodes`'] : []),
    ...(perDeviceNodeSelection ? ['`perDeviceNodeSelection`'] : []),
  ]
  const choices = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  return [
    ...validateNodeName(nodeName, 'spec.nodeName', 'must be either unset or set to a non-empty string'),
    ...when(nodeSelector, selector => [
      ...validateNodeSelector(selector, 'spec.nodeSelector'),
      // So that selectors of several slices can be joined.
      ...must(terms.length === 1, () =>
        invalidValue('spec.nodeSelector.nodeSelectorTerms', terms, 'must have exactly one node selector term'),
      ),
    ]),
    ...trueIfSet(allNodes, 'spec.allNodes'),
    ...trueIfSet(perDeviceNodeSelection, 'spec.perDeviceNodeSelection'),
    ...(chosen.length === 0 ? [requiredValue('spec', choices)] : []),
    ...(chosen.length > 1 ? [invalidValue('spec', `{${chosen.join(', ')}}`, `${choices}, but multiple fields are set`)] : []),
  ]
}

function validateNodeName(name: string | undefined, field: string, ifEmpty: string): Errors {
  if (name === undefined) return []
  return name === '' ? [invalidValue(field, '', ifEmpty)] : shaped(name, field, checkDns1123Subdomain)
}

function trueIfSet(value: boolean | undefined, field: string): Errors {
  return must(value !== false, () => invalidValue(field, false, 'must be either unset or set to true'))
}

function validateDevice(device: Device, before: Device | undefined, choosesNodes: boolean, field: string): Errors {
  const { attributes = {}, capacity = {} } = device
  const size = Object.keys(attributes).length + Object.keys(capacity).length
  return [
    ...label(device.name ?? '', `${field}.name`),
    ...must(size <= maxAttributesAndCapacities, () =>
      invalidValue(field, size, `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`),
    ),
    ...mapUpTo(Number.POSITIVE_INFINITY, longestQualifiedName, attributes, `${field}.attributes`, (attribute, name, at) => [
      ...qualifiedName(name, at),
      ...validateAttribute(attribute, at),
    ]),
    ...mapUpTo(Number.POSITIVE_INFINITY, longestQualifiedName, capacity, `${field}.capacity`, (amount, name, at) => [
      ...qualifiedName(name, at),
      ...validateCapacity(amount, device.allowMultipleAllocations === true, at),
    ]),
    ...(before && deepEqual(before.taints, device.taints) ? [] : upTo(maxTaints, device.taints, `${field}.taints`, validateTaint)),
    ...setUpTo(maxConsumptions, device.consumesCounters, `${field}.consumesCounters`, validateConsumption, c => c.counterSet),
    ...(choosesNodes ? validateDeviceNodes(device, field) : validateNoNodes(device, field)),
    ...validateBindingConditions(device, field),
  ]
}

/** From semver.org, version 2.0.0. */
const number = '(0|[1-9]\\d*)'
const preRelease = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
const build = '[0-9a-zA-Z-]+'
const semanticVersion = new RegExp(`^${number}\\.${number}\\.${number}(-${preRelease}(\\.${preRelease})*)?(\\+${build}(\\.${build})*)?$`)

function validateAttribute(attribute: DeviceAttribute, field: string): Errors {
  const { bool, int, string, version } = attribute
  const values = [bool, int, string, version].filter(value => value !== undefined)
  const short = (text: string, at: string) => must(Buffer.byteLength(text) <= maxValueBytes, () => tooLong(at, maxValueBytes))
  return [
    ...when(string, text => short(text, `${field}.string`)),
    ...when(version, text => [
      ...must(semanticVersion.test(text), () =>
        invalidValue(`${field}.version`, text, 'must be a string compatible with semver.org spec 2.0.0'),
      ),
      ...short(text, `${field}.version`),
    ]),
    ...must(values.length === 1, () => invalidValue(field, values.length === 0 ? '' : attribute, 'exactly one value must be specified')),
  ]
}

function validateTaint({ key, value, effect }: DeviceTaint, field: string): Errors {
  return [
    ...labelKey(key, `${field}.key`),
    ...shapedIfSet(value, `${field}.value`, checkLabelValue),
    ...must(Boolean(effect), () => requiredValue(`${field}.effect`)),
  ]
}

function validateCounterSet({ name, counters }: CounterSet, field: string): Errors {
  return [...named(name, `${field}.name`, checkDns1123Label), ...validateCounters(counters, `${field}.counters`)]
}

function validateConsumption({ counterSet, counters }: DeviceCounterConsumption, field: string): Errors {
  return [...named(counterSet, `${field}.counterSet`, checkDns1123Label), ...validateCounters(counters, `${field}.counters`)]
}

function validateCounters(counters: CounterSet['counters'] | undefined = {}, field: string): Errors {
  if (Object.keys(counters).length === 0) return [requiredValue(field)]
  return mapUpTo(maxCounters, longestLabel, counters, field, (_, name, at) => label(name, at))
}

function validateDeviceNodes({ nodeName, nodeSelector, allNodes }: Device, field: string): Errors {
  const chosen = [...(nodeName ? ['`nodeName`'] : []), ...(nodeSelector ? ['`nodeSelector`'] : []), ...(allNodes ? ['`allNodes`'] : [])]
  const choices =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
  return [
    ...validateNodeName(nodeName, `${field}.nodeName`, 'must not be empty'),
    ...when(nodeSelector, selector => validateNodeSelector(selector, `${field}.nodeSelector`)),
    ...trueIfSet(allNodes, `${field}.allNodes`),
    ...(chosen.length === 0 ? [requiredValue(field, choices)] : []),
    ...(chosen.length > 1 ? [invalidValue(field, `{${chosen.join(', ')}}`, choices)] : []),
  ]
}

function validateNoNodes({ nodeName, nodeSelector, allNodes }: Device, field: string): Errors {
  return must(nodeName === undefined && nodeSelector === undefined && allNodes === undefined, () =>
    invalidValue(
      field,
      null,
      '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
    ),
  )
}

interface Binding {
  readonly bindingConditions?: readonly string[] | undefined
  readonly bindingFailureConditions?: readonly string[] | undefined
}

/** The two lists come together, and nothing is in both. */
export function validateBindingConditions(binding: Binding, field: string): Errors {
  const { bindingConditions: good = [], bindingFailureConditions: bad = [] } = binding
  const [goodField, badField] = [`${field}.bindingConditions`, `${field}.bindingFailureConditions`]
  const duplicates = (list: readonly string[], at: string, i: number): FieldError[] =>
    list.indexOf(list[i] ?? '') < i ? [duplicateValue(`${at}[${i}]`, list[i])] : []
  return [
    ...upTo(maxBindingConditions, good, goodField, labelKey),
    ...upTo(maxBindingConditions, bad, badField, labelKey),
    ...good.flatMap((_, i) => duplicates(good, goodField, i)),
    ...each(bad, badField, (condition, at, i) => [
      ...duplicates(bad, badField, i),
      ...must(!good.includes(condition), () =>
        invalidValue(at, condition, 'bindingFailureConditions must not overlap with bindingConditions'),
      ),
    ]),
    ...must(good.length > 0 || bad.length === 0, () =>
      invalidValue(goodField, good, 'bindingConditions are required to use bindingFailureConditions'),
    ),
    ...must(bad.length > 0 || good.length === 0, () =>
      invalidValue(badField, bad, 'bindingFailureConditions are required to use bindingConditions'),
    ),
  ]
}
