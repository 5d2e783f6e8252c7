import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duplicateValue, forbiddenValue, invalidValue, requiredValue, tooLong, tooMany, unsupportedValue } from './field-error.ts'
import { StatusError } from './status-error.ts'

const pods = { group: '', resource: 'pods' }
const deployments = { group: 'apps', resource: 'deployments' }

test('failures carry upstream’s code, reason and words', () => {
  const rows: [StatusError, number, string, string][] = [
    [StatusError.notFound(pods, 'x'), 404, 'NotFound', 'pods "x" not found'],
    [StatusError.alreadyExists(deployments, 'x'), 409, 'AlreadyExists', 'deployments.apps "x" already exists'],
    [
      StatusError.conflict(pods, 'x'),
      409,
      'Conflict',
      'Operation cannot be fulfilled on pods "x": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [StatusError.forbidden(pods, '', 'User "u" cannot list'), 403, 'Forbidden', 'pods is forbidden: User "u" cannot list'],
    [StatusError.forbidden(pods, 'x', 'no'), 403, 'Forbidden', 'pods "x" is forbidden: no'],
    [StatusError.forbidden(undefined, '', 'no'), 403, 'Forbidden', 'forbidden: no'],
    [StatusError.methodNotAllowed(pods, 'update'), 405, 'MethodNotAllowed', 'update is not supported on resources of kind "pods"'],
    [
      StatusError.notAcceptable(['application/json']),
      406,
      'NotAcceptable',
      'only the following media types are accepted: application/json',
    ],
    [StatusError.requestEntityTooLarge('limit is 3145728'), 413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728'],
    [StatusError.expired('too old resource version: 1 (5)'), 410, 'Expired', 'too old resource version: 1 (5)'],
    [StatusError.timeout('request did not complete'), 504, 'Timeout', 'Timeout: request did not complete'],
    [StatusError.internal(new Error('x')), 500, 'InternalError', 'Internal error occurred: x'],
  ]
  for (const [error, code, reason, message] of rows) {
    assert.deepEqual([error.code, error.reason, error.message], [code, reason, message])
    assert.equal(error.status.message, message)
  }
})

test('details name the object, without empty members', () => {
  assert.deepEqual(StatusError.notFound(deployments, 'x').status, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'deployments.apps "x" not found',
    reason: 'NotFound',
    details: { name: 'x', group: 'apps', kind: 'deployments' },
    code: 404,
  })
  assert.deepEqual(StatusError.notFound(pods, 'x').status.details, { name: 'x', kind: 'pods' })
})

test('one field error stands alone, several stand in brackets, each once', () => {
  const image = requiredValue('spec.containers[0].image')
  const replicas = invalidValue('spec.replicas', -1, 'must be greater than or equal to 0')
  const one = StatusError.invalid({ group: '', kind: 'Pod' }, 'x', [image])
  assert.equal(one.message, 'Pod "x" is invalid: spec.containers[0].image: Required value')
  assert.deepEqual(one.status.details, {
    name: 'x',
    kind: 'Pod',
    causes: [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.containers[0].image' }],
  })
  const several = StatusError.invalid({ group: 'apps', kind: 'Deployment' }, 'x', [image, replicas, image])
  assert.equal(
    several.message,
    'Deployment.apps "x" is invalid: [spec.containers[0].image: Required value, spec.replicas: Invalid value: -1: must be greater than or equal to 0]',
  )
  assert.equal(several.status.details?.causes?.length, 3)
})

test('field errors print their values', () => {
  const rows: [ReturnType<typeof requiredValue>, string][] = [
    [invalidValue('a', 'x', 'must be y'), 'a: Invalid value: "x": must be y'],
    [invalidValue('a', { b: 1 }, 'no'), 'a: Invalid value: {"b":1}: no'],
    [invalidValue('a', undefined, 'no'), 'a: Invalid value: null: no'],
    [unsupportedValue('a', 'X', ['A', 'B']), 'a: Unsupported value: "X": supported values: "A", "B"'],
    [duplicateValue('a', 'x'), 'a: Duplicate value: "x"'],
    [forbiddenValue('a', 'may not be set'), 'a: Forbidden: may not be set'],
    [tooLong('a', 63), 'a: Too long: may not be more than 63 bytes'],
    [tooMany('a', 3, 1), 'a: Too many: 3: must have at most 1 item'],
  ]
  for (const [error, message] of rows)
    assert.equal(StatusError.invalid({ group: '', kind: 'K' }, 'n', [error]).message, `K "n" is invalid: ${message}`)
})

test('anything thrown becomes a StatusError once', () => {
  const known = StatusError.badRequest('x')
  assert.equal(StatusError.from(known), known)
  const cause = new TypeError('boom')
  const wrapped = StatusError.from(cause)
  assert.deepEqual([wrapped.reason, wrapped.cause], ['InternalError', cause])
  assert.ok(StatusError.is(known, 'NotFound', 'BadRequest'))
  assert.ok(!StatusError.is(cause))
})

test('a Status from the wire keeps its reason, or gets one by its code', () => {
  const rows: [{ reason?: string; code?: number }, string][] = [
    [{ reason: 'Expired', code: 410 }, 'Expired'],
    [{ reason: 'Unheard', code: 404 }, 'NotFound'],
    [{ code: 409 }, 'Conflict'],
    [{ code: 418 }, 'BadRequest'],
    [{}, 'InternalError'],
  ]
  for (const [status, reason] of rows) assert.equal(StatusError.fromStatus(status).reason, reason)
})
