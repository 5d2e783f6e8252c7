// What a Deployment notes on its ReplicaSets: which revision each is, and what the sizes were when they were last set.
import type { Deployment } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replica-set.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'
const MAX_HISTORY_CHARS = 2000
/** These are each object's own. */
const notInherited: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
])

export function revisionOf(rs: ReplicaSet): number {
  return integer(rs.metadata.annotations?.[REVISION]) ?? 0
}
export function desiredReplicas(rs: ReplicaSet): number | undefined {
  return integer(rs.metadata.annotations?.[DESIRED_REPLICAS])
}
export function maxReplicas(rs: ReplicaSet): number | undefined {
  return integer(rs.metadata.annotations?.[MAX_REPLICAS])
}

/** The set's annotations with the Deployment's own ones among them and its revision, if that is older, set to `revision`. */
export function revisionAnnotations(
  deployment: Deployment,
  rs: ReplicaSet | undefined,
  revision: number,
): Readonly<Record<string, string>> {
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !notInherited.has(name))
  const annotations: Record<string, string> = { ...rs?.metadata.annotations, ...Object.fromEntries(inherited) }
  const before = rs?.metadata.annotations?.[REVISION]
  if ((integer(before) ?? 0) >= revision) return annotations
  annotations[REVISION] = String(revision)
  if (before !== undefined) annotations[REVISION_HISTORY] = appended(annotations[REVISION_HISTORY], before)
  return annotations
}

/** The revisions that a template had before it was rolled back to; the oldest are dropped when they grow too many. */
function appended(history: string | undefined, revision: string): string {
  let revisions = [...(history ? history.split(',') : []), revision]
  while (revisions.join(',').length > MAX_HISTORY_CHARS && revisions.length > 1) revisions = revisions.slice(1)
  return revisions.join(',')
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined
}
