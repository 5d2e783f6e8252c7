// How the containers of a pod find others by name: resolv.conf and the hosts file.
import { invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkDns1123SubdomainWithUnderscore } from '../../meta/names.ts'
import { checkAddress } from '../validate-address.ts'
import { type Errors, each, must, shaped, subdomain, together } from '../validation.ts'
import type { PodDNSConfig, PodSpec } from './pod-spec.ts'

export function validateDns({ dnsPolicy, dnsConfig }: PodSpec, field: string): Errors {
  const at = `${field}.dnsConfig`
  if (dnsPolicy === 'None') {
    if (!dnsConfig) return [requiredValue(at, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if (!dnsConfig.nameservers?.length) {
      return [requiredValue(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
    }
  }
  return dnsConfig ? validateDnsConfig(dnsConfig, at) : []
}

const maxNameservers = 3
const maxSearches = 32
const maxSearchLength = 2048

function validateDnsConfig({ nameservers = [], searches = [], options }: PodDNSConfig, field: string): Errors {
  const joined = searches.join(' ').length
  return together(
    must(nameservers.length <= maxNameservers, () =>
      invalidValue(`${field}.nameservers`, nameservers, `must not have more than ${maxNameservers} nameservers`),
    ),
    each(nameservers, `${field}.nameservers`, (server, at) => shaped(server, at, checkAddress)),
    must(searches.length <= maxSearches, () =>
      invalidValue(`${field}.searches`, searches, `must not have more than ${maxSearches} search paths`),
    ),
    must(joined <= maxSearchLength, () =>
      invalidValue(
        `${field}.searches`,
        searches,
        `must not have more than ${maxSearchLength} characters (including spaces) in the search list`,
      ),
    ),
    each(searches, `${field}.searches`, (search, at) =>
      search === '.' ? [] : shaped(search.replace(/\.$/, ''), at, checkDns1123SubdomainWithUnderscore),
    ),
    each(options, `${field}.options`, (option, at) => must(Boolean(option.name), () => requiredValue(at, 'must not be empty'))),
  )
}

export function validateHostAliases({ hostAliases }: PodSpec, field: string): Errors {
  return each(hostAliases, field, ({ ip, hostnames }, at) =>
    together(shaped(ip ?? '', `${at}.ip`, checkAddress), each(hostnames, `${at}.hostnames`, subdomain)),
  )
}
