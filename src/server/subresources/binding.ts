// `pods/binding`: the scheduler's decision, taken once.
import { Binding } from '../../api/core/binding.ts'
import type { Pod } from '../../api/core/pod.ts'
import { Pod as PodKind } from '../../api/core/pod.ts'
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
  const wanted = decodeObject(Binding, parseBody(call.body, findings, Binding.schema), findings) as Binding
  const name = call.info.name || wanted.metadata.name
  const { target, metadata } = wanted
  if (target?.kind && target.kind !== 'Node') throw invalidBinding(name, 'target.kind', target.kind, ['Node', '<empty>'])
  const node = target?.name
  const wrong = named(node, 'target.name', checkDns1123Subdomain)
  if (!node || wrong.length > 0) throw StatusError.invalid(Binding, name, wrong)
  const pods = resourceFor(PodKind)
  for (;;) {
    const entry = context.storage.entry(pods, call.info.namespace, name)
    if (!entry) throw StatusError.notFound(pods, name)
    const pod = objectOf(entry) as Pod
    const refuse = (why: string) => StatusError.conflict({ group: '', resource: 'pods/binding' }, name, why)
    if (metadata.uid && metadata.uid !== pod.metadata.uid)
      throw refuse(`Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata.uid}`)
    if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
    if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName}"`)
    if ((pod.spec.schedulingGates?.length ?? 0) > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
    if (isDryRun(call)) break
    if (await context.storage.replace(pods, entry, bound(pod, node, metadata.annotations, context.clock.now()))) break
  }
  return { type: 'object', code: 201, object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } }
}

function bound(pod: Pod, nodeName: string, annotations: Binding['metadata']['annotations'], now: number): Pod {
  const others = (pod.status.conditions ?? []).filter(c => c.type !== 'PodScheduled')
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: undefined, lastTransitionTime: formatTime(now) }
  return {
    ...pod,
    metadata: annotations ? { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } } : pod.metadata,
    spec: { ...pod.spec, nodeName },
    status: { ...pod.status, conditions: [...others, scheduled] },
  }
}

function invalidBinding(name: string, field: string, value: string, supported: readonly string[]): StatusError {
  return StatusError.invalid(Binding, name, [unsupportedValue(field, value, supported)])
}
