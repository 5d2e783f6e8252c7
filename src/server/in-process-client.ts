// The client of components that run in the server's own process: the same way as over HTTP but for TLS, HTTP and JSON. It enters with a
// real identity, so authorization and admission hold for it too. Objects that come back are the server's own: never change them.

import type { Kind } from '../api/kind.ts'
import type {
  Client,
  DeleteOptions,
  Key,
  ListOptions,
  ListResult,
  PatchType,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '../client/client.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { StatusError } from '../meta/status-error.ts'
import { recorded } from './audit/in-process.ts'
import type { UserInfo } from './authn/user-info.ts'
import { authorizeRequest } from './authorize-request.ts'
import type { Decision } from './authz/attributes.ts'
import type { Answer, Call, RequestBody, WatchItem } from './call.ts'
import type { Context } from './context.ts'
import { dispatch } from './dispatch.ts'
import type { RequestInfo } from './request-info.ts'
import { present } from './storage.ts'

const patchTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}

interface Request {
  readonly verb: string
  readonly key: Partial<Key>
  readonly subresource?: string | undefined
  readonly query?: URLSearchParams
  readonly contentType?: string
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export function inProcessClient(context: Context, user: UserInfo): Client {
  const agent = agentOf(user)
  async function run(kind: Kind, request: Request): Promise<Answer> {
    const { verb, key, subresource = '', query = new URLSearchParams(), body } = request
    request.signal?.throwIfAborted()
    const info: RequestInfo = {
      verb,
      path: '',
      isResource: true,
      group: kind.group,
      version: kind.version,
      plural: kind.plural,
      subresource,
      namespace: key.namespace ?? '',
      name: key.name ?? '',
      rest: '',
    }
    const value: RequestBody | undefined =
      body === undefined ? undefined : { type: 'value', contentType: request.contentType ?? 'application/json', value: body }
    if (!context.audit) return answer(kind, info, query, value)
    const own = { user, info, query, body: value }
    return recorded(context.audit, own, (onDecision, annotate) => answer(kind, info, query, value, onDecision, annotate))
  }

  async function answer(
    kind: Kind,
    info: RequestInfo,
    query: URLSearchParams,
    value: RequestBody | undefined,
    onDecision?: (decision: Decision) => void,
    annotate?: Call['annotate'],
  ): Promise<Answer> {
    authorizeRequest(context.authorizer, user, info, query.get('fieldSelector'), onDecision)
    const resource = context.resources.of(kind)
    if (!resource) throw StatusError.unknownPath()
    const call: Call = {
      user,
      info,
      resource,
      query,
      ...(value && { body: value }),
      userAgent: agent,
      warnings: [],
      ...(annotate && { annotate }),
    }
    return dispatch(context, call)
  }

  async function one<O extends KubeObject>(kind: Kind<O>, request: Request): Promise<O> {
    const answer = await run(kind, request)
    if (answer.type === 'entry') return present(answer.resource, answer.entry) as O
    if (answer.type === 'object') return answer.object as O
    throw StatusError.internal(`${request.verb} gave no object`)
  }

  return {
    get: (kind, key) => one(kind, { verb: 'get', key }),

    async list<O extends KubeObject>(kind: Kind<O>, options: ListOptions = {}): Promise<ListResult<O>> {
      const answer = await run(kind, {
        verb: 'list',
        key: namespaceOf(options),
        query: listQuery(options),
        ...(options.signal && { signal: options.signal }),
      })
      if (answer.type !== 'list') throw StatusError.internal('list gave no list')
      const { metadata, entries, resource } = answer
      return {
        items: entries.map(entry => present(resource, entry) as O),
        resourceVersion: metadata.resourceVersion,
        ...(metadata.continue && { continue: metadata.continue }),
      }
    },

    async watch<O extends KubeObject>(
      kind: Kind<O>,
      options: WatchOptions,
      onEvents: (events: readonly WatchEvent<O>[]) => void,
    ): Promise<void> {
      const query = listQuery(options)
      query.set('allowWatchBookmarks', 'true')
      const answer = await run(kind, { verb: 'watch', key: namespaceOf(options), query, signal: options.signal })
      if (answer.type !== 'watch') throw StatusError.internal('watch gave no watch')
      const { resource } = answer
      await new Promise<void>((resolve, reject) => {
        const { signal } = options
        // Events arrive inside a commit; handing them on in a turn of their own keeps writers and readers apart.
        let queue: WatchEvent<O>[] = []
        let ended: { readonly error?: unknown } | undefined
        const flush = () => {
          const events = queue
          queue = []
          if (events.length > 0 && !signal.aborted) onEvents(events)
          if (!ended) return
          if (ended.error === undefined) resolve()
          else reject(ended.error)
        }
        const stop = answer.start({
          write(items) {
            if (queue.length === 0) setImmediate(flush)
            for (const item of items) queue.push(eventOf<O>(item, i => present(resource, i.entry) as O))
            return true
          },
          end(error) {
            ended = error === undefined ? {} : { error }
            setImmediate(flush)
          },
        })
        const onAbort = () => {
          stop()
          resolve()
        }
        if (signal.aborted) onAbort()
        else signal.addEventListener('abort', onAbort, { once: true })
      })
    },

    create: (kind, object, options) =>
      one(kind, {
        verb: 'create',
        key: { namespace: (object as { metadata?: { namespace?: string } }).metadata?.namespace },
        body: object,
        subresource: options?.subresource,
        query: writeQuery(options),
      }),

    update: (kind, object, options) =>
      one(kind, { verb: 'update', key: object.metadata, body: object, subresource: options?.subresource, query: writeQuery(options) }),

    patch: (kind, key, type, body, options) =>
      one(kind, { verb: 'patch', key, body, contentType: patchTypes[type], subresource: options?.subresource, query: writeQuery(options) }),

    async delete<O extends KubeObject>(kind: Kind<O>, key: Key, options: DeleteOptions = {}): Promise<O | undefined> {
      const { dryRun, ...body } = options
      const answer = await run(kind, { verb: 'delete', key, body, query: writeQuery({ dryRun: dryRun ?? false }) })
      return answer.type === 'entry' ? (present(answer.resource, answer.entry) as O) : undefined
    },

    async post(kind, key, subresource, body) {
      const answer = await run(kind, { verb: 'create', key, subresource, body })
      if (answer.type === 'entry') return present(answer.resource, answer.entry)
      return answer.type === 'object' ? answer.object : undefined
    },
  }
}

function eventOf<O>(item: WatchItem, show: (item: Exclude<WatchItem, { type: 'BOOKMARK' }>) => O): WatchEvent<O> {
  return item.type === 'BOOKMARK'
    ? { type: 'BOOKMARK', resourceVersion: String(item.revision), initialEventsEnd: item.initialEventsEnd }
    : { type: item.type, object: show(item) }
}

function namespaceOf({ namespace }: ListOptions): Partial<Key> {
  return namespace === undefined ? {} : { namespace }
}

const listParameters = ['labelSelector', 'fieldSelector', 'limit', 'continue', 'resourceVersion'] as const

function listQuery(options: ListOptions): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of listParameters) {
    const value = options[name]
    if (value !== undefined) query.set(name, String(value))
  }
  return query
}

function writeQuery(options: WriteOptions | undefined): URLSearchParams {
  const query = new URLSearchParams({ fieldValidation: 'Ignore' })
  if (options?.dryRun) query.set('dryRun', 'All')
  if (options?.fieldManager) query.set('fieldManager', options.fieldManager)
  return query
}

/** What a component calls itself, as the owners of fields show it. Controllers have an account each, and are one program. */
function agentOf({ username }: UserInfo): string {
  if (username.startsWith('system:serviceaccount:kube-system:')) return 'kube-controller-manager'
  if (username.startsWith('system:node:')) return 'kubelet'
  return username === 'system:apiserver' ? 'kube-apiserver' : username.replace(/^system:/, '')
}
