// The talk with one webhook: the AdmissionReview that it is sent, and what its answer means.
import type { KubeObject, TypedObject } from '../../../meta/object-meta.ts'
import { StatusError } from '../../../meta/status-error.ts'
import type { Call } from '../../call.ts'
import { isDryRun } from '../../options.ts'
import type { Resource } from '../../resource.ts'
import { kindAndResource, type Subject } from '../matching.ts'

/** What a webhook is asked. */
export interface Question {
  readonly uid: string
  readonly subject: Subject
  readonly call: Call
  /** The form in which the webhook wants the objects. */
  readonly resource: Resource
  readonly object: TypedObject | undefined
  readonly previous: KubeObject | undefined
}

export interface Verdict {
  readonly warnings: readonly string[]
  readonly auditAnnotations: Readonly<Record<string, string>>
  /** JSON patch. */
  readonly patch?: unknown
  readonly refused?: StatusError
}

const versions = ['v1', 'v1beta1'] as const

/** The first version of those that the webhook lists which is spoken here. */
export function reviewVersion(listed: readonly string[]): string {
  const version = listed.find(v => (versions as readonly string[]).includes(v))
  if (version === undefined) throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)')
  return version
}

export function admissionReview(version: string, { uid, subject, call, resource, object, previous }: Question): object {
  const { user } = call
  const request = kindAndResource(subject.resource, subject)
  const own = kindAndResource(resource, subject)
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid,
      ...own,
      ...(subject.subresource !== '' && { subResource: subject.subresource }),
      requestKind: request.kind,
      requestResource: request.resource,
      ...(subject.subresource !== '' && { requestSubResource: subject.subresource }),
      ...(subject.name !== '' && { name: subject.name }),
      ...(subject.namespace !== '' && { namespace: subject.namespace }),
      operation: subject.operation,
      userInfo: {
        username: user.username,
        ...(user.uid && { uid: user.uid }),
        groups: user.groups,
        ...(user.extra && Object.keys(user.extra).length > 0 && { extra: user.extra }),
      },
      object: object ?? null,
      oldObject: previous ?? null,
      dryRun: isDryRun(call),
      options: optionsOf(subject, call),
    },
  }
}

const optionKinds: Readonly<Record<string, string>> = { CREATE: 'CreateOptions', DELETE: 'DeleteOptions' }

function optionsOf({ operation }: Subject, { query, info }: Call): object | null {
  if (operation === 'CONNECT') return null
  const kind = optionKinds[operation] ?? (info.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions')
  const texts = ['fieldManager', 'fieldValidation'].flatMap(name => {
    const value = query.get(name)
    return value ? [[name, value]] : []
  })
  const dryRun = query.getAll('dryRun').filter(value => value !== '')
  return { kind, apiVersion: 'meta.k8s.io/v1', ...Object.fromEntries(texts), ...(dryRun.length > 0 && { dryRun }) }
}

interface Answer {
  readonly uid?: unknown
  readonly allowed?: unknown
  readonly status?: Parameters<typeof StatusError.fromStatus>[0]
  readonly patch?: unknown
  readonly patchType?: unknown
  readonly warnings?: unknown
  readonly auditAnnotations?: unknown
}

/** Throws where the answer makes no sense. */
export function verdictOf(body: unknown, version: string, uid: string, webhook: string, mayPatch: boolean): Verdict {
  const review = (body ?? {}) as { readonly kind?: unknown; readonly apiVersion?: unknown; readonly response?: Answer }
  const { response } = review
  if (!response) throw new Error('webhook response was absent')
  if (version === 'v1') {
    const expected = 'admission.k8s.io/v1, Kind=AdmissionReview'
    const found = `${String(review.apiVersion ?? '')}, Kind=${String(review.kind ?? '')}`
    if (found !== expected) throw new Error(`expected webhook response of ${expected}, got ${found}`)
    if (response.uid !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
    if (response.patch !== undefined && mayPatch && response.patchType !== 'JSONPatch')
      throw new Error(`webhook returned response.patch but not response.patchType of ${JSON.stringify('JSONPatch')}`)
  }
  const warnings = Array.isArray(response.warnings) ? response.warnings.map(String) : []
  const patch = mayPatch && typeof response.patch === 'string' ? JSON.parse(Buffer.from(response.patch, 'base64').toString()) : undefined
  const auditAnnotations = Object.fromEntries(
    Object.entries((response.auditAnnotations ?? {}) as Record<string, unknown>).map(([key, value]) => [key, String(value)]),
  )
  const refused = response.allowed === true ? undefined : refusal(webhook, response.status)
  return { warnings, auditAnnotations, ...(patch !== undefined && { patch }), ...(refused && { refused }) }
}

function refusal(webhook: string, status: Answer['status']): StatusError {
  const denied = `admission webhook ${JSON.stringify(webhook)} denied the request`
  const why = status?.message || status?.reason
  const message = why ? `${denied}: ${why}` : `${denied} without explanation`
  const code = status?.code !== undefined && status.code >= 400 ? status.code : 400
  return StatusError.fromStatus({ ...status, message, code })
}
