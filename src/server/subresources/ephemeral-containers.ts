// `pods/ephemeralcontainers`: `kubectl debug` adds containers to a running pod by it; nothing else of the pod may change.
import type { Pod } from '../../api/core/pod.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { forbiddenValue } from '../../meta/field-error.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import { decodeObject, findingsOf, parseBody } from '../body.ts'
import type { Call } from '../call.ts'
import type { Context } from '../context.ts'
import { applied, isApply, readConfiguration } from '../verbs/apply.ts'
import { get } from '../verbs/get.ts'
import { patcher } from '../verbs/patch.ts'
import { changeObject } from '../verbs/update.ts'
import type { Subresource } from './subresource.ts'

export const ephemeralContainers: Subresource = {
  name: 'ephemeralcontainers',
  group: '',
  version: 'v1',
  kind: 'Pod',
  verbs: ['get', 'patch', 'update'],
  async serve(context, call) {
    if (call.info.verb === 'get') return get(context, call)
    const isApplied = call.info.verb === 'patch' && isApply(call)
    const entry = await changeObject(context, call, isApplied ? applying(context, call) : changing(call), { hasOwners: isApplied })
    return { type: 'entry', code: 200, resource: call.resource, entry }
  },
}

function applying(context: Context, call: Call): (current: KubeObject) => Promise<KubeObject> {
  const config = readConfiguration(call, call.resource.kind)
  return async current => withContainers(call, current as Pod, (await applied(context, call, config, current)) as Pod)
}

function changing(call: Call): (current: KubeObject) => KubeObject {
  const findings = findingsOf(call)
  const next =
    call.info.verb === 'patch' ? patcher(call) : () => (call.body ? parseBody(call.body, findings, call.resource.kind.schema) : undefined)
  return current => withContainers(call, current as Pod, decodeObject(call.resource.kind, next(current), findings) as Pod)
}

function withContainers(call: Call, pod: Pod, wanted: Pod): Pod {
  const containers = wanted.spec.ephemeralContainers ?? []
  const kept = pod.spec.ephemeralContainers ?? []
  if (!kept.every(old => containers.some(c => c.name === old.name && deepEqual(c, old))))
    throw StatusError.invalid(call.resource.kind, pod.metadata.name, [
      forbiddenValue('spec.ephemeralContainers', 'existing ephemeral containers may not be changed or removed'),
    ])
  return { ...pod, metadata: wanted.metadata, spec: { ...pod.spec, ephemeralContainers: containers } } as Pod
}
