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
import type { Resource, ResourceTable } from '../../resource.ts'
import type { Storage } from '../../storage.ts'
import type { AdmissionPlugin, Asked, Changeable, Deletion } from '../admission.ts'
import { isExempt, matchedResource, namespaceMatches, objectMatches, type Subject, subjectOf } from '../matching.ts'
import { Rounds } from '../rounds.ts'
import { type ConfiguredWebhook, WebhookList } from './configurations.ts'
import { admissionReview, reviewVersion } from './review.ts'
import { readAnswer, UnusablePatch, type Verdict, verdictOf } from './verdict.ts'

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
  /** In which it is shown objects: the same, but that a subresource's own kind has no other forms. */
  readonly form: Resource
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
      if (list.length === 0) return request.object
      return this.#mutate(list, request, storage, rounds).then(object => object ?? request.object)
    }
    const admitDeletion = (request: Deletion, storage: Storage): void | Promise<void> => {
      const { list } = this.#mutatingList
      return list.length === 0 ? undefined : this.#mutate(list, request, storage, new Rounds()).then(() => {})
    }
    const validate = (request: Asked, storage: Storage): void | Promise<void> => {
      const { list } = this.#validatingList
      return list.length === 0 ? undefined : this.#validate(list, request, storage)
    }
    this.mutating = { name: 'MutatingAdmissionWebhook', mutate, admitDeletion, mutateConnection: mutate }
    this.validating = { name: 'ValidatingAdmissionWebhook', validate, validateConnection: validate }
  }

  close(): void {
    this.#mutatingList.close()
    this.#validatingList.close()
  }

  /** What becomes of the object; undefined where the request has none. */
  async #mutate<O extends TypedObject>(
    list: readonly ConfiguredWebhook[],
    request: Asked<O>,
    storage: Storage,
    rounds: Rounds,
  ): Promise<O | undefined> {
    let { object } = request
    const turn = rounds.turn(this.mutating.name, object)
    for (const [index, webhook] of list.entries()) {
      const hit = this.#hit(webhook, { ...request, object }, storage)
      const key = `${webhook.configuration}/${webhook.name}`
      if (!hit || !turn.isDue(key)) continue
      const next = await this.#change(hit, { ...request, object }, `round_${turn.round}_index_${index}`)
      if (next !== object) turn.changed()
      turn.asked(key, webhook.reinvocationPolicy)
      object = next
    }
    turn.end(object)
    return object
  }

  /** What the webhook makes of the object; the object itself where it cannot be asked, and need not. `turn` names the asking in the record. */
  async #change<O extends TypedObject>(hit: Hit, request: Asked<O>, turn: string): Promise<O | undefined> {
    const { webhook, form } = hit
    const { call, object } = request
    const shown = object && (await show(form, call.resource, object))
    const { configuration, name } = webhook
    let mutated = false
    try {
      const patch = await this.#patchOf(hit, request, shown)
      if (!patch) return object
      const next = patched(hit, request, shown, patch)
      call.annotate?.(`patch.${prefix}${turn}`, JSON.stringify({ configuration, webhook: name, patch, patchType: 'JSONPatch' }), 'Request')
      mutated = !deepEqual(next, shown)
      return mutated ? await show(call.resource, form, next) : object
    } catch (error) {
      failed(webhook, error)
      call.annotate?.(`failed-open.mutation.${prefix}${turn}`, name)
      return object
    } finally {
      call.annotate?.(`mutation.${prefix}${turn}`, JSON.stringify({ configuration, webhook: name, mutated }))
    }
  }

  async #patchOf(hit: Hit, request: Asked, shown: TypedObject | undefined): Promise<Verdict['patch']> {
    const verdict = await this.#ask(hit, request, shown, true)
    tell(request.call, verdict, hit.webhook)
    if (verdict.refused) throw verdict.refused
    return verdict.patch
  }

  async #validate(list: readonly ConfiguredWebhook[], request: Asked, storage: Storage): Promise<void> {
    const hits = list.flatMap(webhook => this.#hit(webhook, request, storage) ?? [])
    const { call, object } = request
    const outcomes = await Promise.allSettled(
      hits.map(async (hit, index) => {
        const { webhook, form } = hit
        try {
          const verdict = await this.#ask(hit, request, object && (await show(form, call.resource, object)), false)
          tell(call, verdict, webhook)
          if (verdict.refused) throw verdict.refused
        } catch (error) {
          failed(webhook, error)
          call.annotate?.(`failed-open.validating.${prefix}round_0_index_${index}`, webhook.name)
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
    if (!meets) return undefined
    return { webhook, resource, form: request.kind === request.call.resource.kind ? resource : request.call.resource }
  }

  async #ask({ webhook, resource, form }: Hit, request: Asked, object: TypedObject | undefined, mayPatch: boolean): Promise<Verdict> {
    const { call, previous } = request
    const { sideEffects, name } = webhook
    const subject = subjectOf(request)
    if (subject.isDryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun')
      throw StatusError.badRequest(`${nameOf(webhook)} does not support dry run`)
    const uid = this.#options.newUid()
    const version = attempt('could not create admission objects', () => reviewVersion(webhook.admissionReviewVersions))
    const shownBefore = previous && (await show(form, call.resource, previous))
    const review = admissionReview(version, { uid, subject, call, resource, object, previous: shownBefore })
    const calling = 'failed to call webhook'
    const body = await this.#options.ask(webhook, review).catch(error => {
      throw during(calling, error)
    })
    const answer = attempt(calling, () => readAnswer(body))
    return attempt('received invalid webhook response', () => verdictOf(answer, { version, uid, webhook: name, mayPatch }))
  }
}

const prefix = 'webhook.admission.k8s.io/'

/** Throws what `run` throws, with what was being done. */
function attempt<T>(doing: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof UnusablePatch ? error : during(doing, error)
  }
}

function during(doing: string, error: unknown): Error {
  return new Error(`${doing}: ${messageOf(error)}`, { cause: error })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What cannot be done by the patch is a failure of the request, and not one of asking. */
function patched<O extends TypedObject>(
  { webhook, form }: Hit,
  { call, kind }: Asked<O>,
  shown: O | undefined,
  patch: NonNullable<Verdict['patch']>,
): O {
  if (!shown)
    throw StatusError.internal(new Error(`${nameOf(webhook)} attempted to modify the object, which is not supported for this operation`))
  // Another form than the request's own is that of a stored kind.
  const shape = form === call.resource ? kind : (form.kind as unknown as Shape<O>)
  try {
    return decodeObject(shape, applyJsonPatch(shown, patch), ignored())
  } catch (error) {
    const cause = error instanceof StatusError ? error.status.details?.causes?.[0]?.message : undefined
    throw StatusError.internal(cause === undefined ? error : new Error(cause, { cause: error }))
  }
}

function nameOf({ name }: ConfiguredWebhook): string {
  return `admission webhook ${JSON.stringify(name)}`
}

/** A refusal stands. A webhook that could not be asked refuses too, unless its failure is to be ignored. */
function failed({ name, failurePolicy }: ConfiguredWebhook, error: unknown): void {
  if (error instanceof StatusError) throw error
  if (failurePolicy !== 'Ignore')
    throw StatusError.internal(new Error(`failed calling webhook ${JSON.stringify(name)}: ${messageOf(error)}`))
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
