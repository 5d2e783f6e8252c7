import { fits, MAX_SCORE, type Plugin, type Verdict } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { type Amounts, demandOf, type PodDemand } from '../pod-demand.ts'

/** The node has room for what the pod requests; of those that have, the emptiest is best (LeastAllocated). */
export const nodeResourcesFit: Plugin<Amounts, PodDemand['scoring']> = {
  name: 'NodeResourcesFit',
  requeueOn: [
    { kind: 'Node', actions: ['add', 'allocatable'] },
    { kind: 'Pod/assigned', actions: ['delete', 'update'] },
    { kind: 'Pod/self', actions: ['update'] },
  ],
  mayHelp: (pod, { node }) => !node || verdictOf(demandOf(pod).requests, node).fits,
  preFilter: pod => ({ kind: 'go on', state: demandOf(pod).requests }),
  filter: (_pod, node, requests) => verdictOf(requests, node),
  preScore: pod => ({ kind: 'go on', state: demandOf(pod).scoring }),
  score: (_pod, { allocatable, scoring }, wanted) => {
    const cpu = freeShare(allocatable.cpu, scoring.cpu + wanted.cpu)
    const memory = freeShare(allocatable.memory, scoring.memory + wanted.memory)
    const counted = (allocatable.cpu > 0 ? 1 : 0) + (allocatable.memory > 0 ? 1 : 0)
    return counted === 0 ? 0 : Math.floor((cpu + memory) / counted)
  },
}

function verdictOf(requests: Amounts, { allocatable, requested, pods }: NodeInfo): Verdict {
  const reasons: string[] = []
  let isFinal = false
  if (pods.length + 1 > allocatable.pods) reasons.push('Too many pods')
  const check = (name: string, wanted: number, has: number, taken: number) => {
    if (wanted === 0 || wanted <= has - taken) return
    reasons.push(`Insufficient ${name}`)
    if (wanted > has) isFinal = true
  }
  check('cpu', requests.cpu, allocatable.cpu, requested.cpu)
  check('memory', requests.memory, allocatable.memory, requested.memory)
  check('ephemeral-storage', requests.ephemeralStorage, allocatable.ephemeralStorage, requested.ephemeralStorage)
  for (const [name, wanted] of requests.others) check(name, wanted, allocatable.others.get(name) ?? 0, requested.others.get(name) ?? 0)
  return reasons.length === 0 ? fits : { fits: false, reasons, isFinal }
}

/** 0..100; what is overdrawn counts as full. */
function freeShare(has: number, taken: number): number {
  return has === 0 || taken > has ? 0 : Math.floor(((has - taken) * MAX_SCORE) / has)
}
