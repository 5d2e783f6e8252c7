// Options in the query of a request. Upstream validates them as kinds of their own (`CreateOptions`, `ListOptions`, ...), so what is wrong
// with them is Invalid.
import { type FieldError, unsupportedValue } from '../meta/field-error.ts'
import { StatusError } from '../meta/status-error.ts'
import type { Call } from './call.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'
type Asked = Pick<Call, 'info' | 'query'>

/** Fails with Invalid when there is an error. `kind` is the options' kind. */
export function checkOptions(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw StatusError.invalid({ group: 'meta.k8s.io', kind }, '', errors)
}

const writeOptions: Readonly<Record<string, string>> = { update: 'UpdateOptions', patch: 'PatchOptions' }

/** The kind that the options of a request are, by its verb. */
export function optionsKind(verb: string): string {
  return writeOptions[verb] ?? 'CreateOptions'
}

/** What becomes of unknown and duplicate fields. */
export function fieldValidation({ info, query }: Asked): FieldValidation {
  const value = query.get('fieldValidation') ?? ''
  if (value === '') return 'Warn'
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict') return value
  checkOptions(optionsKind(info.verb), [unsupportedValue('fieldValidation', value, ['Ignore', 'Strict', 'Warn'])])
  return 'Warn'
}

/** Whether the write is only tried out. */
export function isDryRun({ info, query }: Asked, fromBody: readonly string[] = []): boolean {
  const values = [...query.getAll('dryRun'), ...fromBody]
  if (values.length === 0) return false
  const kind = info.verb.startsWith('delete') ? 'DeleteOptions' : optionsKind(info.verb)
  checkOptions(kind, values.every(v => v === 'All') ? [] : [unsupportedValue('dryRun', values, ['All'])])
  return true
}
