// The rules of what claims are given. What was given is not changed, only taken back whole.
import { deepEqual } from '../../meta/deep-equal.ts'
import { duplicateValue, forbiddenValue, invalidValue, requiredValue, tooLong, tooMany } from '../../meta/field-error.ts'
import { validateNodeSelector } from '../core/validate-affinity.ts'
import { familyOf } from '../validate-address.ts'
import { validateConditions } from '../validate-conditions.ts'
import { type Errors, each, immutable, label, must, unique, when } from '../validation.ts'
import {
  type AllocatedDeviceStatus,
  type AllocationResult,
  type DeviceAllocationConfiguration,
  type DeviceRequestAllocationResult,
  deviceId,
  type NetworkDeviceData,
  type ResourceClaimConsumerReference,
} from './allocation.ts'
import type { ResourceClaim } from './resource-claim.ts'
import { maxConfigurations, requestNames, validateConfiguration, validateRequestName, validateRequestNames } from './validate-claim.ts'
import { driverName, poolName, rawObject, setUpTo, uid, upTo } from './validate-names.ts'
import { validateBindingConditions } from './validate-slice.ts'

const maxResults = 32
const maxConsumers = 256
const maxConditions = 8
const maxDataBytes = 10 * 1024
const maxAddresses = 16
const maxInterfaceNameBytes = 256
const maxHardwareAddressBytes = 128

export function validateClaimStatus(next: ResourceClaim, previous: ResourceClaim): Errors {
  const { allocation, devices, reservedFor = [] } = next.status
  const before = previous.status
  const given = new Set(allocation?.devices.results?.map(deviceId))
  const names = requestNames(next.spec.devices)
  const isNew = (ref: ResourceClaimConsumerReference) => !before.reservedFor?.some(old => deepEqual(old, ref))
  return [
    ...setUpTo(maxConsumers, reservedFor, 'status.reservedFor', validateConsumer, ref => ref.uid),
    ...each(devices, 'status.devices', (device, at) => validateDeviceStatus(device, given, at)),
    ...unique(devices, deviceId, (device, i) => duplicateValue(`status.devices[${i}]`, deviceId(device))),
    ...must(reservedFor.length === 0 || allocation !== undefined, () =>
      forbiddenValue('status.reservedFor', 'may not be specified when `allocated` is not set'),
    ),
    ...must(allocation === undefined || next.metadata.deletionTimestamp === undefined || !reservedFor.some(isNew), () =>
      forbiddenValue('status.reservedFor', 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'),
    ),
    ...when(allocation, result =>
      before.allocation
        ? immutable(result, before.allocation, 'status.allocation')
        : validateAllocation(result, names, 'status.allocation'),
    ),
  ]
}

function validateConsumer({ resource, name, uid }: ResourceClaimConsumerReference, field: string): Errors {
  return [
    ...must(Boolean(resource), () => requiredValue(`${field}.resource`)),
    ...must(Boolean(name), () => requiredValue(`${field}.name`)),
    ...must(Boolean(uid), () => requiredValue(`${field}.uid`)),
  ]
}

function validateAllocation({ devices, nodeSelector }: AllocationResult, names: ReadonlySet<string>, field: string): Errors {
  return [
    ...upTo(maxResults, devices.results, `${field}.devices.results`, (result, at) => validateResult(result, names, at)),
    // Those of the class and those of the claim.
    ...upTo(2 * maxConfigurations, devices.config, `${field}.devices.config`, (config, at) => validateGivenConfig(config, names, at)),
    ...when(nodeSelector, selector => validateNodeSelector(selector, `${field}.nodeSelector`)),
  ]
}

function validateResult(result: DeviceRequestAllocationResult, names: ReadonlySet<string>, field: string): Errors {
  return [
    ...validateRequestName(result.request ?? '', names, `${field}.request`),
    ...validateDeviceName(result, field),
    ...validateBindingConditions(result, field),
    ...when(result.shareID, id => uid(id, `${field}.shareID`)),
  ]
}

function validateDeviceName({ driver, pool, device }: Pick<AllocatedDeviceStatus, 'driver' | 'pool' | 'device'>, field: string): Errors {
  return [...driverName(driver, `${field}.driver`), ...poolName(pool, `${field}.pool`), ...label(device ?? '', `${field}.device`)]
}

function validateGivenConfig(config: DeviceAllocationConfiguration, names: ReadonlySet<string>, field: string): Errors {
  return [
    ...must(Boolean(config.source), () => requiredValue(`${field}.source`)),
    ...validateRequestNames(config.requests, names, `${field}.requests`),
    ...validateConfiguration(config.opaque, field),
  ]
}

function validateDeviceStatus(device: AllocatedDeviceStatus, given: ReadonlySet<string>, field: string): Errors {
  const { conditions = [], data, networkData, shareID } = device
  return [
    ...validateDeviceName(device, field),
    ...when(shareID, id => uid(id, `${field}.shareID`)),
    ...must(given.has(deviceId(device)), () => invalidValue(field, deviceId(device), 'must be an allocated device in the claim')),
    ...must(conditions.length <= maxConditions, () => tooMany(`${field}.conditions`, conditions.length, maxConditions)),
    ...validateConditions(conditions, `${field}.conditions`),
    ...(data === undefined ? [] : rawObject(data, maxDataBytes, `${field}.data`)),
    ...when(networkData, network => validateNetwork(network, `${field}.networkData`)),
  ]
}

function validateNetwork({ interfaceName = '', hardwareAddress = '', ips }: NetworkDeviceData, field: string): Errors {
  return [
    ...must(Buffer.byteLength(interfaceName) <= maxInterfaceNameBytes, () => tooLong(`${field}.interfaceName`, maxInterfaceNameBytes)),
    ...must(Buffer.byteLength(hardwareAddress) <= maxHardwareAddressBytes, () =>
      tooLong(`${field}.hardwareAddress`, maxHardwareAddressBytes),
    ),
    ...setUpTo(maxAddresses, ips, `${field}.ips`, validateInterfaceAddress, address => address),
  ]
}

const wrongInterfaceAddress = 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)'

/** In canonical form: that of URLs is RFC 5952's, too. */
function validateInterfaceAddress(text: string, field: string): Errors {
  const [address = '', bits = ''] = text.split('/')
  const family = familyOf(address)
  const isValid = family !== undefined && /^[^/]+\/\d{1,3}$/.test(text) && Number(bits) <= (family === 'IPv4' ? 32 : 128)
  if (!isValid) return [invalidValue(field, text, wrongInterfaceAddress)]
  const host = family === 'IPv6' ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
  const canonical = `${host}/${Number(bits)}`
  return must(canonical === text, () => invalidValue(field, text, `must be in canonical form (${JSON.stringify(canonical)})`))
}
