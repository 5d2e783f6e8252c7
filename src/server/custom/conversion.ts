// Objects from one version to another: with no strategy only the apiVersion changes; a webhook is sent all that are to be converted at once.
import type { CustomResourceDefinition } from '../../api/apiextensions/custom-resource-definition.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'

/** Sends a review to the webhook of a definition and gives its answer. */
export type SendReview = (definition: CustomResourceDefinition, review: object) => Promise<unknown>

export interface Converter {
  /** Whether converting takes no time and cannot fail. */
  readonly isSimple: boolean
  convert(objects: readonly KubeObject[], apiVersion: string): Promise<readonly KubeObject[]>
}

export const renaming: Converter = {
  isSimple: true,
  convert: async (objects, apiVersion) => objects.map(object => ({ ...object, apiVersion })),
}

export function converterOf(definition: CustomResourceDefinition, send: SendReview, newUid: () => string): Converter {
  const { strategy, webhook } = definition.spec.conversion ?? { strategy: 'None' }
  if (strategy !== 'Webhook' || !webhook) return renaming
  return {
    isSimple: false,
    async convert(objects, apiVersion) {
      const from = `${objects[0]?.apiVersion}, Kind=${objects[0]?.kind}`
      const version = webhook.conversionReviewVersions.find(v => v === 'v1' || v === 'v1beta1')
      if (!version) throw failure('no supported conversion review versions')
      const uid = newUid()
      const review = {
        kind: 'ConversionReview',
        apiVersion: `apiextensions.k8s.io/${version}`,
        request: { uid, desiredAPIVersion: apiVersion, objects },
      }
      const answer = await send(definition, review).catch((error: unknown) => {
        throw failure(`conversion webhook for ${from} failed: ${error instanceof Error ? error.message : error}`)
      })
      const outcome = readAnswer(answer, version, uid)
      if ('error' in outcome) throw failure(`conversion webhook for ${from} failed: ${outcome.error}`)
      const { converted } = outcome
      if (converted.length !== objects.length)
        throw failure(`conversion webhook for ${from} returned ${converted.length} objects, expected ${objects.length}`)
      return objects.map((original, i) => {
        const checked = checkedObject(original, converted[i], apiVersion)
        if ('error' in checked)
          throw failure(`conversion webhook for ${from} returned invalid converted object at index ${i}: ${checked.error}`)
        return checked.object
      })
    },
  }
}

function failure(message: string): StatusError {
  return new StatusError('InternalError', message)
}

interface Review {
  readonly kind?: string
  readonly apiVersion?: string
  readonly response?: {
    readonly uid?: string
    readonly convertedObjects?: readonly unknown[]
    readonly result?: { readonly status?: string; readonly message?: string }
  }
}

function readAnswer(
  answer: unknown,
  version: string,
  uid: string,
): { readonly converted: readonly unknown[] } | { readonly error: string } {
  const { kind = '', apiVersion = '', response } = (typeof answer === 'object' && answer !== null ? answer : {}) as Review
  const wanted = `apiextensions.k8s.io/${version}`
  if (version === 'v1' && (kind !== 'ConversionReview' || apiVersion !== wanted))
    return { error: `expected webhook response of ${wanted}, Kind=ConversionReview, got ${apiVersion}, Kind=${kind}` }
  if (!response) return { error: 'no response provided' }
  if (version === 'v1' && response.uid !== uid)
    return { error: `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}` }
  const { status = '', message = '' } = response.result ?? {}
  if (status !== 'Success') return { error: message || `response.result.status was '${status}', not 'Success'` }
  return { converted: response.convertedObjects ?? [] }
}

/** Of the metadata, a webhook may change labels and annotations alone. */
function checkedObject(
  original: KubeObject,
  converted: unknown,
  apiVersion: string,
): { readonly object: KubeObject } | { readonly error: string } {
  if (typeof converted !== 'object' || converted === null) return { error: 'it is no object' }
  const object = converted as KubeObject
  if (object.apiVersion !== apiVersion) return { error: `invalid groupVersion (expected ${apiVersion}, received ${object.apiVersion})` }
  if (object.kind !== original.kind) return { error: `invalid kind (expected ${original.kind}, received ${object.kind})` }
  const { metadata } = object
  if (typeof metadata !== 'object' || metadata === null) return { error: 'invalid metadata of type null in converted object' }
  for (const [key, label] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const [before = '', after = ''] = [original.metadata[key], metadata[key]]
    if (before !== after) return { error: `must have the same ${label}: ${before} != ${after}` }
  }
  const { labels: _, annotations: __, ...kept } = original.metadata
  const { labels, annotations } = metadata
  return { object: { ...object, metadata: { ...kept, ...(labels && { labels }), ...(annotations && { annotations }) } } }
}
