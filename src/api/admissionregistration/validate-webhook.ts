// The rules of webhooks. What older versions let in may stay as it is; nothing new may come in that way.
import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1035Label, checkDns1123Subdomain, checkPortNumber } from '../../meta/names.ts'
import { type Errors, each, labelSelector, must, shaped, uniqueNames } from '../validation.ts'
import { lenientSelector, validateMatchConditions, validateRule } from './validate-rules.ts'
import type { Webhook, WebhookClientConfig } from './webhook.ts'

type Service = NonNullable<WebhookClientConfig['service']>

const reviewVersions = ['v1', 'v1beta1']
const harmless = ['None', 'NoneOnDryRun']
const sideEffects = [...harmless, 'Some', 'Unknown']

/** What is still borne with because it was stored before. */
interface Tolerance {
  readonly sideEffects: readonly string[]
  readonly unknownReviewVersions: boolean
  readonly sameNames: boolean
  readonly selectorValues: boolean
  readonly matchConditions: boolean
}

/** `previous` is undefined for a new configuration. */
export function validateWebhooks(next: readonly Webhook[] | undefined = [], previous: readonly Webhook[] | undefined): Errors {
  const tolerance = toleranceOf(next, previous)
  return [
    ...each(next, 'webhooks', (webhook, at) => validateWebhook(webhook, at, tolerance)),
    ...(tolerance.sameNames ? [] : uniqueNames(next, 'webhooks')),
  ]
}

function toleranceOf(next: readonly Webhook[], previous: readonly Webhook[] | undefined): Tolerance {
  const before = previous ?? []
  const wasHarmless = before.every(webhook => harmless.includes(webhook.sideEffects))
  return {
    sideEffects: wasHarmless ? harmless : sideEffects,
    unknownReviewVersions: before.some(({ admissionReviewVersions: v = [] }) => v.length > 0 && !v.some(isReviewVersion)),
    sameNames: new Set(before.map(webhook => webhook.name)).size < before.length,
    selectorValues: before.some(w => labelSelector(w.namespaceSelector, '').length + labelSelector(w.objectSelector, '').length > 0),
    matchConditions:
      previous?.length === next.length && before.every((w, i) => deepEqual(w.matchConditions ?? [], next[i]?.matchConditions ?? [])),
  }
}

const isReviewVersion = (version: string) => reviewVersions.includes(version)

function validateWebhook(webhook: Webhook, field: string, tolerance: Tolerance): Errors {
  const { timeoutSeconds, sideEffects: effects } = webhook
  const selector = tolerance.selectorValues ? lenientSelector : labelSelector
  return [
    ...validateName(webhook.name, `${field}.name`),
    ...each(webhook.rules, `${field}.rules`, validateRule),
    ...(effects === undefined
      ? [requiredValue(`${field}.sideEffects`, `must specify one of ${tolerance.sideEffects.join(', ')}`)]
      : must(tolerance.sideEffects.includes(effects), () => unsupportedValue(`${field}.sideEffects`, effects, tolerance.sideEffects))),
    ...must(timeoutSeconds >= 1 && timeoutSeconds <= 30, () =>
      invalidValue(`${field}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'),
    ),
    ...selector(webhook.namespaceSelector, `${field}.namespaceSelector`),
    ...selector(webhook.objectSelector, `${field}.objectSelector`),
    ...validateClientConfig(webhook.clientConfig ?? {}, `${field}.clientConfig`),
    ...(tolerance.matchConditions ? [] : validateMatchConditions(webhook.matchConditions, `${field}.matchConditions`)),
    ...validateReviewVersions(webhook.admissionReviewVersions ?? [], `${field}.admissionReviewVersions`, tolerance),
  ]
}

function validateName(name: string | undefined, field: string): Errors {
  if (!name) return [requiredValue(field)]
  const reasons = checkDns1123Subdomain(name)
  if (reasons.length > 0) return [invalidValue(field, name, reasons.join(','))]
  return must(name.split('.').length >= 3, () =>
    invalidValue(field, name, 'should be a domain with at least three segments separated by dots'),
  )
}

function validateReviewVersions(versions: readonly string[], field: string, { unknownReviewVersions }: Tolerance): Errors {
  if (versions.length === 0) return [requiredValue(field, `must specify one of ${reviewVersions.join(', ')}`)]
  return [
    ...each(versions, field, (version, at, i) =>
      versions.indexOf(version) < i ? [invalidValue(at, version, 'duplicate version')] : shaped(version, at, checkDns1035Label),
    ),
    ...must(unknownReviewVersions || versions.some(isReviewVersion), () =>
      invalidValue(field, versions, `must include at least one of ${reviewVersions.join(', ')}`),
    ),
  ]
}

function validateClientConfig({ url, service }: WebhookClientConfig, field: string): Errors {
  if (url !== undefined && service === undefined) return validateWebhookUrl(url, `${field}.url`)
  if (service !== undefined && url === undefined) return validateWebhookService(service, `${field}.service`)
  return [requiredValue(field, 'exactly one of url or service is required')]
}

const form = '; desired format: https://host[/path]'

/** Also of the conversion webhooks of custom resources. The parts are those that Go's URL parser finds. */
export function validateWebhookUrl(url: string, field: string): Errors {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase() ?? ''
  const [beforeFragment = '', fragment = ''] = cut(url.slice(scheme === '' ? 0 : scheme.length + 1), '#')
  const [hierarchy = '', query = ''] = cut(beforeFragment, '?')
  const authority = /^\/\/([^/]*)/.exec(hierarchy)?.[1] ?? ''
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  return [
    ...must(scheme === 'https', () => invalidValue(field, scheme, `'https' is the only allowed URL scheme${form}`)),
    ...must(host !== '', () => invalidValue(field, host, `host must be specified${form}`)),
    ...must(at < 0, () => invalidValue(field, authority.slice(0, at), 'user information is not permitted in the URL')),
    ...must(fragment === '', () => invalidValue(field, fragment, 'fragments are not permitted in the URL')),
    ...must(query === '', () => invalidValue(field, query, 'query parameters are not permitted in the URL')),
  ]
}

function cut(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

export function validateWebhookService(service: Service, field: string): Errors {
  const reasons = checkPortNumber(service.port)
  return [
    // Upstream hands name and namespace over in the wrong order, so that each error speaks of the other's field.
    ...must(Boolean(service.namespace), () => requiredValue(`${field}.name`)),
    ...must(Boolean(service.name), () => requiredValue(`${field}.namespace`)),
    ...must(reasons.length === 0, () => invalidValue(`${field}.port`, service.port, `port is not valid: ${reasons.join(', ')}`)),
    ...validatePath(service.path ?? '', `${field}.path`),
  ]
}

function validatePath(path: string, field: string): Errors {
  if (path === '' || path === '/') return []
  const wrong = (detail: string): FieldError => invalidValue(field, path, detail)
  if (path === '//') return [wrong('segment[0] may not be empty')]
  return [
    ...must(path.startsWith('/'), () => wrong("must start with a '/'")),
    ...path
      .slice(1)
      .replace(/\/$/, '')
      .split('/')
      .flatMap((segment, i) =>
        segment === ''
          ? [wrong(`segment[${i}] may not be empty`)]
          : checkDns1123Subdomain(segment).map(reason => wrong(`segment[${i}]: ${reason}`)),
      ),
  ]
}
