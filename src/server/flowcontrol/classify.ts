// Which schema a request belongs to: the first, by precedence and then by name, of which a rule has both the user and what is asked for.

import type { FlowSubject, NonResourcePolicyRule, ResourcePolicyRule } from '../../api/flowcontrol/flow-schema.ts'
import { serviceAccountOf, type UserInfo } from '../authn/user-info.ts'
import type { RequestInfo } from '../request-info.ts'
import type { SchemaObject, SchemaRule } from './configuration.ts'

const defaultPrecedence = 1000

export function inOrder(schemas: readonly SchemaObject[]): readonly SchemaObject[] {
  const precedence = (schema: SchemaObject) => schema.spec.matchingPrecedence || defaultPrecedence
  return schemas.toSorted((a, b) => precedence(a) - precedence(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
}

export function matches({ spec }: SchemaObject, user: UserInfo, info: RequestInfo): boolean {
  return spec.rules?.some(rule => rule.subjects.some(subject => isSubject(subject, user)) && covers(rule, info)) ?? false
}

/** What tells a schema's flows apart, so that one of them cannot crowd out the others. */
export function distinguisher({ spec }: SchemaObject, user: UserInfo, info: RequestInfo): string {
  switch (spec.distinguisherMethod?.type) {
    case 'ByUser':
      return user.username
    case 'ByNamespace':
      return info.namespace
    default:
      return ''
  }
}

function isSubject({ kind, user: wanted, group, serviceAccount }: FlowSubject, user: UserInfo): boolean {
  switch (kind) {
    case 'User':
      return wanted !== undefined && (wanted.name === '*' || wanted.name === user.username)
    case 'Group':
      return group !== undefined && (group.name === '*' || user.groups.includes(group.name))
    case 'ServiceAccount': {
      const account = serviceAccount && serviceAccountOf(user.username)
      return (
        account !== undefined &&
        account.namespace === serviceAccount?.namespace &&
        (serviceAccount.name === '*' || serviceAccount.name === account.name)
      )
    }
    default:
      return false
  }
}

function covers(rule: SchemaRule, info: RequestInfo): boolean {
  return info.isResource
    ? (rule.resourceRules?.some(r => coversResource(r, info)) ?? false)
    : (rule.nonResourceRules?.some(r => coversPath(r, info)) ?? false)
}

function coversResource(rule: ResourcePolicyRule, { verb, group, plural, subresource, namespace }: RequestInfo): boolean {
  const resource = subresource === '' ? plural : `${plural}/${subresource}`
  return (
    has(rule.verbs, verb) &&
    has(rule.apiGroups, group) &&
    has(rule.resources, resource) &&
    (namespace === '' ? rule.clusterScope === true : has(rule.namespaces ?? [], namespace))
  )
}

function coversPath(rule: NonResourcePolicyRule, { verb, path }: RequestInfo): boolean {
  return (
    has(rule.verbs, verb) &&
    rule.nonResourceURLs.some(url => (url.endsWith('*') ? path.startsWith(url.slice(0, -1)) : path.replace(/(.)\/$/, '$1') === url))
  )
}

function has(list: readonly string[], word: string): boolean {
  return list.includes('*') || list.includes(word)
}
