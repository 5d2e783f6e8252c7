// The body of an apply patch: YAML, of which JSON is a part. Most clients send JSON, which is read faster as what it is.
import { StatusError } from '../../meta/status-error.ts'
import { scanJson } from '../../schema/json-strict.ts'
import type { RequestBody } from '../call.ts'
import { textOf } from '../json-text.ts'
import { isTooDeepJson } from '../nesting.ts'
import type { FieldValidation } from '../options.ts'
import { parseYamlBody } from '../yaml.ts'

type Json = Readonly<Record<string, unknown>>

/** Fails with BadRequest. Fields that stand there twice are refused, warned of or let pass, as `validation` says. */
export function parseApplied(body: RequestBody, validation: FieldValidation, warnings: string[]): Json {
  if (body.type === 'value') return asObject(body.value)
  const text = textOf(body.bytes)
  const json = body.yaml ? undefined : parsedJson(text, validation)
  if (json !== undefined) return asObject(json)
  const { value, duplicates } = body.yaml ?? decoded(text)
  if (duplicates.length > 0 && validation !== 'Ignore') {
    const problem = `error converting YAML to JSON: yaml: unmarshal errors:\n${duplicates.map(line => `  ${line}`).join('\n')}`
    if (validation === 'Strict') throw StatusError.badRequest(`error strict decoding YAML: ${problem}`)
    warnings.push(problem)
  }
  return asObject(value)
}

function decoded(text: string): ReturnType<typeof parseYamlBody> {
  try {
    return parseYamlBody(text)
  } catch (error) {
    throw error instanceof StatusError ? StatusError.badRequest(`error decoding YAML: ${error.message}`) : error
  }
}

/** Whether the reader of YAML has nothing to do with it. */
export function isAppliedJson(text: string): boolean {
  return parsedJson(text, 'Strict') !== undefined
}

/** Undefined also where a field is there twice, which the reader of YAML tells in its own words. */
function parsedJson(text: string, validation: FieldValidation): unknown {
  if (!text.trimStart().startsWith('{') || isTooDeepJson(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (validation === 'Ignore' || JSON.stringify(value).length === text.trim().length) return value
    const scan = scanJson(text)
    return scan.ok && scan.duplicateFields.length === 0 ? value : undefined
  } catch {
    return undefined // It may be YAML that begins like JSON.
  }
}

function asObject(value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  const found = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  throw StatusError.badRequest(
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
  )
}
