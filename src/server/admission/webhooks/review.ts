// The AdmissionReview that a webhook is sent.
import type { KubeObject, TypedObject } from '../../../meta/object-meta.ts'
import type { Call } from '../../call.ts'
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
      dryRun: subject.isDryRun,
      options: optionsOf(subject, call),
    },
  }
}

const optionKinds: Readonly<Record<string, string>> = { CREATE: 'CreateOptions', DELETE: 'DeleteOptions' }

function optionsOf({ operation, deletion }: Subject, { query, info }: Call): object | null {
  if (operation === 'CONNECT') return null
  const kind = optionKinds[operation] ?? (info.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions')
  const texts = ['fieldManager', 'fieldValidation'].flatMap(name => {
    const value = query.get(name)
    return value ? [[name, value]] : []
  })
  const dryRun = query.getAll('dryRun').filter(value => value !== '')
  return { ...(dryRun.length > 0 && { dryRun }), ...Object.fromEntries(texts), ...deletion, kind, apiVersion: 'meta.k8s.io/v1' }
}
