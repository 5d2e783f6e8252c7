// What stands behind the API server in suites of its relays: a server that says exactly what the test wants.
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** Answers each request head by `answerTo`, and keeps what it was sent. */
export async function backend(t: TestContext, server: Server, host: string, answerTo: (head: string) => string) {
  const heads: string[] = []
  const sockets = new Set<Socket>()
  const serve = (socket: Socket) => {
    sockets.add(socket)
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        heads.push(text.slice(0, end))
        text = text.slice(end + 4)
        socket.write(answerTo(heads.at(-1) ?? ''), 'latin1')
      }
    })
  }
  server.on(server instanceof Object && 'setSecureContext' in server ? 'secureConnection' : 'connection', serve)
  server.listen(0, host)
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0, heads }
}

export const ok = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok'
