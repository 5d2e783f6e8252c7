// Writes pod statuses to the API server: at once, one request a pod at a time, the newest status when several came meanwhile. A write that
// fails is tried again as long as its pod is there.
import { Pod } from '../api/core/pod.ts'
import type { PodStatus } from '../api/core/pod-status.ts'
import { type Clock, type Random, sleep } from '../base/clock.ts'
import { Backoff } from '../client/backoff.ts'
import type { Client } from '../client/client.ts'
import { isAtLeast } from '../client/informer.ts'
import { StatusError } from '../meta/status-error.ts'
import { isOwnCondition, resizeConditions } from './pod/conditions.ts'

interface Entry {
  readonly namespace: string
  readonly name: string
  wanted: PodStatus
  /** What the API server has, as far as we know, and of which version of the pod: the one that our last write made, or a later one. */
  written: PodStatus
  version: string
  writing: Promise<void> | undefined
}

/** Fields that the kubelet owns: they are set to nothing when they are not in the status any more. */
const fields = [
  'containerStatuses',
  'ephemeralContainerStatuses',
  'hostIP',
  'initContainerStatuses',
  'message',
  'observedGeneration',
  'phase',
  'podIP',
  'qosClass',
  'reason',
  'startTime',
] as const

export class StatusWriter {
  readonly #client: Client
  readonly #clock: Clock
  readonly #random: Random
  readonly #signal: AbortSignal
  readonly #onError: (error: StatusError) => void
  readonly #entries = new Map<string, Entry>()

  constructor(client: Client, clock: Clock, random: Random, signal: AbortSignal, onError: (error: StatusError) => void) {
    this.#client = client
    this.#clock = clock
    this.#random = random
    this.#signal = signal
    this.#onError = onError
  }

  /**
   * `pod` is the API's object: the uid it has there guards the write. What others have made of the status since our last write is put right,
   * such as pods that were declared not ready while nothing was heard of their node.
   */
  set(pod: Pod, status: PodStatus): void {
    const { uid, namespace, name, resourceVersion } = pod.metadata
    const entry = this.#entries.get(uid) ?? { namespace, name, wanted: status, written: pod.status, version: '', writing: undefined }
    this.#entries.set(uid, entry)
    entry.wanted = status
    if (!entry.writing && isAtLeast(resourceVersion, entry.version)) {
      entry.written = pod.status
      entry.version = resourceVersion
    }
    entry.writing ??= this.#write(uid, entry).finally(() => {
      entry.writing = undefined
    })
  }

  /** Resolves when the newest status of the pod has been written, or cannot be. */
  async flushed(uid: string): Promise<void> {
    await this.#entries.get(uid)?.writing
  }

  forget(uid: string): void {
    this.#entries.delete(uid)
  }

  async #write(uid: string, entry: Entry): Promise<void> {
    const backoff = new Backoff({ baseMs: 200, maxMs: 10_000, jitter: 0.2 }, this.#random)
    // Statuses that come in the same turn are one.
    await Promise.resolve()
    while (!this.#signal.aborted && this.#entries.get(uid) === entry) {
      const { wanted, written } = entry
      const patch = statusPatch(written, wanted)
      if (!patch) return
      try {
        const key = { namespace: entry.namespace, name: entry.name }
        const { metadata } = await this.#client.patch(
          Pod,
          key,
          'strategic',
          { metadata: { uid }, status: patch },
          { subresource: 'status' },
        )
        entry.written = wanted
        entry.version = metadata.resourceVersion
        backoff.reset()
      } catch (error) {
        // The pod is gone, or another one has its name.
        if (StatusError.is(error, 'NotFound', 'Conflict')) {
          this.#entries.delete(uid)
          return
        }
        this.#onError(StatusError.from(error))
        await sleep(this.#clock, backoff.nextMs(), this.#signal).catch(() => {})
      }
    }
  }
}

/** A strategic merge patch from one status to the other; undefined when they are the same. Conditions of others are not touched. */
export function statusPatch(from: PodStatus, to: PodStatus): Readonly<Record<string, unknown>> | undefined {
  const patch: Record<string, unknown> = {}
  for (const field of fields) if (!isSame(from[field], to[field])) patch[field] = to[field] ?? null
  for (const field of ['podIPs', 'hostIPs'] as const)
    if (!isSame(from[field], to[field])) patch[field] = [...(to[field] ?? []), { $patch: 'replace' }]
  const conditions = (to.conditions ?? []).filter(
    c =>
      isOwnCondition(c.type) &&
      !isSame(
        from.conditions?.find(old => old.type === c.type),
        c,
      ),
  )
  const has = (status: PodStatus, type: string) => status.conditions?.some(c => c.type === type) ?? false
  const over = resizeConditions.filter(type => has(from, type) && !has(to, type))
  if (conditions.length + over.length > 0) {
    // Fields that are gone from a condition must be unset in the merge.
    patch['conditions'] = [
      ...conditions.map(c => ({ lastProbeTime: null, ...c, reason: c.reason ?? null, message: c.message ?? null })),
      ...over.map(type => ({ type, $patch: 'delete' })),
    ]
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

/** Without absent values and with keys in order, so that text tells equality. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, v]) => v !== undefined && v !== null)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]))
}
