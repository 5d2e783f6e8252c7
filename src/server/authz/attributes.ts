// The question that authorization answers: may this user do this. One flat record for resources and for other paths.
import type { UserInfo } from '../authn/user-info.ts'

/** One term of a field or label selector, as far as it could be parsed. */
export interface SelectorTerm {
  readonly key: string
  readonly operator: string
  readonly values: readonly string[]
}

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
  readonly fieldSelector?: readonly SelectorTerm[]
  readonly labelSelector?: readonly SelectorTerm[]
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

export function pathAttributes(user: UserInfo, verb: string, path: string): Attributes {
  return { user, verb, path, isResource: false, group: '', version: '', resource: '', subresource: '', namespace: '', name: '' }
}

/** The same shape as `RequestInfo`, which this file does not know. */
interface RequestInfo {
  readonly verb: string
  readonly path: string
  readonly isResource: boolean
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

const collectionVerbs = new Set(['list', 'watch', 'deletecollection'])

/** The question that a request asks. A collection narrowed to one name by its field selector counts as that object. */
export function requestAttributes(user: UserInfo, info: RequestInfo, fieldSelector: readonly SelectorTerm[] = []): Attributes {
  if (!info.isResource) return pathAttributes(user, info.verb, info.path)
  const { verb, group, version, subresource, namespace } = info
  const named = collectionVerbs.has(verb) ? fieldSelector.find(t => t.key === 'metadata.name' && t.operator === '=') : undefined
  const name = info.name || (named?.values[0] ?? '')
  return resourceAttributes({
    ...{ user, verb, group, version, resource: info.plural, subresource, namespace, name },
    ...(fieldSelector.length > 0 && { fieldSelector }),
  })
}
