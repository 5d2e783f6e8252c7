// The graph of owner references over all kinds, read off the view: nothing is kept beside it, so nothing can disagree with it.
import { apiVersionOf, type Kind, keyOf, resourceName } from '../../api/kind.ts'
import type { KubeObject, OwnerReference } from '../../meta/object-meta.ts'
import { preferredKinds } from '../runtime/kind-source.ts'
import { type IndexDefinition, index } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'

export const FOREGROUND = 'foregroundDeletion'
export const ORPHAN = 'orphan'
const BY_OWNER = 'owner'

export interface GraphNode {
  readonly kind: Kind
  readonly object: KubeObject
}

export class OwnerGraph {
  readonly #source: () => readonly Kind[]
  #of: readonly Kind[] | undefined
  #kinds: readonly Kind[] = []
  #byId: ReadonlyMap<string, Kind> = new Map()
  #byReference: ReadonlyMap<string, Kind> = new Map()

  /** `source`: every version of every kind that may own or be owned, now. */
  constructor(source: () => readonly Kind[]) {
    this.#source = source
  }

  /** One kind for each resource. */
  get kinds(): readonly Kind[] {
    return this.#now().#kinds
  }

  #now(): this {
    const all = this.#source()
    if (all === this.#of) return this
    this.#of = all
    const kinds = all.filter(kind => kind.kind !== 'Event' && ['list', 'watch', 'delete'].every(verb => kind.verbs.some(v => v === verb)))
    this.#kinds = preferredKinds(kinds)
    this.#byId = new Map(this.#kinds.map(kind => [resourceName(kind), kind]))
    this.#byReference = new Map(kinds.map(kind => [`${apiVersionOf(kind)} ${kind.kind}`, this.#byId.get(resourceName(kind)) ?? kind]))
    return this
  }

  index(kind: Kind): IndexDefinition {
    return index(kind, BY_OWNER, object => (object.metadata.ownerReferences ?? []).map(reference => reference.uid))
  }

  /** `deployments.apps default/web`. */
  keyOf({ kind, object }: GraphNode): string {
    return `${resourceName(kind)} ${keyOf(object)}`
  }
  find(view: View, key: string): GraphNode | undefined {
    const [id = '', name = ''] = key.split(' ')
    const kind = this.#now().#byId.get(id)
    const object = kind && view.get(kind, name)
    return object && { kind, object }
  }

  dependents(view: View, owner: KubeObject): readonly GraphNode[] {
    return this.kinds.flatMap(kind => view.byIndex(kind, BY_OWNER, owner.metadata.uid).map(object => ({ kind, object })))
  }

  /** Where the owner should be; undefined when its kind is unknown, or is namespaced while the dependent is not. */
  locate(dependent: KubeObject, reference: OwnerReference): { readonly kind: Kind; readonly key: string } | undefined {
    const kind = this.#now().#byReference.get(`${reference.apiVersion} ${reference.kind}`)
    const { namespace } = dependent.metadata
    if (!kind || (kind.namespaced && !namespace)) return undefined
    return { kind, key: kind.namespaced ? `${namespace}/${reference.name}` : reference.name }
  }
  /** Whether the owner lives in a namespace that is not the dependent's. */
  isElsewhere(view: View, dependent: KubeObject, reference: OwnerReference): boolean {
    const kind = this.#now().#byReference.get(`${reference.apiVersion} ${reference.kind}`)
    if (!kind?.namespaced || this.owner(view, dependent, reference)) return false
    return view.list(kind).some(({ metadata }) => metadata.uid === reference.uid && metadata.namespace !== dependent.metadata.namespace)
  }
  /** The owner as the view has it. */
  owner(view: View, dependent: KubeObject, reference: OwnerReference): GraphNode | undefined {
    const at = this.locate(dependent, reference)
    const object = at && view.get(at.kind, at.key)
    return object?.metadata.uid === reference.uid ? { kind: at!.kind, object } : undefined
  }
}

/** It is being deleted and waits for its dependents to go first. */
export function waitsForDependents({ metadata }: KubeObject): boolean {
  return Boolean(metadata.deletionTimestamp) && (metadata.finalizers ?? []).includes(FOREGROUND)
}
/** It is being deleted and leaves its dependents behind. */
export function leavesOrphans({ metadata }: KubeObject): boolean {
  return Boolean(metadata.deletionTimestamp) && (metadata.finalizers ?? []).includes(ORPHAN)
}
