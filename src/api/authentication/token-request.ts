import { atomicList, defaulted, describe, type Infer, int64, object, string, time } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'

const authentication = (name: string) => `io.k8s.api.authentication.v1.${name}`

export const boundObjectReference = object(authentication('BoundObjectReference'), '', {
  apiVersion: string('API version of the object.'),
  kind: string('Kind of the object: Pod, Node or Secret.'),
  name: string('Name of the object.'),
  uid: string('Identity of the object.'),
})
export type BoundObjectReference = Infer<typeof boundObjectReference>

export const tokenRequestSpec = object(authentication('TokenRequestSpec'), '', {
  audiences: describe('Whom the token is for; the API server when empty.', atomicList(string())),
  boundObjectRef: describe('The object that the token ends with.', boundObjectReference),
  expirationSeconds: defaulted(int64('How long the token is to be valid.'), 3600),
})
export type TokenRequestSpec = Infer<typeof tokenRequestSpec>

export const tokenRequestStatus = object(authentication('TokenRequestStatus'), '', {
  expirationTimestamp: time('When the token ends.'),
  token: string('The token.'),
})
export type TokenRequestStatus = Infer<typeof tokenRequestStatus>

const fields = {
  spec: describe('The token that is asked for.', tokenRequestSpec),
  status: describe('The token.', tokenRequestStatus),
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
