// What a webhook's answer means. It is read by its schema, so that nothing else of it goes any further.
import { canonicalQuantity } from '../../../meta/quantity.ts'
import { status } from '../../../meta/status.ts'
import { type SentStatus, StatusError } from '../../../meta/status-error.ts'
import { decode } from '../../../schema/decode.ts'
import { array, boolean, bytes, type Infer, map, object, string } from '../../../schema/schema.ts'

export interface Verdict {
  readonly warnings: readonly string[]
  readonly auditAnnotations: Readonly<Record<string, string>>
  /** Undefined also where there is nothing in it. */
  readonly patch: readonly object[] | undefined
  readonly refused: StatusError | undefined
}

const admissionResponse = object('io.k8s.api.admission.v1.AdmissionResponse', '', {
  allowed: boolean(),
  auditAnnotations: map(string()),
  patch: bytes(),
  patchType: string(),
  status,
  uid: string(),
  warnings: array(string()),
})
type Response = Infer<typeof admissionResponse>

const answeredReview = object('io.k8s.api.admission.v1.AdmissionReview', '', {
  apiVersion: string(),
  kind: string(),
  response: admissionResponse,
})
export type AnsweredReview = Infer<typeof answeredReview>

/** Throws where it is none. */
export function readAnswer(body: unknown): AnsweredReview {
  const { value, errors } = decode(answeredReview.node, body, canonicalQuantity)
  const [first] = errors
  if (first) throw new Error(first.message)
  return value as AnsweredReview
}

/** What a review was sent as. */
export interface Sent {
  readonly version: string
  readonly uid: string
  /** The name of whom it was sent to, and whether that may change objects. */
  readonly webhook: string
  readonly mayPatch: boolean
}

/** Throws where the answer is none to what was sent. Of old versions less is asked. */
export function verdictOf({ response, ...review }: AnsweredReview, { version, uid, webhook, mayPatch }: Sent): Verdict {
  if (!response) throw new Error('webhook response was absent')
  if (version === 'v1') checkAnswer(review, response, uid, mayPatch)
  const { warnings = [], auditAnnotations = {}, allowed = false, patch, patchType } = response
  const hasPatch = allowed && mayPatch && patch
  return {
    warnings,
    auditAnnotations,
    patch: hasPatch ? readPatch(patch, version === 'v1' ? patchType : jsonPatch) : undefined,
    refused: allowed ? undefined : refusal(webhook, response.status),
  }
}

const jsonPatch = 'JSONPatch'

function checkAnswer(review: Omit<AnsweredReview, 'response'>, { uid, patch, patchType }: Response, sent: string, mayPatch: boolean): void {
  const expected = 'admission.k8s.io/v1, Kind=AdmissionReview'
  const found = `${review.apiVersion ?? ''}, Kind=${review.kind ?? ''}`
  if (uid !== sent) throw new Error(`expected response.uid=${JSON.stringify(sent)}, got ${JSON.stringify(uid ?? '')}`)
  if (found !== expected) throw new Error(`expected webhook response of ${expected}, got ${found}`)
  if (!mayPatch) {
    if (patch) throw new Error('validating webhook may not return response.patch')
    if (patchType !== undefined) throw new Error('validating webhook may not return response.patchType')
    return
  }
  if (patch && patchType === undefined) throw new Error('webhook returned response.patch but not response.patchType')
  if (!patch && patchType !== undefined) throw new Error('webhook returned response.patchType but not response.patch')
  if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""')
}

/** What an answer says that is understood and cannot be followed, as against one that makes no sense. */
export class UnusablePatch extends Error {
  override readonly name = 'UnusablePatch'
}

function readPatch(base64: string, type: string | undefined): readonly object[] | undefined {
  const patch = parsed(Buffer.from(base64, 'base64').toString())
  if (patch.length === 0) return undefined
  if (type !== jsonPatch) throw new UnusablePatch(`unsupported patch type ${JSON.stringify(type)}`)
  return patch
}

function parsed(text: string): readonly object[] {
  const undecodable = (why: string) => new UnusablePatch(`received undecodable patch in webhook response: ${why}`)
  let patch: unknown
  try {
    patch = JSON.parse(text)
  } catch (error) {
    throw undecodable(error instanceof Error ? error.message : String(error))
  }
  if (patch === null) return []
  if (!Array.isArray(patch)) throw undecodable('json: cannot unmarshal object into Go value of type jsonpatch.Patch')
  return patch
}

const greatestCode = 999

/** In the webhook's own words, but that it is a failure, and whose. */
function refusal(webhook: string, { code = 0, message, reason, details }: Response['status'] & object = {}): StatusError {
  const denied = `admission webhook ${JSON.stringify(webhook)} denied the request`
  const why = message || reason
  return StatusError.passedOn({
    ...(reason && { reason }),
    message: why ? `${denied}: ${why}` : `${denied} without explanation`,
    code: code < 400 ? 400 : Math.min(code, greatestCode),
    ...(details && { details: details as NonNullable<SentStatus['details']> }),
  })
}
