import { MAX_SCORE, type Plugin } from '../framework.ts'
import { type Amounts, demandOf } from '../pod-demand.ts'

/** Better are nodes on which CPU and memory would be used to a like degree. Pods that request neither are not counted in. */
export const nodeResourcesBalancedAllocation: Plugin<unknown, Amounts> = {
  name: 'NodeResourcesBalancedAllocation',
  requeueOn: [],
  preScore: pod => {
    const { requests } = demandOf(pod)
    return requests.cpu === 0 && requests.memory === 0 ? { kind: 'skip' } : { kind: 'go on', state: requests }
  },
  score: (_pod, { allocatable, requested }, wanted) => {
    if (allocatable.cpu === 0 || allocatable.memory === 0) return MAX_SCORE
    const cpu = Math.min(1, (requested.cpu + wanted.cpu) / allocatable.cpu)
    const memory = Math.min(1, (requested.memory + wanted.memory) / allocatable.memory)
    // Of two values the standard deviation is half their distance.
    return Math.floor((1 - Math.abs(cpu - memory) / 2) * MAX_SCORE)
  },
}
