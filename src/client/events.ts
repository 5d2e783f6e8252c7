// Records events about objects. `record` never waits and never fails: events are told one after the other in the background, and are
// dropped when the API cannot take them. They are news, not state.
import { Event } from '../api/core/event.ts'
import type { ObjectReference } from '../api/core/reference.ts'
import type { Kind } from '../api/kind.ts'
import { type Clock, type Random, sleep } from '../base/clock.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { StatusError } from '../meta/status-error.ts'
import type { Client } from './client.ts'
import { type Correlated, EventCorrelator, type Occurrence, type Source } from './event-correlator.ts'

export interface EventRecorderOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly source: Source
  /** Told of events that could not be stored. */
  onDropped?(occurrence: Occurrence, error: StatusError | undefined): void
}

const MAX_WAITING = 1000
const MAX_TRIES = 12
const RETRY_MS = 10_000

export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #correlator: EventCorrelator
  readonly #waiting: Occurrence[] = []
  #sequence: number
  #wake: (() => void) | undefined

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#correlator = new EventCorrelator(options.source)
    // Other recorders may tell of the same object within the same millisecond.
    this.#sequence = Math.floor(options.random() * 1_000_000)
  }

  record(about: ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const occurrence = { about, type, reason, message: message.slice(0, 1024) }
    if (this.#waiting.length >= MAX_WAITING) {
      this.#options.onDropped?.(occurrence, undefined)
      return
    }
    this.#waiting.push(occurrence)
    this.#wake?.()
  }

  /** Stores what is recorded until the signal aborts. To be called once. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = () => this.#wake?.()
    signal.addEventListener('abort', onAbort, { once: true })
    while (!signal.aborted) {
      const occurrence = this.#waiting.shift()
      if (occurrence) await this.#tell(occurrence, signal)
      else await this.#awaken()
    }
    signal.removeEventListener('abort', onAbort)
  }

  #awaken(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  async #tell(occurrence: Occurrence, signal: AbortSignal): Promise<void> {
    const { clock, random, onDropped } = this.#options
    const correlated = this.#correlator.observe(occurrence, clock.now(), this.#newName(occurrence.about))
    if (!correlated) return onDropped?.(occurrence, undefined)
    for (let tries = 1; ; tries++) {
      try {
        const event = await this.#store(occurrence, correlated)
        return this.#correlator.stored(correlated.key, event)
      } catch (error) {
        const failure = StatusError.from(error)
        if (failure.code < 500 || tries >= MAX_TRIES) return onDropped?.(occurrence, failure)
        // The first wait is cut at random, so that many sources do not come back together.
        await sleep(clock, tries === 1 ? RETRY_MS * random() : RETRY_MS, signal).catch(() => {})
        if (signal.aborted) return
      }
    }
  }

  async #store(occurrence: Occurrence, correlated: Correlated): Promise<Event> {
    const { client } = this.#options
    const { name, count, lastTimestamp, message } = correlated
    const namespace = occurrence.about.namespace ?? 'default'
    if (count > 1) {
      try {
        return await client.patch(Event, { namespace, name }, 'strategic', { count, lastTimestamp, message })
      } catch (error) {
        // Events are kept for an hour only.
        if (!StatusError.is(error, 'NotFound')) throw error
      }
    }
    return client.create(Event, this.#event(occurrence, correlated, namespace))
  }

  #event({ about, type, reason }: Occurrence, { name, count, firstTimestamp, lastTimestamp, message }: Correlated, namespace: string) {
    const { source } = this.#options
    return {
      metadata: { namespace, name },
      involvedObject: about,
      ...{ reason, message, type, count, firstTimestamp, lastTimestamp, source },
      reportingComponent: source.component,
      reportingInstance: source.host ?? '',
    }
  }

  /** The object's name and a time in nanoseconds, told apart within the millisecond by a running number. */
  #newName(about: ObjectReference): string {
    this.#sequence = (this.#sequence + 1) % 1_000_000
    const nanoseconds = BigInt(Math.floor(this.#options.clock.now())) * 1_000_000n + BigInt(this.#sequence)
    return `${about.name ?? ''}.${nanoseconds.toString(16)}`
  }
}

/** Names an object in an event. Objects from a list may not say what they are, so the kind does. */
export function referenceTo(kind: Kind, object: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
  return { kind: kind.kind, apiVersion, name, uid, resourceVersion, ...(namespace !== undefined && { namespace }) }
}
