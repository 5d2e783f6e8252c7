// Admission: what may change or refuse a write or a connection after authorization, in a fixed order. Plugins are plain functions over what is stored;
// those that ask others (webhooks) give promises. Nothing waits where none does.
import type { KubeObject, TypedObject } from '../../meta/object-meta.ts'
import type { DeleteOptions } from '../../meta/status.ts'
import type { Shape } from '../body.ts'
import type { Call } from '../call.ts'
import type { Storage } from '../storage.ts'
import { Rounds } from './rounds.ts'

/** What plugins are asked about. */
export interface Asked<O extends TypedObject = TypedObject> {
  /** CONNECT stands for the subresources that lead on to a pod, a service or a node. */
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly call: Call
  /** The kind's plural, or the parent's with the subresource in `subresource`. */
  readonly subresource: string
  /** What the object is: of the resource's own kind, or of one that its subresource has. */
  readonly kind: Shape<O>
  /** Undefined for DELETE. */
  readonly object: O | undefined
  /** Undefined for CREATE and CONNECT. */
  readonly previous: KubeObject | undefined
  /** For DELETE: how. */
  readonly deletion?: DeleteOptions
}

/** A write. */
export interface AdmissionRequest extends Asked<KubeObject> {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
}

/** The end of an object. */
export interface Deletion extends AdmissionRequest {
  readonly operation: 'DELETE'
  readonly object: undefined
  readonly previous: KubeObject
  readonly deletion: DeleteOptions
}

/** A connection, whose options are the object. */
export interface Connection<O extends TypedObject = TypedObject> extends Asked<O> {
  readonly operation: 'CONNECT'
  readonly object: O
  readonly previous: undefined
}

/** A request that brings an object, or options. */
export type Changeable<O extends TypedObject> = Asked<O> & { readonly object: O }
export type Mutation = AdmissionRequest & { readonly object: KubeObject }

export interface AdmissionPlugin {
  readonly name: string
  /** Returns the object, changed or not; runs before validation, and perhaps twice. */
  mutate?(request: Mutation, storage: Storage, rounds: Rounds): KubeObject | Promise<KubeObject>
  /** There is nothing to change in what goes; it may be refused, by a `StatusError`, before `validate` is asked about it. */
  admitDeletion?(request: Deletion, storage: Storage): void | Promise<void>
  /** Throws a `StatusError` to refuse. */
  validate?(request: AdmissionRequest, storage: Storage): void | Promise<void>
  /** The same for connections, which the server's own plugins have nothing to say about. */
  mutateConnection?<O extends TypedObject>(request: Connection<O>, storage: Storage, rounds: Rounds): O | Promise<O>
  validateConnection?(request: Connection, storage: Storage): void | Promise<void>
  /** An object that `validate` let pass is not stored after all. */
  undo?(object: KubeObject, storage: Storage): Promise<void>
}

export class Admission {
  readonly #plugins: readonly AdmissionPlugin[]
  readonly #storage: Storage

  constructor(plugins: readonly AdmissionPlugin[], storage: Storage) {
    this.#plugins = plugins
    this.#storage = storage
  }

  mutate(request: Mutation): KubeObject | Promise<KubeObject> {
    return this.#change(request.object, (plugin, object, rounds) =>
      plugin.mutate?.(object === request.object ? request : { ...request, object }, this.#storage, rounds),
    )
  }

  validate(request: AdmissionRequest): void | Promise<void> {
    return this.#check(plugin => plugin.validate?.(request, this.#storage))
  }

  delete(request: Deletion): void | Promise<void> {
    const verdict = this.#check(plugin => plugin.admitDeletion?.(request, this.#storage))
    return verdict ? verdict.then(() => this.validate(request)) : this.validate(request)
  }

  /** The options with which a connection may be made. */
  async connect<O extends TypedObject>(request: Connection<O>): Promise<O> {
    const object = await this.#change(request.object, (plugin, object, rounds) =>
      plugin.mutateConnection?.({ ...request, object }, this.#storage, rounds),
    )
    await this.#check(plugin => plugin.validateConnection?.({ ...request, object }, this.#storage))
    return object
  }

  #change<O>(
    found: O,
    run: (plugin: AdmissionPlugin, object: O, rounds: Rounds) => O | Promise<O> | undefined,
    rounds = new Rounds(),
    from = 0,
  ): O | Promise<O> {
    let object = found
    for (let i = from; i < this.#plugins.length; i++) {
      const changed = run(this.#plugins[i] as AdmissionPlugin, object, rounds) ?? object
      if (changed instanceof Promise) return changed.then(object => this.#change(object, run, rounds, i + 1))
      object = changed
    }
    return rounds.next() ? this.#change(object, run, rounds) : object
  }

  #check(run: (plugin: AdmissionPlugin) => void | Promise<void>, from = 0): void | Promise<void> {
    for (let i = from; i < this.#plugins.length; i++) {
      const verdict = run(this.#plugins[i] as AdmissionPlugin)
      if (verdict instanceof Promise) return verdict.then(() => this.#check(run, i + 1))
    }
  }

  /** To be called when the write of an object that was validated has failed. */
  async undo(object: KubeObject): Promise<void> {
    for (const plugin of this.#plugins) await plugin.undo?.(object, this.#storage)
  }
}
