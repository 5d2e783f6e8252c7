// Asks whether a gRPC service on a Unix socket answers a method that takes an empty message. Plain HTTP/2: no client library is loaded
// for what is one request with five bytes.
import { connect as connectHttp2, constants } from 'node:http2'
import { connect } from 'node:net'

/** True when the call ends with status OK; false when nobody listens, the service is not ready, or `timeoutMs` have passed. */
export function askGrpc(socketPath: string, method: string, timeoutMs: number): Promise<boolean> {
  return new Promise(resolve => {
    const session = connectHttp2('http://localhost', { createConnection: () => connect(socketPath) })
    const settle = (answer: boolean) => {
      clearTimeout(timer)
      session.destroy()
      resolve(answer)
    }
    const timer = setTimeout(settle, timeoutMs, false)
    session.on('error', () => settle(false))
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: method,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const status = (headers: { readonly 'grpc-status'?: unknown }) => {
      if (headers['grpc-status'] !== undefined) settle(headers['grpc-status'] === '0')
    }
    stream.on('response', status)
    stream.on('trailers', status)
    stream.on('error', () => settle(false))
    stream.on('close', () => settle(false))
    stream.resume()
    const uncompressedAndEmpty = Buffer.alloc(5)
    stream.end(uncompressedAndEmpty)
  })
}
