// The table of what is served: every kind's resource with its place in the store and its subresources.
import { postedKinds, storedKinds } from '../api/all.ts'
import { Event } from '../api/core/event.ts'
import { eventsView } from '../api/events/conversion.ts'
import { Event as EventsEvent } from '../api/events/event.ts'
import type { Kind } from '../api/kind.ts'
import type { KubeObject } from '../meta/object-meta.ts'

/** A second kind over objects that are stored as another: `events.k8s.io` over core events. */
export interface View {
  readonly stored: Kind
  toStored(object: KubeObject): KubeObject
  fromStored(object: KubeObject): KubeObject
}

export interface Resource {
  readonly group: string
  /** The plural, as in paths. */
  readonly resource: string
  readonly kind: Kind
  /** Where its objects are in the store; ends in a slash. */
  readonly prefix: string
  readonly view?: View
}

function prefixOf(kind: Kind): string {
  return kind.group === '' ? `/registry/${kind.plural}/` : `/registry/${kind.group}/${kind.plural}/`
}

const views = new Map<Kind, View>([[EventsEvent, { stored: Event, ...eventsView }]])

function resourceOf(kind: Kind): Resource {
  const view = views.get(kind)
  return { group: kind.group, resource: kind.plural, kind, prefix: prefixOf(view?.stored ?? kind), ...(view && { view }) }
}

const resources: readonly Resource[] = [...storedKinds, ...postedKinds].map(resourceOf)
const byPath = new Map(resources.map(r => [`${r.kind.group}/${r.kind.version}/${r.kind.plural}`, r]))
const byKind = new Map(resources.map(r => [r.kind, r]))

export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return byPath.get(`${group}/${version}/${plural}`)
}
/** The resource of a kind that is in the table. */
export function resourceFor(kind: Kind): Resource {
  const resource = byKind.get(kind)
  if (!resource) throw new Error(`${kind.kind} is not served`)
  return resource
}
export function allResources(): readonly Resource[] {
  return resources
}

export function storeKey(resource: Resource, namespace: string | undefined, name: string): string {
  return resource.kind.namespaced ? `${resource.prefix}${namespace}/${name}` : resource.prefix + name
}
/** The prefix of the keys of one namespace, or of all. */
export function storePrefix(resource: Resource, namespace: string | undefined): string {
  return namespace ? `${resource.prefix}${namespace}/` : resource.prefix
}
