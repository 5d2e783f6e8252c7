// One discovery over this server and those behind API services, in the order of the priorities of the API services.
import { compareVersions } from '../../meta/version-priority.ts'

/** An entry of an APIResourceList. */
export interface ApiResource {
  readonly name: string
  readonly singularName?: string
  readonly namespaced?: boolean
  readonly group?: string
  readonly version?: string
  readonly kind: string
  readonly verbs?: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

/** A group version that another server serves. */
export interface ExtensionVersion {
  readonly group: string
  readonly version: string
  /** Undefined as long as the server has not been asked. */
  readonly resources: readonly ApiResource[] | undefined
  readonly isAvailable: boolean
}

export interface Priorities {
  /** Of the group as a whole: the highest of its versions. */
  group(group: string): number
  version(group: string, version: string): number
}

interface VersionEntry {
  readonly groupVersion: string
  readonly version: string
}
export interface Group {
  readonly name: string
  readonly versions: readonly VersionEntry[]
  readonly preferredVersion?: VersionEntry | undefined
}

/** The groups of `/apis`. */
export function mergeGroups(own: readonly Group[], extensions: readonly ExtensionVersion[], priorities: Priorities): readonly Group[] {
  const merged = new Map(own.map(group => [group.name, group.versions]))
  for (const { group, version } of extensions) {
    const others = (merged.get(group) ?? []).filter(entry => entry.version !== version)
    merged.set(group, [...others, { groupVersion: `${group}/${version}`, version }])
  }
  return [...merged]
    .sort(([a], [b]) => compareGroups(a, b, priorities))
    .map(([name, versions]) => {
      const sorted = versions.toSorted((a, b) => compareOfGroup(name, a.version, b.version, priorities))
      return { name, versions: sorted, preferredVersion: sorted[0] }
    })
}

interface VersionDiscovery {
  readonly version: string
  readonly resources?: readonly object[]
  readonly freshness: string
}
export interface GroupDiscovery {
  readonly metadata: { readonly name?: string }
  readonly versions: readonly VersionDiscovery[]
}

/** The items of an APIGroupDiscoveryList. */
export function mergeDiscovery(
  own: readonly GroupDiscovery[],
  extensions: readonly ExtensionVersion[],
  priorities: Priorities,
): readonly GroupDiscovery[] {
  const merged = new Map(own.map(item => [item.metadata.name ?? '', item]))
  for (const extension of extensions) {
    const { group, version } = extension
    const before = merged.get(group) ?? { metadata: { name: group, creationTimestamp: null }, versions: [] }
    const others = before.versions.filter(entry => entry.version !== version)
    merged.set(group, { ...before, versions: [...others, versionDiscovery(extension)] })
  }
  return [...merged]
    .sort(([a], [b]) => compareGroups(a, b, priorities))
    .map(([name, item]) => ({
      ...item,
      versions: item.versions.toSorted((a, b) => compareOfGroup(name, a.version, b.version, priorities)),
    }))
}

/** Clients take what is stale for what may be missing. */
function versionDiscovery(extension: ExtensionVersion): VersionDiscovery {
  const { version, resources = [], isAvailable } = extension
  const own = resources.filter(resource => !resource.name.includes('/'))
  return {
    version,
    resources: own.map(resource => {
      const subresources = resources.filter(sub => sub.name.startsWith(`${resource.name}/`))
      return {
        resource: resource.name,
        responseKind: responseKind(resource, extension),
        scope: resource.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: resource.singularName ?? '',
        verbs: resource.verbs ?? [],
        ...(resource.shortNames?.length && { shortNames: resource.shortNames }),
        ...(resource.categories?.length && { categories: resource.categories }),
        ...(subresources.length > 0 && {
          subresources: subresources.map(sub => ({
            subresource: sub.name.slice(resource.name.length + 1),
            responseKind: responseKind(sub, extension),
            verbs: sub.verbs ?? [],
          })),
        }),
      }
    }),
    freshness: isAvailable ? 'Current' : 'Stale',
  }
}

function responseKind(resource: ApiResource, { group, version }: ExtensionVersion): object {
  return { group: resource.group || group, version: resource.version || version, kind: resource.kind }
}

/** That of API services themselves comes before all others. */
function compareGroups(a: string, b: string, priorities: Priorities): number {
  const rank = (group: string) => (group === 'apiregistration.k8s.io' ? Number.POSITIVE_INFINITY : priorities.group(group))
  const [left, right] = [rank(a), rank(b)]
  return left === right ? (a < b ? -1 : 1) : right - left
}

function compareOfGroup(group: string, a: string, b: string, priorities: Priorities): number {
  return priorities.version(group, b) - priorities.version(group, a) || compareVersions(b, a)
}

/** The resources of an APIResourceList; undefined for what is none. */
export function readResources(body: Buffer): readonly ApiResource[] | undefined {
  try {
    const { resources } = JSON.parse(body.toString()) as { readonly resources?: readonly ApiResource[] }
    return Array.isArray(resources) ? resources.filter(resource => typeof resource?.name === 'string') : undefined
  } catch {
    return undefined
  }
}
