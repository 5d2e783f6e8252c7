// What the main thread and the SQLite worker say to each other. Requests are answered in order, one reply each.

export interface SqliteWorkerData {
  /** The database file; its folder is made when it is missing. */
  readonly path: string
  /** Whether what is dropped is overwritten: older versions may be in the open, or by a key that is given up. */
  readonly erases: boolean
}

export type SqliteRequest =
  /** `records` as packed by records.ts. */
  | { readonly type: 'persist'; readonly records: ArrayBuffer }
  | { readonly type: 'drop'; readonly compactedRevision: number; readonly revisions: readonly number[] }
  /** After the reply the worker ends. */
  | { readonly type: 'close' }

export type SqliteReply =
  /** At the start: `begin`, any number of `versions`, `opened`; or `refused`, and the worker ends. */
  | { readonly type: 'begin'; readonly compactedRevision: number }
  | { readonly type: 'versions'; readonly records: ArrayBuffer }
  | { readonly type: 'opened' }
  | { readonly type: 'refused'; readonly reason: 'locked' | 'failed'; readonly message: string }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly message: string; readonly noSpace: boolean }
