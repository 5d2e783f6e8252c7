// PUT and everything else that changes an existing object: read, change, admit, validate, compare-and-swap, again when it lost a race
// that the client did not ask to lose.
import type { Kind } from '../../api/kind.ts'
import { validateObject } from '../../api/validate.ts'
import { validateMetadataUpdate } from '../../api/validate-metadata.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Entry } from '../../store/store.ts'
import { authorizeRequest } from '../authorize-request.ts'
import { findingsOf, readObject } from '../body.ts'
import type { Answer, Call } from '../call.ts'
import type { Context } from '../context.ts'
import { entriesOf, entriesOfChange, isSameButForTimes, withEntries, withSoundEntries } from '../managed-fields.ts'
import { isDryRun } from '../options.ts'
import { withSharedSpec } from '../shared-specs.ts'
import { prepared, present } from '../storage.ts'
import { createObject, inNamespace, previewEntry } from './create.ts'

/** How often a change without a version is tried again when other writers come between. */
const attempts = 20

export async function update(context: Context, call: Call): Promise<Answer> {
  const { resource } = call
  if (!call.body) throw StatusError.badRequest('a body is required')
  const findings = findingsOf(call)
  const object = readObject(resource.kind, call.body, findings)
  if (resource.kind.createsOnUpdate && call.info.subresource === '') return updateOrCreate(context, call, object)
  const entry = await changeObject(context, call, () => object)
  return { type: 'entry', code: 200, resource, entry }
}

async function updateOrCreate(context: Context, call: Call, object: KubeObject): Promise<Answer> {
  const { resource, info } = call
  for (let attempt = 1; ; attempt++) {
    const isThere = context.storage.entry(resource, info.namespace, info.name) !== undefined
    try {
      const entry = isThere ? await changeObject(context, call, () => object) : await createByName(context, call, object)
      return { type: 'entry', code: isThere ? 200 : 201, resource, entry }
    } catch (error) {
      // Another made it, or removed it, just now.
      if (!StatusError.is(error, isThere ? 'NotFound' : 'AlreadyExists') || attempt === attempts) throw error
      if (isThere === (context.storage.entry(resource, info.namespace, info.name) !== undefined)) throw error
    }
  }
}

/** Creates the object that a PUT brings. Its writer must be allowed to; of the version it may have had, nothing is asked. */
async function createByName(context: Context, call: Call, object: KubeObject): Promise<Entry> {
  const { resource, info } = call
  checkNames(call, object)
  const { resourceVersion, uid, ...metadata } = object.metadata
  if (uid) throw StatusError.conflict(resource, info.name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: `)
  authorizeRequest(context.authorizer, call.user, { ...info, verb: 'create' }, null)
  return createObject(context, call, inNamespace({ ...object, metadata } as KubeObject, resource.kind.namespaced, info.namespace))
}

export interface ChangeOptions {
  /** The subresource that the writer used, where it is not that of the call: what it sets is its own by this name. */
  readonly by?: string
  /** Whether the changed object says itself who owns what. */
  readonly hasOwners?: boolean
}

/**
 * Applies `change` to the current state and stores the outcome. When `change` gives an object with a resourceVersion or a uid, they must be the
 * current ones. `call.info.subresource` decides which parts may change: `status` only the status, none everything but it.
 */
export async function changeObject(
  context: Context,
  call: Call,
  change: (current: KubeObject) => KubeObject | Promise<KubeObject>,
  how: ChangeOptions = {},
): Promise<Entry> {
  const { resource, info } = call
  for (let attempt = 1; ; attempt++) {
    const entry = context.storage.entry(resource, info.namespace, info.name)
    if (!entry) throw StatusError.notFound(resource, info.name)
    const preparing = prepared(resource, [entry])
    if (preparing) await preparing
    const current = present(resource, entry)
    const changing = change(current)
    const wanted = changing instanceof Promise ? await changing : changing
    checkNames(call, wanted)
    const { resourceVersion, uid } = wanted.metadata
    if (uid && uid !== current.metadata.uid)
      throw StatusError.conflict(
        resource,
        info.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
      )
    if (resourceVersion && resourceVersion !== '0' && resourceVersion !== current.metadata.resourceVersion)
      throw StatusError.conflict(resource, info.name)

    const changed = withSharedSpec(resource.kind, changedObject(context, call, wanted, current))
    const { managedFields: sent } = wanted.metadata
    const owned = how.hasOwners ? entriesOf(wanted) : entriesOfChange(context, call, current, changed, sent, how.by ?? info.subresource)
    const owners = owned instanceof Promise ? await owned : owned
    const admitted = await admit(context, call, withEntries(changed, owners), current)
    const next = context.addresses.assign(withSharedSpec(resource.kind, admitted), current)
    try {
      await validate(context, call, next, current)
      if (isDryRun(call)) return previewEntry(next)
      const removable = isRemovable(next)
      // What nothing changes is written all the same where it would be kept by a newer key.
      if (!removable && isSame(next, current) && !context.storage.store.isStale(entry)) return entry
      const stored = removable ? await context.storage.remove(resource, entry, next) : await context.storage.replace(resource, entry, next)
      if (stored) return stored
      await context.admission.undo(next)
    } catch (error) {
      await context.admission.undo(next)
      throw error
    } finally {
      context.addresses.settle(next)
    }
    if (attempt === attempts) throw StatusError.conflict(resource, info.name)
  }
}

/** The object must be the one that the URL names. */
function checkNames({ info, resource }: Call, { metadata }: KubeObject): void {
  const { name, namespace } = metadata
  if (!name) throw StatusError.badRequest('name must be provided')
  if (name !== info.name) throw StatusError.badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`)
  if (resource.kind.namespaced && namespace && namespace !== info.namespace)
    throw StatusError.badRequest(
      `the namespace of the object (${namespace}) does not match the namespace on the request (${info.namespace})`,
    )
}

/** Also where only the times differ at which owners last wrote. */
function isSame(next: KubeObject, current: KubeObject): boolean {
  const [before, after] = [entriesOf(current), entriesOf(next)]
  return deepEqual(before !== after && isSameButForTimes(before, after) ? withEntries(next, before) : next, current)
}

/** What the client changed, of what it may. */
function changedObject(context: Context, call: Call, wanted: KubeObject, current: KubeObject): KubeObject {
  const { kind } = call.resource
  const metadata = keptMetadata(wanted, current)
  const subresource = call.info.subresource
  const part = kind.parts?.[subresource]
  let next: KubeObject
  if (part) next = part.change({ ...wanted, metadata }, current, context.clock.now())
  else if (subresource === 'status') {
    next = { ...current, metadata, ...pick(wanted, 'status') }
    next = kind.onStatusUpdate?.(next, current, context.clock.now()) ?? next
  } else {
    next = kind.hasStatus ? { ...withoutStatus(wanted), metadata, ...pick(current, 'status') } : { ...wanted, metadata }
    if (subresource !== 'finalize') next = kind.onUpdate?.(next, current) ?? next
  }
  return next
}

async function admit(context: Context, call: Call, changed: KubeObject, current: KubeObject): Promise<KubeObject> {
  const { kind } = call.resource
  const { subresource } = call.info
  const admitted = await context.admission.mutate({ operation: 'UPDATE', call, subresource, object: changed, previous: current })
  const next = withSoundEntries(call, changed, admitted)
  if (kind.hasGeneration && subresource !== 'status' && !sameSpec(kind, next, current))
    return { ...next, metadata: { ...next.metadata, generation: (current.metadata.generation ?? 0) + 1 } }
  return next
}

async function validate(context: Context, call: Call, next: KubeObject, current: KubeObject): Promise<void> {
  const { kind } = call.resource
  const { subresource } = call.info
  const part = kind.parts?.[subresource]
  const errors =
    subresource === 'status' || part
      ? [
          ...validateMetadataUpdate(kind, next.metadata, current.metadata),
          ...((part ? part.validate(next, current) : kind.validateStatus?.(next, current)) ?? []),
        ]
      : validateObject(kind, next, current)
  if (errors.length > 0) throw StatusError.invalid(kind, next.metadata.name, errors)
  await context.admission.validate({ operation: 'UPDATE', call, subresource, object: next, previous: current })
}

/** Metadata that only the server writes stays as it is, where validation does not refuse another value. */
function keptMetadata(wanted: KubeObject, current: KubeObject): KubeObject['metadata'] {
  const { selfLink, managedFields, deletionTimestamp, deletionGracePeriodSeconds, generation, ...rest } = wanted.metadata
  const old = current.metadata
  return {
    ...rest,
    name: old.name,
    ...(old.namespace !== undefined && { namespace: old.namespace }),
    uid: old.uid,
    resourceVersion: old.resourceVersion,
    creationTimestamp: rest.creationTimestamp ?? old.creationTimestamp,
    ...(old.generation !== undefined && { generation: old.generation }),
    ...(old.deletionTimestamp !== undefined && { deletionTimestamp: old.deletionTimestamp }),
    ...(old.deletionGracePeriodSeconds !== undefined && { deletionGracePeriodSeconds: old.deletionGracePeriodSeconds }),
    ...(old.managedFields !== undefined && { managedFields: old.managedFields }),
  }
}

function withoutStatus(object: KubeObject): KubeObject {
  const { status, ...rest } = object as KubeObject & { status?: unknown }
  return rest
}

function pick(object: KubeObject, field: 'status'): { status?: unknown } {
  const value = (object as { status?: unknown })[field]
  return value === undefined ? {} : { status: value }
}

/** Whether everything outside metadata is the same, and outside status, where that is written by itself. */
function sameSpec({ hasStatus }: Kind, a: KubeObject, b: KubeObject): boolean {
  const spec = (object: KubeObject) => ({ ...(hasStatus ? withoutStatus(object) : object), metadata: undefined })
  return deepEqual(spec(a), spec(b))
}

/** Whether nothing holds a deleted object any more. */
function isRemovable(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata
  if (!deletionTimestamp || (finalizers?.length ?? 0) > 0 || (deletionGracePeriodSeconds ?? 0) > 0) return false
  const { spec, apiVersion, kind } = object as KubeObject & { spec?: { finalizers?: readonly string[] } }
  return !(kind === 'Namespace' && apiVersion === 'v1' && (spec?.finalizers?.length ?? 0) > 0)
}
