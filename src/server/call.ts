// One request past authentication and routing, whatever transport it came by, and its answer.

import { StatusError } from '../meta/status-error.ts'
import type { Entry } from '../store/store.ts'
import type { UserInfo } from './authn/user-info.ts'
import type { RequestInfo } from './request-info.ts'
import type { Resource } from './resource.ts'
import type { YamlBody } from './yaml.ts'

export interface Call {
  readonly user: UserInfo
  readonly info: RequestInfo
  readonly resource: Resource
  readonly query: URLSearchParams
  /** Present for methods with a body. */
  readonly body?: RequestBody
  readonly userAgent: string
  /** Shown to the user as `Warning` headers. */
  readonly warnings: string[]
  /** Absent where no record of the request is kept. */
  readonly annotate?: Annotate
}

/** Adds to the record of a request; what is of level `Request`, only where that holds what was sent too. */
export type Annotate = (key: string, value: string, level?: 'Metadata' | 'Request') => void

export type RequestBody =
  /** As it came over the network. */
  | {
      readonly type: 'bytes'
      readonly contentType: string
      readonly bytes: Buffer
      /** What a large YAML text was found to be. */
      readonly yaml?: YamlBody
    }
  /** As an in-process caller gave it: trusted to be JSON, never changed. */
  | { readonly type: 'value'; readonly contentType: string; readonly value: unknown }

export type Answer =
  | { readonly type: 'entry'; readonly code: number; readonly resource: Resource; readonly entry: Entry }
  | { readonly type: 'object'; readonly code: number; readonly object: object }
  | { readonly type: 'list'; readonly resource: Resource; readonly entries: readonly Entry[]; readonly metadata: ListMetadata }
  | { readonly type: 'watch'; readonly resource: Resource; start(sink: WatchSink): () => void }
  | { readonly type: 'text'; readonly code: number; readonly contentType: string; readonly body: string | Buffer }
  /** Handed on to another server over the same connection: log, exec, attach, port-forward, proxy. */
  | { readonly type: 'relay'; readonly target: RelayTarget }

export interface ListMetadata {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

export interface RelayTarget {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  /** With the query. */
  readonly path: string
  /** Whether the API server shows its kubelet client certificate. */
  readonly isKubelet: boolean
}

export type WatchItem =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly entry: Entry }
  | { readonly type: 'BOOKMARK'; readonly revision: number; readonly initialEventsEnd: boolean }

export interface WatchSink {
  /** Items in order. False asks the watch to end: the reader is too slow. */
  write(items: readonly WatchItem[]): boolean
  end(error?: unknown): void
}

export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value === 'true' || value === '1'
}

/** A whole number of the query, or undefined where it is absent. */
export function numberParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^-?\d{1,18}$/.test(text)) throw StatusError.badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`)
  return Number(text)
}
