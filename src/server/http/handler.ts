// The way of a request over HTTP: who, may they, what, and the answer's bytes.
import type { OutgoingHttpHeaders } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { StatusError } from '../../meta/status-error.ts'
import { StoreClosedError } from '../../store/store.ts'
import type { Trail } from '../audit/audit.ts'
import { valuesOf } from '../authn/header-values.ts'
import { impersonated } from '../authn/impersonation.ts'
import type { UserInfo } from '../authn/user-info.ts'
import { authorizeRequest } from '../authorize-request.ts'
import { ignored, mediaType, parseBody, yamlTypes } from '../body.ts'
import type { Answer, Call, RequestBody } from '../call.ts'
import { dispatch } from '../dispatch.ts'
import { type Pass, TooManyRequests } from '../flowcontrol/gate.ts'
import { isLongRunning } from '../flowcontrol/work.ts'
import { negotiate, plain } from '../negotiation.ts'
import { includeObject, type Rendered, render, watchContentType, watchErrorRenderer, watchRenderer } from '../render.ts'
import { type RequestInfo, requestInfo } from '../request-info.ts'
import type { ApiServer } from '../server.ts'
import { findSubresource } from '../subresources/all.ts'
import { isAppliedJson } from '../verbs/applied-body.ts'
import { applyType } from '../verbs/apply.ts'
import { largeYamlBytes } from '../yaml-reader.ts'
import { compressed } from './compression.ts'
import { credentialsOf, peerOf, type Shown } from './credentials.ts'
import { type Deadline, timedOut, timeoutOf } from './deadlines.ts'
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

/** Where the record of a request is, once it is known whether there is one. */
export interface Recorded {
  trail?: Trail | undefined
}

type Asked = Pick<Exchange, 'headers' | 'rawHeaders' | 'method' | 'target' | 'socket'> & { headersForAll?: Exchange['headersForAll'] }

/** Authenticates, reads the URL and authorizes. Fails with a `StatusError`. */
export async function admit(server: ApiServer, exchange: Asked, recorded: Recorded): Promise<Routed> {
  const { target } = exchange
  const mark = target.indexOf('?')
  const query = mark < 0 ? noQuery : new URLSearchParams(target.slice(mark + 1))
  const info = requestInfo(exchange.method, mark < 0 ? target : target.slice(0, mark), query)
  if (server.audit) return admitRecorded(server, exchange, recorded, info, query)
  let user = await authenticate(server, exchange)
  if (isImpersonating(exchange)) user = impersonated(user, valuesOf(exchange.rawHeaders), server.context.authorizer)
  authorizeRequest(server.context.authorizer, user, info, query.get('fieldSelector'))
  return { user, info, query }
}

/** What a call adds to the record of its request, where there is one. */
export function annotator(trail: Trail | undefined): Pick<Call, 'annotate'> {
  return trail ? { annotate: (key, value, level) => trail.annotate(key, value, level) } : {}
}

function isImpersonating({ headers }: Asked): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true
  return false
}

/** The same, with a record of each step. */
async function admitRecorded(
  server: ApiServer,
  exchange: Asked,
  recorded: Recorded,
  info: RequestInfo,
  query: URLSearchParams,
): Promise<Routed> {
  const { audit, context } = server
  const id = audit?.idOf(exchange.headers) ?? ''
  exchange.headersForAll = { 'audit-id': id }
  const asked = { target: exchange.target, headers: exchange.headers, remoteAddress: exchange.socket.remoteAddress }
  const found = await authenticate(server, exchange).catch(error => {
    recorded.trail = audit?.begin(id, asked, info, undefined)
    throw error
  })
  const trail = audit?.begin(id, asked, info, found)
  recorded.trail = trail
  const user = isImpersonating(exchange) ? impersonated(found, valuesOf(exchange.rawHeaders), context.authorizer) : found
  if (user !== found) trail?.actsFor(user)
  authorizeRequest(context.authorizer, user, info, query.get('fieldSelector'), decision => trail?.authorized(decision))
  return { user, info, query }
}

async function authenticate(server: ApiServer, shown: Shown): Promise<UserInfo> {
  const { socket, headers } = shown
  const certificate = peerOf(socket, server.authorities)
  // Who comes by a front proxy, or shows a token, is another one with every request.
  const isSame = headers.authorization === undefined && certificate?.authority !== 'front-proxy'
  const known = isSame ? certificateUsers.get(socket) : undefined
  if (known) return known
  const user = await server.authenticate(credentialsOf(shown, certificate))
  if (isSame) certificateUsers.set(socket, user)
  return user
}

export async function handle(server: ApiServer, exchange: Exchange): Promise<void> {
  const started = server.monotonic()
  const warnings: string[] = []
  const recorded: Recorded = {}
  let routed: Routed | undefined
  let deadline: Deadline | undefined
  let pass: Pass | undefined
  let code = 500
  try {
    routed = await admit(server, exchange, recorded)
    if (!isLongRunning(routed.info))
      deadline = server.deadlines.start(timeoutOf(routed.query), () => fail(server, exchange, timedOut(), warnings, recorded.trail))
    const entering = server.gate.enter({ ...routed, exchange })
    pass = entering instanceof Promise ? await entering : entering
    code = await answer(server, exchange, routed, warnings, recorded.trail)
  } catch (error) {
    // What comes after the answer that the time was over is not the client's business any more.
    if (!deadline?.isOver) code = fail(server, exchange, error, warnings, recorded.trail)
  }
  pass?.leave()
  deadline?.end()
  if (deadline?.isOver) code = 504
  if (recorded.trail) endTrail(recorded.trail, exchange, routed?.info, code)
  if (routed?.info.verb !== 'watch')
    server.metrics.observe({ ...labelsOf(server, routed?.info), code, seconds: (server.monotonic() - started) / 1000 })
}

/** What goes on after the answer has begun is complete when it closes. */
function endTrail(trail: Trail, exchange: Exchange, info: RequestInfo | undefined, code: number): void {
  if (!info || !isLongRunning(info) || code >= 400) {
    trail.complete(code)
    return
  }
  trail.started(code)
  const { signal } = exchange
  if (signal.aborted) trail.complete(code)
  else signal.addEventListener('abort', () => trail.complete(code), { once: true })
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

async function answer(
  server: ApiServer,
  exchange: Exchange,
  { user, info, query }: Routed,
  warnings: string[],
  trail: Trail | undefined,
): Promise<number> {
  const extension = server.aggregation.find(info)
  if (extension) return server.aggregation.relay(extension, exchange, user)
  if (!info.isResource) {
    const found = await server.answerPath(exchange.method, info, query, exchange.headers)
    const rendered = render(found, { format: plain, include: 'None', now: 0 })
    return send(exchange, await compressed(rendered, exchange.headers['accept-encoding']), [], found.headers)
  }
  const resource = server.context.resources.find(info.group, info.version, info.plural)
  if (!resource) throw StatusError.unknownPath()
  const body = await bodyOf(server, exchange, info)
  const call: Call = {
    user,
    info,
    resource,
    query,
    ...(body && { body }),
    userAgent: exchange.headers['user-agent'] ?? '',
    warnings,
    ...annotator(trail),
  }
  if (trail && body) trail.requested(() => parseBody(body, ignored(), resource.kind.schema))
  const format = negotiate(exchange.headers.accept, resource.kind.isCustom)
  const options = { format, include: includeObject(query), now: server.context.clock.now() }
  const result = await dispatch(server.context, call)
  trail?.answered(result)
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
async function bodyOf(server: ApiServer, exchange: Exchange, info: RequestInfo): Promise<RequestBody | undefined> {
  const { method } = exchange
  if (method === 'GET' || method === 'HEAD' || info.subresource === 'proxy') return undefined
  const contentType = exchange.headers['content-type'] ?? ''
  const bytes = await readBody(exchange)
  const type = mediaType(contentType)
  if (bytes.length <= largeYamlBytes || !yamlTypes.test(type)) return { type: 'bytes', contentType, bytes }
  const text = bytes.toString()
  if (type === applyType && isAppliedJson(text)) return { type: 'bytes', contentType, bytes }
  return { type: 'bytes', contentType, bytes, yaml: await server.yaml.read(text) }
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
      sink ??= watchStream(lazy(), server.context.clock, batch, errorFrame)
      return sink.write(items)
    },
    end(error) {
      sink ??= watchStream(lazy(), server.context.clock, batch, errorFrame)
      sink.end(error)
    },
  })
  const endAtClose = () => {
    stop()
    sink ??= watchStream(lazy(), server.context.clock, batch, errorFrame)
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

function fail(server: ApiServer, exchange: Exchange, error: unknown, warnings: readonly string[], trail: Trail | undefined): number {
  if (error instanceof TooManyRequests) return refuse(server, exchange, error, trail)
  const status = failureOf(server, exchange, error)
  trail?.failed(status.status)
  send(exchange, statusAnswer(status), warnings, statusHeaders(status))
  giveUpBody(server, exchange)
  return status.code
}

/** What is said of an error. What is nobody's fault but the server's is logged. */
export function failureOf({ logger }: ApiServer, { method, target }: Pick<Exchange, 'method' | 'target'>, error: unknown): StatusError {
  if (error instanceof StoreClosedError) return StatusError.serviceUnavailable('the server is shutting down')
  const status = StatusError.from(error)
  if (status.reason === 'InternalError') logger.error('request failed', { method, target, error })
  return status
}

function refuse(server: ApiServer, exchange: Exchange, { message, retryAfterSeconds }: TooManyRequests, trail: Trail | undefined): number {
  trail?.failed(StatusError.tooManyRequests(message, retryAfterSeconds).status)
  const answer = { code: 429, contentType: 'text/plain; charset=utf-8', body: Buffer.from(`${message}\n`) }
  send(exchange, answer, [], { 'retry-after': String(retryAfterSeconds), 'x-content-type-options': 'nosniff' })
  giveUpBody(server, exchange)
  return answer.code
}

/** What is left of a body may hold its connection for this long, and no longer. */
const leftBodyMs = 10_000

function giveUpBody(server: ApiServer, exchange: Exchange): void {
  if (!discardBody(exchange)) return
  const deadline = server.deadlines.start(leftBodyMs, () => exchange.socket.destroy())
  exchange.body.once('close', () => deadline.end())
}

export function statusAnswer(status: StatusError): Rendered {
  return { code: status.code, contentType: 'application/json', body: Buffer.from(`${JSON.stringify(status.status)}\n`) }
}

export function statusHeaders({ status }: StatusError): OutgoingHttpHeaders {
  const seconds = status.details?.retryAfterSeconds
  return seconds && (status.code === 429 || status.code >= 500) ? { 'retry-after': String(seconds) } : {}
}
