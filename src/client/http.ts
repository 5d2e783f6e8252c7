// The client of components in processes of their own, and of the CLI: JSON over one HTTP/2 connection.
import { apiVersionOf, type Kind } from '../api/kind.ts'
import { type Clock, sleep } from '../base/clock.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { StatusError } from '../meta/status-error.ts'
import { ConnectionError, type ConnectionOptions, Http2Connection, type Response } from '../platform/http2-connection.ts'
import type { Client, DeleteOptions, Key, ListOptions, ListResult, PatchType, WatchEvent, WatchOptions, WriteOptions } from './client.ts'
import { collectionPath, objectPath } from './paths.ts'
import { LineSplitter, parseWatchEvent } from './watch-stream.ts'

export interface HttpClientOptions extends Omit<ConnectionOptions, 'clock'> {
  /** Asked before every request, so that it may be renewed meanwhile. */
  readonly token?: (() => string | undefined | Promise<string | undefined>) | undefined
  readonly userAgent: string
  readonly clock: Clock
  /** For requests that are no watches. */
  readonly timeoutMs?: number
  /** Header fields for every request, such as those of impersonation. */
  readonly headers?: Readonly<Record<string, string | string[]>>
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Without the query. */
  readonly path: string
  readonly query?: Query
  /** A text or bytes as they are; anything else as JSON. */
  readonly body?: unknown
  readonly contentType?: string
  readonly accept?: string
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number
}

export interface Answer {
  readonly status: number
  readonly headers: Response['headers']
  readonly body: Buffer
}

export interface HttpClient extends Client {
  /** The answer as it came. Fails with a `StatusError` on 400 and above. */
  request(request: Request): Promise<Answer>
  /** The answer as soon as its head is there; the reader ends the stream. No timeout. Fails with a `StatusError` on 400 and above. */
  open(request: Request): Promise<Response>
  close(): void
}

const patchTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}
const json = 'application/json'
/** How often a request is repeated because the server asked to come back later. */
const laterRetries = 5

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { clock } = options
  const connection = new Http2Connection(options)

  async function send(request: Request, signal: AbortSignal | undefined): Promise<Response> {
    const { method, query, body, contentType = json, accept = json } = request
    const token = await options.token?.()
    const headers = {
      accept,
      'user-agent': options.userAgent,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': contentType }),
      ...options.headers,
    }
    const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    try {
      return await connection.send({ method, path: request.path + queryText(query), headers, body: bytes, signal })
    } catch (error) {
      throw failure(error)
    }
  }

  /** Sends until the server has time: 429 and Retry-After are a request to wait, and nothing has happened yet. */
  async function opened(request: Request, signal: AbortSignal | undefined): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const response = await send(request, signal)
      if (response.status < 400) return response
      const body = await readAll(response)
      const waitSeconds = Number(response.headers['retry-after'])
      if ((response.status !== 429 && response.status !== 503) || !(waitSeconds > 0) || attempt >= laterRetries)
        throw statusOf(response.status, body)
      await sleep(clock, waitSeconds * 1000, signal)
    }
  }

  async function request(wanted: Request): Promise<Answer> {
    const { timeoutMs = options.timeoutMs ?? 30_000 } = wanted
    const limit = timeLimit(clock, timeoutMs, wanted.signal)
    try {
      const response = await opened(wanted, limit.signal)
      return { status: response.status, headers: response.headers, body: await readAll(response, limit.signal) }
    } finally {
      limit.end()
    }
  }

  async function parsed<T>(wanted: Request): Promise<T> {
    const { body } = await request(wanted)
    try {
      return JSON.parse(body.toString('utf8'))
    } catch (error) {
      throw StatusError.internal(error)
    }
  }

  return {
    request,
    open: wanted => opened(wanted, wanted.signal),
    close: () => connection.close(),

    get: (kind, key) => parsed({ method: 'GET', path: objectPath(kind, key) }),

    async list<O extends KubeObject>(kind: Kind<O>, wanted: ListOptions = {}): Promise<ListResult<O>> {
      const list = await parsed<WireList<O>>({
        method: 'GET',
        path: collectionPath(kind, wanted.namespace),
        query: listQuery(wanted),
        signal: wanted.signal,
      })
      const { resourceVersion = '', continue: next } = list.metadata ?? {}
      return { items: (list.items ?? []).map(typed(kind)), resourceVersion, ...(next && { continue: next }) }
    },

    async watch<O extends KubeObject>(
      kind: Kind<O>,
      wanted: WatchOptions,
      onEvents: (events: readonly WatchEvent<O>[]) => void,
    ): Promise<void> {
      const { signal } = wanted
      const query = { ...listQuery(wanted), watch: true, allowWatchBookmarks: true }
      try {
        const response = await opened({ method: 'GET', path: collectionPath(kind, wanted.namespace), query }, signal)
        await readWatch(response, signal, onEvents)
      } catch (error) {
        if (!signal.aborted) throw error
      }
    },

    create: (kind, object, write = {}) => {
      const { namespace, name = '' } = object.metadata ?? {}
      const path = write.subresource ? objectPath(kind, { namespace, name }, write.subresource) : collectionPath(kind, namespace)
      return parsed({
        method: 'POST',
        path,
        query: writeQuery(write),
        body: { apiVersion: apiVersionOf(kind), kind: kind.kind, ...object },
      })
    },

    update: (kind, object, write = {}) =>
      parsed({ method: 'PUT', path: objectPath(kind, object.metadata, write.subresource), query: writeQuery(write), body: object }),

    patch: (kind, key, type, body, write = {}) =>
      parsed({
        method: 'PATCH',
        path: objectPath(kind, key, write.subresource),
        query: writeQuery(write),
        body,
        contentType: patchTypes[type],
      }),

    async delete<O extends KubeObject>(kind: Kind<O>, key: Key, { dryRun, ...rest }: DeleteOptions = {}): Promise<O | undefined> {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...rest, ...(dryRun && { dryRun: ['All'] }) }
      const left = await parsed<O | { readonly kind: 'Status'; readonly metadata?: object }>({
        method: 'DELETE',
        path: objectPath(kind, key),
        body,
      })
      return isObject(left) && left.metadata.deletionTimestamp !== undefined ? left : undefined
    },

    post: (kind, key, subresource, body) => parsed({ method: 'POST', path: objectPath(kind, key, subresource), body }),
  }
}

interface WireList<O> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items?: readonly O[] | null
}

/** Items of a list may leave out what the list says of them all. */
function typed<O extends KubeObject>(kind: Kind<O>): (item: O) => O {
  const type = { apiVersion: apiVersionOf(kind), kind: kind.kind }
  return item => (item.kind === undefined ? { ...type, ...item } : item)
}
function isObject<O extends KubeObject>(left: O | { readonly kind: 'Status' }): left is O {
  return left.kind !== 'Status'
}

function listQuery({ labelSelector, fieldSelector, limit, continue: next, resourceVersion }: ListOptions): Query {
  return { labelSelector, fieldSelector, limit, continue: next, resourceVersion }
}
function writeQuery({ dryRun, fieldManager }: WriteOptions): Query {
  return { dryRun: dryRun ? 'All' : undefined, fieldManager }
}
function queryText(query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value))
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** Reads until the server ends the stream. Fails when the connection breaks, or with what a callback throws. */
function readWatch<O extends KubeObject>(
  response: Response,
  signal: AbortSignal,
  onEvents: (events: readonly WatchEvent<O>[]) => void,
): Promise<void> {
  const { stream } = response
  const splitter = new LineSplitter()
  return new Promise((resolve, reject) => {
    let ended = false
    const fail = (error: unknown) => {
      reject(error)
      stream.destroy()
    }
    const onAbort = () => fail(signal.reason)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    stream.on('data', (chunk: Buffer) => {
      if (signal.aborted) return
      const events: WatchEvent<O>[] = []
      let failed: { readonly error: unknown } | undefined
      try {
        for (const line of splitter.push(chunk)) events.push(parseWatchEvent(line))
      } catch (error) {
        failed = { error }
      }
      try {
        // What came before an error still counts.
        if (events.length > 0) onEvents(events)
      } catch (error) {
        failed ??= { error }
      }
      if (failed) fail(failed.error)
    })
    stream.once('end', () => {
      ended = true
    })
    stream.on('error', error => reject(failure(error)))
    stream.once('close', () => {
      signal.removeEventListener('abort', onAbort)
      if (ended && stream.rstCode === 0) resolve()
      else reject(StatusError.serviceUnavailable('the watch broke off'))
    })
  })
}

function readAll({ stream }: Response, signal?: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    let ended = false
    const onAbort = () => {
      reject(failure(signal?.reason))
      stream.destroy()
    }
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('end', () => {
      ended = true
    })
    stream.on('error', error => reject(failure(error)))
    stream.once('close', () => {
      signal?.removeEventListener('abort', onAbort)
      if (ended && stream.rstCode === 0) resolve(Buffer.concat(chunks))
      else reject(StatusError.serviceUnavailable('the connection broke in the middle of an answer'))
    })
  })
}

/** A signal that aborts when the caller's does, or with a Timeout. */
function timeLimit(clock: Clock, timeoutMs: number, outer: AbortSignal | undefined): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const forward = () => controller.abort(outer?.reason)
  if (outer?.aborted) forward()
  outer?.addEventListener('abort', forward, { once: true })
  const cancel = clock.after(timeoutMs, () => controller.abort(StatusError.timeout(`no answer within ${timeoutMs} ms`)))
  return {
    signal: controller.signal,
    end() {
      cancel()
      outer?.removeEventListener('abort', forward)
    },
  }
}

/** What goes wrong on the way as a Status; the caller's own abort as it is. */
function failure(error: unknown): unknown {
  if (error instanceof ConnectionError) return new StatusError('ServiceUnavailable', error.message, undefined, { cause: error })
  const isSocketError = error instanceof Error && 'code' in error && typeof error.code === 'string'
  return isSocketError ? new StatusError('ServiceUnavailable', error.message, undefined, { cause: error }) : error
}

/** The Status that an answer of 400 or above carries; a plain one where it carries none, as proxies in between do. */
function statusOf(code: number, body: Buffer): StatusError {
  const text = body.toString('utf8')
  try {
    const status = JSON.parse(text)
    if (status?.kind === 'Status') return StatusError.fromStatus(status)
  } catch {
    // Not JSON: its text is the message.
  }
  return StatusError.fromStatus({ code, message: text.trim() || `the server answered ${code}` })
}
