// A validation error on one field, with upstream's types and wording. Validation gathers these; `StatusError.invalid`
// turns them into the answer with code 422.

export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueDuplicate'
  | 'FieldValueTooLong'
  | 'FieldValueTooShort'
  | 'FieldValueTooMany'
  | 'FieldValueTooFew'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid'
  | 'InternalError'

export interface FieldError {
  readonly type: FieldErrorType
  /** `spec.containers[0].image`. */
  readonly field: string
  /** Shown in the message by the types that name the value. */
  readonly badValue?: unknown
  readonly detail: string
}

/** One entry of a Status' `details.causes`. */
export interface Cause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

export function requiredValue(field: string, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field, detail }
}
export function invalidValue(field: string, badValue: unknown, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, badValue, detail }
}
export function unsupportedValue(field: string, badValue: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map(value => JSON.stringify(value)).join(', ')}`
  return { type: 'FieldValueNotSupported', field, badValue, detail }
}
export function forbiddenValue(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, detail }
}
export function duplicateValue(field: string, badValue: unknown): FieldError {
  return { type: 'FieldValueDuplicate', field, badValue, detail: '' }
}
export function notFoundValue(field: string, badValue: unknown): FieldError {
  return { type: 'FieldValueNotFound', field, badValue, detail: '' }
}
export function tooLong(field: string, maxBytes: number): FieldError {
  return { type: 'FieldValueTooLong', field, detail: `may not be more than ${count(maxBytes, 'byte')}` }
}
export function tooMany(field: string, actual: number, max: number): FieldError {
  return { type: 'FieldValueTooMany', field, badValue: actual, detail: `must have at most ${count(max, 'item')}` }
}
export function typeInvalid(field: string, badValue: unknown, detail: string): FieldError {
  return { type: 'FieldValueTypeInvalid', field, badValue, detail }
}
export function internalFieldError(field: string, detail: string): FieldError {
  return { type: 'InternalError', field, detail }
}

const titles: Readonly<Record<FieldErrorType, string>> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueTooLong: 'Too long',
  FieldValueTooShort: 'Too short',
  FieldValueTooMany: 'Too many',
  FieldValueTooFew: 'Too few',
  FieldValueNotFound: 'Not found',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
}

/** The message without the field: `Invalid value: "x": must be ...`. */
export function fieldErrorBody(error: FieldError): string {
  const value = 'badValue' in error ? `: ${JSON.stringify(error.badValue) ?? 'null'}` : ''
  return `${titles[error.type]}${value}${error.detail === '' ? '' : `: ${error.detail}`}`
}

/** `spec.replicas: Invalid value: -1: must be ...`. */
export function fieldErrorMessage(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`
}

export function causesOf(errors: readonly FieldError[]): Cause[] {
  return errors.map(error => ({ reason: error.type, message: fieldErrorBody(error), field: error.field }))
}

/** One message alone, several as `[a, b]`, each once, as upstream's aggregates print. */
export function aggregateMessage(messages: readonly string[]): string {
  const unlike = [...new Set(messages)]
  return unlike.length === 1 ? unlike[0]! : `[${unlike.join(', ')}]`
}

function count(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? '' : 's'}`
}
