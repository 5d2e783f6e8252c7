import type { Toleration } from '../../api/core/affinity.ts'
import { firstUntolerated, isTolerated } from '../../api/core/tolerations.ts'
import { fits, normalizeByMax, type Plugin, rejectsForGood } from '../framework.ts'

/** Taints keep pods away that do not tolerate them; of the others, nodes with fewer untolerated soft taints are better. */
export const taintToleration: Plugin<unknown, readonly Toleration[]> = {
  name: 'TaintToleration',
  requeueOn: [
    { kind: 'Node', actions: ['add', 'taints'] },
    { kind: 'Pod/self', actions: ['update'] },
  ],
  mayHelp: (pod, { node }) => !node || firstUntolerated(node.taints, pod.spec.tolerations ?? [], hard) === undefined,
  filter: (pod, { taints }) =>
    taints.length === 0 || firstUntolerated(taints, pod.spec.tolerations ?? [], hard) === undefined
      ? fits
      : rejectsForGood('node(s) had untolerated taint(s)'),
  preScore: (pod, nodes) =>
    nodes.every(node => node.taints.every(taint => taint.effect !== 'PreferNoSchedule'))
      ? // Equal scores for all.
        { kind: 'skip' }
      : { kind: 'go on', state: (pod.spec.tolerations ?? []).filter(t => !t.effect || t.effect === 'PreferNoSchedule') },
  score: (_pod, { taints }, tolerations) => taints.filter(t => t.effect === 'PreferNoSchedule' && !isTolerated(t, tolerations)).length,
  normalize: scores => normalizeByMax(scores, true),
}

const hard = ['NoSchedule', 'NoExecute'] as const
