// TaintNodesByCondition: a new node takes no pods until the node lifecycle controller has seen it ready.
import type { Node } from '../../api/core/node.ts'
import { Node as NodeKind } from '../../api/core/node.ts'
import type { AdmissionPlugin } from './admission.ts'

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' } as const

export const taintNewNodes: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  mutate({ operation, call, object, subresource }) {
    if (call.resource.kind !== NodeKind || operation !== 'CREATE' || subresource !== '') return object
    const node = object as Node
    const taints = node.spec.taints ?? []
    if (taints.some(t => t.key === notReady.key && t.effect === notReady.effect)) return node
    return { ...node, spec: { ...node.spec, taints: [...taints, notReady] } }
  },
}
