import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AnsweredReview, readAnswer, type Sent, verdictOf } from './verdict.ts'

const encoded = (text: string) => Buffer.from(text).toString('base64')
const mutating: Sent = { version: 'v1', uid: 'u', webhook: 'w', mayPatch: true }
const validating: Sent = { ...mutating, mayPatch: false }
const old: Sent = { ...mutating, version: 'v1beta1' }
const review = (response: object | undefined) =>
  readAnswer({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', ...(response && { response }) })
const answer = (response: object) => review({ uid: 'u', allowed: true, ...response })

test('what a refusal says reaches the client as it was said, and nothing beside', () => {
  const denied = 'admission webhook "w" denied the request'
  const table: readonly [name: string, status: object | undefined, expected: object][] = [
    ['nothing', undefined, { code: 400, message: `${denied} without explanation` }],
    ['a message', { message: 'no' }, { code: 400, message: `${denied}: no` }],
    ['a reason alone', { reason: 'Tired' }, { code: 400, reason: 'Tired', message: `${denied}: Tired` }],
    ['a code alone', { code: 418 }, { code: 418, message: `${denied} without explanation` }],
    ['a code that is no failure', { code: 200, message: 'fine' }, { code: 400, message: `${denied}: fine` }],
    [
      'a code and another reason than its own',
      { code: 403, reason: 'NotFound', message: 'm' },
      { code: 403, reason: 'NotFound', message: `${denied}: m` },
    ],
    ['a status of success', { status: 'Success' }, { code: 400, message: `${denied} without explanation` }],
    [
      'details, and what there is no such thing as',
      { details: { name: 'n', causes: [{ field: 'f', message: 'm', reason: 'r', other: 1 }], more: {} }, made: 'up' },
      { code: 400, message: `${denied} without explanation`, details: { name: 'n', causes: [{ field: 'f', message: 'm', reason: 'r' }] } },
    ],
  ]
  for (const [name, status, expected] of table) {
    const { refused } = verdictOf(answer({ allowed: false, ...(status && { status }) }), validating)
    assert.deepEqual(refused?.status, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...expected }, name)
  }
})

test('what is of another type than it should be makes no answer', () => {
  const table: readonly [unknown, RegExp][] = [
    [{ response: { allowed: 'yes' } }, /cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool/],
    [{ response: { status: { details: [] } } }, /cannot unmarshal array into .*status.details/],
    [{ response: { status: { code: '403' } } }, /cannot unmarshal string into .*status.code of type int32/],
    [{ response: { status: { details: { causes: ['x'] } } } }, /cannot unmarshal string into .*causes/],
    [{ response: { warnings: [1] } }, /cannot unmarshal number into .*warnings of type string/],
    [[], /cannot unmarshal array into/],
  ]
  for (const [body, message] of table) assert.throws(() => readAnswer(body), { message })
})

test('an answer is one to what was sent', () => {
  const patch = encoded('[{"op":"remove","path":"/a"}]')
  const table: readonly [name: string, answer: AnsweredReview, sent: Sent, error: string][] = [
    ['no response', review(undefined), mutating, 'webhook response was absent'],
    ['of another request', answer({ uid: 'x' }), mutating, 'expected response.uid="u", got "x"'],
    [
      'of another kind',
      { ...answer({}), kind: 'Pod' },
      mutating,
      'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got admission.k8s.io/v1, Kind=Pod',
    ],
    ['a patch without its type', answer({ patch }), mutating, 'webhook returned response.patch but not response.patchType'],
    ['a type without patch', answer({ patchType: 'JSONPatch' }), mutating, 'webhook returned response.patchType but not response.patch'],
    ['an empty type', answer({ patch, patchType: '' }), mutating, 'webhook returned invalid response.patchType of ""'],
    ['an unknown type', answer({ patch, patchType: 'Magic' }), mutating, 'unsupported patch type "Magic"'],
    ['a patch of one that judges', answer({ patch }), validating, 'validating webhook may not return response.patch'],
    [
      'the type of one by one that judges',
      answer({ patchType: 'JSONPatch' }),
      validating,
      'validating webhook may not return response.patchType',
    ],
  ]
  for (const [name, answered, sent, message] of table) assert.throws(() => verdictOf(answered, sent), { message }, name)
  const undecodable = answer({ patch: encoded('{'), patchType: 'JSONPatch' })
  assert.throws(() => verdictOf(undecodable, mutating), { message: /^received undecodable patch in webhook response: / })
})

test('a patch is one that does something, by one that is content', () => {
  const operations = [{ op: 'remove', path: '/a' }]
  const patch = encoded(JSON.stringify(operations))
  assert.deepEqual(verdictOf(answer({ patch, patchType: 'JSONPatch' }), mutating).patch, operations)
  assert.deepEqual(verdictOf({ response: { allowed: true, patch } }, old).patch, operations, 'of old versions the type is not asked for')
  assert.equal(verdictOf(answer({ patch: encoded('[]'), patchType: 'Magic' }), mutating).patch, undefined)
  assert.equal(verdictOf(answer({ allowed: false, patch, patchType: 'JSONPatch' }), mutating).patch, undefined)
})
