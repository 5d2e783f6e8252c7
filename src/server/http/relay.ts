// Carries a request to the kubelet or a pod and the answer back, streaming both ways.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { text as readText } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { StatusError } from '../../meta/status-error.ts'
import type { RelayTarget } from '../call.ts'
import type { Exchange } from './exchange.ts'

/** How the API server shows itself to kubelets, and by what it knows them. */
export interface KubeletTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const agents = new WeakMap<KubeletTls, Agent>()

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

/** Resolves with the status code once the answer has begun. */
export function relay(tls: KubeletTls, exchange: Exchange, target: RelayTarget): Promise<number> {
  const { host, port, path } = target
  const headers = Object.fromEntries(
    Object.entries(exchange.headers).filter(([name]) => !name.startsWith(':') && !name.startsWith('impersonate-') && !ownHeaders.has(name)),
  )
  const hasBody = exchange.method !== 'GET' && exchange.method !== 'HEAD'
  const options = { host, port, path, method: exchange.method, headers: { ...headers, host: `${host}:${port}` }, signal: exchange.signal }
  const request =
    target.scheme === 'http'
      ? httpRequest(options)
      : target.isKubelet
        ? httpsRequest({ ...options, agent: kubeletAgent(tls) })
        : // A pod's own certificate is nobody's business but its clients'; upstream does not verify it either.
          httpsRequest({ ...options, rejectUnauthorized: false })
  return new Promise((resolve, reject) => {
    request.once('response', answer => {
      const code = answer.statusCode ?? 502
      if (code >= 400 && target.isKubelet && path.startsWith('/containerLogs/')) {
        refusal(answer, code).then(reject, reject)
        return
      }
      const passed = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !ownHeaders.has(name)))
      const output = exchange.stream(code, passed)
      // The client leaving, or the other side, ends both; neither is our error.
      pipeline(answer, output).catch(() => {})
      resolve(code)
    })
    request.once('error', error => {
      reject(
        exchange.signal.aborted
          ? StatusError.badRequest('the client went away')
          : StatusError.serviceUnavailable(`error trying to reach service: ${error.message}`),
      )
    })
    if (hasBody) pipeline(exchange.body, request).catch(() => request.destroy())
    else request.end()
  })
}

/** A kubelet says in plain text why there is no log; kubectl reads Status objects only. */
async function refusal(answer: IncomingMessage, code: number): Promise<StatusError> {
  const why = (await readText(answer)).trim()
  if (code === 400) return StatusError.badRequest(why)
  return code === 404 ? new StatusError('NotFound', why) : StatusError.internal(why)
}

function kubeletAgent(tls: KubeletTls): Agent {
  let agent = agents.get(tls)
  if (!agent) {
    agent = new Agent({ ...tls, keepAlive: true, maxFreeSockets: 16 })
    agents.set(tls, agent)
  }
  return agent
}
