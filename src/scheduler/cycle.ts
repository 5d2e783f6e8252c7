// Finds the node for one pod on a snapshot: filter until enough nodes fit, score those, take the best, by lot among equals.
import type { Pod } from '../api/core/pod.ts'
import type { Random } from '../base/clock.ts'
import { type Diagnosis, type Plugin, type Rejection, rejectsForGood, type Snapshot } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { Profile } from './profile.ts'

export type CycleOutcome =
  | { readonly kind: 'placed'; readonly node: string; readonly feasible: number; readonly evaluated: number }
  | { readonly kind: 'nowhere'; readonly diagnosis: Diagnosis; readonly evaluated: number }

/** Where the search for a node starts: it goes on where the last one ended, so that all nodes have their turn. */
export interface Rotation {
  next: number
}

/** Few nodes are all looked at. */
const MIN_NODES_TO_FIND = 100
const MIN_PERCENTAGE = 5

export function findNode(pod: Pod, snapshot: Snapshot, profile: Profile, rotation: Rotation, random: Random): CycleOutcome {
  const filtered = filterNodes(pod, snapshot, profile, rotation)
  if (filtered.kind === 'nowhere') return filtered
  const { feasible, evaluated } = filtered
  const node = feasible.length === 1 ? feasible[0]! : best(pod, feasible, snapshot, profile, random)
  return { kind: 'placed', node: node.name, feasible: feasible.length, evaluated }
}

/** How many fitting nodes are enough. The rule is kube-scheduler's: half of the nodes, less 1 % for every 125 of them, at least 5 %. */
export function enoughNodes(count: number, percentage: number | undefined): number {
  if (count < MIN_NODES_TO_FIND) return count
  const adaptive = percentage ?? Math.max(MIN_PERCENTAGE, Math.trunc(50 - count / 125))
  return Math.max(MIN_NODES_TO_FIND, Math.trunc((count * adaptive) / 100))
}

interface Step {
  readonly plugin: Plugin
  readonly state: unknown
}
type Filtered =
  | { readonly kind: 'some'; readonly feasible: readonly NodeInfo[]; readonly evaluated: number }
  | Extract<CycleOutcome, { kind: 'nowhere' }>

function filterNodes(pod: Pod, snapshot: Snapshot, profile: Profile, rotation: Rotation): Filtered {
  const prepared = prepare(pod, snapshot, profile)
  if (prepared.kind === 'rejected') return { kind: 'nowhere', diagnosis: prepared.diagnosis, evaluated: 0 }
  const { steps, only } = prepared
  const candidates = only ? [...only.nodes].flatMap(name => snapshot.get(name) ?? []) : snapshot.nodes
  const enough = enoughNodes(candidates.length, profile.percentageOfNodesToScore)
  const rejections = new Map<string, Rejection>()
  const plugins = new Set(only?.plugins ?? [])
  const feasible: NodeInfo[] = []
  let evaluated = 0
  const start = candidates.length === 0 ? 0 : rotation.next % candidates.length
  while (evaluated < candidates.length && feasible.length < enough) {
    const node = candidates[(start + evaluated) % candidates.length]!
    evaluated++
    const rejected = firstRejection(pod, node, steps)
    if (!rejected) {
      feasible.push(node)
    } else {
      rejections.set(node.name, rejected.rejection)
      plugins.add(rejected.plugin)
    }
  }
  rotation.next = candidates.length === 0 ? 0 : (start + evaluated) % candidates.length
  if (feasible.length > 0) return { kind: 'some', feasible, evaluated }
  // Without any node, whatever any plugin waits for is of interest.
  if (snapshot.nodes.length === 0) for (const plugin of profile.filtering) plugins.add(plugin.name)
  const others = only && rejectsForGood(`node(s) didn't satisfy plugin(s) [${[...only.plugins].sort().join(' ')}]`)
  return {
    kind: 'nowhere',
    evaluated,
    diagnosis: { rejections, others, preFilterMessage: undefined, plugins, nodeCount: snapshot.nodes.length },
  }
}

/** Asks every plugin what it has to say about the pod as such. `only`: the nodes that some plugins leave, if they leave not all. */
function prepare(pod: Pod, snapshot: Snapshot, profile: Profile) {
  const steps: Step[] = []
  let only: { readonly nodes: ReadonlySet<string>; readonly plugins: ReadonlySet<string> } | undefined
  for (const plugin of profile.filtering) {
    const outcome = plugin.preFilter?.(pod, snapshot) ?? { kind: 'go on', state: undefined }
    if (outcome.kind === 'skip') continue
    if (outcome.kind === 'reject') return { kind: 'rejected' as const, diagnosis: before(outcome.rejection, plugin.name, snapshot) }
    if (outcome.nodes) {
      const { nodes } = outcome
      only = {
        nodes: only ? new Set([...only.nodes].filter(name => nodes.has(name))) : nodes,
        plugins: new Set([...(only?.plugins ?? []), plugin.name]),
      }
    }
    if (plugin.filter) steps.push({ plugin, state: outcome.state })
  }
  return { kind: 'ready' as const, steps, only }
}

function before(rejection: Rejection, plugin: string, snapshot: Snapshot): Diagnosis {
  return {
    rejections: new Map(),
    others: rejection,
    preFilterMessage: rejection.reasons.join(', '),
    plugins: new Set([plugin]),
    nodeCount: snapshot.nodes.length,
  }
}

function firstRejection(pod: Pod, node: NodeInfo, steps: readonly Step[]): { rejection: Rejection; plugin: string } | undefined {
  for (const { plugin, state } of steps) {
    const verdict = plugin.filter!(pod, node, state)
    if (!verdict.fits) return { rejection: verdict, plugin: plugin.name }
  }
  return undefined
}

function best(pod: Pod, nodes: readonly NodeInfo[], snapshot: Snapshot, profile: Profile, random: Random): NodeInfo {
  const totals = new Float64Array(nodes.length)
  for (const { plugin, weight } of profile.scoring) {
    const prepared = plugin.preScore?.(pod, nodes) ?? { kind: 'go on', state: undefined }
    if (prepared.kind === 'skip') continue
    const scores = nodes.map(node => plugin.score(pod, node, prepared.state, snapshot))
    plugin.normalize?.(scores)
    for (let i = 0; i < scores.length; i++) totals[i]! += scores[i]! * weight
  }
  return nodes[greatest(totals, random)]!
}

/** The position of the greatest value; each of several has the same chance. */
function greatest(values: Float64Array, random: Random): number {
  let at = 0
  let equals = 1
  for (let i = 1; i < values.length; i++) {
    if (values[i]! > values[at]!) {
      at = i
      equals = 1
    } else if (values[i] === values[at]) {
      equals++
      if (random() * equals < 1) at = i
    }
  }
  return at
}
