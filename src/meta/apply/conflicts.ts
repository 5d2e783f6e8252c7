// How conflicts are told, in upstream's words.
import type { Cause } from '../field-error.ts'
import { StatusError } from '../status-error.ts'
import type { ManagedEntry } from './entries.ts'
import { difference, type FieldSet, formatPath, isEmpty, pathsOf } from './field-set.ts'
import type { Conflict } from './owners.ts'

export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const told = conflicts
    .map(({ owner, fields }) => ({ owner: describe(owner), paths: pathsOf(fields).map(formatPath) }))
    .sort((a, b) => (a.owner < b.owner ? -1 : 1))
  const causes: Cause[] = told.flatMap(({ owner, paths }) =>
    paths.map(path => ({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field: path })),
  )
  const [first] = told
  const list = told.map(({ owner, paths }) => [`conflicts with ${owner}:`, ...paths.map(path => `- ${path}`)].join('\n')).join('\n')
  const message =
    causes.length === 1 && first
      ? `Apply failed with 1 conflict: conflict with ${first.owner}: ${first.paths[0]}`
      : `Apply failed with ${causes.length} conflicts: ${list}`
  return new StatusError('Conflict', message, { causes })
}

function describe({ manager = '', operation, apiVersion, subresource }: ManagedEntry): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '')
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}

/** The conflicts that are left when these fields may be taken. */
export function conflictsBeyond(conflicts: readonly Conflict[], allowed: FieldSet): readonly Conflict[] {
  return conflicts.flatMap(({ owner, fields }) => {
    const left = difference(fields, allowed)
    return isEmpty(left) ? [] : [{ owner, fields: left }]
  })
}
