// MutatingAdmissionWebhook and ValidatingAdmissionWebhook: others have a say in what is stored. Those that change objects are asked one
// after another, those that only judge all at once.
import { MutatingWebhookConfiguration } from '../../../api/admissionregistration/mutating-webhook-configuration.ts'
import { ValidatingWebhookConfiguration } from '../../../api/admissionregistration/validating-webhook-configuration.ts'
import { deepEqual } from '../../../meta/deep-equal.ts'
import { hasMetadata, type KubeObject, type TypedObject } from '../../../meta/object-meta.ts'
import { applyJsonPatch } from '../../../meta/patch/json.ts'
import { StatusError } from '../../../meta/status-error.ts'
import { decodeObject, ignored, type Shape } from '../../body.ts'
import type { Call } from '../../call.ts'
import { isDryRun } from '../../options.ts'
import type { Resource, ResourceTable } from '../../resource.ts'
import type { Storage } from '../../storage.ts'
import type { AdmissionPlugin, Asked, Changeable } from '../admission.ts'
import { isExempt, matchedResource, namespaceMatches, objectMatches, type Subject, subjectOf } from '../matching.ts'
import type { Rounds } from '../rounds.ts'
import { type ConfiguredWebhook, WebhookList } from './configurations.ts'
import { admissionReview, reviewVersion, type Verdict, verdictOf } from './review.ts'

/** Sends a review and gives the body of the answer. */
export type Ask = (webhook: ConfiguredWebhook, review: object) => Promise<unknown>

/** Whether a request meets a webhook's conditions; an error where they cannot be worked out. */
export type MeetsConditions = (webhook: ConfiguredWebhook, request: Asked, subject: Subject) => boolean | Error

export interface WebhookOptions {
  readonly resources: ResourceTable
  readonly newUid: () => string
  readonly ask: Ask
  readonly meetsConditions: MeetsConditions
}

interface Hit {
  readonly webhook: ConfiguredWebhook
  /** The form that its rules are written for. */
  readonly resource: Resource
}

export class Webhooks {
  readonly mutating: AdmissionPlugin
  readonly validating: AdmissionPlugin
  readonly #options: WebhookOptions
  readonly #mutatingList: WebhookList
  readonly #validatingList: WebhookList

  constructor(storage: Storage, options: WebhookOptions) {
    this.#options = options
    this.#mutatingList = new WebhookList(storage, MutatingWebhookConfiguration)
    this.#validatingList = new WebhookList(storage, ValidatingWebhookConfiguration)
    const mutate = <O extends TypedObject>(request: Changeable<O>, storage: Storage, rounds: Rounds): O | Promise<O> => {
      const { list } = this.#mutatingList
      return list.length === 0 ? request.object : this.#mutate(list, request, storage, rounds)
    }
    const validate = (request: Asked, storage: Storage): void | Promise<void> => {
      const { list } = this.#validatingList
      return list.length === 0 ? undefined : this.#validate(list, request, storage)
    }
    this.mutating = { name: 'MutatingAdmissionWebhook', mutate, mutateConnection: mutate }
    this.validating = { name: 'ValidatingAdmissionWebhook', validate, validateConnection: validate }
  }

  close(): void {
    this.#mutatingList.close()
    this.#validatingList.close()
  }

  async #mutate<O extends TypedObject>(
    list: readonly ConfiguredWebhook[],
    request: Changeable<O>,
    storage: Storage,
    rounds: Rounds,
  ): Promise<O> {
    let { object } = request
    const turn = rounds.turn(this.mutating.name, object)
    for (const webhook of list) {
      const hit = this.#hit(webhook, { ...request, object }, storage)
      const key = `${webhook.configuration}/${webhook.name}`
      if (!hit || !turn.isDue(key)) continue
      const next = await this.#change(hit, { ...request, object })
      if (next !== object) turn.changed()
      turn.asked(key, webhook.reinvocationPolicy)
      object = next
    }
    turn.end(object)
    return object
  }

  /** What the webhook makes of the object; the object itself where it cannot be asked, and need not. */
  async #change<O extends TypedObject>(hit: Hit, request: Changeable<O>): Promise<O> {
    const { webhook, resource } = hit
    const { call, kind, object } = request
    try {
      const shown = await show(resource, call.resource, object)
      const verdict = await this.#ask(hit, request, shown, true)
      tell(call, verdict, webhook)
      if (verdict.refused) throw verdict.refused
      if (verdict.patch === undefined) return object
      // Another form than the request's own is that of a stored kind.
      const shape = resource === call.resource ? kind : (resource.kind as unknown as Shape<O>)
      const next = decodeObject(shape, applyJsonPatch(shown, verdict.patch), ignored())
      return deepEqual(next, shown) ? object : await show(call.resource, resource, next)
    } catch (error) {
      failed(webhook, error, call)
      return object
    }
  }

  async #validate(list: readonly ConfiguredWebhook[], request: Asked, storage: Storage): Promise<void> {
    const hits = list.flatMap(webhook => this.#hit(webhook, request, storage) ?? [])
    const outcomes = await Promise.allSettled(
      hits.map(async hit => {
        const { webhook } = hit
        try {
          const verdict = await this.#ask(
            hit,
            request,
            request.object && (await show(hit.resource, request.call.resource, request.object)),
            false,
          )
          tell(request.call, verdict, webhook)
          if (verdict.refused) throw verdict.refused
        } catch (error) {
          failed(webhook, error, request.call)
        }
      }),
    )
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  #hit(webhook: ConfiguredWebhook, request: Asked, storage: Storage): Hit | undefined {
    const subject = subjectOf(request)
    if (isExempt(subject)) return undefined
    const resource = matchedResource(subject, webhook.rules, webhook.matchPolicy, this.#options.resources)
    if (!resource) return undefined
    if (!namespaceMatches(webhook.namespaceSelector, subject, storage) || !objectMatches(webhook.objectSelector, subject)) return undefined
    const meets = webhook.matchConditions?.length ? this.#options.meetsConditions(webhook, request, subject) : true
    if (meets instanceof Error) {
      if (webhook.failurePolicy === 'Ignore') return undefined
      throw StatusError.forbidden(request.call.resource, subject.name, meets.message)
    }
    return meets ? { webhook, resource } : undefined
  }

  async #ask({ webhook, resource }: Hit, request: Asked, object: TypedObject | undefined, mayPatch: boolean): Promise<Verdict> {
    const { call, previous } = request
    const { sideEffects } = webhook
    if (isDryRun(call) && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun')
      throw StatusError.badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`)
    const uid = this.#options.newUid()
    const version = reviewVersion(webhook.admissionReviewVersions)
    const shownBefore = previous && (await show(resource, call.resource, previous))
    const review = admissionReview(version, { uid, subject: subjectOf(request), call, resource, object, previous: shownBefore })
    return verdictOf(await this.#options.ask(webhook, review), version, uid, webhook.name, mayPatch)
  }
}

/** A refusal stands. A webhook that could not be asked refuses too, unless its failure is to be ignored. */
function failed(webhook: ConfiguredWebhook, error: unknown, call: Call): void {
  if (error instanceof StatusError) throw error
  const why = error instanceof Error ? error.message : String(error)
  if (webhook.failurePolicy === 'Ignore') {
    call.annotate?.(`failed-open.webhook.admission.k8s.io/${webhook.name}`, why)
    return
  }
  throw StatusError.internal(new Error(`failed calling webhook ${JSON.stringify(webhook.name)}: failed to call webhook: ${why}`))
}

/** Warnings and annotations count also where the request is refused. */
function tell({ warnings, annotate }: Call, verdict: Verdict, { name }: ConfiguredWebhook): void {
  warnings.push(...verdict.warnings)
  for (const [key, value] of Object.entries(verdict.auditAnnotations)) annotate?.(`${name}/${key}`, value)
}

/** An object of one version in the form of another of the same stored objects. */
async function show<O extends TypedObject>(to: Resource, from: Resource, object: O): Promise<O> {
  if (to === from || !hasMetadata(object)) return object
  const stored = from.view ? await from.view.toStored(object) : object
  if (to.view) await to.view.prepare?.([stored])
  return (to.view ? to.view.fromStored(stored) : stored) as KubeObject & O
}
