// The way of a request over HTTP: who, may they, what, and the answer's bytes.
import type { OutgoingHttpHeaders } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { StatusError } from '../../meta/status-error.ts'
import { StoreClosedError } from '../../store/store.ts'
import type { Credentials } from '../authn/authenticator.ts'
import { impersonated } from '../authn/impersonation.ts'
import type { UserInfo } from '../authn/user-info.ts'
import { authorizeRequest } from '../authorize-request.ts'
import type { Answer, Call, RequestBody } from '../call.ts'
import { dispatch } from '../dispatch.ts'
import { negotiate, plain } from '../negotiation.ts'
import { includeObject, type Rendered, render, watchContentType, watchErrorRenderer, watchRenderer } from '../render.ts'
import { type RequestInfo, requestInfo } from '../request-info.ts'
import type { ApiServer } from '../server.ts'
import { findSubresource } from '../subresources/all.ts'
import { compressed } from './compression.ts'
import { discardBody, type Exchange, readBody } from './exchange.ts'
import { relay } from './relay.ts'
import { warningHeaders } from './warnings.ts'
import { watchStream } from './watch-stream.ts'

const noQuery = new URLSearchParams()
/** The user behind a connection's certificate; a connection asks once. */
const certificateUsers = new WeakMap<TLSSocket, UserInfo>()

export interface Routed {
  readonly user: UserInfo
  readonly info: RequestInfo
  readonly query: URLSearchParams
}

/** Authenticates, reads the URL and authorizes. Fails with a `StatusError`. */
export async function admit(server: ApiServer, exchange: Pick<Exchange, 'headers' | 'method' | 'target' | 'socket'>): Promise<Routed> {
  const { target } = exchange
  const mark = target.indexOf('?')
  const query = mark < 0 ? noQuery : new URLSearchParams(target.slice(mark + 1))
  const info = requestInfo(exchange.method, mark < 0 ? target : target.slice(0, mark), query)
  let user = await authenticate(server, exchange)
  if (Object.keys(exchange.headers).some(name => name.startsWith('impersonate-')))
    user = impersonated(user, exchange.headers, server.context.authorizer)
  authorizeRequest(server.context.authorizer, user, info, query.get('fieldSelector'))
  return { user, info, query }
}

async function authenticate(server: ApiServer, { headers, socket }: Pick<Exchange, 'headers' | 'socket'>): Promise<UserInfo> {
  const { authorization } = headers
  if (authorization === undefined) {
    const known = certificateUsers.get(socket)
    if (known) return known
  }
  const certificate = socket.authorized ? socket.getPeerCertificate() : undefined
  const credentials: Credentials = {
    ...(certificate?.subject && { certificate: certificate as NonNullable<Credentials['certificate']> }),
    ...(authorization !== undefined && { authorization }),
  }
  const user = await server.authenticate(credentials)
  if (authorization === undefined) certificateUsers.set(socket, user)
  return user
}

export async function handle(server: ApiServer, exchange: Exchange): Promise<void> {
  const started = server.monotonic()
  const warnings: string[] = []
  let routed: Routed | undefined
  let code = 500
  try {
    routed = await admit(server, exchange)
    code = await answer(server, exchange, routed, warnings)
  } catch (error) {
    code = fail(server, exchange, error)
  }
  if (routed?.info.verb !== 'watch')
    server.metrics.observe({ ...labelsOf(server, routed?.info), code, seconds: (server.monotonic() - started) / 1000 })
}

const knownVerbs = new Set(['get', 'list', 'create', 'update', 'patch', 'delete', 'deletecollection'])

/** Only words that the server knows, so that requests cannot make up series without end. */
function labelsOf(server: ApiServer, info: RequestInfo | undefined): { verb: string; resource: string; subresource: string } {
  const resource = info?.isResource ? server.context.resources.find(info.group, info.version, info.plural) : undefined
  const verb = info && knownVerbs.has(info.verb) ? info.verb : 'other'
  if (!info || !resource) return { verb, resource: '', subresource: '' }
  const isKnown = info.subresource !== '' && findSubresource(resource, info.subresource) !== undefined
  return { verb, resource: info.plural, subresource: isKnown ? info.subresource : '' }
}

async function answer(server: ApiServer, exchange: Exchange, { user, info, query }: Routed, warnings: string[]): Promise<number> {
  if (!info.isResource) {
    const found = await server.answerPath(exchange.method, info, query, exchange.headers)
    const rendered = render(found, { format: plain, include: 'None', now: 0 })
    return send(exchange, await compressed(rendered, exchange.headers['accept-encoding']), [], found.headers)
  }
  const resource = server.context.resources.find(info.group, info.version, info.plural)
  if (!resource) throw StatusError.unknownPath()
  const body = await bodyOf(exchange, info)
  const call: Call = {
    user,
    info,
    resource,
    query,
    ...(body && { body }),
    userAgent: exchange.headers['user-agent'] ?? '',
    warnings,
  }
  const format = negotiate(exchange.headers.accept)
  const options = { format, include: includeObject(query), now: server.context.clock.now() }
  const result = await dispatch(server.context, call)
  if (result.type === 'watch') return startWatch(server, exchange, result, options, warnings)
  if (result.type === 'relay') {
    if (upgrades.has(info.subresource)) throw StatusError.badRequest('Upgrade request required')
    return relay(server.kubeletTls, exchange, result.target)
  }
  return send(exchange, await compressed(render(result, options), exchange.headers['accept-encoding']), warnings)
}

/** Connections that leave HTTP; they come by http/upgrade.ts when they ask to. */
const upgrades = new Set(['attach', 'exec', 'portforward'])

/** Only writes have a body that is read here; relays pass theirs on. */
async function bodyOf(exchange: Exchange, info: RequestInfo): Promise<RequestBody | undefined> {
  const { method } = exchange
  if (method === 'GET' || method === 'HEAD' || info.subresource === 'proxy') return undefined
  return { type: 'bytes', contentType: exchange.headers['content-type'] ?? '', bytes: await readBody(exchange) }
}

function startWatch(
  server: ApiServer,
  exchange: Exchange,
  result: Answer & { type: 'watch' },
  options: Parameters<typeof render>[1],
  warnings: readonly string[],
): number {
  const headers = { 'content-type': watchContentType(options.format), ...commonHeaders(warnings) }
  let output: ReturnType<Exchange['stream']> | undefined
  // The stream's head goes out with the first events, so that a watch that cannot start is refused with a status.
  const lazy = () => {
    output ??= exchange.stream(200, headers)
    return output
  }
  const batch = watchRenderer(result.resource, options, () => server.context.clock.now())
  const errorFrame = watchErrorRenderer(options.format)
  let sink: ReturnType<typeof watchStream> | undefined
  const stop = result.start({
    write(items) {
      sink ??= watchStream(lazy(), batch, errorFrame)
      return sink.write(items)
    },
    end(error) {
      sink ??= watchStream(lazy(), batch, errorFrame)
      sink.end(error)
    },
  })
  const endAtClose = () => {
    stop()
    sink ??= watchStream(lazy(), batch, errorFrame)
    sink.end()
  }
  server.metrics.watchers(1)
  server.watches.add(endAtClose)
  lazy().once('close', () => {
    stop()
    server.watches.delete(endAtClose)
    server.metrics.watchers(-1)
  })
  return 200
}

const cacheControl: OutgoingHttpHeaders = { 'cache-control': 'no-cache, private' }

function commonHeaders(warnings: readonly string[]): OutgoingHttpHeaders {
  if (warnings.length === 0) return cacheControl
  // Node's type knows a single warning only; its writers send a list as several headers.
  return { ...cacheControl, warning: warningHeaders(warnings) as unknown as string }
}

function send(
  exchange: Exchange,
  rendered: Rendered & { readonly encoding?: string },
  warnings: readonly string[],
  headers: OutgoingHttpHeaders = {},
): number {
  exchange.respond(
    rendered.code,
    {
      'content-type': rendered.contentType,
      ...(rendered.encoding && { 'content-encoding': rendered.encoding, vary: 'accept-encoding' }),
      ...commonHeaders(warnings),
      ...headers,
    },
    rendered.body,
  )
  return rendered.code
}

function fail(server: ApiServer, exchange: Exchange, error: unknown): number {
  const status = error instanceof StoreClosedError ? StatusError.serviceUnavailable('the server is shutting down') : StatusError.from(error)
  if (status.reason === 'InternalError') server.logger.error('request failed', { method: exchange.method, target: exchange.target, error })
  send(exchange, statusAnswer(status), [], statusHeaders(status))
  discardBody(exchange)
  return status.code
}

export function statusAnswer(status: StatusError): Rendered {
  return { code: status.code, contentType: 'application/json', body: Buffer.from(`${JSON.stringify(status.status)}\n`) }
}

export function statusHeaders({ status }: StatusError): OutgoingHttpHeaders {
  const seconds = status.details?.retryAfterSeconds
  return seconds && (status.code === 429 || status.code >= 500) ? { 'retry-after': String(seconds) } : {}
}
