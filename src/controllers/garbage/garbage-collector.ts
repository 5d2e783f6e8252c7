// Deletes what lost all its owners, and carries out foreground deletion and orphaning. Before anything is deleted, the absence of its owners
// is checked with the server: the copies of different collections do not move together, so an owner may only seem to be gone.
import { type Kind, splitKey } from '../../api/kind.ts'
import type { Client } from '../../client/client.ts'
import type { KubeObject, OwnerReference } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { KindSource } from '../runtime/kind-source.ts'
import { type Context, nothingToDo, type Outcome, type Reconciler, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
import { type Write, write } from '../runtime/writes.ts'
import { FOREGROUND, type GraphNode, leavesOrphans, ORPHAN, OwnerGraph, waitsForDependents } from './graph.ts'

/** `unknown`: of a kind that is not served, or out of reach. Such an owner is left in peace, and so is what it owns. */
type OwnerState = 'solid' | 'waiting' | 'absent' | 'unknown'
interface Facts {
  /** The object as the server has it now; undefined when it is gone. */
  readonly object: KubeObject | undefined
  /** By uid. */
  readonly owners: ReadonlyMap<string, OwnerState>
  /** Whether the server has an owner that the view does not show: nobody may tell when that one goes. */
  readonly isOwnerUnseen: boolean
}
const noFacts: Facts = { object: undefined, owners: new Map(), isOwnerUnseen: false }
const LOOK_AGAIN_MS = 5000
/** As upstream has it: what one kind cannot be read for must not keep all the others. */
const PATIENCE_MS = 30_000

/** `kinds`: all that may own or be owned. Events are left out: nobody owns them, and there are many. */
export function garbageCollector(kinds: KindSource): Reconciler<Facts> {
  const graph = new OwnerGraph(() => kinds.all())
  return {
    name: 'garbage-collector-controller',
    account: 'generic-garbage-collector',
    concurrency: 20,
    watches: [],
    changing: {
      watches: () => graph.kinds.map(kind => watch(kind, (object, view) => affected(graph, { kind, object }, view))),
      index: kind => graph.index(kind),
      onChange: listener => kinds.onChange(listener),
      patienceMs: PATIENCE_MS,
    },
    observe: (key, { view, client }) => observe(graph, key, view, client),
    reconcile: (key, context) => reconcile(graph, key, context),
  }
}

/** Whom a change of an object concerns: itself, its dependents when it goes, owners that wait for it. */
function affected(graph: OwnerGraph, node: GraphNode, view: View): readonly string[] {
  const { object } = node
  const isGone = graph.find(view, graph.keyOf(node))?.object.metadata.uid !== object.metadata.uid
  const owners = (object.metadata.ownerReferences ?? []).map(reference => graph.owner(view, object, reference))
  const keys = owners.flatMap(owner => (owner && waitsForDependents(owner.object) ? [graph.keyOf(owner)] : []))
  if (isGone || waitsForDependents(object)) keys.push(...graph.dependents(view, object).map(dependent => graph.keyOf(dependent)))
  const isDoubtful = owners.some(owner => !owner || waitsForDependents(owner.object))
  if (!isGone && (isDoubtful || waitsForDependents(object) || leavesOrphans(object))) keys.push(graph.keyOf(node))
  return keys
}

async function observe(graph: OwnerGraph, key: string, view: View, client: Client): Promise<Facts> {
  const node = graph.find(view, key)
  if (!node) return noFacts
  const { namespace, name } = node.object.metadata
  const object = await live(client, node.kind, { namespace, name })
  if (object?.metadata.uid !== node.object.metadata.uid) return noFacts
  const [seen, unseen] = [new Map<string, OwnerState>(), new Map<string, OwnerState>()]
  const asked = (object.metadata.ownerReferences ?? []).map(async reference => {
    const owner = graph.owner(view, object, reference)
    if (owner) seen.set(reference.uid, stateOf(owner.object))
    else unseen.set(reference.uid, await liveState(graph, client, object, reference))
  })
  await Promise.all(asked)
  const isOwnerUnseen = [...unseen.values()].some(state => state === 'solid' || state === 'waiting')
  return { object, owners: new Map([...seen, ...unseen]), isOwnerUnseen }
}

async function liveState(graph: OwnerGraph, client: Client, dependent: KubeObject, reference: OwnerReference): Promise<OwnerState> {
  const at = graph.locate(dependent, reference)
  if (!at) return 'unknown'
  const owner = await live(client, at.kind, splitKey(at.key))
  return owner?.metadata.uid === reference.uid ? stateOf(owner) : 'absent'
}
function stateOf(owner: KubeObject): OwnerState {
  return waitsForDependents(owner) ? 'waiting' : 'solid'
}

async function live(
  client: Client,
  kind: Kind,
  key: { readonly namespace: string | undefined; readonly name: string },
): Promise<KubeObject | undefined> {
  try {
    return await client.get(kind, key)
  } catch (error) {
    if (StatusError.is(error, 'NotFound')) return undefined
    throw error
  }
}

function reconcile(graph: OwnerGraph, key: string, { view, facts }: Context<Facts>): Outcome {
  const node = graph.find(view, key)
  const { object } = facts
  if (!node || !object) return nothingToDo
  const { kind } = node
  if (leavesOrphans(object)) return { writes: orphan(graph, { kind, object }, view) }
  if (waitsForDependents(object)) {
    const isBlocked = graph.dependents(view, object).some(dependent => references(dependent.object, object)?.blockOwnerDeletion === true)
    return isBlocked ? nothingToDo : { writes: [withoutFinalizer({ kind, object }, FOREGROUND)] }
  }
  if (object.metadata.deletionTimestamp) return nothingToDo
  return {
    writes: [...misplaced(graph, { kind, object }, view), ...collect(graph, { kind, object }, view, facts.owners)],
    requeueAfterMs: facts.isOwnerUnseen ? LOOK_AGAIN_MS : undefined,
  }
}

/** Tells of owners in another namespace: there they cannot own anything, so the object will be taken for garbage. */
function misplaced(graph: OwnerGraph, node: GraphNode, view: View): readonly Write[] {
  const { namespace = '' } = node.object.metadata
  return (node.object.metadata.ownerReferences ?? []).flatMap(reference => {
    if (!graph.isElsewhere(view, node.object, reference)) return []
    const { apiVersion, kind, name, uid } = reference
    const text = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`
    const message = `ownerRef ${text} does not exist in namespace ${JSON.stringify(namespace)}`
    return [write.event(node.kind, node.object, 'Warning', 'OwnerRefInvalidNamespace', message)]
  })
}

function collect(graph: OwnerGraph, { kind, object }: GraphNode, view: View, owners: Facts['owners']): readonly Write[] {
  const all = object.metadata.ownerReferences ?? []
  const of = (...states: OwnerState[]) => all.filter(reference => states.includes(owners.get(reference.uid) ?? 'unknown'))
  const lost = of('absent', 'waiting')
  if (lost.length === 0) return []
  const kept = of('solid', 'unknown')
  if (kept.length > 0) return [withOwners({ kind, object }, kept)]
  const dependents = graph.dependents(view, object)
  if (of('waiting').length > 0 && dependents.length > 0) {
    // In a circle of foreground deletions everybody would wait for everybody: this one no longer holds its owners up.
    const isCircle = dependents.some(dependent => waitsForDependents(dependent.object))
    if (isCircle)
      return [
        withOwners(
          { kind, object },
          all.map(reference => ({ ...reference, blockOwnerDeletion: false })),
        ),
      ]
    return [remove({ kind, object }, 'Foreground')]
  }
  const finalizers = object.metadata.finalizers ?? []
  return [remove({ kind, object }, finalizers.includes(ORPHAN) ? 'Orphan' : finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background')]
}

/** Its dependents forget it, and then it may go. */
function orphan(graph: OwnerGraph, { kind, object }: GraphNode, view: View): readonly Write[] {
  const released = graph.dependents(view, object).map(dependent => {
    const others = (dependent.object.metadata.ownerReferences ?? []).filter(reference => reference.uid !== object.metadata.uid)
    return withOwners(dependent, others)
  })
  return [...released, withoutFinalizer({ kind, object }, ORPHAN)]
}

function references(dependent: KubeObject, owner: KubeObject): OwnerReference | undefined {
  return dependent.metadata.ownerReferences?.find(reference => reference.uid === owner.metadata.uid)
}

/** Only in the state that was looked at: an owner may be added at any time. */
function remove({ kind, object }: GraphNode, propagationPolicy: 'Background' | 'Foreground' | 'Orphan'): Write {
  return write.delete(kind, object, { propagationPolicy, preconditions: { resourceVersion: object.metadata.resourceVersion } })
}
function withOwners({ kind, object }: GraphNode, ownerReferences: readonly OwnerReference[]): Write {
  return write.patch(kind, object, 'merge', { metadata: { ownerReferences, resourceVersion: object.metadata.resourceVersion } })
}
function withoutFinalizer({ kind, object }: GraphNode, finalizer: string): Write {
  const finalizers = (object.metadata.finalizers ?? []).filter(other => other !== finalizer)
  return write.patch(kind, object, 'merge', { metadata: { finalizers, resourceVersion: object.metadata.resourceVersion } })
}
