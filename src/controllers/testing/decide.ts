// For table tests of reconcilers: objects in, lines out.
import { apiVersionOf, type Kind, keyOf } from '../../api/kind.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { controllerOf } from '../../meta/owner-references.ts'
import type { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import { applyDefaults } from '../../schema/default.ts'
import type { Draft } from '../../schema/schema.ts'
import type { IndexDefinition, Outcome, Reconciler } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
import { describeWrite } from '../runtime/writes.ts'

/** The time at which tables play, and at which their objects were created an hour before. */
export const NOW = Date.UTC(2026, 0, 1, 12)
export const before = (seconds: number) => formatTime(NOW - seconds * 1000)

/** A stored object: defaults filled in, with a uid made of its kind and name. */
export function stored<O extends KubeObject>(kind: Kind<O>, draft: Draft<O>): O {
  const { metadata } = draft as Draft<KubeObject>
  const filled = applyDefaults(kind.schema.node, {
    ...draft,
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      ...(kind.namespaced && { namespace: 'default' }),
      uid: `${kind.kind}-${metadata?.name}`,
      resourceVersion: '1',
      creationTimestamp: before(3600),
      ...(kind.hasGeneration && { generation: 1 }),
      ...metadata,
    },
  })
  const object = filled as O
  return kind.complete ? kind.complete(object) : object
}

export function viewOf(
  objects: readonly KubeObject[],
  indices: readonly IndexDefinition[] = [],
  seen: Readonly<Record<string, number>> = {},
): View {
  // Kind and apiVersion of an object say whose it is.
  const of = <O extends KubeObject>(kind: Kind<O>) =>
    objects.filter(o => o.kind === kind.kind && o.apiVersion === apiVersionOf(kind)) as readonly KubeObject[] as readonly O[]
  return {
    get: (kind, key) => of(kind).find(object => keyOf(object) === key),
    list: (kind, namespace, selector) =>
      of(kind).filter(
        o => (namespace === undefined || o.metadata.namespace === namespace) && (selector?.matches(o.metadata.labels) ?? true),
      ),
    ownedBy: (kind, owner) => of(kind).filter(object => controllerOf(object)?.uid === owner.metadata.uid),
    byIndex: (kind, name, value) => {
      const definition = indices.find(i => i.name === name && i.kind.kind === kind.kind)
      if (!definition) throw new RangeError(`no index ${name} on ${kind.plural}`)
      return of(kind).filter(object => definition.values(object).includes(value))
    },
    seenMs: (_kind, key) => seen[key],
  }
}

export interface Circumstances {
  readonly now?: number
  readonly failure?: StatusError
  readonly facts?: unknown
  readonly seen?: Readonly<Record<string, number>>
}
export function outcomeOf(reconciler: Reconciler, key: string, objects: readonly KubeObject[], circumstances: Circumstances = {}): Outcome {
  const { now = NOW, failure, facts, seen } = circumstances
  return reconciler.reconcile(key, { view: viewOf(objects, reconciler.indices, seen), now, random: () => 0.5, failure, facts })
}
/** What it writes, one line each. */
export function decide(reconciler: Reconciler, key: string, objects: readonly KubeObject[], circumstances: Circumstances = {}): string[] {
  return outcomeOf(reconciler, key, objects, circumstances).writes.map(describeWrite)
}
