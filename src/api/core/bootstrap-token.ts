// Secrets that are tokens by which nodes join: what they say, and until when.
// https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
import type { Secret } from './secret.ts'

export const bootstrapTokenType = 'bootstrap.kubernetes.io/token'
export const bootstrapTokenNamespace = 'kube-system'
const namePrefix = 'bootstrap-token-'
const tokenForm = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const tokenLength = 23

export interface BootstrapToken {
  readonly id: string
  readonly secret: string
}

/** The two halves of `abcdef.0123456789abcdef`; undefined for any other text. */
export function parseBootstrapToken(text: string): BootstrapToken | undefined {
  const [, id, secret] = (text.length === tokenLength && tokenForm.exec(text)) || []
  return id !== undefined && secret !== undefined ? { id, secret } : undefined
}

export function bootstrapSecretName(id: string): string {
  return namePrefix + id
}

/** The token that a secret is; undefined for one that is of another type or does not say under its name which token it is. */
export function bootstrapTokenOf(secret: Secret): BootstrapToken | undefined {
  if (!isBootstrapToken(secret)) return undefined
  const id = bootstrapField(secret, 'token-id')
  const value = bootstrapField(secret, 'token-secret')
  const isGood = /^[a-z0-9]{6}$/.test(id) && secret.metadata.name === bootstrapSecretName(id) && value !== ''
  return isGood ? { id, secret: value } : undefined
}

export function isBootstrapToken({ type, metadata }: Secret): boolean {
  return type === bootstrapTokenType && metadata.namespace === bootstrapTokenNamespace
}

/** Whether it may be used for that. */
export function isBootstrapTokenFor(secret: Secret, usage: 'authentication' | 'signing'): boolean {
  return bootstrapField(secret, `usage-bootstrap-${usage}`) === 'true'
}

/** A field as text; empty where there is none. */
export function bootstrapField({ data }: Secret, name: string): string {
  return Buffer.from(data?.[name] ?? '', 'base64').toString()
}

/** How long it is good from now; 0 when it is over, which it is too when nobody can tell; undefined without end. */
export function bootstrapTimeLeftMs(secret: Secret, now: number): number | undefined {
  const expiration = bootstrapField(secret, 'expiration')
  if (expiration === '') return undefined
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(expiration) ? Date.parse(expiration) : Number.NaN
  return at > now ? at - now : 0
}
