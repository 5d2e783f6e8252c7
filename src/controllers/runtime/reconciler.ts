// A controller as data: what wakes it, and a pure function from what is seen to what is to be written.
// It is called again whenever something it watches changes, so it needs no memory, and writes nothing when all is as it should be.
import type { Kind } from '../../api/kind.ts'
import type { Random } from '../../base/clock.ts'
import type { Client } from '../../client/client.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { StatusError } from '../../meta/status-error.ts'
import type { View } from './view.ts'
import type { Write } from './writes.ts'

export interface Watch<O extends KubeObject = KubeObject> {
  readonly kind: Kind<O>
  /** The keys to reconcile when the object appears, changes or goes. On a change both states are asked, so an owner left is told too. */
  keys(object: O, view: View): readonly string[]
  /** Whether a change matters. Default: every change does. */
  matters?(object: O, previous: O): boolean
}
export interface IndexDefinition<O extends KubeObject = KubeObject> {
  readonly kind: Kind<O>
  readonly name: string
  values(object: O): readonly string[]
}

export interface ChangingWatches {
  /** The watches that there are to be now; a kind has one at most. */
  watches(): readonly Watch[]
  /** An index that each of them is to have. */
  index?(kind: Kind): IndexDefinition
  onChange(listener: () => void): () => void
  /** How long those that there are at the start are waited for at most. Default: until they have arrived. */
  readonly patienceMs?: number
}

export interface Context<Facts = unknown> {
  readonly view: View
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly random: Random
  /** Why the last attempt's writes for the key failed; undefined after a success. */
  readonly failure: StatusError | undefined
  readonly facts: Facts
}
export interface Outcome {
  readonly writes: readonly Write[]
  /** Look again after this long, whatever happens. */
  readonly requeueAfterMs?: number | undefined
}

export interface Reconciler<Facts = unknown> {
  /** Also the component that its events come from. */
  readonly name: string
  /** The service account of kube-system that it acts as, where that has another name. */
  readonly account?: string
  /** It acts as the API server, which has no account: what upstream's API server does for itself. */
  readonly isServers?: true
  readonly watches: readonly Watch[]
  readonly indices?: readonly IndexDefinition[]
  /** Watches besides, of kinds that come and go. */
  readonly changing?: ChangingWatches
  /** How many keys are worked on at a time; default 5. */
  readonly concurrency?: number
  /** Facts that no view can give, read from the server first: what must not be decided on a copy that lags. */
  observe?(key: string, context: { readonly view: View; readonly client: Client; readonly now: number }): Promise<Facts>
  reconcile(key: string, context: Context<Facts>): Outcome
}

/** Ties the kind's type to its functions; a list of watches then holds many kinds. */
export function watch<O extends KubeObject>(
  kind: Kind<O>,
  keys: (object: O, view: View) => readonly string[],
  matters?: (object: O, previous: O) => boolean,
): Watch {
  const typed: Watch<O> = { kind, keys, ...(matters && { matters }) }
  return typed
}
/** For kinds that are read, but wake nobody. */
export function readOnly(kind: Kind): Watch {
  return { kind, keys: () => [] }
}
export function index<O extends KubeObject>(kind: Kind<O>, name: string, values: (object: O) => readonly string[]): IndexDefinition {
  const typed: IndexDefinition<O> = { kind, name, values }
  return typed
}

export const nothingToDo: Outcome = { writes: [] }
