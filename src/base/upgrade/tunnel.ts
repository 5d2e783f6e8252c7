// Two connections become one: bytes both ways, each half closed when its other side is, and both gone when either breaks.
import type { Duplex } from 'node:stream'

/** Resolves when both are closed. Heads are bytes that were read from a connection before. */
export function tunnel(a: Duplex, b: Duplex, heads: { readonly a?: Buffer; readonly b?: Buffer } = {}): Promise<void> {
  if (heads.a && heads.a.length > 0) a.unshift(heads.a)
  if (heads.b && heads.b.length > 0) b.unshift(heads.b)
  // `pipe` passes on back-pressure and the end of one half; a break of either side must be passed on by hand.
  a.pipe(b)
  b.pipe(a)
  return Promise.all([whenClosed(a, b), whenClosed(b, a)]).then(() => {})
}

function whenClosed(one: Duplex, other: Duplex): Promise<void> {
  return new Promise(resolve => {
    const onClose = () => {
      // After an orderly end there may be bytes on their way out: the pipe has ended the other side's writable half already.
      if (!one.readableEnded || one.errored) other.destroy()
      resolve()
    }
    if (one.closed) return onClose()
    one.on('error', () => one.destroy())
    one.once('close', onClose)
  })
}
