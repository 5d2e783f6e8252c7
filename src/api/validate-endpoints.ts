// The rules of Endpoints and of EndpointSlices.

import { duplicateValue, invalidValue, requiredValue, tooMany } from '../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkLabelValue, checkQualifiedName, type NameCheck } from '../meta/names.ts'
import type { EndpointAddress, EndpointSubset, Endpoints } from './core/endpoints.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from './discovery/endpoint-slice.ts'
import { checkNotSpecialAddress, familyOf } from './validate-address.ts'
import { type Errors, each, immutable, must, portNumber, shaped, shapedIfSet, supported, unique, uniqueNames } from './validation.ts'

export function validateEndpoints(next: Endpoints): Errors {
  return each(next.subsets, 'subsets', validateSubset)
}

function validateSubset({ addresses, notReadyAddresses, ports = [] }: EndpointSubset, field: string): Errors {
  const isEmpty = !addresses?.length && !notReadyAddresses?.length
  return [
    ...must(!isEmpty, () => requiredValue(field, 'must specify `addresses` or `notReadyAddresses`')),
    ...each(addresses, `${field}.addresses`, validateAddress),
    ...each(notReadyAddresses, `${field}.notReadyAddresses`, validateAddress),
    ...each(ports, `${field}.ports`, (port, at) => [
      ...(port.name ? shaped(port.name, `${at}.name`, checkDns1123Label) : must(ports.length === 1, () => requiredValue(`${at}.name`))),
      ...portNumber(port.port, `${at}.port`),
      ...shapedIfSet(port.appProtocol, `${at}.appProtocol`, checkQualifiedName),
    ]),
  ]
}

function validateAddress({ ip, hostname, nodeName }: EndpointAddress, field: string): Errors {
  return [
    ...shaped(ip ?? '', `${field}.ip`, checkNotSpecialAddress),
    ...shapedIfSet(hostname, `${field}.hostname`, checkDns1123Label),
    ...shapedIfSet(nodeName, `${field}.nodeName`, checkDns1123Subdomain),
  ]
}

const maxEndpoints = 1000
const maxAddresses = 100
const maxPorts = 20_000
const maxHints = 8

/** Of what is too long, no part is looked at. */
export function validateEndpointSlice(next: EndpointSlice, previous: EndpointSlice | undefined): Errors {
  const { addressType, endpoints = [], ports = [] } = next
  return [
    ...must(Boolean(addressType), () => requiredValue('addressType')),
    ...(endpoints.length > maxEndpoints
      ? [tooMany('endpoints', endpoints.length, maxEndpoints)]
      : each(endpoints, 'endpoints', (endpoint, at) => validateEndpoint(endpoint, addressType, at))),
    ...(ports.length > maxPorts ? [tooMany('ports', ports.length, maxPorts)] : validateSlicePorts(ports, 'ports')),
    ...(previous ? immutable(addressType, previous.addressType, 'addressType') : []),
  ]
}

function validateSlicePorts(ports: readonly EndpointPort[], field: string): Errors {
  return [
    ...each(ports, field, (port, at) => [
      ...shapedIfSet(port.name, `${at}.name`, checkDns1123Label),
      ...(port.port === undefined ? [] : portNumber(port.port, `${at}.port`)),
      ...shapedIfSet(port.appProtocol, `${at}.appProtocol`, checkQualifiedName),
    ]),
    ...unique(
      ports,
      port => `name:${port.name ?? ''}`,
      (port, i) => duplicateValue(`${field}[${i}].name`, port.name),
    ),
  ]
}

function validateEndpoint(endpoint: Endpoint, addressType: EndpointSlice['addressType'], field: string): Errors {
  const { addresses = [], hints, hostname, nodeName } = endpoint
  return [
    ...must(addresses.length > 0, () => requiredValue(`${field}.addresses`, 'must contain at least 1 address')),
    ...must(addresses.length <= maxAddresses, () => tooMany(`${field}.addresses`, addresses.length, maxAddresses)),
    ...each(addresses, `${field}.addresses`, (address, at) => validateOfType(address, addressType, at)),
    ...shapedIfSet(nodeName, `${field}.nodeName`, checkDns1123Subdomain),
    ...shapedIfSet(hostname, `${field}.hostname`, checkDns1123Label),
    ...validateHints(hints?.forZones, checkLabelValue, `${field}.hints.forZones`),
    ...validateHints(hints?.forNodes, checkDns1123Subdomain, `${field}.hints.forNodes`),
  ]
}

function validateHints(hints: readonly { readonly name?: string }[] = [], check: NameCheck, field: string): Errors {
  if (hints.length > maxHints) return [tooMany(field, hints.length, maxHints)]
  return [...uniqueNames(hints, field), ...each(hints, field, ({ name = '' }, at) => shaped(name, `${at}.name`, check))]
}

function validateOfType(address: string, addressType: EndpointSlice['addressType'], field: string): Errors {
  if (addressType === 'FQDN') return shaped(address, field, checkDns1123Subdomain)
  if (supported(addressType, 'addressType', ['IPv4', 'IPv6']).length > 0) return []
  const family = familyOf(address)
  if (family && family !== addressType) return [invalidValue(field, address, `must be an ${addressType} address`)]
  return shaped(address, field, checkNotSpecialAddress)
}
