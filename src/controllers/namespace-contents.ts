// Namespaces that are being deleted are emptied first: pods before everything else, as those may still need what is around them.
// The status tells what remains; when nothing does, the namespace's own finalizer is taken off and the server removes it.
import { Namespace, type NamespaceCondition } from '../api/core/namespace.ts'
import { Pod } from '../api/core/pod.ts'
import { type Kind, keyOf } from '../api/kind.ts'
import type { Client } from '../client/client.ts'
import { setCondition } from '../meta/conditions.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import type { StatusError } from '../meta/status-error.ts'
import { formatTime } from '../meta/time.ts'
import { type Context, nothingToDo, type Outcome, type Reconciler, watch } from './runtime/reconciler.ts'
import { write } from './runtime/writes.ts'

interface Content {
  readonly kind: Kind
  readonly objects: readonly KubeObject[]
}
/** What the namespace holds, as the server says: a copy that lags may miss the last object that was let in. */
type Facts = readonly Content[]

const FINALIZER = 'kubernetes'
/** After deletes, until what they leave can be seen; and while finalizers are waited for, which tell nobody. */
const LOOK_AGAIN_MS = 100
const WAIT_MS = 2000

/** `kinds`: what may lie in namespaces; asked anew each time, as custom resources come and go. */
export function namespaceController(kinds: () => readonly Kind[]): Reconciler<Facts> {
  return {
    name: 'namespace-controller',
    concurrency: 10,
    watches: [
      watch(Namespace, namespace => [keyOf(namespace)]),
      watch(
        Pod,
        (pod, view) => (view.get(Namespace, pod.metadata.namespace)?.metadata.deletionTimestamp ? [pod.metadata.namespace] : []),
        () => false,
      ),
    ],
    observe: async (key, { view, client }) => (isGoing(view.get(Namespace, key)) ? contentsOf(client, key, kinds()) : []),
    reconcile,
  }
}

function isGoing(namespace: Namespace | undefined): boolean {
  return Boolean(namespace?.metadata.deletionTimestamp) && (namespace?.spec.finalizers ?? []).includes(FINALIZER)
}

async function contentsOf(client: Client, namespace: string, kinds: readonly Kind[]): Promise<Facts> {
  const lists = kinds
    .filter(kind => kind.namespaced && kind.verbs.includes('list') && kind.verbs.includes('delete'))
    .map(async kind => ({ kind, objects: (await client.list(kind, { namespace })).items }))
  return (await Promise.all(lists)).filter(({ objects }) => objects.length > 0)
}

function reconcile(key: string, { view, now, failure, facts }: Context<Facts>): Outcome {
  const namespace = view.get(Namespace, key)
  if (!namespace || !isGoing(namespace)) return nothingToDo
  if (facts.length === 0) {
    const finalizers = (namespace.spec.finalizers ?? []).filter(finalizer => finalizer !== FINALIZER)
    return { writes: [write.update(Namespace, { ...namespace, spec: { finalizers } }, 'finalize')] }
  }
  const pods = facts.filter(({ kind }) => kind === Pod)
  const due = (pods.length > 0 ? pods : facts).flatMap(({ kind, objects }) =>
    objects.filter(object => !object.metadata.deletionTimestamp).map(object => ({ kind, object })),
  )
  const status = { phase: 'Terminating', conditions: conditionsOf(namespace, facts, failure, formatTime(now)) }
  const same = status.phase === namespace.status.phase && status.conditions === namespace.status.conditions
  return {
    writes: [
      ...due.map(({ kind, object }) => write.delete(kind, object, { propagationPolicy: 'Background' })),
      ...(same ? [] : [write.updateStatus(Namespace, { ...namespace, status })]),
    ],
    requeueAfterMs: due.length > 0 ? LOOK_AGAIN_MS : WAIT_MS,
  }
}

function conditionsOf(
  { status }: Namespace,
  facts: Facts,
  failure: StatusError | undefined,
  now: string,
): readonly NamespaceCondition[] | undefined {
  const remaining = facts.map(({ kind, objects }) => `${kind.plural}.${kind.group} has ${objects.length} resource instances`).sort()
  const finalizers = new Map<string, number>()
  for (const { objects } of facts) {
    for (const finalizer of objects.flatMap(o => o.metadata.finalizers ?? []))
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1)
  }
  const waiting = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort()
  const told: [type: string, status: string, reason: string, message: string][] = [
    ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
    ['NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
    failure && failure.reason !== 'Conflict'
      ? [
          'NamespaceDeletionContentFailure',
          'True',
          'ContentDeletionFailed',
          `Failed to delete all resource types, 1 remaining: ${failure.message}`,
        ]
      : ['NamespaceDeletionContentFailure', 'False', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
    ['NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${remaining.join(', ')}`],
    waiting.length > 0
      ? [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${waiting.join(', ')}`,
        ]
      : ['NamespaceFinalizersRemaining', 'False', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
  ]
  let conditions = status.conditions
  for (const [type, value, reason, message] of told) conditions = setCondition(conditions, { type, status: value, reason, message }, now)
  return conditions
}
