// From an authorized call to its answer: the verb of the resource, or its subresource.
import { Binding } from '../api/core/binding.ts'
import { ComponentStatus } from '../api/core/component-status.ts'
import type { Kind } from '../api/kind.ts'
import { NodeMetrics } from '../api/metrics/node-metrics.ts'
import { PodMetrics } from '../api/metrics/pod-metrics.ts'
import { StatusError } from '../meta/status-error.ts'
import type { Answer, Call } from './call.ts'
import { answerComponentStatus } from './component-statuses.ts'
import type { Context } from './context.ts'
import { answerNodeMetrics, answerPodMetrics } from './metrics-api/answer.ts'
import type { Resource } from './resource.ts'
import { answerReview, isReview } from './reviews.ts'
import { prepared } from './storage.ts'
import { findSubresource } from './subresources/all.ts'
import { bind } from './subresources/binding.ts'
import { create } from './verbs/create.ts'
import { remove, removeCollection } from './verbs/delete.ts'
import { get } from './verbs/get.ts'
import { list } from './verbs/list.ts'
import { patch } from './verbs/patch.ts'
import { update } from './verbs/update.ts'
import { watch } from './verbs/watch.ts'

type Verb = (context: Context, call: Call) => Promise<Answer>

const verbs: Readonly<Record<string, Verb>> = {
  create,
  delete: remove,
  deletecollection: removeCollection,
  get,
  list,
  patch,
  update,
  watch,
}

type Answerer = (context: Context, call: Call) => Answer | Promise<Answer>
/** The kinds whose objects are worked out when they are asked for. */
const answerers = new Map<Kind, Answerer>([
  [ComponentStatus, answerComponentStatus],
  [NodeMetrics, answerNodeMetrics],
  [PodMetrics, answerPodMetrics],
])

export function dispatch(context: Context, call: Call): Promise<Answer> {
  return call.resource.custom ? dispatchCustom(context, call, call.resource.custom) : serve(context, call)
}

/** What was served when the request came may be served otherwise by now, or not at all. */
async function dispatchCustom(context: Context, call: Call, custom: NonNullable<Resource['custom']>): Promise<Answer> {
  if (custom.signal.aborted) {
    const resource = context.resources.of(call.resource.kind)
    if (!resource) throw StatusError.unknownPath()
    return dispatch(context, { ...call, resource })
  }
  custom.check(call)
  const answer = await serve(context, call)
  if (answer.type === 'entry') await prepared(answer.resource, [answer.entry])
  return answer
}

async function serve(context: Context, call: Call): Promise<Answer> {
  const { resource, info } = call
  if (info.subresource !== '') {
    const sub = findSubresource(resource, info.subresource)
    if (!sub || info.name === '') throw StatusError.unknownPath()
    if (!sub.verbs.includes(info.verb) && !sub.takesAnyMethod) throw StatusError.methodNotAllowed(resource, info.verb)
    return sub.serve(context, call)
  }
  if (resource.kind === Binding && info.verb === 'create') return bind(context, call)
  if (isReview(resource.kind) && info.verb === 'create') return answerReview(context, call)
  const answerer = answerers.get(resource.kind)
  if (answerer) return answerer(context, call)
  const verb = verbs[info.verb]
  if (!verb || !(resource.kind.verbs as readonly string[]).includes(info.verb)) throw StatusError.methodNotAllowed(resource, info.verb)
  checkPath(call)
  return verb(context, call)
}

/** Which verbs go to one object and which to a collection, and that namespaced objects are written in a namespace. */
function checkPath({ resource, info }: Call): void {
  const onCollection = info.verb === 'create' || info.verb === 'deletecollection'
  if (onCollection && info.name !== '') throw StatusError.methodNotAllowed(resource, info.verb)
  const acrossNamespaces = resource.kind.namespaced && info.namespace === '' && resource.kind.plural !== 'namespaces'
  if (acrossNamespaces && info.name !== '') throw StatusError.unknownPath()
  if (acrossNamespaces && info.verb !== 'list' && info.verb !== 'watch') throw StatusError.methodNotAllowed(resource, info.verb)
  if (!resource.kind.namespaced && info.namespace !== '' && resource.kind.plural !== 'namespaces') throw StatusError.unknownPath()
  if ((info.verb === 'update' || info.verb === 'patch') && info.name === '') throw StatusError.methodNotAllowed(resource, info.verb)
}
