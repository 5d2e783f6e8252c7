// What a reconciler wants written, as data. Tests read it; the runtime carries it out.
import type { ObjectReference } from '../../api/core/reference.ts'
import type { Kind } from '../../api/kind.ts'
import type { DeleteOptions, Key, PatchType } from '../../client/client.ts'
import { referenceTo } from '../../client/events.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { StatusError } from '../../meta/status-error.ts'
import type { Draft } from '../../schema/schema.ts'

export interface EventWrite {
  readonly verb: 'event'
  readonly about: ObjectReference
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}
/** Events about the outcome of a write. `done` gets the object as stored or deleted. */
export interface Report {
  done?(object: KubeObject): EventWrite
  failed?(error: StatusError): EventWrite
}

export type Write =
  | { readonly verb: 'create'; readonly kind: Kind; readonly draft: Draft<KubeObject>; readonly report: Report }
  /** Compare-and-swap on the object's version. `always`: even when an earlier write of the outcome has failed. */
  | { readonly verb: 'update'; readonly kind: Kind; readonly object: KubeObject; readonly subresource?: string; readonly always?: true }
  | {
      readonly verb: 'patch'
      readonly kind: Kind
      readonly object: KubeObject
      readonly type: PatchType
      readonly body: unknown
      readonly subresource?: string
    }
  /** Of exactly this object: the uid is a precondition. */
  | { readonly verb: 'delete'; readonly kind: Kind; readonly object: KubeObject; readonly options: DeleteOptions; readonly report: Report }
  | { readonly verb: 'post'; readonly kind: Kind; readonly key: Key; readonly subresource: string; readonly body: unknown }
  | EventWrite

export const write = {
  create<O extends KubeObject>(kind: Kind<O>, draft: Draft<O>, report: Report = {}): Write {
    return { verb: 'create', kind, draft, report }
  },
  update<O extends KubeObject>(kind: Kind<O>, object: O, subresource?: string): Write {
    return { verb: 'update', kind, object, ...(subresource !== undefined && { subresource }) }
  },
  /** A status says what was seen, so it is written last, whatever became of the other writes. */
  updateStatus<O extends KubeObject>(kind: Kind<O>, object: O): Write {
    return { verb: 'update', kind, object, subresource: 'status', always: true }
  },
  /** A patch with the object's uid in it applies to no other object of that name. */
  patch<O extends KubeObject>(kind: Kind<O>, object: O, type: 'merge' | 'strategic', body: Draft<O> | object, subresource?: string): Write {
    const metadata = { ...('metadata' in body ? (body.metadata as object) : {}), uid: object.metadata.uid }
    return { verb: 'patch', kind, object, type, body: { ...body, metadata }, ...(subresource !== undefined && { subresource }) }
  },
  delete<O extends KubeObject>(kind: Kind<O>, object: O, options: DeleteOptions = {}, report: Report = {}): Write {
    return { verb: 'delete', kind, object, options, report }
  },
  post(kind: Kind, key: Key, subresource: string, body: unknown): Write {
    return { verb: 'post', kind, key, subresource, body }
  },
  event(kind: Kind, object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): EventWrite {
    return { verb: 'event', about: referenceTo(kind, object), type, reason, message }
  },
}

/** One line a write, for tables in tests: `create Pod`, `delete Pod a/web`, `status ReplicaSet a/web`. */
export function describeWrite(w: Write): string {
  switch (w.verb) {
    case 'create':
      return `create ${w.kind.kind} ${w.draft.metadata?.name ?? `${w.draft.metadata?.generateName}*`}`
    case 'update':
      return `${w.subresource ?? 'update'} ${w.kind.kind} ${w.object.metadata.name}`
    case 'patch':
    case 'delete':
      return `${w.verb} ${w.kind.kind} ${w.object.metadata.name}`
    case 'post':
      return `${w.subresource} ${w.kind.kind} ${w.key.name}`
    case 'event':
      return `event ${w.reason}: ${w.message}`
  }
}
