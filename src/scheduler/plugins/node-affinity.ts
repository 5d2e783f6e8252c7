import type { NodeSelectorTerm } from '../../api/core/affinity.ts'
import { admitsNode, matchesNodeTerm } from '../../api/core/node-selector.ts'
import type { Pod } from '../../api/core/pod.ts'
import { fits, normalizeByMax, type Plugin, rejectsForGood } from '../framework.ts'

/** The pod's node selector and node affinity: what is required filters, what is preferred scores. */
export const nodeAffinity: Plugin<undefined, undefined> = {
  name: 'NodeAffinity',
  requeueOn: [{ kind: 'Node', actions: ['add', 'labels'] }],
  mayHelp: (pod, { node }) => !node || admitsNode(pod.spec, node.node),
  preFilter: pod => {
    const terms = requiredOf(pod)
    if (!terms && !pod.spec.nodeSelector) return { kind: 'skip' }
    const named = terms && namedNodes(terms)
    if (named?.size === 0) return { kind: 'reject', rejection: rejectsForGood('pod affinity terms conflict') }
    return { kind: 'go on', state: undefined, nodes: named }
  },
  filter: (pod, { node }) => (admitsNode(pod.spec, node) ? fits : rejectsForGood("node(s) didn't match Pod's node affinity/selector")),
  preScore: pod => (preferredOf(pod).length === 0 ? { kind: 'skip' } : { kind: 'go on', state: undefined }),
  score: (pod, { node }) => {
    let sum = 0
    for (const { weight, preference } of preferredOf(pod)) if (isEmpty(preference) || matchesNodeTerm(preference, node)) sum += weight
    return sum
  },
  normalize: scores => normalizeByMax(scores, false),
}

function requiredOf({ spec }: Pod): readonly NodeSelectorTerm[] | undefined {
  return spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
}
function preferredOf({ spec }: Pod) {
  return spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
}
/** A preference of nothing is met by all nodes. */
function isEmpty({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): boolean {
  return matchExpressions.length + matchFields.length === 0
}

/** The nodes that the terms name by their fields, as the pods of DaemonSets do; undefined when some term leaves the name open. */
function namedNodes(terms: readonly NodeSelectorTerm[]): ReadonlySet<string> | undefined {
  const all = new Set<string>()
  for (const { matchFields = [] } of terms) {
    const lists = matchFields.filter(f => f.key === 'metadata.name' && f.operator === 'In').map(f => f.values ?? [])
    if (lists.length === 0) return undefined
    for (const name of lists[0] ?? []) if (lists.every(list => list.includes(name))) all.add(name)
  }
  return all
}
