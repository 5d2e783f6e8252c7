// `pods/binding`: the scheduler's decision, taken once.
import { Binding } from '../../api/core/binding.ts'
import type { Pod } from '../../api/core/pod.ts'
import { Pod as PodKind } from '../../api/core/pod.ts'
import type { Kind } from '../../api/kind.ts'
import { named } from '../../api/validation.ts'
import { unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Subdomain } from '../../meta/names.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import { decodeObject, findingsOf, parseBody } from '../body.ts'
import type { Answer, Call } from '../call.ts'
import type { Context } from '../context.ts'
import { isDryRun } from '../options.ts'
import { resourceFor } from '../resource.ts'
import { objectOf } from '../storage.ts'
import { inNamespace } from '../verbs/create.ts'
import type { Subresource } from './subresource.ts'

export const binding: Subresource = {
  name: 'binding',
  group: '',
  version: 'v1',
  kind: 'Binding',
  verbs: ['create'],
  serve: (context, call) => bind(context, call),
}

/** Also serves a POST to `bindings`, where the body's name says which pod is meant. */
export async function bind(context: Context, call: Call): Promise<Answer> {
  if (!call.body) throw StatusError.badRequest('a body is required')
  const findings = findingsOf(call)
  const sent = inNamespace(decodeObject(Binding, parseBody(call.body, findings, Binding.schema), findings), true, call.info.namespace)
  const request = { operation: 'CREATE', call, subresource: call.info.subresource, kind: Binding as Kind, previous: undefined } as const
  const admitting = context.admission.mutate({ ...request, object: sent })
  const wanted = (admitting instanceof Promise ? await admitting : admitting) as Binding
  const { target, metadata } = wanted
  const name = call.info.name || metadata.name
  if (metadata.name !== name) throw StatusError.badRequest('name in URL does not match name in Binding object')
  if (target?.kind && target.kind !== 'Node') throw invalidBinding(name, 'target.kind', target.kind, ['Node', '<empty>'])
  const node = target?.name
  const wrong = named(node, 'target.name', checkDns1123Subdomain)
  if (!node || wrong.length > 0) throw StatusError.invalid(Binding, name, wrong)
  const verdict = context.admission.validate({ ...request, object: wanted })
  if (verdict) await verdict
  const pods = resourceFor(PodKind)
  for (;;) {
    const entry = context.storage.entry(pods, call.info.namespace, name)
    if (!entry) throw StatusError.notFound(pods, name)
    const pod = objectOf(entry) as Pod
    const refuse = (why: string) => StatusError.conflict({ group: '', resource: 'pods/binding' }, name, why)
    if (metadata.uid && metadata.uid !== pod.metadata.uid)
      throw refuse(`Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata.uid}`)
    const { resourceVersion } = pod.metadata
    if (metadata.resourceVersion && metadata.resourceVersion !== resourceVersion)
      throw refuse(
        `Precondition failed: ResourceVersion in precondition: ${metadata.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
      )
    if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
    if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName}"`)
    if ((pod.spec.schedulingGates?.length ?? 0) > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
    if (isDryRun(call)) break
    if (await context.storage.replace(pods, entry, bound(pod, node, metadata, context.clock.now()))) break
  }
  return { type: 'object', code: 201, object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } }
}

/** What the binding is labelled and annotated with goes to the pod. */
function bound(pod: Pod, nodeName: string, { annotations, labels }: Binding['metadata'], now: number): Pod {
  const others = (pod.status.conditions ?? []).filter(c => c.type !== 'PodScheduled')
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: undefined, lastTransitionTime: formatTime(now) }
  const metadata = {
    ...pod.metadata,
    ...(annotations && { annotations: { ...pod.metadata.annotations, ...annotations } }),
    ...(labels && { labels: { ...pod.metadata.labels, ...labels } }),
  }
  return {
    ...pod,
    metadata: annotations || labels ? metadata : pod.metadata,
    spec: { ...pod.spec, nodeName },
    status: { ...pod.status, conditions: [...others, scheduled] },
  }
}

function invalidBinding(name: string, field: string, value: string, supported: readonly string[]): StatusError {
  return StatusError.invalid(Binding, name, [unsupportedValue(field, value, supported)])
}
