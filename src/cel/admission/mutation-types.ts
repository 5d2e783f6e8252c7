// What mutations construct: `Object{...}` with the fields to set, its parts `Object.spec{...}`, and `JSONPatch{...}` operations.

import { baseFunctions } from '../environment.ts'
import { EvaluationError } from '../errors.ts'
import { toJson } from '../json.ts'
import { declarations, type Functions, functionsOf } from '../overloads.ts'
import * as t from '../types.ts'
import { CelMap, List, Struct, type Value } from '../values.ts'

export const jsonPatchType = t.objectOf('JSONPatch', { op: t.string, path: t.string, from: t.string, value: t.dyn })
export const objectType: t.ObjectType = partOf('Object')

/** Fields are not declared: which there are is known when the object is. */
function partOf(name: string): t.ObjectType {
  return { kind: 'object', name, field: json => ({ json, type: t.dyn }), fieldNames: () => [] }
}

export function structNamed(name: string): t.ObjectType | undefined {
  if (name === 'JSONPatch') return jsonPatchType
  return name === 'Object' || name.startsWith('Object.') ? partOf(name) : undefined
}

const { fn } = declarations()
const escapeKey = fn(
  'jsonpatch.escapeKey',
  ['string'],
  'string',
  text => text.replaceAll('~', '~0').replaceAll('/', '~1'),
  text => Math.ceil(text.length * 0.1),
)
export const mutationFunctions: Functions = new Map([...baseFunctions, ...functionsOf([escapeKey])])

/** The JSON of a constructed object, whose parts must be named as the fields that they are in. */
export function constructedJson(value: Value): unknown {
  checkNames(value, value instanceof Struct ? value.celType.name : 'Object')
  return toJson(value)
}

function checkNames(value: Value, path: string): void {
  if (value instanceof Struct) {
    if (value.json) return
    const { name } = value.celType
    if (name !== path)
      throw new EvaluationError(`unexpected type name "${name}", expected "${path}", which matches field name path from root Object type`)
    for (const field of value.fields()) checkNames(value.get(field) ?? null, `${path}.${field}`)
  } else if (value instanceof List) {
    for (const item of value.toArray()) checkNames(item, path)
  } else if (value instanceof CelMap) {
    for (const key of value.keys()) checkNames(value.get(key) ?? null, path)
  }
}
