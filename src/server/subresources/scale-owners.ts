// Who owns the replicas of a workload, as its `scale` sees it: the owners of the one field, under the path that it has there.
import { Scale } from '../../api/autoscaling/scale.ts'
import { apiVersionOf, type Kind } from '../../api/kind.ts'
import { compare } from '../../meta/apply/compare.ts'
import { conflictError } from '../../meta/apply/conflicts.ts'
import { type Entries, entryOf, isSameWriter, type ManagedEntry, sortEntries, type Writer } from '../../meta/apply/entries.ts'
import { difference, type FieldSet, intersection, isEmpty, setOf } from '../../meta/apply/field-set.ts'
import { applyConfiguration } from '../../meta/apply/owners.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { formatTime } from '../../meta/time.ts'
import { decodeObject, ignored } from '../body.ts'
import { type Call, flag } from '../call.ts'
import type { Context } from '../context.ts'
import { entriesOf, writerOf } from '../managed-fields.ts'
import { readConfiguration } from '../verbs/apply.ts'

const scaleVersion = apiVersionOf(Scale)
const replicas = setOf(['f:spec', 'f:replicas'])

/** The scale after the apply patch of the call, and the owners of the workload's fields then. Fails with Conflict. */
export async function appliedScale(
  context: Context,
  call: Call,
  kind: Kind & { readonly scale: NonNullable<Kind['scale']> },
  current: KubeObject,
  scale: KubeObject,
): Promise<{ readonly scale: KubeObject; readonly owners: Entries }> {
  const config = readConfiguration(call, Scale)
  const { node } = Scale.schema
  const own = compare(kind.schema.node, current, kind.scale.withReplicas(current, kind.scale.replicas(current) + 1)).changed
  const now = formatTime(context.clock.now())
  const writer: Writer = { ...writerOf(call, 'Apply', 'scale'), apiVersion: scaleVersion }
  const parents = new Map<ManagedEntry, ManagedEntry>()
  for (const entry of entriesOf(current))
    if (!isEmpty(intersection(entry.fieldsV1, own))) parents.set({ ...entry, apiVersion: scaleVersion, fieldsV1: replicas }, entry)
  const before = entryOf({ ...writer, manager: 'before-first-apply', operation: 'Update' }, now, replicas)
  const outcome = await applyConfiguration({
    live: { node, apiVersion: scaleVersion, value: scale },
    config,
    owners: parents.size > 0 ? [...parents.keys()] : [before],
    writer,
    force: flag(call.query, 'force'),
    now,
    versions: {
      nodeOf: version => (version === scaleVersion ? node : undefined),
      convert: async object => object,
    },
    filter: set => set,
  })
  if (outcome.type === 'conflict')
    throw conflictError(outcome.conflicts.map(conflict => ({ ...conflict, owner: parents.get(conflict.owner) ?? conflict.owner })))
  return {
    scale: decodeObject(Scale, outcome.object, ignored()),
    owners: ownersOfParent(entriesOf(current), parents, outcome.owners, own, apiVersionOf(kind)),
  }
}

/** Who lost the replicas has them no more; who has them now and did not has nothing else. */
function ownersOfParent(
  entries: Entries,
  parents: ReadonlyMap<ManagedEntry, ManagedEntry>,
  owners: Entries,
  own: FieldSet,
  apiVersion: string,
): Entries {
  const kept = new Set<ManagedEntry>()
  for (const [inScale, entry] of parents)
    if (owners.some(owner => isSameWriter(owner, inScale) && owner.apiVersion === inScale.apiVersion)) kept.add(entry)
  const old = entries.flatMap(entry => {
    if (kept.has(entry)) return [entry]
    const set = difference(entry.fieldsV1, own)
    return isEmpty(set) ? [] : [set === entry.fieldsV1 ? entry : { ...entry, fieldsV1: set }]
  })
  const fresh = owners
    .filter(owner => ![...parents.keys()].some(known => isSameWriter(known, owner)))
    .map(owner => ({ ...owner, apiVersion, fieldsV1: own }))
  return sortEntries([...old, ...fresh])
}
