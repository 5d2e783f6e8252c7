// The rules of API services.
import { invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1035Label, checkDns1123Subdomain, checkPathSegment, checkPortNumber } from '../../meta/names.ts'
import { type Errors, each, must, shaped } from '../validation.ts'
import type { APIService, APIServiceSpec, APIServiceStatus } from './api-service.ts'

const maxGroupPriority = 20_000
const maxVersionPriority = 1000

export function validateApiService({ metadata, spec }: APIService): Errors {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = spec
  return [
    ...validateName(metadata.name ?? '', `${version}.${group}`),
    ...must(group !== '' || version === 'v1', () =>
      requiredValue('spec.group', 'only v1 may have an empty group and it better be legacy kube'),
    ),
    ...(group === '' ? [] : shaped(group, 'spec.group', checkDns1123Subdomain)),
    ...shaped(version, 'spec.version', checkDns1035Label),
    ...must(groupPriorityMinimum > 0 && groupPriorityMinimum <= maxGroupPriority, () =>
      invalidValue('spec.groupPriorityMinimum', groupPriorityMinimum, `must be positive and less than ${maxGroupPriority}`),
    ),
    ...must(versionPriority > 0 && versionPriority <= maxVersionPriority, () =>
      invalidValue('spec.versionPriority', versionPriority, `must be positive and less than ${maxVersionPriority}`),
    ),
    ...validateService(spec),
  ]
}

function validateName(name: string, expected: string): Errors {
  if (name === '') return []
  const wrong = shaped(name, 'metadata.name', checkPathSegment)
  if (wrong.length > 0) return wrong
  return must(name === expected, () =>
    invalidValue('metadata.name', name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`),
  )
}

function validateService({ service, caBundle = '', insecureSkipTLSVerify = false }: APIServiceSpec): Errors {
  if (service === undefined) {
    const size = Buffer.from(caBundle, 'base64').length
    return [
      ...must(caBundle === '', () => invalidValue('spec.caBundle', `${size} bytes`, 'local APIServices may not have a caBundle')),
      ...must(!insecureSkipTLSVerify, () =>
        invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'),
      ),
    ]
  }
  const reasons = checkPortNumber(service.port)
  return [
    ...must(Boolean(service.namespace), () => requiredValue('spec.service.namespace')),
    ...must(Boolean(service.name), () => requiredValue('spec.service.name')),
    ...must(reasons.length === 0, () => invalidValue('spec.service.port', service.port, `port is not valid: ${reasons.join(', ')}`)),
    ...must(!insecureSkipTLSVerify || caBundle === '', () =>
      invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'),
    ),
  ]
}

const statuses = ['True', 'False', 'Unknown']

export function validateApiServiceStatus({ conditions }: APIServiceStatus): Errors {
  return each(conditions, 'status.conditions', ({ status = '' }, at) =>
    must(statuses.includes(status), () => unsupportedValue(`${at}.status`, status, statuses)),
  )
}
