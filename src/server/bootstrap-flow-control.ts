// Flow schemas and priority levels that every server has: mandatory ones are put back as they have to be, suggested ones follow the
// release for as long as nobody has changed them.
import {
  mandatoryFlowSchemas,
  mandatoryPriorityLevels,
  suggestedFlowSchemas,
  suggestedPriorityLevels,
} from '../api/flowcontrol/defaults.ts'
import { FlowSchema } from '../api/flowcontrol/flow-schema.ts'
import { PriorityLevelConfiguration } from '../api/flowcontrol/priority-level-configuration.ts'
import type { Kind } from '../api/kind.ts'
import { deepEqual } from '../meta/deep-equal.ts'
import type { KubeObject } from '../meta/object-meta.ts'

/** `true` where the server keeps the spec as it suggests it; an administrator says `false`. */
export const autoUpdateAnnotation = 'apf.kubernetes.io/autoupdate-spec'

type Specified = KubeObject & { readonly spec: object }
interface Wanted {
  readonly kind: Kind
  readonly name: string
  readonly spec: object
  readonly isMandatory: boolean
}
export type FlowControlWrite =
  | { readonly verb: 'create'; readonly kind: Kind; readonly object: { readonly metadata: object; readonly spec: object } }
  | { readonly verb: 'update'; readonly kind: Kind; readonly object: KubeObject }

function all(): readonly Wanted[] {
  const lists = [
    { kind: PriorityLevelConfiguration, isMandatory: true, items: mandatoryPriorityLevels },
    { kind: PriorityLevelConfiguration, isMandatory: false, items: suggestedPriorityLevels },
    { kind: FlowSchema, isMandatory: true, items: mandatoryFlowSchemas },
    { kind: FlowSchema, isMandatory: false, items: suggestedFlowSchemas },
  ] as const
  return lists.flatMap(({ kind, isMandatory, items }) => items.map(({ name, spec }) => ({ kind: kind as Kind, name, spec, isMandatory })))
}

/** What is to be written so that all is as it should be. */
export function reconcileFlowControl(find: (kind: Kind, name: string) => KubeObject | undefined): readonly FlowControlWrite[] {
  return all().flatMap((wanted): readonly FlowControlWrite[] => {
    const { kind, name, spec } = wanted
    const found = find(kind, name) as Specified | undefined
    if (!found) return [{ verb: 'create', kind, object: { metadata: { name, annotations: { [autoUpdateAnnotation]: 'true' } }, spec } }]
    const next = isOurs(wanted, found) ? updated(wanted, found) : found
    return deepEqual(next, found) ? [] : [{ verb: 'update', kind, object: next }]
  })
}

function isOurs({ isMandatory }: Wanted, { metadata }: KubeObject): boolean {
  const said = metadata.annotations?.[autoUpdateAnnotation]
  // Where nothing is said, an object that nobody has changed since it was made is ours.
  return isMandatory || said === 'true' || (said !== 'false' && metadata.generation === 1)
}

function updated({ name, spec, isMandatory }: Wanted, found: Specified): KubeObject {
  const annotations = { ...found.metadata.annotations, [autoUpdateAnnotation]: 'true' }
  // How much of the server the exempt level lends is for administrators to say.
  const kept = isMandatory && name === 'exempt' && 'exempt' in spec && 'exempt' in found.spec ? { exempt: found.spec.exempt } : {}
  return { ...found, metadata: { ...found.metadata, annotations }, spec: { ...spec, ...kept } } as KubeObject
}
