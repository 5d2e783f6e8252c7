// Admission: what may change or refuse a write after authorization, in a fixed order. Plugins are plain functions over what is stored.
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Call } from '../call.ts'
import type { Storage } from '../storage.ts'

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

export interface AdmissionPlugin {
  readonly name: string
  /** Returns the object, changed or not; runs before validation. */
  mutate?(request: AdmissionRequest & { readonly object: KubeObject }, storage: Storage): KubeObject
  /** Throws a `StatusError` to refuse. */
  validate?(request: AdmissionRequest, storage: Storage): void
}

export class Admission {
  readonly #plugins: readonly AdmissionPlugin[]
  readonly #storage: Storage

  constructor(plugins: readonly AdmissionPlugin[], storage: Storage) {
    this.#plugins = plugins
    this.#storage = storage
  }

  mutate(request: AdmissionRequest & { readonly object: KubeObject }): KubeObject {
    let object = request.object
    for (const plugin of this.#plugins) object = plugin.mutate?.({ ...request, object }, this.#storage) ?? object
    return object
  }

  validate(request: AdmissionRequest): void {
    for (const plugin of this.#plugins) plugin.validate?.(request, this.#storage)
  }
}
