import type { Taint } from '../../api/core/node.ts'
import { isTolerated } from '../../api/core/tolerations.ts'
import { fits, type Plugin, rejectsForGood } from '../framework.ts'

const taint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

/** Cordoned nodes take no pods but those that tolerate it. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  requeueOn: [{ kind: 'Node', actions: ['add', 'unschedulable'] }],
  mayHelp: (_pod, { node }) => !node?.node.spec.unschedulable,
  filter: (pod, { node }) =>
    !node.spec.unschedulable || isTolerated(taint, pod.spec.tolerations ?? []) ? fits : rejectsForGood('node(s) were unschedulable'),
}
