// Carries out what a reconciler wants written, and says which effects its view must show before it may be asked again.
import { type Kind, keyOf } from '../../api/kind.ts'
import type { Client } from '../../client/client.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { EventWrite, Write } from './writes.ts'

/** `resourceVersion` undefined: the object with that uid is gone. */
export interface Effect {
  readonly kind: Kind
  readonly key: string
  readonly uid: string
  readonly resourceVersion: string | undefined
}
export interface Applied {
  readonly effects: readonly Effect[]
  /** The first failure that is not a conflict, else a conflict. */
  readonly failure: StatusError | undefined
}

type Rim = { readonly client: Client; record(event: EventWrite): void }
type RequestWrite = Exclude<Write, EventWrite>

/**
 * Writes go out in order. Neighbouring creates, and neighbouring deletes, go together: one, then two, four, ... so that a server which
 * refuses the first is not asked a thousand times. What follows a failure is left out, but for writes that are always done.
 */
export async function applyWrites(writes: readonly Write[], rim: Rim): Promise<Applied> {
  const run = new Run(rim)
  for (const group of groups(writes.filter(w => !isAlways(w)))) {
    if (run.failure) break
    await run.slowly(group)
  }
  for (const w of writes.filter(isAlways)) await run.one(w)
  return { effects: run.effects, failure: run.failure }
}

function isAlways(w: Write): boolean {
  return w.verb === 'update' && w.always === true
}

function groups(writes: readonly Write[]): Write[][] {
  const found: Write[][] = []
  for (const w of writes) {
    const last = found.at(-1)
    if (last && last[0]?.verb === w.verb && (w.verb === 'create' || w.verb === 'delete')) last.push(w)
    else found.push([w])
  }
  return found
}

class Run {
  readonly effects: Effect[] = []
  failure: StatusError | undefined
  readonly #rim: Rim
  /** What our own writes made of an object: a second write of it starts from there. */
  readonly #written = new Map<string, { readonly from: string; readonly to: string }>()

  constructor(rim: Rim) {
    this.#rim = rim
  }

  async slowly(group: readonly Write[]): Promise<void> {
    let size = 1
    for (let at = 0; at < group.length && !this.failure; at += size / 2) {
      const batch = group.slice(at, at + size)
      size *= 2
      await Promise.all(batch.map(w => this.one(w)))
    }
  }

  async one(w: Write): Promise<void> {
    if (w.verb === 'event') {
      this.#rim.record(w)
      return
    }
    try {
      await this.#request(w)
    } catch (error) {
      const failure = StatusError.from(error)
      if (isMoot(failure, w)) return
      const told = 'report' in w ? w.report.failed?.(failure) : undefined
      if (told) this.#rim.record(told)
      if (!this.failure || StatusError.is(this.failure, 'Conflict')) this.failure = failure
    }
  }

  async #request(w: RequestWrite): Promise<void> {
    const { client } = this.#rim
    switch (w.verb) {
      case 'create': {
        const created = await client.create(w.kind, w.draft)
        this.#note(w.kind, created)
        this.#tell(w.report.done?.(created))
        return
      }
      case 'update': {
        const object = this.#rebased(w.object)
        this.#note(w.kind, await client.update(w.kind, object, subresourceOf(w)), object)
        return
      }
      case 'patch': {
        const { namespace, name } = w.object.metadata
        this.#note(w.kind, await client.patch(w.kind, { namespace, name }, w.type, w.body, subresourceOf(w)))
        return
      }
      case 'delete': {
        const { namespace, name, uid } = w.object.metadata
        const preconditions = { uid, ...w.options.preconditions }
        const left = await client.delete(w.kind, { namespace, name }, { ...w.options, preconditions })
        if (left) this.#note(w.kind, left)
        else this.effects.push({ kind: w.kind, key: keyOf(w.object), uid, resourceVersion: undefined })
        this.#tell(w.report.done?.(w.object))
        return
      }
      case 'post':
        await client.post(w.kind, w.key, w.subresource, w.body)
        return
    }
  }

  #rebased(object: KubeObject): KubeObject {
    const ours = this.#written.get(object.metadata.uid)
    if (ours?.from !== object.metadata.resourceVersion) return object
    return { ...object, metadata: { ...object.metadata, resourceVersion: ours.to } }
  }
  #note(kind: Kind, after: KubeObject, before?: KubeObject): void {
    const { uid, resourceVersion } = after.metadata
    this.effects.push({ kind, key: keyOf(after), uid, resourceVersion })
    // A patch may have met a newer version than the one that was decided on: then nothing is rebased on its result.
    if (before) this.#written.set(uid, { from: this.#written.get(uid)?.from ?? before.metadata.resourceVersion, to: resourceVersion })
  }
  #tell(event: EventWrite | undefined): void {
    if (event) this.#rim.record(event)
  }
}

function subresourceOf(w: { readonly subresource?: string }): { subresource?: string } {
  return w.subresource === undefined ? {} : { subresource: w.subresource }
}

/** What was to be deleted is gone already, or another object has its name; or the namespace takes no new objects as it is going away. */
function isMoot(failure: StatusError, w: RequestWrite): boolean {
  if (w.verb === 'delete') {
    return StatusError.is(failure, 'NotFound') || (StatusError.is(failure, 'Conflict') && !w.options.preconditions?.resourceVersion)
  }
  return w.verb === 'create' && (failure.status.details?.causes ?? []).some(cause => cause.reason === 'NamespaceTerminating')
}
