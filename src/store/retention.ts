// How much history a store keeps by itself. Whichever bound is met first counts.

export interface Retention {
  /** History younger than this is kept, unless it breaks another bound. */
  readonly keepMs: number
  /** At most about this many revisions. */
  readonly keepRevisions: number
  /** At most about this many bytes of superseded values. */
  readonly keepBytes: number
}

/** Five minutes, as kube-apiserver has etcd compacted; bounded so that a burst cannot fill the memory. */
export const defaultRetention: Retention = { keepMs: 5 * 60_000, keepRevisions: 20_000, keepBytes: 32 * 1024 * 1024 }

/** How often age is looked at: history may live longer than `keepMs` by a tenth of it. */
export function tickMs(retention: Retention): number {
  return Math.max(100, retention.keepMs / 10)
}

/** Remembers which revision was the newest at which time, and so tells which revisions are too old. */
export class Ages {
  #marks: { readonly atMs: number; readonly revision: number }[] = []

  /** Records the newest revision, and returns the newest one known to be `keepMs` old. */
  mark(nowMs: number, revision: number, keepMs: number): number | undefined {
    this.#marks.push({ atMs: nowMs, revision })
    const old = this.#marks.findLast(mark => mark.atMs <= nowMs - keepMs)
    this.#marks = this.#marks.filter(mark => mark.atMs > nowMs - keepMs)
    return old?.revision
  }
}
