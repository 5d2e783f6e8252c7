import { atomicList, defaulted, type Infer, int64, object, string, time } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'

const authentication = (name: string) => `io.k8s.api.authentication.v1.${name}`

export const boundObjectReference = object(authentication('BoundObjectReference'), '', {
  apiVersion: string(),
  kind: string(),
  name: string(),
  uid: string(),
})
export type BoundObjectReference = Infer<typeof boundObjectReference>

export const tokenRequestSpec = object(authentication('TokenRequestSpec'), '', {
  audiences: atomicList(string()),
  boundObjectRef: boundObjectReference,
  expirationSeconds: defaulted(int64(), 3600),
})
export type TokenRequestSpec = Infer<typeof tokenRequestSpec>

export const tokenRequestStatus = object(authentication('TokenRequestStatus'), '', {
  expirationTimestamp: time(),
  token: string(),
})
export type TokenRequestStatus = Infer<typeof tokenRequestStatus>

const fields = {
  spec: tokenRequestSpec,
  status: tokenRequestStatus,
}
export type TokenRequest = NamespacedObject<typeof fields>

export const TokenRequest: Kind<TokenRequest> = namespacedKind({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  plural: 'serviceaccounts',
  definition: 'io.k8s.api.authentication.v1.TokenRequest',
  doc: 'Asks for a token of a service account.',
  verbs: ['create'],
  fields,
})
