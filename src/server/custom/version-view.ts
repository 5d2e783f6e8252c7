// A version of a custom resource over what is stored, which may be of another version, or older than the present schema: it is pruned and
// filled in by the schema of its own version, and then converted. Each stored object is shown once and remembered as long as it is kept.
import { apiVersionOf, type Kind } from '../../api/kind.ts'
import { assert } from '../../base/assert.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { canonicalQuantity } from '../../meta/quantity.ts'
import { decode } from '../../schema/decode.ts'
import { applyDefaults } from '../../schema/default.ts'
import type { View } from '../resource.ts'
import type { Converter } from './conversion.ts'

export class VersionView implements View {
  readonly #kind: Kind
  readonly #apiVersion: string
  readonly #storedVersion: string
  /** All versions of the definition, by apiVersion. */
  readonly #kinds: ReadonlyMap<string, Kind>
  readonly #converter: Converter
  readonly #shown = new WeakMap<KubeObject, KubeObject>()
  readonly prepare?: NonNullable<View['prepare']>

  constructor(kind: Kind, storedVersion: string, kinds: ReadonlyMap<string, Kind>, converter: Converter) {
    this.#kind = kind
    this.#apiVersion = apiVersionOf(kind)
    this.#storedVersion = storedVersion
    this.#kinds = kinds
    this.#converter = converter
    if (!converter.isSimple) this.prepare = objects => this.#convert(objects)
  }

  toStored(object: KubeObject): KubeObject | Promise<KubeObject> {
    if (object.apiVersion === this.#storedVersion) return object
    const target = this.#kinds.get(this.#storedVersion)
    const finished = (converted: KubeObject) => (target ? pruned(target, converted) : converted)
    if (this.#converter.isSimple) return finished({ ...object, apiVersion: this.#storedVersion })
    return this.#converter.convert([object], this.#storedVersion).then(([converted]) => {
      assert(converted !== undefined, 'a converter gives an object for each')
      return finished(converted)
    })
  }

  fromStored(stored: KubeObject): KubeObject {
    const known = this.#shown.get(stored)
    if (known) return known
    const own = this.#own(stored)
    assert(own.apiVersion === this.#apiVersion || this.#converter.isSimple, 'what a webhook converts is prepared')
    const shown = own.apiVersion === this.#apiVersion ? own : pruned(this.#kind, { ...own, apiVersion: this.#apiVersion })
    this.#shown.set(stored, shown)
    return shown
  }

  /** As it would be had it been written today, in its own version. */
  #own(stored: KubeObject): KubeObject {
    const kind = this.#kinds.get(stored.apiVersion)
    return kind ? (applyDefaults(kind.schema.node, pruned(kind, stored)) as KubeObject) : stored
  }

  async #convert(objects: readonly KubeObject[]): Promise<void> {
    const due = objects.filter(object => object.apiVersion !== this.#apiVersion && !this.#shown.has(object))
    if (due.length === 0) return
    const converted = await this.#converter.convert(
      due.map(object => this.#own(object)),
      this.#apiVersion,
    )
    due.forEach((object, i) => {
      const shown = converted[i]
      assert(shown !== undefined, 'a converter gives an object for each')
      this.#shown.set(object, pruned(this.#kind, shown))
    })
  }
}

/** Without what the schema does not know. Metadata that was stored before it was checked stays. */
function pruned(kind: Kind, object: KubeObject): KubeObject {
  const decoded = decode(kind.schema.node, object, canonicalQuantity)
  return decoded.errors.length === 0 ? (decoded.value as KubeObject) : object
}
