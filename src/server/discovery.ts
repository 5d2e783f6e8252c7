// Discovery: /api, /apis and the resource lists, made from the kinds. Also in the aggregated form (v2) that newer clients read at once.
import { apiVersionOf } from '../api/kind.ts'
import type { Group, GroupDiscovery } from './aggregation/discovery-merge.ts'
import type { Resource } from './resource.ts'
import { type Subresource, subresourcesOf } from './subresources/all.ts'

interface GroupVersion {
  readonly group: string
  readonly version: string
  readonly resources: readonly Resource[]
}

/** All that is served, as the table gives it: another list after each change, so what is made of one is kept with it. */
type Resources = readonly Resource[]
const known = new WeakMap<Resources, readonly GroupVersion[]>()

/** Preferred order, core first, as `kubectl api-resources` shows it. */
function groupVersionsOf(resources: Resources): readonly GroupVersion[] {
  const remembered = known.get(resources)
  if (remembered) return remembered
  const found = new Map<string, { group: string; version: string; resources: Resource[] }>()
  for (const resource of resources) {
    const { group, version } = resource.kind
    const key = `${group}/${version}`
    const entry = found.get(key) ?? { group, version, resources: [] }
    entry.resources.push(resource)
    found.set(key, entry)
  }
  const made = [...found.values()]
  known.set(resources, made)
  return made
}

export function servedGroupVersions(resources: Resources): readonly { readonly group: string; readonly version: string }[] {
  return groupVersionsOf(resources)
}

const typeMeta = (kind: string) => ({ kind, apiVersion: 'v1' })

export function apiVersions(serverAddress: string): object {
  return { ...typeMeta('APIVersions'), versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }] }
}

export function apiGroupList(resources: Resources): { readonly groups: readonly Group[] } {
  return { ...typeMeta('APIGroupList'), groups: groups(resources).map(group => apiGroup(resources, group)) }
}

function groups(resources: Resources): readonly string[] {
  return [...new Set(groupVersionsOf(resources).flatMap(({ group }) => (group === '' ? [] : [group])))]
}

function apiGroup(resources: Resources, name: string): Group {
  const versions = groupVersionsOf(resources)
    .filter(gv => gv.group === name)
    .map(gv => ({ groupVersion: apiVersionOf(gv), version: gv.version }))
  return { name, versions, preferredVersion: versions[0] }
}

export function apiResourceList(all: Resources, group: string, version: string): object | undefined {
  const found = groupVersionsOf(all).find(gv => gv.group === group && gv.version === version)
  if (!found) return undefined
  const resources = found.resources.flatMap(resource => [
    resourceEntry(resource),
    ...subresourcesOf(resource).map(sub => subresourceEntry(resource, sub)),
  ])
  return { ...typeMeta('APIResourceList'), groupVersion: apiVersionOf(found), resources }
}

function resourceEntry({ kind }: Resource): object {
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs,
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
  }
}

function subresourceEntry({ kind }: Resource, sub: Subresource): object {
  return {
    name: `${kind.plural}/${sub.name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(sub.group !== kind.group && { group: sub.group }),
    ...(sub.group !== kind.group && { version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  }
}

/** The APIGroupDiscoveryList of `/api` (core) or `/apis` (the rest). */
export function aggregatedDiscovery(resources: Resources, core: boolean): { readonly items: readonly GroupDiscovery[] } {
  const names = core ? [''] : groups(resources)
  const head = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {} }
  return {
    ...head,
    items: names.map(name => ({
      metadata: { ...(name && { name }), creationTimestamp: null },
      versions: groupVersionsOf(resources)
        .filter(gv => gv.group === name)
        .map(gv => ({ version: gv.version, resources: gv.resources.map(aggregatedResource), freshness: 'Current' })),
    })),
  }
}

function aggregatedResource(resource: Resource): object {
  const { kind } = resource
  const subresources = subresourcesOf(resource)
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.map(sub => ({
        subresource: sub.name,
        responseKind: { group: sub.group, version: sub.version, kind: sub.kind },
        verbs: sub.verbs,
      })),
    }),
  }
}
