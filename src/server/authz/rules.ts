// Policy rules: whether one allows a request, whether a set of them covers another, and how they are shown to people.
import type { PolicyRule } from '../../api/rbac/rule.ts'
import type { Attributes } from './attributes.ts'

export function ruleAllows(rule: PolicyRule, a: Attributes): boolean {
  if (!includes(rule.verbs, a.verb)) return false
  if (!a.isResource) return (rule.nonResourceURLs ?? []).some(url => urlMatches(url, a.path))
  return (
    includes(rule.apiGroups, a.group) &&
    resourceMatches(rule.resources, a.resource, a.subresource) &&
    nameMatches(rule.resourceNames, a.name)
  )
}

function includes(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes(value) || list.includes('*'))
}
function resourceMatches(list: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (!list) return false
  if (subresource === '') return includes(list, resource)
  return list.includes('*') || list.includes(`${resource}/${subresource}`) || list.includes(`*/${subresource}`)
}
/** No names: all objects. A request without a name is about none of the named ones. */
function nameMatches(names: readonly string[] | undefined, name: string): boolean {
  return !names?.length || (name !== '' && names.includes(name))
}
/** A star at the end stands for anything. */
function urlMatches(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')))
}

/** The parts of `wanted` that `held` does not cover, each a rule about one verb and one thing. Empty: all is covered. */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(atoms).filter(atom => !held.some(rule => covers(rule, atom)))
}

/** Splits a rule into rules with one verb, one group, one resource and one name, or one verb and one URL. */
function atoms(rule: PolicyRule): readonly PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], nonResourceURLs = [] } = rule
  const named = rule.resourceNames?.length ? rule.resourceNames.map(name => ({ resourceNames: [name] })) : [{}]
  const about = apiGroups.flatMap(group =>
    resources.flatMap(resource => named.map(name => ({ apiGroups: [group], resources: [resource], ...name }))),
  )
  const paths = nonResourceURLs.map(url => ({ nonResourceURLs: [url] }))
  return [...about, ...paths].flatMap(thing => verbs.map(verb => ({ ...thing, verbs: [verb] })))
}

function covers(rule: PolicyRule, atom: PolicyRule): boolean {
  if (!includes(rule.verbs, atom.verbs[0]!)) return false
  const url = atom.nonResourceURLs?.[0]
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some(held => urlMatches(held, url))
  const resource = atom.resources![0]!
  const subresource = resource.split('/')[1]
  const named = atom.resourceNames?.[0]
  return (
    includes(rule.apiGroups, atom.apiGroups![0]!) &&
    (includes(rule.resources, resource) || (subresource !== undefined && !!rule.resources?.includes(`*/${subresource}`))) &&
    (!rule.resourceNames?.length || (named !== undefined && rule.resourceNames.includes(named)))
  )
}

/** Joins the verbs of rules that are about the same single thing, so that a list is fit to be read. Order is kept. */
export function compact(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const merged = new Map<string, PolicyRule>()
  for (const rule of rules) {
    const { verbs, ...thing } = rule
    const isSimple = rule.apiGroups?.length === 1 && rule.resources?.length === 1 && (rule.resourceNames?.length ?? 0) <= 1
    const key =
      isSimple && !rule.nonResourceURLs?.length
        ? JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames ?? []])
        : `#${merged.size}`
    const before = merged.get(key)
    merged.set(key, before ? { ...before, verbs: [...before.verbs, ...verbs.filter(v => !before.verbs.includes(v))] } : { ...thing, verbs })
  }
  return [...merged.values()]
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function ruleText({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ] as const
  return `{${parts.flatMap(([name, list]) => (list?.length ? [`${name}:${quotedList(list)}`] : [])).join(', ')}}`
}

/** `["a" "b"]`. */
export function quotedList(list: readonly string[]): string {
  return `[${list.map(v => JSON.stringify(v)).join(' ')}]`
}
