// The one way in which a request to the API fails: a Status with a closed set of reasons, worded as upstream words it.
// Clients act on `reason` and `code`; people read `message`.
import { aggregateMessage, type Cause, causesOf, type FieldError, fieldErrorMessage } from './field-error.ts'

const codes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const
export type StatusReason = keyof typeof codes

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly Cause[]
  readonly retryAfterSeconds?: number
}
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: { readonly continue?: string }
  readonly status: 'Failure'
  readonly message: string
  /** One of `StatusReason`, but where others have refused: they have reasons of their own, or give none. */
  readonly reason?: string
  readonly details?: StatusDetails
  readonly code: number
}
/** As much of a Status as others say. */
export type SentStatus = Partial<Pick<Status, 'reason' | 'message' | 'code' | 'details'>>
export interface GroupResource {
  readonly group: string
  readonly resource: string
}
export interface GroupKind {
  readonly group: string
  readonly kind: string
}

export const objectModified = 'the object has been modified; please apply your changes to the latest version and try again'
const continueExpired =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly status: Status

  constructor(
    reason: StatusReason,
    message: string,
    details?: StatusDetails,
    options: { readonly continue?: string; readonly cause?: unknown; readonly said?: Pick<Status, 'reason' | 'code'> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    const metadata = options.continue === undefined ? {} : { continue: options.continue }
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata,
      status: 'Failure',
      message,
      ...(options.said ? options.said.reason && { reason: options.said.reason } : { reason }),
      ...(details && { details }),
      code: options.said?.code ?? codes[reason],
    }
  }

  /** Empty where others have refused and give none. */
  get reason(): string {
    return this.status.reason ?? ''
  }
  get code(): number {
    return this.status.code
  }

  static is(error: unknown, ...reasons: readonly StatusReason[]): error is StatusError {
    return error instanceof StatusError && (reasons.length === 0 || reasons.some(reason => reason === error.reason))
  }

  /** Whatever was thrown, as an answer to the client. Other errors become `InternalError`, with the original as `cause`. */
  static from(error: unknown): StatusError {
    return error instanceof StatusError ? error : StatusError.internal(error)
  }

  /** A Status that came over the wire. A reason that is not of the closed set is told by the code. */
  static fromStatus({ reason, message = '', code = 500, details }: SentStatus): StatusError {
    return new StatusError(isReason(reason) ? reason : reasonOfCode(code), message, details)
  }
  /** A refusal that is passed on as others have worded it: their reason, if they give one, and their code. */
  static passedOn({ reason, message = '', code = 500, details }: SentStatus): StatusError {
    return new StatusError(reasonOfCode(code), message, details, { said: { ...(reason && { reason }), code } })
  }

  static notFound(resource: GroupResource, name: string): StatusError {
    return new StatusError('NotFound', `${text(resource)} ${JSON.stringify(name)} not found`, about(resource, name))
  }
  /** The path is none that the server has. */
  static unknownPath(): StatusError {
    return new StatusError('NotFound', 'the server could not find the requested resource', {})
  }
  static alreadyExists(resource: GroupResource, name: string): StatusError {
    return new StatusError('AlreadyExists', `${text(resource)} ${JSON.stringify(name)} already exists`, about(resource, name))
  }
  static generateNameConflict(resource: GroupResource, name: string): StatusError {
    const message = `${text(resource)} ${JSON.stringify(name)} already exists, the server was not able to generate a unique name for the object`
    return new StatusError('AlreadyExists', message, { ...about(resource, name), retryAfterSeconds: 1 })
  }
  static conflict(resource: GroupResource, name: string, why = objectModified): StatusError {
    return new StatusError(
      'Conflict',
      `Operation cannot be fulfilled on ${text(resource)} ${JSON.stringify(name)}: ${why}`,
      about(resource, name),
    )
  }
  static invalid(kind: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
    const what = `${kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`} ${JSON.stringify(name)} is invalid`
    const message = errors.length === 0 ? what : `${what}: ${aggregateMessage(errors.map(fieldErrorMessage))}`
    return new StatusError('Invalid', message, { ...named(name), ...grouped(kind.group), kind: kind.kind, causes: causesOf(errors) })
  }
  static badRequest(message: string): StatusError {
    return new StatusError('BadRequest', message)
  }
  /** A patch that cannot be applied. The cause tells why: kubectl shows it. */
  static unprocessable(why: string): StatusError {
    return new StatusError('Invalid', 'the server rejected our request due to an error in our request', { causes: [{ message: why }] })
  }
  static unauthorized(message = 'Unauthorized'): StatusError {
    return new StatusError('Unauthorized', message)
  }
  /** `why` follows `pods "x" is forbidden: `. */
  static forbidden(resource: GroupResource | undefined, name: string, why: string): StatusError {
    if (!resource || (resource.resource === '' && resource.group === '')) return new StatusError('Forbidden', `forbidden: ${why}`, {})
    const subject = name === '' ? text(resource) : `${text(resource)} ${JSON.stringify(name)}`
    return new StatusError('Forbidden', `${subject} is forbidden: ${why}`, about(resource, name))
  }
  /** `action` is a verb of the API, such as `delete`. */
  static methodNotAllowed(resource: GroupResource, action: string): StatusError {
    return new StatusError(
      'MethodNotAllowed',
      `${action} is not supported on resources of kind ${JSON.stringify(text(resource))}`,
      about(resource, ''),
    )
  }
  static notAcceptable(accepted: readonly string[]): StatusError {
    return new StatusError('NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`)
  }
  static unsupportedMediaType(accepted: readonly string[]): StatusError {
    return new StatusError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    )
  }
  static requestEntityTooLarge(message: string): StatusError {
    return new StatusError('RequestEntityTooLarge', `Request entity too large: ${message}`)
  }
  /** The revision asked for is compacted away. */
  static expired(message: string): StatusError {
    return new StatusError('Expired', message)
  }
  /** A list cannot go on at its revision; `token` goes on at the latest one. */
  static continueExpired(token: string): StatusError {
    return new StatusError('Expired', continueExpired, undefined, { continue: token })
  }
  static gone(message: string): StatusError {
    return new StatusError('Gone', message)
  }
  static tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
    return new StatusError('TooManyRequests', message, { retryAfterSeconds })
  }
  static timeout(message: string, retryAfterSeconds = 0): StatusError {
    return new StatusError('Timeout', `Timeout: ${message}`, retryAfterSeconds > 0 ? { retryAfterSeconds } : {})
  }
  /** The server could not do it just now; trying again is right. */
  static serverTimeout(resource: GroupResource, operation: string, retryAfterSeconds: number): StatusError {
    const message = `The ${operation} operation against ${text(resource)} could not be completed at this time, please try again.`
    return new StatusError('ServerTimeout', message, { ...about(resource, operation), retryAfterSeconds })
  }
  static internal(error: unknown): StatusError {
    const why = error instanceof Error ? error.message : String(error)
    return new StatusError('InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] }, { cause: error })
  }
  static serviceUnavailable(message: string): StatusError {
    return new StatusError('ServiceUnavailable', message)
  }
}

/** `pods`, `deployments.apps`. */
function text({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`
}
/** Upstream puts the resource's name into `kind`. */
function about({ group, resource }: GroupResource, name: string): StatusDetails {
  return { ...named(name), ...grouped(group), kind: resource }
}
function named(name: string): { name?: string } {
  return name === '' ? {} : { name }
}
function grouped(group: string): { group?: string } {
  return group === '' ? {} : { group }
}
function isReason(reason: string | undefined): reason is StatusReason {
  return reason !== undefined && Object.hasOwn(codes, reason)
}
function reasonOfCode(code: number): StatusReason {
  if (code === 409) return 'Conflict'
  const known = Object.entries(codes).find(([, value]) => value === code)?.[0]
  return isReason(known) ? known : code < 500 ? 'BadRequest' : 'InternalError'
}
