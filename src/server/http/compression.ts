// Large answers are compressed for clients that ask, from the size at which upstream does it.
import { promisify } from 'node:util'
import { constants, gzip as gzipCallback } from 'node:zlib'
import type { Rendered } from '../render.ts'

const gzip = promisify(gzipCallback)
const leastBytes = 128 * 1024

export async function compressed(
  rendered: Rendered,
  acceptEncoding: string | string[] | undefined,
): Promise<Rendered & { readonly encoding?: string }> {
  const { body } = rendered
  const isLong = !Buffer.isBuffer(body) || body.length >= leastBytes
  if (!isLong || !String(acceptEncoding ?? '').includes('gzip')) return rendered
  return {
    ...rendered,
    body: await gzip(Buffer.isBuffer(body) ? body : Buffer.concat(body), { level: constants.Z_BEST_SPEED }),
    encoding: 'gzip',
  }
}
