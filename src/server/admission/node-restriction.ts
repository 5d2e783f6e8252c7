// NodeRestriction: a kubelet writes its own node and its own pods, and nothing else.
import { restrictNode } from '../authz/node-restriction.ts'
import type { AdmissionPlugin } from './admission.ts'

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  validate({ operation, call, subresource, object, previous }, storage) {
    const { group, resource } = call.resource
    const { user, info } = call
    const name = info.name || (object?.metadata.name ?? '')
    restrictNode({ user, operation, group, resource, subresource, namespace: info.namespace, name, object, previous }, storage)
  },
}
