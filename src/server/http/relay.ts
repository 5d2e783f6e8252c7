// Carries a request to the kubelet, a pod or another API server, and the answer back, streaming both ways.
import { type ClientRequest, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { Writable } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { StatusError } from '../../meta/status-error.ts'
import { isIdentityHeader } from '../authn/request-headers.ts'
import type { RelayTarget } from '../call.ts'
import type { Exchange } from './exchange.ts'
import { type KubeletTls, kubeletAgent } from './kubelet-agent.ts'

/** Headers that speak of this connection, or that are the client's secrets. */
const ownHeaders = new Set([
  'host',
  'connection',
  'authorization',
  'cookie',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'proxy-connection',
  'te',
  'http2-settings',
])

/** Passed on with the body alone: one that is announced and does not come would be taken from the next request on a shared connection. */
const bodyHeaders = new Set(['content-length', 'expect', 'trailer'])

/** Resolves with the status code once the answer has begun. */
export function relay(tls: KubeletTls, exchange: Exchange, target: RelayTarget): Promise<number> {
  const { host, port, path } = target
  return carry(exchange, {
    host,
    port,
    path,
    request: options =>
      target.scheme === 'http'
        ? httpRequest({ ...options, agent: false })
        : target.isKubelet
          ? httpsRequest({ ...options, agent: kubeletAgent(tls) })
          : // A pod's own certificate is nobody's business but its clients'; upstream does not verify it either.
            httpsRequest({ ...options, agent: false, rejectUnauthorized: false }),
    ...(target.isKubelet && path.startsWith('/containerLogs/') && { refusal }),
  })
}

/** Where a request is carried to. */
export interface Destination {
  readonly host: string
  readonly port: number
  /** With the query. */
  readonly path: string
  request(options: RequestOptions): ClientRequest
  /** Headers besides the client's own. */
  readonly headers?: OutgoingHttpHeaders
  /** What the client is told where the answer's code is 400 or more. */
  refusal?(answer: IncomingMessage, code: number): Promise<StatusError>
}

/** Resolves with the status code once the answer has begun. */
export function carry(exchange: Exchange, destination: Destination): Promise<number> {
  const { host, port, path, refusal } = destination
  const hasBody = exchange.method !== 'GET' && exchange.method !== 'HEAD'
  const stays = (name: string) =>
    name.startsWith(':') ||
    name.startsWith('impersonate-') ||
    isIdentityHeader(name) ||
    ownHeaders.has(name) ||
    (!hasBody && bodyHeaders.has(name))
  const passed = Object.fromEntries(Object.entries(exchange.headers).filter(([name]) => !stays(name)))
  const headers = { ...passed, host: `${host}:${port}`, ...destination.headers }
  const request = destination.request({ host, port, path, method: exchange.method, headers, signal: exchange.signal })
  return new Promise((resolve, reject) => {
    request.once('response', answer => {
      const code = answer.statusCode ?? 502
      if (code >= 400 && refusal) {
        refusal(answer, code).then(reject, reject)
        return
      }
      const passed = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !ownHeaders.has(name)))
      let output: Writable
      try {
        if (code < 200) throw new Error(`unexpected status ${code}`)
        output = exchange.stream(code, passed)
      } catch (error) {
        // A head that cannot be passed on, such as one with status 999: what pods answer is not ours to trust.
        request.destroy()
        reject(unreachable(error))
        return
      }
      // The client leaving, or the other side, ends both; neither is our error.
      pipeline(answer, output).catch(() => {})
      resolve(code)
    })
    request.once('error', error => {
      reject(exchange.signal.aborted ? StatusError.badRequest('the client went away') : unreachable(error))
    })
    // Nobody asked to leave HTTP.
    request.once('upgrade', (answer: IncomingMessage) => {
      answer.destroy()
      reject(unreachable(new Error(`unexpected status ${answer.statusCode}`)))
    })
    if (hasBody) pipeline(exchange.body, request).catch(() => request.destroy())
    else request.end()
  })
}

function unreachable(error: unknown): StatusError {
  return StatusError.serviceUnavailable(`error trying to reach service: ${error instanceof Error ? error.message : String(error)}`)
}

/** A kubelet says in plain text why there is no log; kubectl reads Status objects only. */
async function refusal(answer: IncomingMessage, code: number): Promise<StatusError> {
  const why = (await readText(answer)).trim()
  if (code === 400) return StatusError.badRequest(why)
  return code === 404 ? new StatusError('NotFound', why) : StatusError.internal(why)
}
