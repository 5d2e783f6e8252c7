// The question that authorization answers: may this user do this. One flat record for resources and for other paths.
import type { FieldTerm } from '../../meta/field-selector.ts'
import type { UserInfo } from '../authn/user-info.ts'
import type { RequestInfo } from '../request-info.ts'

export interface Attributes {
  readonly user: UserInfo
  readonly verb: string
  readonly isResource: boolean
  readonly group: string
  readonly version: string
  /** Plural. */
  readonly resource: string
  readonly subresource: string
  /** Empty for cluster-scoped resources, and for all namespaces. */
  readonly namespace: string
  /** Empty when the request is not about one object. */
  readonly name: string
  /** For other paths only. */
  readonly path: string
  /** What a collection is narrowed to. */
  readonly fieldSelector?: readonly FieldTerm[]
}

export type Verdict = 'allow' | 'deny' | 'no-opinion'

export interface Decision {
  readonly verdict: Verdict
  /** For people; may be empty. */
  readonly reason: string
}

export const noOpinion: Decision = { verdict: 'no-opinion', reason: '' }

export function resourceAttributes(
  of: Pick<Attributes, 'user' | 'verb' | 'resource'> & Partial<Omit<Attributes, 'isResource' | 'path'>>,
): Attributes {
  return { isResource: true, group: '', version: '', subresource: '', namespace: '', name: '', path: '', ...of }
}

export function nonResourceAttributes({ user, verb, path }: Pick<Attributes, 'user' | 'verb' | 'path'>): Attributes {
  return { user, verb, path, isResource: false, group: '', version: '', resource: '', subresource: '', namespace: '', name: '' }
}

const collectionVerbs = new Set(['list', 'watch', 'deletecollection'])

/** The question that a request asks. A collection that its field selector narrows to one name counts as that object. */
export function requestAttributes(user: UserInfo, info: RequestInfo, fieldSelector: readonly FieldTerm[] = []): Attributes {
  if (!info.isResource) return nonResourceAttributes({ user, verb: info.verb, path: info.path })
  const { verb, group, version, plural: resource, subresource, namespace } = info
  const pinned = collectionVerbs.has(verb) ? fieldSelector.find(t => t.field === 'metadata.name' && t.operator === '=') : undefined
  const name = info.name || (pinned?.value ?? '')
  return resourceAttributes({
    user,
    verb,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    ...(fieldSelector.length > 0 && { fieldSelector }),
  })
}
