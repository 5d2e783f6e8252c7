// The resourceVersion parameter of reads, and the tokens by which a list goes on, as the API concepts document describes them.
import { StatusError } from '../meta/status-error.ts'
import type { CompactedError, Store } from '../store/store.ts'

/** The revision a text names; undefined for none. 0 is a value of its own: whatever is there. */
export function parseRevision(text: string | null): number | undefined {
  if (text === null || text === '') return undefined
  if (!/^\d{1,15}$/.test(text)) throw StatusError.badRequest(`Invalid value: "${text}": resource version must be an integer`)
  return Number(text)
}

/** Refuses a version that has not been reached yet, in the words and with the cause that client-go knows. */
export function checkMinimumRevision(store: Store, text: string | null): void {
  const revision = parseRevision(text)
  if (revision !== undefined && revision > store.revision) throw tooLarge(revision, store.revision)
}

export function tooLarge(revision: number, current: number): StatusError {
  return new StatusError('Timeout', `Timeout: Too large resource version: ${revision}, current: ${current}`, {
    retryAfterSeconds: 1,
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  })
}

export interface ContinueToken {
  /** Undefined for the state that there will be when it is asked. */
  readonly revision: number | undefined
  /** The first key of the next page, after the resource's prefix. */
  readonly start: string
}

/** What stands in a token for no revision. */
const presentState = -1

export function encodeContinue(token: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision ?? presentState, start: token.start })).toString('base64url')
}

export function decodeContinue(text: string): ContinueToken {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (typeof token === 'object' && token !== null && 'v' in token && 'rv' in token && 'start' in token) {
      const { v, rv, start } = token
      const isRevision = typeof rv === 'number' && Number.isSafeInteger(rv) && (rv > 0 || rv === presentState)
      if (v === 'meta.k8s.io/v1' && isRevision && typeof start === 'string')
        return { revision: rv === presentState ? undefined : rv, start }
    }
  } catch {
    // Not base64 of JSON: the same answer as for a token of another shape.
  }
  throw StatusError.badRequest('continue key is not valid: it must be a token from a previous list response')
}

/** The error of a read or watch at a version that is no longer kept. */
export function versionExpired(error: CompactedError) {
  return StatusError.expired(`too old resource version: ${error.revision} (${error.compactedRevision})`)
}
