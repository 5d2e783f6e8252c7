// What a reconciler sees: the local copies of the collections it watches. Reads neither fail nor wait.
import { type Kind, resourceName } from '../../api/kind.ts'
import { assert } from '../../base/assert.ts'
import { CONTROLLER_INDEX, type InformerSet } from '../../client/informer-set.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Selector } from '../../meta/selector.ts'

export interface View {
  /** `key` is `namespace/name`, or `name` of cluster-scoped objects. */
  get<O extends KubeObject>(kind: Kind<O>, key: string): O | undefined
  /** Of all namespaces when none is given. */
  list<O extends KubeObject>(kind: Kind<O>, namespace?: string, selector?: Selector): readonly O[]
  /** Objects whose controlling owner this is. */
  ownedBy<O extends KubeObject>(kind: Kind<O>, owner: KubeObject): readonly O[]
  byIndex<O extends KubeObject>(kind: Kind<O>, index: string, value: string): readonly O[]
  /** When the present version of an object arrived, by our own clock: clocks of other machines may be off. */
  seenMs(kind: Kind, key: string): number | undefined
}

export function informerView(informers: InformerSet): View {
  const of = <O extends KubeObject>(kind: Kind<O>) => {
    assert(informers.has(kind), `${resourceName(kind)} is read but not watched`)
    return informers.of(kind)
  }
  return {
    get: (kind, key) => of(kind).get(key),
    list: (kind, namespace, selector) => {
      const all = of(kind).list(namespace)
      return selector ? all.filter(object => selector.matches(object.metadata.labels)) : all
    },
    ownedBy: (kind, owner) => of(kind).byIndex(CONTROLLER_INDEX, owner.metadata.uid),
    byIndex: (kind, index, value) => of(kind).byIndex(index, value),
    seenMs: (kind, key) => of(kind).seenMs(key),
  }
}
