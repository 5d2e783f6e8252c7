// TCP and TLS connections to other hosts and components.
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Connect, Endpoint } from '../base/connect.ts'

export const connect: Connect = (endpoint, signal) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = open(endpoint)
    const settle = () => {
      socket.off('error', onError)
      signal?.removeEventListener('abort', onAbort)
    }
    const onError = (error: Error) => {
      settle()
      reject(error)
    }
    const onAbort = () => {
      socket.destroy()
      onError(signal?.reason)
    }
    socket.once('error', onError)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once(endpoint.tls ? 'secureConnect' : 'connect', () => {
      settle()
      socket.setNoDelay(true)
      resolve(socket)
    })
  })

function open({ host, port, tls }: Endpoint): Socket {
  const socket = connectTcp({ host, port, allowHalfOpen: true })
  if (!tls) return socket
  const serverName = tls.serverName ?? host
  return connectTls({
    socket,
    host,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...(isIP(serverName) ? {} : { servername: serverName }),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  })
}
