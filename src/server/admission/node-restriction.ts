// NodeRestriction: a kubelet writes its own node and its own pods, and nothing else.
import { restrictNode } from '../authz/node-restriction.ts'
import type { Storage } from '../storage.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  /** A token is judged by what is asked for; validation is shown the audiences that it gets where it asks for none. */
  mutate(request, storage) {
    if (isOfToken(request)) restrict(request, storage)
    return request.object
  },
  validate(request, storage) {
    if (!isOfToken(request)) restrict(request, storage)
  },
}

function isOfToken({ subresource }: AdmissionRequest): boolean {
  return subresource === 'token'
}

function restrict({ operation, call, subresource, object, previous }: AdmissionRequest, storage: Storage): void {
  const { group, resource } = call.resource
  const { user, info } = call
  const name = info.name || (object?.metadata.name ?? '')
  restrictNode({ user, operation, group, resource, subresource, namespace: info.namespace, name, object, previous }, storage)
}
