// NamespaceLifecycle: objects, and what is done by their subresources, need a living namespace, and the first namespaces cannot be deleted.
import { LocalSubjectAccessReview } from '../../api/authorization/local-subject-access-review.ts'
import { Namespace } from '../../api/core/namespace.ts'
import { StatusError } from '../../meta/status-error.ts'
import { resourceFor } from '../resource.ts'
import type { AdmissionPlugin } from './admission.ts'

const immortal = new Set(['default', 'kube-system', 'kube-public'])

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  // Before anything else looks into the namespace.
  mutate({ operation, call, object }, storage) {
    const { resource, info } = call
    if (!resource.kind.namespaced || resource.kind === LocalSubjectAccessReview) return object
    const namespace = storage.find(Namespace, undefined, info.namespace)
    if (!namespace) throw StatusError.notFound(resourceFor(Namespace), info.namespace)
    if (operation !== 'CREATE' || namespace.status.phase !== 'Terminating') return object
    const why = `unable to create new content in namespace ${info.namespace} because it is being terminated`
    const { status } = StatusError.forbidden(resource, info.name || object.metadata.name, why)
    throw new StatusError('Forbidden', status.message, {
      ...status.details,
      causes: [{ reason: 'NamespaceTerminating', message: `namespace ${info.namespace} is being terminated`, field: 'metadata.namespace' }],
    })
  },
  admitDeletion({ call: { resource }, previous: { metadata } }) {
    if (resource.kind === Namespace && immortal.has(metadata.name))
      throw StatusError.forbidden(resource, metadata.name, 'this namespace may not be deleted')
  },
}
