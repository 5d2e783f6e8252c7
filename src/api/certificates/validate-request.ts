// The rules of certificate signing requests. What was stored before a rule came is left alone where upstream leaves it alone.
import { readPem } from '../../base/pem.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { duplicateValue, forbiddenValue, invalidValue, requiredValue, tooLong, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, type NameCheck } from '../../meta/names.ts'
import { isCertificate } from '../validate-ca-bundle.ts'
import { type Errors, each, must, unique, when } from '../validation.ts'
import { readCertificateRequest } from './certificate-request.ts'
import type { CertificateSigningRequest, CertificateSigningRequestSpec } from './certificate-signing-request.ts'

type Request = CertificateSigningRequest
/** What a write may change besides what everyone may. */
type Permit = 'certificate' | 'approval' | 'nothing'

const minExpirationSeconds = 600
const legacySigner = 'kubernetes.io/legacy-unknown'
const decisions = ['Approved', 'Denied'] as const

export function validateRequest(next: Request, previous: Request | undefined): Errors {
  return [...validateParts(next, previous), ...(previous ? validateChange(next, previous, 'nothing') : [])]
}
export function validateRequestStatus(next: Request, previous: Request): Errors {
  return [...validateParts(next, previous), ...validateChange(next, previous, 'certificate')]
}
export function validateApproval(next: Request, previous: Request): Errors {
  return [...validateParts(next, previous), ...validateChange(next, previous, 'approval')]
}

function validateParts(next: Request, previous: Request | undefined): Errors {
  const { certificate } = next.status
  const checksCertificate = certificate !== previous?.status.certificate && !certificateProblem(previous?.status.certificate)
  const problem = checksCertificate ? certificateProblem(certificate) : undefined
  return [
    ...validateSpec(next.spec ?? {}, previous?.spec),
    ...validateConditions(next, previous),
    ...when(problem, why => [invalidValue('status.certificate', '<certificate data>', why)]),
  ]
}

function validateSpec(spec: Partial<CertificateSigningRequestSpec>, previous: CertificateSigningRequestSpec | undefined): Errors {
  const { request = '', usages = [], signerName = '', expirationSeconds } = spec
  // A signature takes time to verify, and the spec never changes.
  const parsed = previous?.request === request ? undefined : readCertificateRequest(request)
  const allowsDuplicates = previous?.usages !== undefined && new Set(previous.usages).size < previous.usages.length
  return [
    ...(parsed && 'error' in parsed ? [invalidValue('spec.request', request, parsed.error)] : []),
    ...must(usages.length > 0, () => requiredValue('spec.usages')),
    ...(allowsDuplicates
      ? []
      : unique(
          usages,
          usage => usage,
          (usage, i) => duplicateValue(`spec.usages[${i}]`, usage),
        )),
    ...(signerName === legacySigner && previous?.signerName !== legacySigner
      ? [invalidValue('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version')]
      : validateSignerName(signerName, 'spec.signerName')),
    ...must(expirationSeconds === undefined || expirationSeconds >= minExpirationSeconds, () =>
      invalidValue('spec.expirationSeconds', expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'),
    ),
  ]
}

const maxDomainLength = 253
/** A domain, a slash, a namespace, a dot and a name. */
const maxSignerLength = 253 + 1 + 63 + 1 + 253

/** `example.com/name`, where the name may have dots. */
export function validateSignerName(name: string, field: string): Errors {
  if (name === '') return [requiredValue(field)]
  const [domain = '', path = '', ...rest] = name.split('/')
  if (!name.includes('/') || rest.length > 0)
    return [invalidValue(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  return [
    ...must(domain.length <= maxDomainLength, () => tooLong(field, maxDomainLength)),
    ...labelsOf(domain, field, checkDns1123Label),
    ...must(domain.includes('.'), () => invalidValue(field, domain, 'should be a domain with at least two segments separated by dots')),
    ...labelsOf(path, field, checkDns1123Subdomain),
    ...must(name.length <= maxSignerLength, () => tooLong(field, maxSignerLength)),
  ]
}

/** Of the labels that are wrong, the first is told. */
function labelsOf(text: string, field: string, check: NameCheck): Errors {
  const wrong = text.split('.').find(label => check(label).length > 0)
  if (wrong === undefined) return []
  return check(wrong).map(reason => invalidValue(field, text, `validating label ${JSON.stringify(wrong)}: ${reason}`))
}

function validateConditions({ status }: Request, previous: Request | undefined): Errors {
  const old = previous?.status.conditions ?? []
  const oldTypes = old.map(c => c.type)
  const allowsBoth = decisions.every(type => oldTypes.includes(type))
  const allowsDuplicates = new Set(oldTypes).size < oldTypes.length
  const allowsEmpty = oldTypes.includes('')
  const conditions = status.conditions ?? []
  const has = (type: string, before: number) => conditions.slice(0, before).some(c => c.type === type)
  return each(conditions, 'status.conditions', (condition, at, i) => {
    const { type = '', status = '' } = condition
    const isDecision = type === 'Approved' || type === 'Denied' || type === 'Failed'
    const allowed = isDecision ? ['True'] : ['False', 'True', 'Unknown']
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined
    return [
      ...must(type !== '' || allowsEmpty, () => requiredValue(`${at}.type`)),
      ...(status === ''
        ? [requiredValue(`${at}.status`)]
        : must(allowed.includes(status), () => unsupportedValue(`${at}.status`, status, allowed))),
      ...must(allowsBoth || other === undefined || !has(other, i), () =>
        invalidValue(`${at}.type`, type, 'Approved and Denied conditions are mutually exclusive'),
      ),
      ...must(allowsDuplicates || !has(type, i), () => duplicateValue(`${at}.type`, type)),
    ]
  })
}

function validateChange(next: Request, previous: Request, permit: Permit): Errors {
  const of = ({ status }: Request, type: string) => (status.conditions ?? []).filter(c => c.type === type)
  const forbid = (detail: string) => forbiddenValue('status.conditions', detail)
  const removed = [...decisions, 'Failed']
    .filter(type => of(next, type).length < of(previous, type).length)
    .map(type => forbid(`updates may not remove a condition of type "${type}"`))
  const decided = (permit === 'approval' ? [] : decisions).flatMap(type => {
    const [now, before] = [of(next, type), of(previous, type)]
    if (now.length > before.length) return [forbid(`updates may not add a condition of type "${type}"`)]
    const isSame = now.length < before.length || deepEqual(now, before)
    return must(isSame, () => forbid(`updates may not modify a condition of type "${type}"`))
  })
  return [...removed, ...decided, ...validateCertificateChange(next, previous, permit)]
}

function validateCertificateChange({ status }: Request, previous: Request, permit: Permit): Errors {
  const before = previous.status.certificate ?? ''
  if ((status.certificate ?? '') === before) return []
  const field = 'status.certificate'
  if (permit !== 'certificate') return [forbiddenValue(field, 'updates may not set certificate content')]
  return must(before === '', () => forbiddenValue(field, 'updates may not modify existing certificate content'))
}

/** What is wrong with the base64 of a chain of certificates in PEM. */
function certificateProblem(base64: string | undefined): string | undefined {
  if (!base64) return undefined
  const blocks = readPem(Buffer.from(base64, 'base64').toString('latin1'))
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block'
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`
    if (hasHeaders) return 'no PEM block headers are permitted'
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates'
    if (!isCertificate(bytes)) return 'x509: malformed certificate'
  }
  return undefined
}
