// The life of definitions: their names are accepted, what they define is served, and when they go, their objects go first. It follows the
// store's events, so what is established is served by the time that anybody can see it.
import { isServed, withAcceptedNames } from '../../api/apiextensions/accepted-names.ts'
import { CustomResourceDefinition } from '../../api/apiextensions/custom-resource-definition.ts'
import type { Logger } from '../../base/logger.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { formatTime } from '../../meta/time.ts'
import { prefixEnd, type StoreEvent } from '../../store/store.ts'
import type { Context } from '../context.ts'
import { resourceFor } from '../resource.ts'
import { objectOf } from '../storage.ts'
import { callWebhook } from '../webhook-client.ts'
import { Cleanup } from './cleanup.ts'
import { converterOf } from './conversion.ts'
import { resourcesOf } from './resources-of.ts'

export interface CustomDefinitionsOptions {
  readonly context: Context
  readonly logger: Logger
}

interface Served {
  definition: CustomResourceDefinition
  readonly ended: AbortController
}

const conversionTimeoutMs = 30_000
const retryMs = 1000
const resource = resourceFor(CustomResourceDefinition)

export class CustomDefinitions {
  readonly #context: Context
  readonly #logger: Logger
  readonly #cleanup: Cleanup
  readonly #served = new Map<string, Served>()
  readonly #due = new Set<string>()
  readonly #closed = new AbortController()
  #settling: Promise<void> | undefined
  #isSettling = false
  #cancelRetry = () => {}
  #unwatch = () => {}

  constructor({ context, logger }: CustomDefinitionsOptions) {
    this.#context = context
    this.#logger = logger
    this.#cleanup = new Cleanup(context, logger)
  }

  /** Serves what is established, before it returns, and follows definitions from then on. */
  start(): void {
    const { storage } = this.#context
    const { store } = storage
    const after = store.revision
    for (const definition of storage.readable(CustomResourceDefinition)) this.#changed(definition)
    this.#unwatch = store.watch({
      start: resource.prefix,
      end: prefixEnd(resource.prefix),
      after,
      onEvents: events => {
        for (const event of events) this.#onEvent(event)
      },
    })
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#unwatch()
    this.#cancelRetry()
    this.#cleanup.close()
    await this.#settling
  }

  #onEvent(event: StoreEvent): void {
    const definition = objectOf(event.entry) as CustomResourceDefinition
    if (event.type === 'put') this.#changed(definition)
    else this.#gone(definition)
  }

  #changed(definition: CustomResourceDefinition): void {
    if (isServed(definition)) this.#serve(definition)
    this.#settleLater(definition.metadata.name)
  }

  #gone({ metadata, spec }: CustomResourceDefinition): void {
    const { name } = metadata
    this.#cleanup.forget(name)
    this.#unserve(name)
    // Its names are free for others.
    for (const other of this.#context.storage.all(CustomResourceDefinition))
      if (other.spec.group === spec.group) this.#settleLater(other.metadata.name)
  }

  #serve(definition: CustomResourceDefinition): void {
    const { name } = definition.metadata
    const known = this.#served.get(name)
    if (known && isSameService(known.definition, definition)) {
      known.definition = definition
      return
    }
    const { storage, newUid, resources } = this.#context
    const served: Served = { definition, ended: new AbortController() }
    const converter = converterOf(
      definition,
      ({ spec }, review) =>
        callWebhook(storage, spec.conversion?.webhook?.clientConfig ?? {}, review, {
          timeoutMs: conversionTimeoutMs,
          signal: this.#closed.signal,
        }),
      newUid,
    )
    const made = resourcesOf({
      definition: () => served.definition,
      converter,
      signal: served.ended.signal,
    })
    this.#served.set(name, served)
    resources.set(name, made)
    known?.ended.abort()
  }

  #unserve(name: string): void {
    const known = this.#served.get(name)
    if (!known) return
    this.#served.delete(name)
    this.#context.resources.set(name, [])
    known.ended.abort()
  }

  #settleLater(name: string): void {
    this.#due.add(name)
    if (this.#isSettling) return
    this.#isSettling = true
    this.#settling = this.#settle()
  }

  async #settle(): Promise<void> {
    // Not within the event that asked for it.
    await Promise.resolve()
    for (const name of this.#due) {
      if (this.#closed.signal.aborted) return
      this.#due.delete(name)
      try {
        if (!(await this.#settleOne(name))) this.#due.add(name)
      } catch (error) {
        if (this.#closed.signal.aborted) return
        this.#logger.error('a definition could not be settled', { name, error })
        this.#cancelRetry = this.#context.clock.after(retryMs, () => this.#settleLater(name))
      }
    }
    // In one turn with the end of the loop: what is due after it begins another.
    this.#isSettling = false
  }

  /** False when the definition has changed meanwhile. */
  async #settleOne(name: string): Promise<boolean> {
    const { storage, clock } = this.#context
    const entry = storage.entry(resource, undefined, name)
    if (!entry) return true
    const definition = objectOf(entry) as CustomResourceDefinition
    if (definition.metadata.deletionTimestamp) {
      this.#cleanup.begin(name)
      return true
    }
    const next = withAcceptedNames(definition, storage.all(CustomResourceDefinition), formatTime(clock.now()))
    return next === definition || deepEqual(next, definition) || (await storage.replace(resource, entry, next)) !== undefined
  }
}

/** Whether two states of a definition are served alike. */
function isSameService(a: CustomResourceDefinition, b: CustomResourceDefinition): boolean {
  return a.metadata.uid === b.metadata.uid && deepEqual(a.status.acceptedNames, b.status.acceptedNames) && deepEqual(a.spec, b.spec)
}
