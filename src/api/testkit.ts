// For tests: objects of a kind as the server would hold them, from as little as a client would send.
import { type FieldError, fieldErrorMessage } from '../meta/field-error.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { canonicalQuantity } from '../meta/quantity.ts'
import { decode } from '../schema/decode.ts'
import { applyDefaults } from '../schema/default.ts'
import type { Draft } from '../schema/schema.ts'
import { apiVersionOf, type Kind } from './kind.ts'
import { omitsZero } from './omitted-zeros.ts'
import { validateObject } from './validate.ts'

/** The draft, decoded and completed, with metadata as if it had been stored. Throws when it does not decode. */
export function stored<O extends KubeObject>(kind: Kind<O>, draft: Draft<O>): O {
  const metadata = {
    name: 'a',
    ...(kind.namespaced && { namespace: 'default' }),
    uid: 'uid-1',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...draft.metadata,
  }
  const { value, errors, unknownFields } = decode(kind.schema.node, { ...draft, metadata }, canonicalQuantity, omitsZero)
  const problems = [...errors.map(e => `${e.path}: ${e.message}`), ...unknownFields.map(path => `unknown field ${path}`)]
  if (problems.length > 0) throw new Error(problems.join('; '))
  return complete(kind, { ...(value as O), apiVersion: apiVersionOf(kind), kind: kind.kind })
}

export function complete<O extends KubeObject>(kind: Kind<O>, object: O): O {
  const defaulted = applyDefaults(kind.schema.node, object) as O
  return kind.complete?.(defaulted) ?? defaulted
}

/** What validation says, as messages; the detail of shapes is cut off after the first words. */
export function complaints<O extends KubeObject>(kind: Kind<O>, next: O, previous?: O): string[] {
  return validateObject(kind, next, previous).map(shortMessage)
}

function shortMessage(error: FieldError): string {
  return fieldErrorMessage(error).replace(/ (must )?consist of .*/s, ' …')
}

/** What `kubectl get` shows of an object, by column. */
export function row<O extends KubeObject>(kind: Kind<O>, object: O, now = Date.parse('2026-01-01T00:05:00Z')): Record<string, unknown> {
  return Object.fromEntries(kind.columns.map(column => [column.name, column.cell(object, now)]))
}
