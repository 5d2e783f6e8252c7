import { fits, type Plugin, rejectsForGood } from '../framework.ts'

/** Only the node that the pod names fits. */
export const nodeName: Plugin = {
  name: 'NodeName',
  requeueOn: [{ kind: 'Node', actions: ['add'] }],
  filter: (pod, node) =>
    !pod.spec.nodeName || pod.spec.nodeName === node.name ? fits : rejectsForGood("node(s) didn't match the requested node name"),
}
