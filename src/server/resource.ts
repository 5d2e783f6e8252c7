// What is served: every kind's resource with its place in the store, and the table of them, which grows and shrinks with custom resources.
import { answeredKinds, postedKinds, storedKinds } from '../api/all.ts'
import { autoscalersView } from '../api/autoscaling/conversion.ts'
import { HorizontalPodAutoscaler } from '../api/autoscaling/horizontal-pod-autoscaler.ts'
import { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from '../api/autoscaling/horizontal-pod-autoscaler-v1.ts'
import { Event } from '../api/core/event.ts'
import { eventsView } from '../api/events/conversion.ts'
import { Event as EventsEvent } from '../api/events/event.ts'
import type { Kind } from '../api/kind.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { compareVersions } from '../meta/version-priority.ts'
import type { Call } from './call.ts'

/** How objects that are stored in another form are shown: `events.k8s.io` over core events, versions of custom resources over one stored. */
export interface View {
  toStored(object: KubeObject): KubeObject | Promise<KubeObject>
  /** The same object always gives the same answer. What needs no change is returned as it came. */
  fromStored(object: KubeObject): KubeObject
  /** Where showing takes time: to be awaited with the stored objects before `fromStored` is asked about them. */
  prepare?(objects: readonly KubeObject[]): Promise<void>
}

export interface Resource {
  readonly group: string
  /** The plural, as in paths. */
  readonly resource: string
  readonly kind: Kind
  /** Where its objects are in the store; ends in a slash. */
  readonly prefix: string
  readonly view?: View
  readonly custom?: CustomService
}

/** Of a resource that is defined by a CustomResourceDefinition. */
export interface CustomService {
  /** Aborts when the resource is no longer served, or not as it is. */
  readonly signal: AbortSignal
  /** Refuses what is not done now, and warns of what is deprecated. */
  check(call: Call): void
}

export function prefixOf(kind: Kind): string {
  return kind.group === '' ? `/registry/${kind.plural}/` : `/registry/${kind.group}/${kind.plural}/`
}

const views = new Map<Kind, { readonly stored: Kind; readonly view: View }>([
  [EventsEvent, { stored: Event, view: eventsView }],
  [HorizontalPodAutoscalerV1, { stored: HorizontalPodAutoscaler, view: autoscalersView }],
])
const known = new WeakMap<Kind, Resource>()

/** The resource of a kind that is built in. */
export function resourceFor(kind: Kind): Resource {
  let resource = known.get(kind)
  if (!resource) {
    const { stored, view } = views.get(kind) ?? { stored: kind }
    resource = { group: kind.group, resource: kind.plural, kind, prefix: prefixOf(stored), ...(view && { view }) }
    known.set(kind, resource)
  }
  return resource
}

function pathKey(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`
}

export class ResourceTable {
  readonly #builtIn: readonly Resource[]
  readonly #custom = new Map<string, readonly Resource[]>()
  readonly #byPath = new Map<string, Resource>()
  readonly #listeners = new Set<() => void>()
  #all: readonly Resource[]

  constructor(kinds: readonly Kind[] = [...answeredKinds, ...storedKinds, ...postedKinds]) {
    this.#builtIn = kinds.map(resourceFor)
    this.#all = this.#builtIn
    for (const resource of this.#builtIn) this.#byPath.set(keyOf(resource), resource)
  }

  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#byPath.get(pathKey(group, version, plural))
  }
  /** What is served now under the address of a kind, which may be an older form of the same. */
  of({ group, version, plural }: Kind): Resource | undefined {
    return this.find(group, version, plural)
  }

  /** In the order of discovery: what is built in, then custom resources by group, newest version first, and name. A new list after each change. */
  get all(): readonly Resource[] {
    return this.#all
  }

  /** Puts resources in the place of those that the owner had. What is built in cannot be hidden, nor its objects be taken for others. */
  set(owner: string, resources: readonly Resource[]): void {
    for (const old of this.#custom.get(owner) ?? []) this.#byPath.delete(keyOf(old))
    const isOurs = (prefix: string) => this.#builtIn.some(builtIn => builtIn.prefix === prefix)
    const served = resources.filter(resource => !this.#byPath.has(keyOf(resource)) && !isOurs(resource.prefix))
    if (served.length > 0) this.#custom.set(owner, served)
    else this.#custom.delete(owner)
    for (const resource of served) this.#byPath.set(keyOf(resource), resource)
    this.#all = [...this.#builtIn, ...[...this.#custom.values()].flat().sort(inDiscoveryOrder)]
    for (const listener of this.#listeners) listener()
  }

  /** Returns how to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** The kinds whose objects are kept, in a form that controllers follow. */
export function servedKinds(table: ResourceTable): { all(): readonly Kind[]; onChange(listener: () => void): () => void } {
  let of: readonly Resource[] | undefined
  let kinds: readonly Kind[] = []
  return {
    all() {
      if (of !== table.all) {
        of = table.all
        kinds = of.flatMap(({ kind }) => (kind.isCustom || stored.has(kind) ? [kind] : []))
      }
      return kinds
    },
    onChange: listener => table.onChange(listener),
  }
}
const stored = new Set(storedKinds)

function keyOf({ kind }: Resource): string {
  return pathKey(kind.group, kind.version, kind.plural)
}

function inDiscoveryOrder(a: Resource, b: Resource): number {
  return compareText(a.group, b.group) || compareVersions(b.kind.version, a.kind.version) || compareText(a.kind.plural, b.kind.plural)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function storeKey(resource: Resource, namespace: string | undefined, name: string): string {
  return resource.kind.namespaced ? `${resource.prefix}${namespace}/${name}` : resource.prefix + name
}
/** The prefix of the keys of one namespace, or of all. */
export function storePrefix(resource: Resource, namespace: string | undefined): string {
  return namespace ? `${resource.prefix}${namespace}/` : resource.prefix
}
