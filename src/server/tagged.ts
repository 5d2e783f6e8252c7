// Answers that clients keep: with a tag of their content, by which they ask whether they have it still.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Answer } from './call.ts'
import { etag } from './openapi/documents.ts'

export type TaggedAnswer = Answer & { readonly type: 'text'; readonly headers: OutgoingHttpHeaders }

/** The whole, or word that it is known already. */
export function tagged(
  bytes: Buffer,
  { 'if-none-match': known }: IncomingHttpHeaders,
  contentType: string,
  headers: OutgoingHttpHeaders = {},
): TaggedAnswer {
  const tag = `"${etag(bytes)}"`
  const isKnown = known !== undefined && isListed(tag, known)
  return {
    type: 'text',
    code: isKnown ? 304 : 200,
    contentType,
    body: isKnown ? '' : bytes,
    headers: { etag: tag, vary: 'Accept, Accept-Encoding', ...headers },
  }
}

/** Tags are compared weakly, as a copy that was compressed on its way is the same to its reader. */
function isListed(tag: string, known: string): boolean {
  return known.split(',').some(listed => listed.trim() === '*' || listed.trim().replace(/^W\//, '') === tag)
}
