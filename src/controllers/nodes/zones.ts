// How fast pods may be driven off a zone's failing nodes. When many nodes fail at once, the network or this controller is likelier to be
// at fault than the nodes, so evictions slow down or stop. The thresholds and rates are upstream's.

import type { Node, Taint } from '../../api/core/node.ts'
import { findCondition, isConditionTrue } from '../../meta/conditions.ts'
import { parseTime } from '../../meta/time.ts'

export const NOT_READY = 'node.kubernetes.io/not-ready'
export const UNREACHABLE = 'node.kubernetes.io/unreachable'

const REGION_LABEL = 'topology.kubernetes.io/region'
const ZONE_LABEL = 'topology.kubernetes.io/zone'
const UNHEALTHY_SHARE = 0.55
const LARGE_ZONE = 50
const NORMAL_PAUSE_MS = 10_000
const REDUCED_PAUSE_MS = 100_000

export function zoneOf({ metadata }: Node): string {
  return `${metadata.labels?.[REGION_LABEL] ?? ''}/${metadata.labels?.[ZONE_LABEL] ?? ''}`
}
function isReady(node: Node): boolean {
  return isConditionTrue(node.status.conditions, 'Ready')
}

/** The least time between two nodes of the zone being given up; undefined: none may be. */
export function evictionPauseMs(zone: string, nodes: readonly Node[]): number | undefined {
  if (!nodes.some(isReady)) return undefined
  const inZone = nodes.filter(node => zoneOf(node) === zone)
  const failing = inZone.filter(node => !isReady(node)).length
  const isPartial = failing < inZone.length && failing > 2 && failing / inZone.length >= UNHEALTHY_SHARE
  if (!isPartial) return NORMAL_PAUSE_MS
  return inZone.length > LARGE_ZONE ? REDUCED_PAUSE_MS : undefined
}

/** Whether no node anywhere is ready: then the fault is taken to be ours, and no node is given up. */
export function isAllDisrupted(nodes: readonly Node[]): boolean {
  return !nodes.some(isReady)
}

/** Whether pods are being driven off the node because it failed. */
export function isGivenUp({ spec }: Node): boolean {
  return spec.taints?.some(isEviction) === true
}
function isEviction({ key, effect }: Taint): boolean {
  return effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE)
}

/** Whether a node that failed may be given up now: it failed first of those in its zone, and the last one was given up long enough ago. */
export function isNextToGiveUp(node: Node, nodes: readonly Node[], now: number): boolean {
  const zone = zoneOf(node)
  const pauseMs = evictionPauseMs(zone, nodes)
  if (pauseMs === undefined) return false
  const inZone = nodes.filter(other => zoneOf(other) === zone)
  const times = inZone
    .flatMap(({ spec }) => (spec.taints ?? []).filter(isEviction))
    .map(({ timeAdded }) => (timeAdded ? parseTime(timeAdded) : 0))
  if (times.some(time => now - time < pauseMs)) return false
  return !inZone.some(other => hasFailed(other) && !isGivenUp(other) && placeInLine(other) < placeInLine(node))
}
function hasFailed({ status }: Node): boolean {
  const ready = findCondition(status.conditions, 'Ready')?.status
  return ready !== undefined && ready !== 'True'
}
function placeInLine({ metadata, status }: Node): string {
  return `${findCondition(status.conditions, 'Ready')?.lastTransitionTime ?? ''} ${metadata.name}`
}
