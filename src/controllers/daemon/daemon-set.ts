// DaemonSets: one pod on every node that fits, of the present template sooner or later.
import { ControllerRevision } from '../../api/apps/controller-revision.ts'
import { DaemonSet, type DaemonSetStatus, templateGenerationOf } from '../../api/apps/daemon-set.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { isPodAvailable, isPodReady } from '../../api/core/pod-conditions.ts'
import { keyOf } from '../../api/kind.ts'
import { backoffMs } from '../../client/backoff.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { nothing, selectorOf } from '../../meta/selector.ts'
import type { Draft } from '../../schema/schema.ts'
import { claim, mayAdopt, orphanIndex, type Parent, watchChildren } from '../claims.ts'
import { createPod, deletePod, podFrom } from '../pod-template.ts'
import { nextAvailabilityMs } from '../replication/replicas.ts'
import { type Context, nothingToDo, type Outcome, type Reconciler, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
import { type Write, write } from '../runtime/writes.ts'
import { boundTo, nodeOf, placementOn } from './nodes.ts'
import { isCurrent, type Place, type Plan, placePods, updatePods } from './placing.ts'
import { currentRevision, HASH_LABEL, revisionsBeyondHistory } from './revisions.ts'

/** When an ended pod of a node may be replaced. */
interface Facts {
  readonly mayAdopt: boolean
  readonly replaceAtMs: ReadonlyMap<string, number>
}

const BURST = 250
/** For clients from before there were revisions. */
const GENERATION_LABEL = 'pod-template-generation'
const replacing = { baseMs: 1000, maxMs: 900_000 }

const daemonSets: Parent<DaemonSet> = {
  kind: DaemonSet,
  selector: ({ spec }) => {
    const result = selectorOf(spec.selector)
    return result.ok && result.selector.requirements.length > 0 ? result.selector : nothing
  },
}

export function daemonSetController(): Reconciler<Facts> {
  const failures = new ReplacementBackoff()
  return {
    name: 'daemonset-controller',
    account: 'daemon-set-controller',
    concurrency: 2,
    watches: [
      watch(DaemonSet, set => [keyOf(set)]),
      watchChildren(daemonSets, Pod),
      watchChildren(daemonSets, ControllerRevision),
      watch(Node, (_node, view) => view.list(DaemonSet).map(keyOf), isPlacedOtherwise),
    ],
    indices: [orphanIndex(Pod), orphanIndex(ControllerRevision)],
    observe: async (key, rim) => ({
      mayAdopt: await mayAdopt(daemonSets, [Pod, ControllerRevision], key, rim),
      replaceAtMs: failures.observe(rim.view.get(DaemonSet, key), rim.view, rim.now),
    }),
    reconcile,
  }
}

function isPlacedOtherwise(node: Node, previous: Node): boolean {
  return !deepEqual([node.metadata.labels, node.spec.taints], [previous.metadata.labels, previous.spec.taints])
}

function reconcile(key: string, context: Context<Facts>): Outcome {
  const { view, now, facts } = context
  const set = view.get(DaemonSet, key)
  if (!set || set.metadata.deletionTimestamp) return nothingToDo
  if (daemonSets.selector(set) === nothing) return refuse(set)
  const claimed = claim(view, daemonSets, set, Pod, facts.mayAdopt)
  const revisions = claim(view, daemonSets, set, ControllerRevision, facts.mayAdopt)
  const claims = [...claimed.writes, ...revisions.writes]
  const current = currentRevision(view, set, revisions.owned)
  if ('collides' in current) {
    const collisionCount = (set.status.collisionCount ?? 0) + 1
    return { writes: [...claims, write.updateStatus(DaemonSet, { ...set, status: { ...set.status, collisionCount } })] }
  }
  const { hash } = current
  const places = placesOf(view, set, claimed.owned)
  const mayReplace = (node: string) => (facts.replaceAtMs.get(node) ?? 0) <= now
  const placing = placePods(set, places, hash, now, mayReplace)
  const isPlaced = placing.create.length + placing.remove.length === 0
  const plan = isPlaced && set.spec.updateStrategy.type === 'RollingUpdate' ? updatePods(set, places, hash, now) : placing
  const liveHashes = new Set(claimed.owned.map(pod => pod.metadata.labels?.[HASH_LABEL]))
  const status = statusOf(set, places, hash, now)
  return {
    writes: [
      ...claims,
      ...current.writes,
      ...carryOut(set, plan, hash),
      ...revisionsBeyondHistory(set, revisions.owned, hash, liveHashes).map(revision => write.delete(ControllerRevision, revision)),
      ...(deepEqual(status, set.status) ? [] : [write.updateStatus(DaemonSet, { ...set, status })]),
    ],
    requeueAfterMs: soonest([
      nextAvailabilityMs(claimed.owned, set.spec.minReadySeconds ?? 0, now),
      ...[...facts.replaceAtMs.values()].flatMap(atMs => (atMs > now ? [atMs - now] : [])),
    ]),
  }
}

function refuse(set: DaemonSet): Outcome {
  const observedGeneration = set.metadata.generation
  if (set.status.observedGeneration === observedGeneration) return nothingToDo
  const message = 'This daemon set is selecting all pods. A non-empty selector is required.'
  return {
    writes: [
      write.event(DaemonSet, set, 'Warning', 'SelectingAll', message),
      write.updateStatus(DaemonSet, { ...set, status: { ...set.status, observedGeneration } }),
    ],
  }
}

/** Every node, and what is left of nodes that are gone. */
function placesOf(view: View, set: DaemonSet, pods: readonly Pod[]): readonly Place[] {
  const age = (a: Pod, b: Pod) =>
    Number(Boolean(b.spec.nodeName)) - Number(Boolean(a.spec.nodeName)) ||
    Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp)
  const byNode = Map.groupBy(pods.toSorted(age), pod => nodeOf(pod) ?? '')
  const nodes = view
    .list(Node)
    .map(node => ({ node: node.metadata.name, ...placementOn(set, node), pods: byNode.get(node.metadata.name) ?? [] }))
  const known = new Set(nodes.map(({ node }) => node))
  // Pods that are on a node which is gone are the pod collector's; those that still wait for it would wait forever.
  const waiting = [...byNode]
    .filter(([node]) => node !== '' && !known.has(node))
    .flatMap(([, lost]) => lost.filter(pod => !pod.spec.nodeName))
  return waiting.length > 0 ? [...nodes, { node: '', runs: false, stays: false, pods: waiting }] : nodes
}

function carryOut(set: DaemonSet, { create, remove }: Plan, hash: string): readonly Write[] {
  return [
    ...create.slice(0, BURST).map(node => createPod(DaemonSet, set, podFor(set, node, hash))),
    ...remove.slice(0, BURST).flatMap(pod => [...whyRemoved(set, pod), deletePod(DaemonSet, set, pod)]),
  ]
}

function podFor(set: DaemonSet, node: string, hash: string): Draft<Pod> {
  const { template } = set.spec
  const draft = podFrom(DaemonSet, set, template)
  const generation = templateGenerationOf(set)
  const own = { [HASH_LABEL]: hash, ...(generation !== undefined && { [GENERATION_LABEL]: String(generation) }) }
  return {
    metadata: { ...draft.metadata, labels: { ...template.metadata?.labels, ...own } },
    ...(template.spec && { spec: boundTo(template.spec, node) }),
  }
}

function whyRemoved(set: DaemonSet, pod: Pod): readonly Write[] {
  const where = `daemon pod ${keyOf(pod)} on node ${nodeOf(pod)}`
  if (pod.status.phase === 'Failed')
    return [write.event(DaemonSet, set, 'Warning', 'FailedDaemonPod', `Found failed ${where}, will try to kill it`)]
  if (pod.status.phase === 'Succeeded') {
    return [write.event(DaemonSet, set, 'Normal', 'SucceededDaemonPod', `Found succeeded ${where}, will try to delete it`)]
  }
  return []
}

function statusOf(set: DaemonSet, places: readonly Place[], hash: string, now: number): DaemonSetStatus {
  const placed = places.filter(place => place.runs)
  const oldest = placed.flatMap(({ pods }) => pods[0] ?? [])
  const available = placed.filter(({ pods }) => pods.some(pod => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now))).length
  const optional = {
    updatedNumberScheduled: oldest.filter(pod => isCurrent(pod, hash)).length,
    numberAvailable: available,
    numberUnavailable: placed.length - available,
  }
  const { collisionCount, conditions } = set.status
  return {
    currentNumberScheduled: oldest.length,
    desiredNumberScheduled: placed.length,
    numberMisscheduled: places.filter(place => !place.runs && place.node !== '' && place.pods.length > 0).length,
    numberReady: placed.filter(({ pods }) => pods.some(isPodReady)).length,
    ...Object.fromEntries(Object.entries(optional).filter(([, count]) => count !== 0)),
    observedGeneration: set.metadata.generation,
    ...(collisionCount !== undefined && { collisionCount }),
    ...(conditions && { conditions }),
  }
}

function soonest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter(time => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** A pod that fails time and again on a node is replaced ever more slowly. */
class ReplacementBackoff {
  readonly #ends = new Map<string, { readonly pod: string; readonly count: number; readonly atMs: number }>()

  observe(set: DaemonSet | undefined, view: View, now: number): ReadonlyMap<string, number> {
    const times = new Map<string, number>()
    if (!set) return times
    for (const pod of view.ownedBy(Pod, set)) {
      const node = nodeOf(pod)
      if (node === undefined || (pod.status.phase !== 'Failed' && pod.status.phase !== 'Succeeded')) continue
      const id = `${set.metadata.uid} ${node}`
      const before = this.#ends.get(id)
      if (before?.pod !== pod.metadata.uid) {
        const count = (before?.count ?? 0) + 1
        const atMs = before ? now + backoffMs(replacing, count, () => 0) : now
        this.#ends.set(id, { pod: pod.metadata.uid, count, atMs })
      }
      times.set(node, this.#ends.get(id)?.atMs ?? now)
    }
    for (const [id, { atMs }] of this.#ends) if (now - atMs > 2 * replacing.maxMs) this.#ends.delete(id)
    return times
  }
}
