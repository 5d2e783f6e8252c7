// What classes of storage and of attributes have in common: who is told, and what.
import { deepEqual } from '../../meta/deep-equal.ts'
import { invalidValue, requiredValue, tooLong } from '../../meta/field-error.ts'
import { checkQualifiedName } from '../../meta/names.ts'
import { type Errors, must, together } from '../validation.ts'

export type Parameters = Readonly<Record<string, string>>

const maxParameters = 512
export const maxParameterBytes = 256 * 1024

export function validateProvisioner(name: string | undefined, field: string): Errors {
  if (!name) return [requiredValue(field)]
  const lower = name.toLowerCase()
  return checkQualifiedName(lower).map(reason => invalidValue(field, lower, reason))
}

export function validateParameters(parameters: Parameters = {}, field: string): Errors {
  const keys = Object.keys(parameters)
  if (keys.length > maxParameters) return [tooLong(field, maxParameters)]
  return together(
    must(!keys.includes(''), () => invalidValue(field, '', 'field can not be empty.')),
    must(sizeBytes(parameters) <= maxParameterBytes, () => tooLong(field, maxParameterBytes)),
  )
}

/** Of keys and values together. */
export function sizeBytes(parameters: Parameters): number {
  return Object.entries(parameters).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
}

interface Told {
  readonly parameters?: Parameters | undefined
}
export function sameParameters(a: Told, b: Told): boolean {
  return deepEqual(a.parameters ?? {}, b.parameters ?? {})
}
