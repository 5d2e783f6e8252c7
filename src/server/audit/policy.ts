// The audit policy (audit.k8s.io/v1 Policy): the first rule that fits a request says how much of it is recorded. Read strictly, as a field
// with a typing error would leave out what somebody relies on.
import { parse } from 'yaml'
import type { UserInfo } from '../authn/user-info.ts'
import type { RequestInfo } from '../request-info.ts'

export const levels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type Level = (typeof levels)[number]
export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const
export type Stage = (typeof stages)[number]

export interface Policy {
  readonly rules: readonly Rule[]
  readonly omitStages: readonly Stage[]
  readonly omitManagedFields: boolean
}

export interface Rule {
  readonly level: Level
  readonly users: readonly string[]
  readonly userGroups: readonly string[]
  readonly verbs: readonly string[]
  readonly resources: readonly GroupResources[]
  readonly namespaces: readonly string[]
  readonly nonResourceURLs: readonly string[]
  readonly omitStages: readonly Stage[]
  /** Undefined: as the policy says. */
  readonly omitManagedFields: boolean | undefined
}

export interface GroupResources {
  readonly group: string
  readonly resources: readonly string[]
  readonly resourceNames: readonly string[]
}

export interface Decision {
  readonly level: Level
  readonly omitStages: ReadonlySet<Stage>
  readonly omitManagedFields: boolean
}

const nothing: Decision = { level: 'None', omitStages: new Set(), omitManagedFields: false }

/** The decision is the same object for the same rule. */
export function auditPolicy(policy: Policy): (user: UserInfo | undefined, info: RequestInfo) => Decision {
  const decisions = policy.rules.map(
    (rule): Decision => ({
      level: rule.level,
      omitStages: new Set([...policy.omitStages, ...rule.omitStages]),
      omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields,
    }),
  )
  return (user, info) => decisions[policy.rules.findIndex(rule => fits(rule, user, info))] ?? nothing
}

function fits(rule: Rule, user: UserInfo | undefined, info: RequestInfo): boolean {
  if (rule.users.length > 0 && !rule.users.includes(user?.username ?? '')) return false
  if (rule.userGroups.length > 0 && !user?.groups.some(group => rule.userGroups.includes(group))) return false
  if (rule.verbs.length > 0 && !rule.verbs.includes(info.verb) && !rule.verbs.includes('*')) return false
  if (rule.namespaces.length > 0 || rule.resources.length > 0) return info.isResource && fitsResource(rule, info)
  if (rule.nonResourceURLs.length > 0) return !info.isResource && rule.nonResourceURLs.some(url => fitsPath(url, info.path))
  return true
}

function fitsResource({ namespaces, resources }: Rule, { namespace, group, plural, subresource, name }: RequestInfo): boolean {
  if (namespaces.length > 0 && !namespaces.includes(namespace)) return false
  if (resources.length === 0) return true
  const whole = subresource === '' ? plural : `${plural}/${subresource}`
  const names = (pattern: string) =>
    pattern === '*' || pattern === whole || (subresource !== '' && pattern === `*/${subresource}`) || pattern === `${plural}/*`
  return resources.some(
    of =>
      of.group === group &&
      (of.resources.length === 0 || (of.resources.some(names) && (of.resourceNames.length === 0 || of.resourceNames.includes(name)))),
  )
}

function fitsPath(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)))
}

/** Fails with an `Error` that says what is wrong and where. */
export function parsePolicy(text: string): Policy {
  const root = record(parse(text), '', ['apiVersion', 'kind', 'metadata', 'rules', 'omitStages', 'omitManagedFields'])
  if (root['apiVersion'] !== 'audit.k8s.io/v1') fail('apiVersion', 'must be audit.k8s.io/v1')
  if (root['kind'] !== 'Policy') fail('kind', 'must be Policy')
  const rules = list(root['rules'], 'rules').map((value, i) => rule(value, `rules[${i}]`))
  if (rules.length === 0) fail('rules', 'loaded illegal policy with 0 rules')
  return {
    rules,
    omitStages: stageList(root['omitStages'], 'omitStages'),
    omitManagedFields: flag(root['omitManagedFields'], 'omitManagedFields') ?? false,
  }
}

function rule(value: unknown, path: string): Rule {
  const entry = record(value, path, [
    'level',
    'users',
    'userGroups',
    'verbs',
    'resources',
    'namespaces',
    'nonResourceURLs',
    'omitStages',
    'omitManagedFields',
  ])
  const texts = (field: string) => list(entry[field], `${path}.${field}`).map((v, i) => string(v, `${path}.${field}[${i}]`))
  const found: Rule = {
    level: oneOf(levels, entry['level'], `${path}.level`),
    users: texts('users'),
    userGroups: texts('userGroups'),
    verbs: texts('verbs'),
    resources: list(entry['resources'], `${path}.resources`).map((v, i) => groupResources(v, `${path}.resources[${i}]`)),
    namespaces: texts('namespaces'),
    nonResourceURLs: texts('nonResourceURLs'),
    omitStages: stageList(entry['omitStages'], `${path}.omitStages`),
    omitManagedFields: flag(entry['omitManagedFields'], `${path}.omitManagedFields`),
  }
  if (found.nonResourceURLs.length > 0 && found.resources.length + found.namespaces.length > 0)
    fail(`${path}.nonResourceURLs`, 'rules cannot apply to both regular resources and non-resource URLs')
  for (const url of found.nonResourceURLs) {
    if (url === '*') continue
    if (!url.startsWith('/')) fail(`${path}.nonResourceURLs`, 'non-resource URL rules must begin with a "/" character')
    if (url.slice(0, -1).includes('*'))
      fail(`${path}.nonResourceURLs`, "non-resource URL wildcards '*' must be the final character of the rule")
  }
  return found
}

function groupResources(value: unknown, path: string): GroupResources {
  const entry = record(value, path, ['group', 'resources', 'resourceNames'])
  const texts = (field: string) => list(entry[field], `${path}.${field}`).map((v, i) => string(v, `${path}.${field}[${i}]`))
  const [group, resources, resourceNames] = [string(entry['group'] ?? '', `${path}.group`), texts('resources'), texts('resourceNames')]
  if (group.includes('/')) fail(`${path}.group`, 'group names are without a version')
  if (resourceNames.length > 0 && resources.length === 0)
    fail(`${path}.resourceNames`, 'using resourceNames requires at least one resource')
  return { group, resources, resourceNames }
}

function fail(path: string, why: string): never {
  throw new Error(`audit policy: ${path === '' ? '' : `${path}: `}${why}`)
}

function record(value: unknown, path: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(path, 'must be a map')
  const unknown = Object.keys(value).find(name => !known.includes(name))
  if (unknown !== undefined) fail(path === '' ? unknown : `${path}.${unknown}`, 'unknown field')
  return { ...value }
}

function list(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : fail(path, 'must be a list')
}

function string(value: unknown, path: string): string {
  return typeof value === 'string' ? value : fail(path, 'must be a text')
}

function flag(value: unknown, path: string): boolean | undefined {
  return value === undefined || typeof value === 'boolean' ? value : fail(path, 'must be true or false')
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown, path: string): T {
  return allowed.find(each => each === value) ?? fail(path, `${JSON.stringify(value)} is none of ${allowed.join(', ')}`)
}

function stageList(value: unknown, path: string): readonly Stage[] {
  return list(value, path).map((v, i) => oneOf(stages, v, `${path}[${i}]`))
}
