// What a service account token says. The claims under `kubernetes.io` bind it to objects: when one of them is gone, so is the token.

export interface ObjectClaim {
  readonly name: string
  readonly uid: string
}
export interface KubernetesClaims {
  readonly namespace: string
  readonly serviceaccount: ObjectClaim
  readonly pod?: ObjectClaim
  readonly secret?: ObjectClaim
  readonly node?: ObjectClaim
  /** Seconds since the epoch from which on the token should have been replaced already. */
  readonly warnafter?: number
}
export interface TokenClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: readonly string[]
  /** Seconds since the epoch. */
  readonly exp: number
  readonly iat: number
  readonly nbf: number
  readonly jti?: string
  readonly 'kubernetes.io': KubernetesClaims
}

/** The claims of a payload whose signature is good already; undefined when they are not of a service account. */
export function readClaims(payload: Readonly<Record<string, unknown>>): TokenClaims | undefined {
  const { iss, sub, aud, exp, iat, nbf, jti } = payload
  const bound = readBound(payload['kubernetes.io'])
  const audiences = typeof aud === 'string' ? [aud] : aud
  if (typeof iss !== 'string' || typeof sub !== 'string' || typeof exp !== 'number' || !bound) return undefined
  if (!Array.isArray(audiences) || !audiences.every(a => typeof a === 'string')) return undefined
  return {
    iss,
    sub,
    aud: audiences,
    exp,
    iat: typeof iat === 'number' ? iat : 0,
    nbf: typeof nbf === 'number' ? nbf : 0,
    ...(typeof jti === 'string' && { jti }),
    'kubernetes.io': bound,
  }
}

function readBound(value: unknown): KubernetesClaims | undefined {
  if (!isRecord(value) || typeof value['namespace'] !== 'string') return undefined
  const serviceaccount = readObject(value['serviceaccount'])
  if (!serviceaccount) return undefined
  const { pod, secret, node, warnafter } = value
  // A binding that cannot be read must not pass for an unbound token.
  const bindings = { pod, secret, node }
  for (const claim of Object.values(bindings)) if (claim !== undefined && !readObject(claim)) return undefined
  const read = (name: 'pod' | 'secret' | 'node') => {
    const claim = readObject(bindings[name])
    return claim ? { [name]: claim } : {}
  }
  return {
    namespace: value['namespace'],
    serviceaccount,
    ...read('pod'),
    ...read('secret'),
    ...read('node'),
    ...(typeof warnafter === 'number' && { warnafter }),
  }
}

function readObject(value: unknown): ObjectClaim | undefined {
  if (!isRecord(value)) return undefined
  const { name, uid } = value
  return typeof name === 'string' && typeof uid === 'string' ? { name, uid } : undefined
}
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
