// `scale`: the replicas of any workload under one small kind.
import { Scale } from '../../api/autoscaling/scale.ts'
import type { Kind } from '../../api/kind.ts'
import { invalidValue } from '../../meta/field-error.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Entry } from '../../store/store.ts'
import { decodeObject, findingsOf, parseBody } from '../body.ts'
import type { Answer, Call } from '../call.ts'
import { withEntries } from '../managed-fields.ts'
import { prepared, present } from '../storage.ts'
import { isApply } from '../verbs/apply.ts'
import { get } from '../verbs/get.ts'
import { patcher } from '../verbs/patch.ts'
import { changeObject } from '../verbs/update.ts'
import { appliedScale } from './scale-owners.ts'
import type { Subresource } from './subresource.ts'

type Scalable = Kind & { readonly scale: NonNullable<Kind['scale']> }

function scaleFrom(kind: Scalable, object: KubeObject): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: kind.scale.replicas(object) },
    status: { replicas: kind.scale.statusReplicas(object), selector: kind.scale.selector(object) },
  } as Scale
}

export function scaleOf(kind: Kind): Subresource {
  const scalable = kind as Scalable
  const answer = async ({ resource }: Call, entry: Entry): Promise<Answer> => {
    await prepared(resource, [entry])
    return { type: 'object', code: 200, object: scaleFrom(scalable, present(resource, entry)) }
  }
  return {
    name: 'scale',
    group: 'autoscaling',
    version: 'v1',
    kind: 'Scale',
    verbs: ['get', 'patch', 'update'],
    async serve(context, call) {
      if (call.info.verb === 'get') {
        const found = await get(context, call)
        return found.type === 'entry' ? answer(call, found.entry) : found
      }
      // The change itself is one of the workload's spec.
      const write: Call = { ...call, info: { ...call.info, subresource: '' } }
      const view = { kind: Scale as Kind, show: (object: KubeObject) => scaleFrom(scalable, object) }
      const how = { by: 'scale', view }
      const admitted = async (current: KubeObject, scale: KubeObject) => {
        const request = { operation: 'UPDATE', call, subresource: 'scale', kind: Scale } as const
        const object = await context.admission.mutate({ ...request, object: scale, previous: scaleFrom(scalable, current) })
        return scaled(scalable, current, object as Scale)
      }
      if (call.info.verb === 'patch' && isApply(call)) {
        const change = async (current: KubeObject) => {
          const { scale, owners } = await appliedScale(context, call, scalable, current, scaleFrom(scalable, current))
          return withEntries(await admitted(current, scale), owners)
        }
        return answer(call, await changeObject(context, write, change, { ...how, hasOwners: true }))
      }
      const findings = findingsOf(call)
      const next =
        call.info.verb === 'patch'
          ? patcher(call, Scale.schema.node)
          : () => (call.body ? parseBody(call.body, findings, Scale.schema) : undefined)
      const change = (current: KubeObject) => admitted(current, decodeObject(Scale, next(scaleFrom(scalable, current)), findings))
      return answer(call, await changeObject(context, write, change, how))
    },
  }
}

/** The workload with the replicas of the scale, for the version that the scale is of. */
function scaled(kind: Scalable, current: KubeObject, scale: Scale): KubeObject {
  const replicas = scale.spec.replicas ?? 0
  if (replicas < 0)
    throw StatusError.invalid({ group: 'autoscaling', kind: 'Scale' }, current.metadata.name, [
      invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ])
  const { resourceVersion, uid } = scale.metadata
  const changed = kind.scale.withReplicas(current, replicas)
  const { resourceVersion: version, ...metadata } = changed.metadata
  return { ...changed, metadata: { ...metadata, ...(resourceVersion && { resourceVersion }), ...(uid && { uid }) } } as KubeObject
}
