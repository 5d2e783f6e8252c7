// The plugins of the default scheduler, in the order in which they are asked, and how much their scores count.
import type { Plugin } from '../framework.ts'
import { Profile } from '../profile.ts'
import { defaultBinder } from './default-binder.ts'
import { imageLocality } from './image-locality.ts'
import { nodeAffinity } from './node-affinity.ts'
import { nodeName } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { nodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts'
import { nodeResourcesFit } from './node-resources-fit.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import { defaultPreemption, dynamicResources } from './post-filters.ts'
import { prioritySort } from './priority-sort.ts'
import { schedulingGates } from './scheduling-gates.ts'
import { taintToleration } from './taint-toleration.ts'

export const defaultPlugins: readonly Plugin[] = [
  schedulingGates,
  prioritySort,
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  dynamicResources,
  defaultPreemption,
  nodeResourcesBalancedAllocation,
  imageLocality,
  defaultBinder,
]

export const defaultWeights: Readonly<Record<string, number>> = { TaintToleration: 3, NodeAffinity: 2 }

export function defaultProfile(): Profile {
  return new Profile({ schedulerName: 'default-scheduler', plugins: defaultPlugins, weights: defaultWeights })
}
