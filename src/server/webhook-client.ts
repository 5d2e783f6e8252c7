// Calls a webhook: JSON by POST over TLS, to an address or to a service of the cluster.
import { Agent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { Service } from '../api/core/service.ts'
import { EndpointSlice } from '../api/discovery/endpoint-slice.ts'
import type { Storage } from './storage.ts'

export interface WebhookAddress {
  readonly url?: string | undefined
  readonly service?:
    | { readonly namespace: string; readonly name: string; readonly path?: string | undefined; readonly port: number }
    | undefined
  /** PEM in base64; the certificates of the system unless given. */
  readonly caBundle?: string | undefined
}

interface Target {
  /** As messages name it. */
  readonly url: URL
  /** Where the connection goes. */
  readonly host: string
  readonly port: number
}

/** Rejects with an Error that says what went wrong, worded after Go's HTTP client. `timeoutMs` of 0: it may take its time. */
export async function callWebhook(
  storage: Pick<Storage, 'find' | 'all'>,
  address: WebhookAddress,
  body: unknown,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<unknown> {
  const target = resolve(storage, address)
  const { url, host, port } = target
  if (options.timeoutMs > 0) url.searchParams.set('timeout', `${options.timeoutMs / 1000}s`)
  const signals = [options.signal, options.timeoutMs > 0 ? AbortSignal.timeout(options.timeoutMs) : undefined]
  const signal = AbortSignal.any(signals.filter(s => s !== undefined))
  // Node's own roots, where none are named, are read once; given by name they would be read for each connection.
  const ca = address.caBundle ? Buffer.from(address.caBundle, 'base64').toString() : undefined
  let answer: { readonly code: number; readonly text: string }
  try {
    answer = await post(target, host, port, ca, JSON.stringify(body), signal)
  } catch (error) {
    const why = signal.aborted ? 'context deadline exceeded' : error instanceof Error ? error.message : String(error)
    throw new Error(`Post ${JSON.stringify(url.href)}: ${why}`, { cause: error })
  }
  if (answer.code !== 200) throw new Error(refusal(answer.code, answer.text))
  try {
    return JSON.parse(answer.text)
  } catch (error) {
    throw new Error(`couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : error}`)
  }
}

function refusal(code: number, text: string): string {
  const reason = text.trim()
  return reason === ''
    ? `the server responded with the status code ${code} but did not return more information`
    : `an error on the server (${JSON.stringify(reason)}) has prevented the request from succeeding`
}

/** Kept for the next question; told apart by address, name and authority. */
const connections = new Agent({ keepAlive: true, maxFreeSockets: 16, timeout: 90_000 })

function post(
  target: Target,
  host: string,
  port: number,
  ca: string | undefined,
  body: string,
  signal: AbortSignal,
): Promise<{ code: number; text: string }> {
  const { url } = target
  const name = url.hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host,
        port,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        servername: isIP(name) ? '' : name,
        ...(ca !== undefined && { ca }),
        agent: connections,
        signal,
        headers: {
          host: url.host,
          'content-type': 'application/json',
          accept: 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      answer => {
        readText(answer).then(text => resolve({ code: answer.statusCode ?? 0, text }), reject)
      },
    )
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A kept connection that the other side has closed meanwhile: the request never got there.
      if (request.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted)
        post(target, host, port, ca, body, signal).then(resolve, reject)
      else reject(error)
    })
    request.end(body)
  })
}

function resolve(storage: Pick<Storage, 'find' | 'all'>, { url, service }: WebhookAddress): Target {
  if (!service) {
    const parsed = new URL(url ?? '')
    return { url: parsed, host: parsed.hostname.replace(/^\[|\]$/g, ''), port: Number(parsed.port || 443) }
  }
  const { namespace, name, path = '', port } = service
  const shown = new URL(`https://${name}.${namespace}.svc:${port}${path.startsWith('/') || path === '' ? path : `/${path}`}`)
  return { url: shown, ...endpointOf(storage, namespace, name, port) }
}

/** Straight to a ready endpoint: the control plane need not be able to reach service addresses. */
function endpointOf(storage: Pick<Storage, 'find' | 'all'>, namespace: string, name: string, port: number): { host: string; port: number } {
  const service = storage.find(Service, namespace, name)
  if (!service) throw new Error(`service ${JSON.stringify(name)} not found`)
  if (service.spec.type === 'ExternalName') return { host: service.spec.externalName ?? '', port }
  const named = service.spec.ports?.find(p => p.port === port)
  if (!named) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`)
  for (const slice of storage.all(EndpointSlice, namespace)) {
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue
    const target = slice.ports?.find(p => (p.name ?? '') === (named.name ?? ''))?.port
    const ready = slice.endpoints?.find(e => e.conditions?.ready !== false)?.addresses[0]
    if (target !== undefined && ready !== undefined) return { host: ready, port: target }
  }
  throw new Error(`no endpoints available for service ${JSON.stringify(name)}`)
}
