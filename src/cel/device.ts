// The expressions that choose devices: what they see of a device, and what is wrong with one that is written. They must give a boolean, or
// an attribute, whose type is known only of a device.
import { type FieldError, forbiddenValue, invalidValue } from '../meta/field-error.ts'
import { type Compiled, compile } from './compile.ts'
import { perCallLimit } from './limits.ts'
import type { Bounds, MapType, SimpleKind, Type } from './types.ts'
import * as t from './types.ts'

const maxDriverBytes = 63
const maxDomainBytes = 63
const maxIdBytes = 32
const maxAttributeBytes = 64
const maxAttributesAndCapacities = 32

const atMost = (kind: SimpleKind, maxElements: number): Type & Bounds => ({ kind, maxElements })
const byName = (maxNameBytes: number, value: Type): MapType => ({
  ...t.mapOf(atMost('string', maxNameBytes), value),
  maxElements: maxAttributesAndCapacities,
})
const byDomain = (value: Type): MapType => byName(maxDomainBytes, byName(maxIdBytes, value))

const deviceType = t.objectOf('kubernetes.DRADevice', {
  driver: atMost('string', maxDriverBytes),
  allowMultipleAllocations: atMost('bool', 1),
  attributes: byDomain(atMost('any', maxAttributeBytes)),
  capacity: byDomain(t.opaque('kubernetes.Quantity')),
})

export const compileSelector = (text: string): Compiled => compile(text, { variables: { device: deviceType } })

/** In upstream's words; a selector may cost as much as any expression. */
export function deviceSelectorErrors(text: string, field: string): readonly FieldError[] {
  const compiled = compileSelector(text)
  if ('error' in compiled) return [invalidValue(field, text, `compilation failed: ${compiled.error}`)]
  const { resultType, estimate } = compiled.program
  if (resultType.kind !== 'bool' && resultType.kind !== 'any')
    return [invalidValue(field, text, `must evaluate to bool or the unknown type, not ${t.declaredName(resultType)}`)]
  return estimate().max > perCallLimit ? [forbiddenValue(field, 'too complex, exceeds cost limit')] : []
}
