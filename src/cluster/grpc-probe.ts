// One gRPC call over a Unix socket in plain HTTP/2: to ask whether a runtime is there no client library needs to be loaded.
import { connect as connectHttp2, constants } from 'node:http2'
import { connect } from 'node:net'

export type GrpcAnswer = { readonly ok: true; readonly message: Buffer } | { readonly ok: false; readonly error: string }

/** Whether a method that takes an empty message ends well. */
export async function askGrpc(socketPath: string, method: string, timeoutMs: number): Promise<boolean> {
  return (await callGrpc(socketPath, method, Buffer.alloc(0), timeoutMs)).ok
}

/** Calls a unary method with an encoded message. Not ok: nobody listens, a status other than OK, or no answer in time. */
export function callGrpc(socketPath: string, method: string, message: Buffer, timeoutMs: number): Promise<GrpcAnswer> {
  return new Promise(resolve => {
    const session = connectHttp2('http://localhost', { createConnection: () => connect(socketPath) })
    const received: Buffer[] = []
    const settle = (error?: string) => {
      clearTimeout(timer)
      session.destroy()
      resolve(error === undefined ? { ok: true, message: Buffer.concat(received).subarray(5) } : { ok: false, error })
    }
    const timer = setTimeout(settle, timeoutMs, `no answer after ${timeoutMs} ms`)
    session.on('error', error => settle(error.message))
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: method,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    // A call that fails at once has its status in the headers, any other in the trailers.
    const onStatus = (headers: { readonly 'grpc-status'?: unknown; readonly 'grpc-message'?: unknown }) => {
      const status = headers['grpc-status']
      if (status !== undefined)
        settle(status === '0' ? undefined : `status ${status}: ${decodeURIComponent(String(headers['grpc-message'] ?? ''))}`)
    }
    stream.on('response', onStatus)
    stream.on('trailers', onStatus)
    stream.on('data', (chunk: Buffer) => received.push(chunk))
    stream.on('error', error => settle(error.message))
    stream.on('close', () => settle('closed without a status'))
    stream.end(frame(message))
  })
}

/** A byte for "not compressed", the length, the message. */
function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}
