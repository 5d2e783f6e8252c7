// NamespaceLifecycle: objects need a living namespace, and the first namespaces cannot be deleted.
import { Namespace } from '../../api/core/namespace.ts'
import { StatusError } from '../../meta/status-error.ts'
import { resourceFor } from '../resource.ts'
import type { AdmissionPlugin } from './admission.ts'

const immortal = new Set(['default', 'kube-system', 'kube-public'])

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  // Before anything else looks into the namespace.
  mutate({ operation, call, subresource, object }, storage) {
    const { resource, info } = call
    if (operation !== 'CREATE' || subresource !== '' || !resource.kind.namespaced) return object
    const namespace = storage.find(Namespace, undefined, info.namespace)
    if (!namespace) throw StatusError.notFound(resourceFor(Namespace), info.namespace)
    if (namespace.status.phase !== 'Terminating') return object
    const why = `unable to create new content in namespace ${info.namespace} because it is being terminated`
    const { status } = StatusError.forbidden(resource, info.name, why)
    throw new StatusError('Forbidden', status.message, {
      ...status.details,
      causes: [{ reason: 'NamespaceTerminating', message: `namespace ${info.namespace} is being terminated`, field: 'metadata.namespace' }],
    })
  },
  validate({ operation, call, previous }) {
    const { resource } = call
    if (operation === 'DELETE' && resource.kind === Namespace && previous && immortal.has(previous.metadata.name))
      throw StatusError.forbidden(resource, previous.metadata.name, 'this namespace may not be deleted')
  },
}
