// DELETE: preconditions, propagation and grace. An object that something still holds gets a deletion timestamp; the last holder's update removes it.

import { Job } from '../../api/batch/job.ts'
import { Pod } from '../../api/core/pod.ts'
import { Service } from '../../api/core/service.ts'
import { ServiceAccount } from '../../api/core/service-account.ts'
import type { Kind } from '../../api/kind.ts'
import { invalidValue, unsupportedValue } from '../../meta/field-error.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { type DeleteOptions, deleteOptions } from '../../meta/status.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import type { Entry } from '../../store/store.ts'
import { decodeOptions } from '../body.ts'
import { type Answer, type Call, flag, numberParameter } from '../call.ts'
import type { Context } from '../context.ts'
import { checkOptions, isDryRun } from '../options.ts'
import { prepared, present } from '../storage.ts'
import { previewEntry } from './create.ts'
import { removeUnreadable, unsafeDeletionErrors, unsafeOption } from './delete-unreadable.ts'
import { list } from './list.ts'
import { planDeletion } from './plan-deletion.ts'

const attempts = 20

export async function remove(context: Context, call: Call): Promise<Answer> {
  const { resource, info } = call
  const options = readOptions(call)
  if (options[unsafeOption]) return { type: 'object', code: 200, object: await removeUnreadable(context, call, options) }
  const outcome = await deleteObject(context, call, info.name, options, admitted(context, call, options))
  if (!outcome.removed) return { type: 'entry', code: 200, resource, entry: outcome.entry }
  const object = answersObject.has(resource.kind) ? outcome.object : successStatus(call, outcome.object)
  return { type: 'object', code: 200, object }
}

/** Kinds of which a delete answers the object that was, and not a status. */
const answersObject = new Set<Kind>([Pod, Service, ServiceAccount])

/** Deletes what the selectors select, one by one; answers the list of what was there. */
export async function removeCollection(context: Context, call: Call): Promise<Answer> {
  const options = readOptions(call)
  if (options[unsafeOption])
    checkOptions('DeleteOptions', [
      invalidValue(unsafeOption, true, 'is not allowed with DELETECOLLECTION, try again after removing the option'),
    ])
  const answer = await list(context, call)
  if (answer.type !== 'list') return answer
  for (const entry of answer.entries) {
    const { name } = present(call.resource, entry).metadata
    try {
      await deleteObject(context, call, name, options, admitted(context, call, options))
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
  return answer
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'reason' in error && error.reason === 'NotFound'
}

function readOptions(call: Call): DeleteOptions {
  const { query, body } = call
  const options = body && !isEmpty(body) ? (decodeOptions(deleteOptions, body) as DeleteOptions) : fromQuery(query)
  const { propagationPolicy, orphanDependents } = options
  if (call.resource.kind === Job && propagationPolicy === undefined && orphanDependents === undefined) call.warnings.push(podsAreKept)
  if (propagationPolicy !== undefined && orphanDependents !== undefined)
    checkOptions('DeleteOptions', [
      invalidValue('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'),
    ])
  if (propagationPolicy !== undefined && !['Background', 'Foreground', 'Orphan'].includes(propagationPolicy))
    checkOptions('DeleteOptions', [unsupportedValue('propagationPolicy', propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil'])])
  checkOptions('DeleteOptions', unsafeDeletionErrors(options, query))
  return options
}

const podsAreKept =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning'

function isEmpty(body: NonNullable<Call['body']>): boolean {
  return body.type === 'bytes' ? body.bytes.length === 0 : body.value === undefined
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const grace = numberParameter(query, 'gracePeriodSeconds')
  const policy = query.get('propagationPolicy')
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(policy && { propagationPolicy: policy }),
    ...(query.has('orphanDependents') && { orphanDependents: flag(query, 'orphanDependents') }),
    ...(query.has(unsafeOption) && { [unsafeOption]: flag(query, unsafeOption) }),
  }
}

type Deletion = { readonly removed: true; readonly object: KubeObject } | { readonly removed: false; readonly entry: Entry }

/** Throws to refuse. */
type Admit = (current: KubeObject) => void | Promise<void>

function admitted({ admission }: Context, call: Call, deletion: DeleteOptions): Admit {
  const request = { operation: 'DELETE', call, subresource: '', kind: call.resource.kind, object: undefined, deletion } as const
  return previous => admission.delete({ ...request, previous })
}

/** `admit` is asked about each state of the object before that is deleted; an eviction, say, has been admitted as such. */
export async function deleteObject(context: Context, call: Call, name: string, options: DeleteOptions, admit?: Admit): Promise<Deletion> {
  const { resource, info } = call
  const dryRun = isDryRun(call, options.dryRun)
  for (let attempt = 1; ; attempt++) {
    const entry = context.storage.entry(resource, info.namespace, name)
    if (!entry) throw StatusError.notFound(resource, name)
    const preparing = prepared(resource, [entry])
    if (preparing) await preparing
    const current = present(resource, entry)
    checkPreconditions(call, current, options)
    const verdict = admit?.(current)
    if (verdict) await verdict

    const now = context.clock.now()
    const isFirst = current.metadata.deletionTimestamp === undefined
    const plan = planDeletion((isFirst && resource.kind.onDelete?.(current, formatTime(now))) || current, options, now)
    if (dryRun) return plan.remove ? { removed: true, object: current } : { removed: false, entry: previewEntry(plan.object) }
    if (plan.object === current && !plan.remove) return { removed: false, entry }
    const stored = plan.remove
      ? await context.storage.remove(resource, entry, plan.object, context.addresses.along(undefined, current))
      : await context.storage.replace(resource, entry, plan.object)
    if (stored) return plan.remove ? { removed: true, object: current } : { removed: false, entry: stored }
    if (attempt === attempts) throw StatusError.conflict(resource, name)
  }
}

function checkPreconditions(call: Call, current: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = current.metadata
  if (preconditions?.uid && preconditions.uid !== uid)
    throw StatusError.conflict(
      call.resource,
      current.metadata.name,
      `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uid}`,
    )
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion)
    throw StatusError.conflict(
      call.resource,
      current.metadata.name,
      `Precondition failed: ResourceVersion in precondition: ${preconditions.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
    )
}

function successStatus(call: Call, object: KubeObject): object {
  const { kind } = call.resource
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: object.metadata.name, ...(kind.group && { group: kind.group }), kind: kind.plural, uid: object.metadata.uid },
  }
}
