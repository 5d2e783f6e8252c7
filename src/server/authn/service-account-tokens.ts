// Service account tokens shown as bearer tokens. A signature is checked once and remembered until the token expires; whether the objects
// that a token is bound to still live is asked each time.
import { hash } from 'node:crypto'
import { compactVerify, decodeProtectedHeader } from 'jose'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { Secret } from '../../api/core/secret.ts'
import { ServiceAccount } from '../../api/core/service-account.ts'
import type { Kind } from '../../api/kind.ts'
import type { Clock } from '../../base/clock.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { type Authenticator, bearerToken, none } from './authenticator.ts'
import type { VerificationKey } from './signing-key.ts'
import { type ObjectClaim, readClaims, type TokenClaims } from './token-claims.ts'
import { extraKeys, serviceAccountGroups, serviceAccountUsername, type UserInfo } from './user-info.ts'

/** Reads of what is stored now, without waiting. */
export interface Objects {
  find<O extends KubeObject>(kind: Kind<O>, namespace: string | undefined, name: string): O | undefined
}

export interface TokenVerifierOptions {
  readonly keys: readonly VerificationKey[]
  /** The first one is written into new tokens; all are accepted. */
  readonly issuers: readonly string[]
  readonly objects: Objects
  readonly clock: Clock
  /** How many signatures are remembered. */
  readonly cacheSize?: number
}

export type TokenOutcome =
  | {
      readonly type: 'good'
      readonly user: UserInfo /** Those of the asked ones that the token is for. */
      readonly audiences: readonly string[]
    }
  /** Not a token of ours. */
  | { readonly type: 'unknown' }
  | { readonly type: 'bad'; readonly reason: string }

/** Whether a token is good now for one of the audiences. */
export interface TokenVerifier {
  verify(token: string, audiences: readonly string[]): Promise<TokenOutcome>
}

/** Asks one after the other whose token it is. */
export function anyToken(...verifiers: readonly TokenVerifier[]): TokenVerifier {
  return {
    async verify(token, audiences) {
      for (const verifier of verifiers) {
        const outcome = await verifier.verify(token, audiences)
        if (outcome.type !== 'unknown') return outcome
      }
      return { type: 'unknown' }
    },
  }
}

/** A bound object that is being deleted keeps its tokens good for this long, so that it can end in order. */
const deletionGraceMs = 60_000

export class ServiceAccountTokens implements TokenVerifier {
  readonly #keys: ReadonlyMap<string, VerificationKey>
  readonly #issuers: ReadonlySet<string>
  readonly #objects: Objects
  readonly #clock: Clock
  readonly #cacheSize: number
  readonly #verified = new Map<string, TokenClaims>()

  constructor({ keys, issuers, objects, clock, cacheSize = 4096 }: TokenVerifierOptions) {
    this.#keys = new Map(keys.map(k => [k.id, k]))
    this.#issuers = new Set(issuers)
    this.#objects = objects
    this.#clock = clock
    this.#cacheSize = cacheSize
  }

  /** Whether the token is good now for one of the audiences. */
  async verify(token: string, audiences: readonly string[]): Promise<TokenOutcome> {
    const key = hash('sha256', token, 'base64')
    const claims = this.#verified.get(key) ?? (await this.#checkSignature(token, key))
    if (typeof claims === 'string') return claims === '' ? { type: 'unknown' } : { type: 'bad', reason: claims }
    const now = this.#clock.now()
    if (now >= claims.exp * 1000) {
      this.#verified.delete(key)
      return { type: 'bad', reason: 'service account token has expired' }
    }
    if (now < claims.nbf * 1000) return { type: 'bad', reason: 'service account token is not valid yet' }
    const common = audiences.filter(a => claims.aud.includes(a))
    if (common.length === 0)
      return {
        type: 'bad',
        reason: `invalid audience: the token is for ${JSON.stringify(claims.aud)}, not for ${JSON.stringify(audiences)}`,
      }
    const invalid = this.#checkBound(claims, now)
    return invalid === undefined ? { type: 'good', user: userOf(claims), audiences: common } : { type: 'bad', reason: invalid }
  }

  /** The claims, the empty string where the token is none of ours, or what is wrong with it. */
  async #checkSignature(token: string, cacheKey: string): Promise<TokenClaims | string> {
    const unverified = peek(token)
    if (!unverified || !this.#issuers.has(String(unverified.payload['iss']))) return ''
    const key = this.#keys.get(unverified.keyId)
    if (!key) return 'the token is signed by an unknown key'
    try {
      await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] })
    } catch {
      return 'the signature of the token is wrong'
    }
    const claims = readClaims(unverified.payload)
    if (!claims) return 'the token does not say which service account it is for'
    const { namespace, serviceaccount } = claims['kubernetes.io']
    if (claims.sub !== serviceAccountUsername({ namespace, name: serviceaccount.name }))
      return 'the subject of the token is not its service account'
    this.#remember(cacheKey, claims)
    return claims
  }

  #remember(key: string, claims: TokenClaims): void {
    if (this.#verified.size >= this.#cacheSize) {
      const [oldest] = this.#verified.keys()
      if (oldest !== undefined) this.#verified.delete(oldest)
    }
    this.#verified.set(key, claims)
  }

  #checkBound({ 'kubernetes.io': bound }: TokenClaims, now: number): string | undefined {
    const gone = (what: string, kind: Kind, namespace: string | undefined, claim: ObjectClaim | undefined): string | undefined => {
      if (!claim) return undefined
      const found = this.#objects.find(kind, namespace, claim.name)
      if (!found) return `${what} ${JSON.stringify(claim.name)} has been deleted`
      if (found.metadata.uid !== claim.uid) return `${what} UID (${found.metadata.uid}) does not match claim (${claim.uid})`
      const { deletionTimestamp } = found.metadata
      if (deletionTimestamp && now > Date.parse(deletionTimestamp) + deletionGraceMs)
        return `${what} ${JSON.stringify(claim.name)} is being deleted`
      return undefined
    }
    return (
      gone('service account', ServiceAccount, bound.namespace, bound.serviceaccount) ??
      gone('secret', Secret, bound.namespace, bound.secret) ??
      gone('pod', Pod, bound.namespace, bound.pod) ??
      // A token bound to a pod names its node for information alone.
      (bound.pod ? undefined : gone('node', Node, undefined, bound.node))
    )
  }
}

/** The user behind a bearer token, for the API server's own audiences. */
export function tokenUser(tokens: TokenVerifier, audiences: readonly string[]): Authenticator {
  return async ({ authorization }) => {
    const token = bearerToken(authorization)
    if (token === undefined) return none
    const outcome = await tokens.verify(token, audiences)
    if (outcome.type === 'good') return { type: 'user', user: outcome.user }
    return outcome.type === 'bad' ? { type: 'refused', reason: outcome.reason } : none
  }
}

export function userOf(claims: TokenClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io']
  const extra: Record<string, readonly string[]> = {}
  if (claims.jti !== undefined) extra[extraKeys.credentialId] = [`JTI=${claims.jti}`]
  if (node) Object.assign(extra, { [extraKeys.nodeName]: [node.name], [extraKeys.nodeUid]: [node.uid] })
  if (pod) Object.assign(extra, { [extraKeys.podName]: [pod.name], [extraKeys.podUid]: [pod.uid] })
  return {
    username: serviceAccountUsername({ namespace, name: serviceaccount.name }),
    uid: serviceaccount.uid,
    groups: serviceAccountGroups(namespace),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

/** Header and payload as they stand, trusted in nothing; undefined when the token is no JWT. */
function peek(token: string): { readonly keyId: string; readonly payload: Readonly<Record<string, unknown>> } | undefined {
  try {
    const { kid } = decodeProtectedHeader(token)
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return typeof payload === 'object' && payload !== null ? { keyId: kid ?? '', payload: { ...payload } } : undefined
  } catch {
    return undefined
  }
}
