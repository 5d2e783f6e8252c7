// The pods that want a node, each in one place: active (to be tried now), backing off after a failure, unschedulable (until an event that
// may help, or five minutes), gated (until their gates are gone), or handed out for a try.
import type { Pod } from '../api/core/pod.ts'
import { Heap } from '../base/heap.ts'
import { deepEqual } from '../meta/deep-equal.ts'
import type { Occurred, QueuedPod } from './framework.ts'
import type { Profile } from './profile.ts'

const FIRST_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 10_000
const UNSCHEDULABLE_FOR_MS = 5 * 60_000

type Place = 'active' | 'backoff' | 'unschedulable' | 'gated' | 'out'

export interface Entry extends QueuedPod {
  readonly pod: Pod
  readonly queuedMs: number
  /** How often it was tried. */
  readonly attempts: number
  /** Who turned it down when it was last tried. */
  readonly plugins: ReadonlySet<string>
  /** When its backoff ends. */
  readonly dueMs: number
  /** Whether it failed by an error, such as of the API, and must sit out its backoff. */
  readonly isError: boolean
}

export class SchedulingQueue {
  readonly #profileOf: (pod: Pod) => Profile
  readonly #places = new Map<string, Place>()
  readonly #active: Heap<Entry>
  readonly #backoff = new Heap<Entry>(uidOf, (a, b) => a.dueMs - b.dueMs)
  readonly #unschedulable = new Map<string, Entry>()
  readonly #gated = new Map<string, Entry>()
  readonly #out = new Map<string, Entry>()

  /** All profiles sort alike; the first one's order holds. */
  constructor(profiles: readonly Profile[], profileOf: (pod: Pod) => Profile) {
    this.#profileOf = profileOf
    this.#active = new Heap<Entry>(uidOf, (a, b) => profiles[0]!.compare(a, b))
  }

  get counts(): Readonly<Record<Place, number>> {
    return {
      active: this.#active.size,
      backoff: this.#backoff.size,
      unschedulable: this.#unschedulable.size,
      gated: this.#gated.size,
      out: this.#out.size,
    }
  }
  /** When the first backoff ends; undefined when nothing backs off. */
  get nextDueMs(): number | undefined {
    return this.#backoff.peek()?.dueMs
  }

  has(uid: string): boolean {
    return this.#places.has(uid)
  }

  /** A pod that is new, or has changed. */
  set(pod: Pod, nowMs: number): void {
    const { uid } = pod.metadata
    const known = this.#find(uid)
    if (!known) {
      this.#enter({ pod, queuedMs: nowMs, attempts: 0, plugins: new Set(), dueMs: nowMs, isError: false })
      return
    }
    const entry = { ...known, pod }
    const place = this.#places.get(uid)!
    if (place === 'gated') {
      this.#enter({ ...entry, queuedMs: nowMs })
      return
    }
    this.#move(entry, place)
    const isSame =
      known.pod.spec === pod.spec || (deepEqual(known.pod.spec, pod.spec) && deepEqual(known.pod.metadata.labels, pod.metadata.labels))
    if (place === 'unschedulable' && !isSame && this.#mayHelp(entry, { kind: 'Pod/self', actions: ['update'], pod }))
      this.#wake(entry, nowMs)
  }
  /** The pod is bound or gone. */
  delete(uid: string): void {
    const place = this.#places.get(uid)
    if (place) this.#takeFrom(place, uid)
    this.#places.delete(uid)
  }

  /** The next pod to be tried, which is then to be given back by `fail` or taken off by `delete`. */
  pop(nowMs: number): Entry | undefined {
    while ((this.nextDueMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#move(this.#backoff.peek()!, 'active')
    // With nothing better to do, those need not wait whose chances an event has raised.
    const first = this.#backoff.peek()
    const entry = this.#active.peek() ?? (first?.isError ? undefined : first)
    if (!entry) return undefined
    const tried = { ...entry, attempts: entry.attempts + 1 }
    this.#move(tried, 'out')
    return tried
  }

  /** The try has failed: by these plugins' verdict, or, when there are none, by an error. A pod that was deleted meanwhile stays out. */
  fail({ pod: { metadata } }: Entry, plugins: ReadonlySet<string>, nowMs: number): void {
    const entry = this.#out.get(metadata.uid)
    if (!entry) return
    const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (entry.attempts - 1))
    const isError = plugins.size === 0
    this.#move({ ...entry, plugins, isError, queuedMs: nowMs, dueMs: nowMs + backoffMs }, isError ? 'backoff' : 'unschedulable')
  }

  /** Wakes the unschedulable pods whom the event may help. */
  observe(event: Occurred, nowMs: number): void {
    for (const entry of [...this.#unschedulable.values()]) if (this.#mayHelp(entry, event)) this.#wake(entry, nowMs)
  }
  /** Wakes pods that have been unschedulable for long, in case an event was not understood. */
  flush(nowMs: number): void {
    for (const entry of [...this.#unschedulable.values()]) if (entry.queuedMs + UNSCHEDULABLE_FOR_MS <= nowMs) this.#wake(entry, nowMs)
  }

  #mayHelp({ pod, plugins }: Entry, event: Occurred): boolean {
    return this.#profileOf(pod).plugins.some(
      plugin =>
        plugins.has(plugin.name) &&
        plugin.requeueOn.some(({ kind, actions }) => kind === event.kind && actions.some(action => event.actions.includes(action))) &&
        (plugin.mayHelp?.(pod, event) ?? true),
    )
  }
  #wake(entry: Entry, nowMs: number): void {
    this.#move({ ...entry, queuedMs: nowMs }, entry.dueMs > nowMs ? 'backoff' : 'active')
  }
  #enter(entry: Entry): void {
    const mayTry = this.#profileOf(entry.pod).preEnqueue.every(plugin => plugin.preEnqueue(entry.pod).fits)
    this.#move(entry, mayTry ? 'active' : 'gated')
  }

  #find(uid: string): Entry | undefined {
    const place = this.#places.get(uid)
    if (!place) return undefined
    const entry = this.#takeFrom(place, uid)
    if (entry) this.#putInto(place, entry)
    return entry
  }
  #move(entry: Entry, to: Place): void {
    const { uid } = entry.pod.metadata
    const from = this.#places.get(uid)
    if (from) this.#takeFrom(from, uid)
    this.#places.set(uid, to)
    this.#putInto(to, entry)
  }
  #takeFrom(place: Place, uid: string): Entry | undefined {
    if (place === 'active') return this.#active.remove(uid)
    if (place === 'backoff') return this.#backoff.remove(uid)
    const map = this.#mapOf(place)
    const entry = map.get(uid)
    map.delete(uid)
    return entry
  }
  #putInto(place: Place, entry: Entry): void {
    if (place === 'active') this.#active.push(entry)
    else if (place === 'backoff') this.#backoff.push(entry)
    else this.#mapOf(place).set(entry.pod.metadata.uid, entry)
  }
  #mapOf(place: 'unschedulable' | 'gated' | 'out'): Map<string, Entry> {
    return place === 'unschedulable' ? this.#unschedulable : place === 'gated' ? this.#gated : this.#out
  }
}

function uidOf(entry: Entry): string {
  return entry.pod.metadata.uid
}
