// The rules of ingresses. What was stored before a rule came is left alone where upstream leaves it alone.
import { invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import {
  checkDns1035Label,
  checkDns1123Subdomain,
  checkPathSegment,
  checkPortName,
  checkWildcardDns1123Subdomain,
} from '../../meta/names.ts'
import type { TypedLocalObjectReference } from '../core/reference.ts'
import { checkAddress, familyOf } from '../validate-address.ts'
import { type Errors, each, must, named, portNumber, shaped, shapedIfSet, when } from '../validation.ts'
import type { HTTPIngressPath, Ingress, IngressBackend, IngressLoadBalancerStatus, IngressRule, IngressTLS } from './ingress.ts'

const classAnnotation = 'kubernetes.io/ingress.class'

export function validateIngress(next: Ingress, previous: Ingress | undefined): Errors {
  const { defaultBackend, rules, tls, ingressClassName } = next.spec
  const oldTls = previous?.spec.tls ?? []
  const keepsBadSecretNames = oldTls.some(({ secretName }) => shapedIfSet(secretName, '', checkDns1123Subdomain).length > 0)
  const oldRules = previous?.spec.rules ?? []
  const keepsBadWildcards = oldRules.some(rule => isWildcard(rule) && validateRuleValue(rule, '').length > 0)
  return [
    ...must(Boolean(rules?.length) || defaultBackend !== undefined, () =>
      invalidValue('spec', rules ?? null, 'either `defaultBackend` or `rules` must be specified'),
    ),
    ...when(defaultBackend, backend => validateBackend(backend, 'spec.defaultBackend')),
    ...each(rules, 'spec.rules', (rule, at) => [
      ...validateHost(rule.host, `${at}.host`),
      ...(keepsBadWildcards && isWildcard(rule) ? [] : validateRuleValue(rule, at)),
    ]),
    ...each(tls, 'spec.tls', (item, at) => validateTls(item, !keepsBadSecretNames, at)),
    ...when(ingressClassName, name => shaped(name, 'spec.ingressClassName', checkDns1123Subdomain)),
    ...(previous ? [] : validateClassAnnotation(next)),
  ]
}

function validateClassAnnotation({ metadata, spec }: Ingress): Errors {
  const annotation = metadata.annotations?.[classAnnotation]
  const agrees = annotation === undefined || spec.ingressClassName === undefined || annotation === spec.ingressClassName
  return must(agrees, () =>
    invalidValue(`annotations.${classAnnotation}`, annotation, 'must match `ingressClassName` when both are specified'),
  )
}

const isWildcard = ({ host }: IngressRule) => host?.includes('*') ?? false

function validateHost(host: string | undefined, field: string): Errors {
  if (!host) return []
  return [...notAddress(host, field), ...validateDnsName(host, field)]
}

function validateDnsName(host: string, field: string): Errors {
  return shaped(host, field, host.includes('*') ? checkWildcardDns1123Subdomain : checkDns1123Subdomain)
}

function notAddress(host: string, field: string): Errors {
  return must(familyOf(host) === undefined, () => invalidValue(field, host, 'must be a DNS name, not an IP address'))
}

function validateTls({ hosts, secretName }: IngressTLS, checksSecretName: boolean, field: string): Errors {
  return [
    ...each(hosts, `${field}.hosts`, validateDnsName),
    ...(checksSecretName ? shapedIfSet(secretName, `${field}.secretName`, checkDns1123Subdomain) : []),
  ]
}

function validateRuleValue({ http }: IngressRule, field: string): Errors {
  if (!http) return []
  return [
    ...must(Boolean(http.paths?.length), () => requiredValue(`${field}.http.paths`)),
    ...each(http.paths, `${field}.http.paths`, validatePath),
  ]
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']
const badSequences = ['//', '/./', '/../', '%2f', '%2F']
const badEnds = ['/..', '/.']

function validatePath({ path = '', pathType, backend }: HTTPIngressPath, field: string): Errors {
  if (pathType === undefined) return [requiredValue(`${field}.pathType`, 'pathType must be specified')]
  const isText = pathType === 'Exact' || pathType === 'Prefix'
  const at = `${field}.path`
  const wrong = (detail: string) => invalidValue(at, path, detail)
  return [
    // Other unknown words are refused by the schema.
    ...must((pathType as string) !== '', () => unsupportedValue(`${field}.pathType`, '', pathTypes)),
    ...must(path.startsWith('/') || (path === '' && !isText), () => wrong('must be an absolute path')),
    ...(isText
      ? [
          ...badSequences.filter(part => path.includes(part)).map(part => wrong(`must not contain '${part}'`)),
          ...badEnds.filter(end => path.endsWith(end)).map(end => wrong(`cannot end with '${end}'`)),
        ]
      : []),
    ...validateBackend(backend, `${field}.backend`),
  ]
}

function validateBackend({ resource, service }: IngressBackend, field: string): Errors {
  if (resource && service) return [invalidValue(field, '', 'cannot set both resource and service backends')]
  if (resource) return validateLocalReference(resource, `${field}.resource`)
  if (!service) return [invalidValue(field, '', 'resource or service backend is required')]
  return [...named(service.name, `${field}.service.name`, checkDns1035Label), ...validatePort(service.port, field)]
}

function validatePort(
  { name, number }: { readonly name?: string | undefined; readonly number?: number | undefined },
  field: string,
): Errors {
  if (name && number) return [invalidValue(field, '', 'cannot set both port name & port number')]
  if (name) return shaped(name, `${field}.service.port.name`, checkPortName)
  return number ? portNumber(number, `${field}.service.port.number`) : [requiredValue(field, 'port name or number is required')]
}

export function validateLocalReference({ apiGroup, kind, name }: TypedLocalObjectReference, field: string): Errors {
  return [
    ...when(apiGroup, group => shaped(group, `${field}.apiGroup`, checkDns1123Subdomain)),
    ...named(kind, `${field}.kind`, checkPathSegment),
    ...named(name, `${field}.name`, checkPathSegment),
  ]
}

export function validateIngressStatus({ ingress }: IngressLoadBalancerStatus): Errors {
  return each(ingress, 'status.loadBalancer.ingress', ({ ip, hostname }, at) => [
    ...shapedIfSet(ip, `${at}.ip`, checkAddress),
    ...shapedIfSet(hostname, `${at}.hostname`, checkDns1123Subdomain),
    ...(hostname ? notAddress(hostname, `${at}.hostname`) : []),
  ])
}
