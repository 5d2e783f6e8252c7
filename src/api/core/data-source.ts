// What a claim's volume is filled from has two fields: `dataSource` for claims and snapshots, and `dataSourceRef`, which came later,
// for anything. They say the same where both can.
import { withFields } from '../sharing.ts'
import type { TypedLocalObjectReference, TypedObjectReference } from './reference.ts'
import type { PersistentVolumeClaimSpec } from './volume.ts'

/** Fills in the one from the other. What the older field never knew is dropped from it, unless a claim already has a source. */
export function normalizeDataSources(
  spec: PersistentVolumeClaimSpec,
  previous: PersistentVolumeClaimSpec | undefined,
): PersistentVolumeClaimSpec {
  const isNew = !previous?.dataSource && !previous?.dataSourceRef
  const dataSource = isNew && !isClaimOrSnapshot(spec.dataSource) ? undefined : spec.dataSource
  const dataSourceRef = isNew ? withoutNamespace(spec.dataSourceRef) : spec.dataSourceRef
  return withFields(spec, {
    dataSource: dataSource ?? (dataSourceRef && !dataSourceRef.namespace ? localPart(dataSourceRef) : undefined),
    dataSourceRef: dataSourceRef ?? dataSource,
  })
}

function isClaimOrSnapshot(source: TypedLocalObjectReference | undefined): boolean {
  const { apiGroup = '', kind } = source ?? {}
  return (apiGroup === '' && kind === 'PersistentVolumeClaim') || (apiGroup === 'snapshot.storage.k8s.io' && kind === 'VolumeSnapshot')
}

/** Sources in other namespaces are an alpha feature, off by default. */
function withoutNamespace(source: TypedObjectReference | undefined): TypedObjectReference | undefined {
  return source && withFields(source, { namespace: undefined })
}

function localPart({ apiGroup, kind, name }: TypedObjectReference): TypedLocalObjectReference {
  return { ...(apiGroup !== undefined && { apiGroup }), kind, name }
}
