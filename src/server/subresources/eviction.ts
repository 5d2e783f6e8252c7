// `pods/eviction`: a delete that asks the pod's disruption budget first.
import { type Pod, Pod as PodKind } from '../../api/core/pod.ts'
import { isPodTerminal } from '../../api/core/pod-conditions.ts'
import type { PodCondition } from '../../api/core/pod-status.ts'
import type { Kind } from '../../api/kind.ts'
import { Eviction } from '../../api/policy/eviction.ts'
import { PodDisruptionBudget } from '../../api/policy/pod-disruption-budget.ts'
import { setCondition } from '../../meta/conditions.ts'
import type { DeleteOptions } from '../../meta/status.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import { decodeObject, findingsOf, parseBody } from '../body.ts'
import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { isDryRun } from '../options.ts'
import { resourceFor } from '../resource.ts'
import { objectOf } from '../storage.ts'
import { inNamespace } from '../verbs/create.ts'
import { deleteObject } from '../verbs/delete.ts'
import { budgetsOf, granted, isSpared, needsNoBudget, notYet } from './disruption.ts'
import type { Subresource } from './subresource.ts'

/** How often what lost a race is tried again. */
const attempts = 20

export const eviction: Subresource = {
  name: 'eviction',
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  verbs: ['create'],
  async serve(context, call) {
    if (!call.body) throw StatusError.badRequest('a body is required')
    const findings = findingsOf(call)
    const sent = inNamespace(decodeObject(Eviction, parseBody(call.body, findings, Eviction.schema), findings), true, call.info.namespace)
    const request = { operation: 'CREATE', call, subresource: 'eviction', kind: Eviction as Kind, previous: undefined } as const
    const wanted = (await context.admission.mutate({ ...request, object: sent })) as Eviction
    if (wanted.metadata.name !== call.info.name) throw StatusError.badRequest('name in URL does not match name in Eviction object')
    await context.admission.validate({ ...request, object: wanted })
    await evict(context, call, wanted.deleteOptions ?? {})
    return { type: 'object', code: 201, object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } }
  },
}

async function evict(context: Context, call: Call, options: DeleteOptions): Promise<void> {
  const namesVersion = options.preconditions?.resourceVersion !== undefined
  for (let attempt = 1; ; attempt++) {
    const pod = context.storage.find(PodKind, call.info.namespace, call.info.name)
    if (!pod) throw StatusError.notFound(call.resource, call.info.name)
    if (!needsNoBudget(pod)) return evictWithinBudget(context, call, pod, options)
    // A pod that has not begun may begin meanwhile, and then a budget is to be asked after all.
    const isOver = isPodTerminal(pod) || pod.metadata.deletionTimestamp !== undefined
    try {
      return await remove(context, call, isOver || namesVersion ? options : ofVersion(pod, options))
    } catch (error) {
      if (namesVersion || attempt === attempts || !StatusError.is(error, 'Conflict')) throw error
    }
  }
}

async function evictWithinBudget(context: Context, call: Call, pod: Pod, options: DeleteOptions): Promise<void> {
  const [budget, ...others] = budgetsOf(pod, context.storage.all(PodDisruptionBudget, call.info.namespace))
  if (others.length > 0)
    throw new StatusError(
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  if (!budget) return remove(context, call, options)
  if (!isSpared(pod, budget)) {
    await charge(context, call, budget.metadata.name, isDryRun(call, options.dryRun))
    return remove(context, call, options)
  }
  // It must not have become ready since.
  const namesVersion = options.preconditions?.resourceVersion !== undefined
  try {
    await remove(context, call, ofVersion(pod, options))
  } catch (error) {
    throw !namesVersion && StatusError.is(error, 'Conflict') ? notYet(budget.metadata.name) : error
  }
}

/** Takes the eviction off the budget, by compare-and-swap: of two evictions that a budget allows one of, one fails. */
async function charge(context: Context, { info }: Call, name: string, dryRun: boolean): Promise<void> {
  const resource = resourceFor(PodDisruptionBudget)
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const entry = context.storage.entry(resource, info.namespace, name)
    if (!entry) throw StatusError.notFound(resource, name)
    const next = granted(objectOf(entry) as PodDisruptionBudget, info.name, formatTime(context.clock.now()))
    if (dryRun || (await context.storage.replace(resource, entry, next))) return
  }
  throw StatusError.timeout(`couldn't update PodDisruptionBudget ${JSON.stringify(name)} due to conflicts`, 10)
}

function ofVersion({ metadata: { resourceVersion } }: Pod, options: DeleteOptions): DeleteOptions {
  return { ...options, preconditions: { ...options.preconditions, resourceVersion } }
}

/** The pod is told why it goes, and deleted. */
async function remove(context: Context, call: Call, options: DeleteOptions): Promise<void> {
  const marked = isDryRun(call, options.dryRun) ? undefined : await mark(context, call, options)
  const { preconditions } = options
  // The version that was asked for was there when the pod was marked, which gave it another.
  const current = marked && preconditions?.resourceVersion !== undefined ? ofVersion(marked, options) : options
  await deleteObject(context, call, call.info.name, current)
}

async function mark(context: Context, { resource, info }: Call, { preconditions }: DeleteOptions): Promise<Pod> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const entry = context.storage.entry(resource, info.namespace, info.name)
    if (!entry) throw StatusError.notFound(resource, info.name)
    const pod = objectOf(entry) as Pod
    const { uid, resourceVersion } = pod.metadata
    const conflict = (why: string) => StatusError.conflict({ group: '', resource: 'Pod' }, info.name, why)
    if (preconditions?.uid && preconditions.uid !== uid)
      throw conflict(
        `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
      )
    if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion)
      throw conflict(
        `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
      )
    const next = disrupted(pod, formatTime(context.clock.now()))
    if (next === pod) return pod
    const stored = await context.storage.replace(resource, entry, next)
    if (stored) return objectOf(stored) as Pod
  }
  throw StatusError.conflict(resource, info.name)
}

function disrupted(pod: Pod, now: string): Pod {
  const { generation } = pod.metadata
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    ...(generation !== undefined && { observedGeneration: generation }),
  }
  const conditions = setCondition(pod.status.conditions, condition, now)
  return conditions === pod.status.conditions ? pod : { ...pod, status: { ...pod.status, conditions } }
}
