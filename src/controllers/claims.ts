// Which objects a controller owns. It adopts orphans that its selector matches and lets go of its own that no longer match; what belongs
// to another controller is left alone. An object has one controller at most, so two selectors that overlap do not fight.
import { apiVersionOf, type Kind, keyOf } from '../api/kind.ts'
import type { Client } from '../client/client.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { controllerOf, controllerReference } from '../meta/owner-references.ts'
import type { Selector } from '../meta/selector.ts'
import { StatusError } from '../meta/status-error.ts'
import { type IndexDefinition, index, type Watch, watch } from './runtime/reconciler.ts'
import type { View } from './runtime/view.ts'
import { type Write, write } from './runtime/writes.ts'

/** A kind whose objects own what their selector matches. */
export interface Parent<O extends KubeObject> {
  readonly kind: Kind<O>
  /** An object without a usable selector selects nothing. */
  selector(object: O): Selector
}

const ORPHANS = 'orphans'

/** Objects without a controller, by namespace. Needed on every kind that is claimed. */
export function orphanIndex(kind: Kind): IndexDefinition {
  return index(kind, ORPHANS, object => (controllerOf(object) ? [] : [object.metadata.namespace ?? '']))
}

/** Wakes the owner of a child; for an orphan, everybody who may adopt it. */
export function watchChildren<O extends KubeObject, C extends KubeObject>(parent: Parent<O>, child: Kind<C>): Watch {
  return watch(child, (object, view) => {
    const reference = controllerOf(object)
    const namespace = object.metadata.namespace ?? ''
    if (!reference)
      return view
        .list(parent.kind, namespace)
        .filter(owner => parent.selector(owner).matches(object.metadata.labels))
        .map(keyOf)
    if (reference.kind !== parent.kind.kind || reference.apiVersion !== apiVersionOf(parent.kind)) return []
    const owner = view.get(parent.kind, `${namespace}/${reference.name}`)
    return owner?.metadata.uid === reference.uid ? [keyOf(owner)] : []
  })
}

/** Whether the owner may adopt: it asks the server, as a copy that lags may miss that the owner is being deleted. */
export async function mayAdopt<O extends KubeObject>(
  parent: Parent<O>,
  children: readonly Kind[],
  key: string,
  rim: Rim,
): Promise<boolean> {
  const owner = rim.view.get(parent.kind, key)
  if (!owner || owner.metadata.deletionTimestamp) return false
  if (!children.some(child => adoptable(rim.view, parent, owner, child).length > 0)) return false
  try {
    const { namespace, name } = owner.metadata
    const live = await rim.client.get(parent.kind, { namespace, name })
    return live.metadata.uid === owner.metadata.uid && !live.metadata.deletionTimestamp
  } catch (error) {
    if (StatusError.is(error, 'NotFound')) return false
    throw error
  }
}
interface Rim {
  readonly view: View
  readonly client: Client
}

export interface Claimed<C> {
  /** Those that are the owner's, adopted ones included. */
  readonly owned: readonly C[]
  readonly writes: readonly Write[]
}

export function claim<O extends KubeObject, C extends KubeObject>(
  view: View,
  parent: Parent<O>,
  owner: O,
  child: Kind<C>,
  adopt: boolean,
): Claimed<C> {
  const selector = parent.selector(owner)
  const all = view.ownedBy(child, owner)
  // An owner on its way out keeps what it has, and takes in nothing.
  if (owner.metadata.deletionTimestamp) return { owned: all.filter(c => selector.matches(c.metadata.labels)), writes: [] }
  const adopted = adopt ? adoptable(view, parent, owner, child) : []
  const [kept, left] = [all.filter(c => selector.matches(c.metadata.labels)), all.filter(c => !selector.matches(c.metadata.labels))]
  const reference = controllerReference({ apiVersion: apiVersionOf(parent.kind), kind: parent.kind.kind }, owner)
  return {
    owned: [...kept, ...adopted],
    writes: [
      ...adopted.map(c => write.patch(child, c, 'strategic', { metadata: { ownerReferences: [reference] } })),
      ...left.map(c =>
        write.patch(child, c, 'strategic', { metadata: { ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }] } }),
      ),
    ],
  }
}

function adoptable<O extends KubeObject, C extends KubeObject>(view: View, parent: Parent<O>, owner: O, child: Kind<C>): readonly C[] {
  const selector = parent.selector(owner)
  const orphans = view.byIndex(child, ORPHANS, owner.metadata.namespace ?? '')
  return orphans.filter(orphan => selector.matches(orphan.metadata.labels) && !orphan.metadata.deletionTimestamp)
}
