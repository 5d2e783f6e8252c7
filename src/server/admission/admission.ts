// Admission: what may change or refuse a write after authorization, in a fixed order. Plugins are plain functions over what is stored;
// those that ask others (webhooks) give promises. Nothing waits where none does.
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Call } from '../call.ts'
import type { Storage } from '../storage.ts'
import { Rounds } from './rounds.ts'

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly call: Call
  /** The kind's plural, or the parent's with the subresource in `subresource`. */
  readonly subresource: string
  /** Undefined for DELETE. */
  readonly object: KubeObject | undefined
  /** Undefined for CREATE. */
  readonly previous: KubeObject | undefined
}

/** A request that brings an object. */
export type Mutation = AdmissionRequest & { readonly object: KubeObject }

export interface AdmissionPlugin {
  readonly name: string
  /** Returns the object, changed or not; runs before validation, and perhaps twice. */
  mutate?(request: Mutation, storage: Storage, rounds: Rounds): KubeObject | Promise<KubeObject>
  /** Throws a `StatusError` to refuse. */
  validate?(request: AdmissionRequest, storage: Storage): void | Promise<void>
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
    return this.#mutate(request, new Rounds(), 0)
  }

  #mutate(request: Mutation, rounds: Rounds, from: number): KubeObject | Promise<KubeObject> {
    let { object } = request
    for (let i = from; i < this.#plugins.length; i++) {
      const changed = this.#plugins[i]?.mutate?.({ ...request, object }, this.#storage, rounds) ?? object
      if (changed instanceof Promise) return changed.then(object => this.#mutate({ ...request, object }, rounds, i + 1))
      object = changed
    }
    return rounds.next() ? this.#mutate({ ...request, object }, rounds, 0) : object
  }

  validate(request: AdmissionRequest): void | Promise<void> {
    return this.#validate(request, 0)
  }

  #validate(request: AdmissionRequest, from: number): void | Promise<void> {
    for (let i = from; i < this.#plugins.length; i++) {
      const verdict = this.#plugins[i]?.validate?.(request, this.#storage)
      if (verdict instanceof Promise) return verdict.then(() => this.#validate(request, i + 1))
    }
  }

  /** To be called when the write of an object that was validated has failed. */
  async undo(object: KubeObject): Promise<void> {
    for (const plugin of this.#plugins) await plugin.undo?.(object, this.#storage)
  }
}
