// Discovery: /api, /apis and the resource lists, made from the kinds. Also in the aggregated form (v2) that newer clients read at once.
import { apiVersionOf } from '../api/kind.ts'
import { allResources, type Resource } from './resource.ts'
import { type Subresource, subresourcesOf } from './subresources/all.ts'

interface GroupVersion {
  readonly group: string
  readonly version: string
  readonly resources: readonly Resource[]
}

/** Preferred order, core first, as `kubectl api-resources` shows it. */
const groupVersions: readonly GroupVersion[] = (() => {
  const found = new Map<string, { group: string; version: string; resources: Resource[] }>()
  for (const resource of allResources()) {
    const { group, version } = resource.kind
    const key = `${group}/${version}`
    const entry = found.get(key) ?? { group, version, resources: [] }
    entry.resources.push(resource)
    found.set(key, entry)
  }
  return [...found.values()]
})()

export function servedGroupVersions(): readonly { readonly group: string; readonly version: string }[] {
  return groupVersions
}

const typeMeta = (kind: string) => ({ kind, apiVersion: 'v1' })

export function apiVersions(serverAddress: string): object {
  return { ...typeMeta('APIVersions'), versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }] }
}

export function apiGroupList(): object {
  return { ...typeMeta('APIGroupList'), groups: groups().map(group => apiGroup(group)) }
}

export function findApiGroup(name: string): object | undefined {
  return groups().includes(name) ? { ...typeMeta('APIGroup'), ...apiGroup(name) } : undefined
}

function groups(): readonly string[] {
  return [...new Set(groupVersions.map(gv => gv.group).filter(group => group !== ''))]
}

function apiGroup(name: string): object {
  const versions = groupVersions.filter(gv => gv.group === name).map(gv => ({ groupVersion: apiVersionOf(gv), version: gv.version }))
  return { name, versions, preferredVersion: versions[0] }
}

export function apiResourceList(group: string, version: string): object | undefined {
  const found = groupVersions.find(gv => gv.group === group && gv.version === version)
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
export function aggregatedDiscovery(core: boolean): object {
  const names = core ? [''] : groups()
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: names.map(name => ({
      metadata: { ...(name && { name }), creationTimestamp: null },
      versions: groupVersions
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
