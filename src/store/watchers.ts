// Who watches what. The key space is cut at the ends of all watched ranges; each segment knows the ranges that cover it. So an
// event finds its watchers by one search, whatever the number of watchers of other ranges; watchers of one range share one batch.
import { assert } from '../base/assert.ts'
import { OrderedMap } from '../base/ordered-map.ts'
import type { StoreEvent, UnreadableError, WatchOptions } from './store.ts'

interface Watcher {
  readonly options: WatchOptions
  /** Events up to this revision have been given to it. */
  revision: number
}

/** All watchers of one range. */
interface Group {
  readonly start: string
  readonly end: string
  readonly watchers: Set<Watcher>
}

interface Segment {
  /** How many groups start or end where this segment starts; without any, it is part of the one before. */
  edges: number
  readonly groups: Set<Group>
}

export class Watchers {
  readonly #groups = new Map<string, Group>()
  readonly #segments = new OrderedMap<Segment>()

  /** The watcher gets the events that are delivered with a revision greater than `revision`. Returns the function that removes it. */
  add(options: WatchOptions, revision: number): () => void {
    const watcher: Watcher = { options, revision }
    const group = this.#group(options.start, options.end)
    group.watchers.add(watcher)
    return () => this.#remove(group, watcher)
  }

  #remove(group: Group, watcher: Watcher): void {
    if (group.watchers.delete(watcher) && group.watchers.size === 0) this.#removeGroup(group)
  }

  deliver(events: readonly StoreEvent[], revision: number): void {
    const batches = new Map<Group, StoreEvent[]>()
    for (const event of events) {
      for (const group of this.#segments.floor(event.key)?.groups ?? []) {
        const batch = batches.get(group)
        if (batch) batch.push(event)
        else batches.set(group, [event])
      }
    }
    for (const [group, batch] of batches) {
      for (const watcher of group.watchers) {
        // One that was added by another's callback has had these by its replay.
        if (watcher.revision >= revision) continue
        watcher.revision = revision
        watcher.options.onEvents(batch, revision)
      }
    }
  }

  /** Ends the watches of the key that want to know of it. */
  endUnreadable(error: UnreadableError): void {
    for (const group of [...(this.#segments.floor(error.key)?.groups ?? [])]) {
      for (const watcher of [...group.watchers]) {
        const { options } = watcher
        if (!options.onUnreadable) continue
        this.#remove(group, watcher)
        options.onUnreadable(error)
      }
    }
  }

  /** Ends all watches. */
  close(error: Error): void {
    const groups = [...this.#groups.values()]
    for (const group of groups) {
      const watchers = [...group.watchers]
      group.watchers.clear()
      this.#removeGroup(group)
      for (const { options } of watchers) options.onClose?.(error)
    }
  }

  #group(start: string, end: string): Group {
    const id = `${start}\0\0${end}`
    const known = this.#groups.get(id)
    if (known) return known
    assert(start < end, `nothing lies between ${start} and ${end}`)
    const group: Group = { start, end, watchers: new Set() }
    this.#groups.set(id, group)
    this.#addEdge(start)
    this.#addEdge(end)
    for (const segment of this.#segments.slice(start, end)) segment.groups.add(group)
    return group
  }

  #removeGroup(group: Group): void {
    this.#groups.delete(`${group.start}\0\0${group.end}`)
    for (const segment of this.#segments.slice(group.start, group.end)) segment.groups.delete(group)
    this.#removeEdge(group.start)
    this.#removeEdge(group.end)
  }

  #addEdge(at: string): void {
    const segment = this.#segments.get(at)
    if (segment) segment.edges++
    else this.#segments.set(at, { edges: 1, groups: new Set(this.#segments.floor(at)?.groups) })
  }

  #removeEdge(at: string): void {
    const segment = this.#segments.get(at)
    assert(segment, `no watched range starts or ends at ${at}`)
    segment.edges--
    if (segment.edges === 0) this.#segments.delete(at)
  }
}
