// A name that at most one process of this machine holds: an abstract unix socket, which the kernel lets go of when its holder ends,
// however it ends. Whoever comes second asks the holder what it is doing.
import { connect, createServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'

export type Claim = { readonly ok: true; release(): void } | { readonly ok: false; readonly heldBy: string }

/** `purpose` is what others are told. Holding a claim keeps no process alive. */
export async function claim(name: string, purpose: string): Promise<Claim> {
  const path = `\0coxswain/${name}`
  for (;;) {
    const server = await listen(path, purpose)
    if (server !== undefined) return { ok: true, release: () => void server.close() }
    const heldBy = await ask(path)
    // Gone between our two tries: it is free again.
    if (heldBy !== undefined) return { ok: false, heldBy }
  }
}

function listen(path: string, purpose: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer(socket => {
      socket.on('error', () => socket.destroy())
      socket.end(`${purpose} (pid ${process.pid})`)
    })
    server.once('error', error => ('code' in error && error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(path, () => resolve(server))
    server.unref()
  })
}

/** Undefined when nobody holds it any more. A holder that is busy does not answer: that it is there is all we know then. */
async function ask(path: string): Promise<string | undefined> {
  const socket = connect(path)
  const late = setTimeout(() => socket.destroy(new Error('late')), 500)
  try {
    return await text(socket)
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ENOENT')
    return gone ? undefined : 'another command'
  } finally {
    clearTimeout(late)
  }
}
