// Deletes the objects of definitions that are going, by the way that every client's deletes take, and lets the definition go when none is
// left. Objects may be held by their own finalizers, so it looks again whenever one changes, and now and then.
import {
  CustomResourceDefinition,
  type CustomResourceDefinitionCondition,
  cleanupFinalizer,
} from '../../api/apiextensions/custom-resource-definition.ts'
import type { Logger } from '../../base/logger.ts'
import { isConditionTrue, setCondition } from '../../meta/conditions.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import { prefixEnd } from '../../store/store.ts'
import { apiServerUser } from '../authn/user-info.ts'
import type { Context } from '../context.ts'
import { inProcessClient } from '../in-process-client.ts'
import { type Resource, resourceFor } from '../resource.ts'
import { objectOf } from '../storage.ts'

const lookAgainMs = 5000
const definitions = resourceFor(CustomResourceDefinition)

type Told = Omit<CustomResourceDefinitionCondition, 'type'>

const inProgress: Told = {
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
}

function failed({ message }: StatusError): Told {
  return { status: 'True', reason: 'InstanceDeletionFailed', message: `could not issue all deletes: ${message}` }
}

interface Work {
  isLooking: boolean
  isAsked: boolean
  unwatch(): void
  cancel(): void
}

export class Cleanup {
  readonly #context: Context
  readonly #logger: Logger
  readonly #works = new Map<string, Work>()

  constructor(context: Context, logger: Logger) {
    this.#context = context
    this.#logger = logger
  }

  /** To be called whenever a definition that is going has changed. */
  begin(name: string): void {
    if (!this.#works.has(name)) this.#works.set(name, { isLooking: false, isAsked: false, unwatch: () => {}, cancel: () => {} })
    this.#look(name)
  }

  forget(name: string): void {
    const work = this.#works.get(name)
    this.#works.delete(name)
    work?.unwatch()
    work?.cancel()
  }

  close(): void {
    for (const name of this.#works.keys()) this.forget(name)
  }

  #look(name: string): void {
    const work = this.#works.get(name)
    if (!work) return
    work.isAsked = true
    if (work.isLooking) return
    work.isLooking = true
    work.cancel()
    void this.#run(name, work)
  }

  async #run(name: string, work: Work): Promise<void> {
    while (work.isAsked && this.#works.has(name)) {
      work.isAsked = false
      try {
        await this.#step(name, work)
      } catch (error) {
        if (this.#works.has(name)) this.#logger.warn('objects of a definition that is going could not be deleted', { name, error })
      }
    }
    work.isLooking = false
    if (this.#works.has(name)) work.cancel = this.#context.clock.after(lookAgainMs, () => this.#look(name))
  }

  async #step(name: string, work: Work): Promise<void> {
    const { storage, resources } = this.#context
    const entry = storage.entry(definitions, undefined, name)
    if (!entry) return
    const definition = objectOf(entry) as CustomResourceDefinition
    if (!definition.metadata.deletionTimestamp || !definition.metadata.finalizers?.includes(cleanupFinalizer)) return
    if (!isConditionTrue(definition.status.conditions, 'Established')) {
      await this.#release(definition, 'NeverEstablished', 'resource was never established')
      return
    }
    const { group, names, versions } = definition.spec
    const found = resources.all.filter(r => r.kind.isCustom && r.group === group && r.resource === names.plural)
    // In the stored version nothing has to be converted.
    const storedIn = versions.find(version => version.storage)?.name
    const served = found.find(r => r.kind.version === storedIn) ?? found[0]
    const left = this.#objects(served)
    if (!served || left.length === 0) {
      await this.#release(definition, 'InstanceDeletionCompleted', 'removed all instances')
      return
    }
    // What is told is a change of the definition, after which it looks again: told anew each time, it would never stop.
    const told = definition.status.conditions?.find(condition => condition.type === 'Terminating')
    if (told?.status !== 'True') await this.#tell(definition, inProgress)
    this.#follow(name, work, served)
    const failures = (await Promise.all(left.map(object => this.#remove(served, object)))).filter(error => error !== undefined)
    const [first] = failures
    const outcome = first ? failed(first) : inProgress
    if (told?.reason !== outcome.reason) await this.#tell(definition, outcome)
    if (this.#objects(served).length === 0) work.isAsked = true
  }

  #objects(served: Resource | undefined): readonly KubeObject[] {
    if (!served) return []
    const { store } = this.#context.storage
    return store.range({ start: served.prefix, end: prefixEnd(served.prefix) }).entries.map(objectOf)
  }

  /** Each change of an object is a reason to look again: the last one may have gone. */
  #follow(name: string, work: Work, resource: Resource): void {
    work.unwatch()
    work.unwatch = this.#context.storage.follow(resource, events => {
      if (events.some(event => event.type === 'delete')) this.#look(name)
    })
  }

  async #remove({ kind }: Resource, { metadata }: KubeObject): Promise<StatusError | undefined> {
    if (metadata.deletionTimestamp) return undefined
    const client = inProcessClient(this.#context, apiServerUser)
    try {
      await client.delete(kind, metadata, { preconditions: { uid: metadata.uid } })
      return undefined
    } catch (error) {
      return StatusError.is(error, 'NotFound', 'Conflict') ? undefined : StatusError.from(error)
    }
  }

  async #tell(definition: CustomResourceDefinition, told: Told): Promise<void> {
    await this.#change(definition, current => withTerminating(current, told, this.#now()))
  }

  /** Takes the finalizer off; the definition goes with its last one. */
  async #release(definition: CustomResourceDefinition, reason: string, message: string): Promise<void> {
    await this.#change(definition, current => {
      const { finalizers = [], ...metadata } = current.metadata
      const kept = finalizers.filter(finalizer => finalizer !== cleanupFinalizer)
      const released = { ...current, metadata: { ...metadata, ...(kept.length > 0 && { finalizers: kept }) } }
      return withTerminating(released, { status: 'False', reason, message }, this.#now())
    })
  }

  async #change(
    { metadata }: CustomResourceDefinition,
    change: (current: CustomResourceDefinition) => CustomResourceDefinition,
  ): Promise<void> {
    const { storage } = this.#context
    for (;;) {
      const entry = storage.entry(definitions, undefined, metadata.name)
      const current = entry && (objectOf(entry) as CustomResourceDefinition)
      if (!entry || current?.metadata.uid !== metadata.uid) return
      const next = change(current)
      if (next.status.conditions === current.status.conditions && next.metadata === current.metadata) return
      const isDone = (next.metadata.finalizers?.length ?? 0) === 0
      if (isDone ? await storage.remove(definitions, entry, next) : await storage.replace(definitions, entry, next)) return
    }
  }

  #now(): string {
    return formatTime(this.#context.clock.now())
  }
}

function withTerminating(definition: CustomResourceDefinition, told: Told, now: string): CustomResourceDefinition {
  const conditions = setCondition(definition.status.conditions, { type: 'Terminating', ...told }, now)
  return conditions === definition.status.conditions ? definition : { ...definition, status: { ...definition.status, conditions } }
}
