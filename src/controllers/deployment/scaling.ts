// A ReplicaSet at another size, noting by which sizes of its Deployment that was decided.
import type { Deployment } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replica-set.ts'
import { withFields } from '../../api/sharing.ts'
import { DESIRED_REPLICAS, MAX_REPLICAS } from './annotations.ts'
import { maxSurge } from './sizes.ts'

export function sizeAnnotations({ spec }: Deployment): Readonly<Record<string, string>> {
  return { [DESIRED_REPLICAS]: String(spec.replicas), [MAX_REPLICAS]: String(spec.replicas + maxSurge(spec)) }
}

/** The set at a size, with the sizes of the Deployment noted; the same set when it has all of that already. */
export function scaledTo(deployment: Deployment, rs: ReplicaSet, replicas: number): ReplicaSet {
  const sizes = sizeAnnotations(deployment)
  const noted = Object.entries(sizes).every(([name, value]) => rs.metadata.annotations?.[name] === value)
  return withFields(rs, {
    spec: withFields(rs.spec, { replicas }),
    metadata: noted ? rs.metadata : { ...rs.metadata, annotations: { ...rs.metadata.annotations, ...sizes } },
  })
}
