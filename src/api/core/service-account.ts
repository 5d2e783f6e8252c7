import { atomicList, boolean, describe, listMap, patch } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { localObjectReference, objectReference } from './reference.ts'

const fields = {
  automountServiceAccountToken: boolean('Whether pods that run as it get its token, unless they say otherwise.'),
  imagePullSecrets: describe('Secrets for pulling images, for pods that name none.', atomicList(localObjectReference)),
  secrets: describe('Secrets that its pods may use.', patch('merge', 'name', listMap(['name'], objectReference))),
}
export type ServiceAccount = NamespacedObject<typeof fields>

const limitAnnotation = 'kubernetes.io/enforce-mountable-secrets'
const isLimitedToSecrets = ({ metadata }: ServiceAccount) => metadata.annotations?.[limitAnnotation] !== undefined

export const ServiceAccount: Kind<ServiceAccount> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  definition: 'io.k8s.api.core.v1.ServiceAccount',
  doc: 'An identity for what runs in pods.',
  warnings: (next, previous) =>
    isLimitedToSecrets(next) && !(previous && isLimitedToSecrets(previous))
      ? [`metadata.annotations[${limitAnnotation}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`]
      : [],
  fields,
})
