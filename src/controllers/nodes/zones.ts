// How fast pods may be driven off a zone's failing nodes. When many nodes fail at once, the network or this controller is likelier to be
// at fault than the nodes, so evictions slow down or stop. The thresholds and rates are upstream's.

import type { Node } from '../../api/core/node.ts'
import { isConditionTrue } from '../../meta/conditions.ts'

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
