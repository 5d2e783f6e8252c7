// The rules of where a load balancer says that it is reached.

import { deepEqual } from '../../meta/deep-equal.ts'
import { forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Subdomain } from '../../meta/names.ts'
import { checkAddress, familyOf } from '../validate-address.ts'
import { type Errors, each, must, shaped, together } from '../validation.ts'
import type { LoadBalancerIngress, Service } from './service.ts'

type OfService = Pick<Service, 'spec' | 'status'>

export function validateServiceStatus({ spec, status }: OfService, previous: OfService): Errors {
  const { ingress = [] } = status.loadBalancer
  const field = 'status.loadBalancer.ingress'
  if (deepEqual(ingress, previous.status.loadBalancer.ingress ?? [])) return []
  return together(
    must(spec.type === 'LoadBalancer' || ingress.length === 0, () =>
      forbiddenValue(field, "may only be used when `spec.type` is 'LoadBalancer'"),
    ),
    validateIngress(ingress, field),
  )
}

const modes = ['Proxy', 'VIP']

function validateIngress(ingress: readonly LoadBalancerIngress[], field: string): Errors {
  return each(ingress, field, ({ ip, ipMode, hostname }, at) =>
    together(
      ip ? shaped(ip, `${at}.ip`, checkAddress) : [],
      ip
        ? must(ipMode !== undefined, () => requiredValue(`${at}.ipMode`, 'must be specified when `ip` is set'))
        : must(ipMode === undefined, () => forbiddenValue(`${at}.ipMode`, 'may not be specified when `ip` is not set')),
      must(ipMode === undefined || !ip || modes.includes(ipMode), () => unsupportedValue(`${at}.ipMode`, ipMode, modes)),
      hostname ? validateHost(hostname, `${at}.hostname`) : [],
    ),
  )
}

function validateHost(hostname: string, field: string): Errors {
  return together(
    shaped(hostname, field, checkDns1123Subdomain),
    must(familyOf(hostname) === undefined, () => invalidValue(field, hostname, 'must be a DNS name, not an IP address')),
  )
}
