// From the bytes of a request to an object of a kind: media type, syntax, fields and types, with upstream's wording for what is wrong.
import { apiVersionOf, type Kind } from '../api/kind.ts'
import { omitsZero } from '../api/omitted-zeros.ts'
import type { KubeObject, TypedObject } from '../meta/object-meta.ts'
import { canonicalQuantity } from '../meta/quantity.ts'
import { StatusError } from '../meta/status-error.ts'
import { decode } from '../schema/decode.ts'
import { applyDefaults } from '../schema/default.ts'
import { scanJson } from '../schema/json-strict.ts'
import type { Schema, SchemaNode } from '../schema/schema.ts'
import type { Call, RequestBody } from './call.ts'
import { textOf } from './json-text.ts'
import { recognizeSpec, rememberSpec } from './known-specs.ts'
import { isTooDeepJson } from './nesting.ts'
import { type FieldValidation, fieldValidation } from './options.ts'
import { isProtobuf, parseProtobuf, protobufType } from './protobuf.ts'
import { sharedSpecText } from './shared-specs.ts'
import { parseYamlBody } from './yaml.ts'

/** What a lenient or strict reader found besides the value. */
export interface Findings {
  readonly validation: FieldValidation
  readonly warnings: string[]
  /** Of the text; what is found in the value is reported together with them. */
  readonly duplicates: string[]
}

/** For readers that do not mind. */
export function ignored(): Findings {
  return { validation: 'Ignore', warnings: [], duplicates: [] }
}

export function findingsOf(call: Call): Findings {
  return { validation: fieldValidation(call), warnings: call.warnings, duplicates: [] }
}

const json = /^application\/(json|([\w.-]+\+json))$/
const yaml = /^application\/(yaml|x-yaml)$|^text\/yaml$/
/** Media types of bodies that are read as YAML. */
export const yamlTypes = /^application\/(yaml|x-yaml|apply-patch\+yaml)$|^text\/yaml$/

/** The media type without parameters; JSON where none is given. */
export function mediaType(contentType: string): string {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return type === '' ? 'application/json' : type
}

/** The body as an object of the kind, complete. */
export function readObject(kind: Kind, body: RequestBody, findings: Findings): KubeObject {
  const { validation } = findings
  const isJson = body.type === 'bytes' && json.test(mediaType(body.contentType))
  if (!kind.sharedSpec || !isJson || validation === 'Ignore') return decodeObject(kind, parseBody(body, findings, kind.schema), findings)
  const text = textOf(body.bytes)
  const known = readWithKnownSpec(kind, text)
  if (known) return known
  const value = parseJson(text, findings)
  const object = decodeObject(kind, value, findings)
  if (findings.warnings.length + findings.duplicates.length === 0) rememberSpec(kind, text, value, object)
  return object
}

/** Undefined also where anything is wrong with the rest: what is to be said of it is found by reading the whole. */
function readWithKnownSpec(kind: Kind, text: string): KubeObject | undefined {
  const recognized = recognizeSpec(kind, text)
  if (!recognized) return undefined
  const { spec, ...rest } = recognized.value as { readonly spec?: unknown }
  const findings: Findings = { validation: 'Warn', warnings: [], duplicates: [] }
  try {
    const object = decodeAround(kind, rest, recognized.spec, findings)
    return findings.warnings.length === 0 ? object : undefined
  } catch (error) {
    if (error instanceof StatusError) return undefined
    throw error
  }
}

/** The plain value of a body. Protocol Buffers are read only where the schema is given, as they do not describe themselves. */
export function parseBody(body: RequestBody, findings: Findings, schema?: Schema<unknown>): unknown {
  if (body.type === 'value') return body.value
  const type = mediaType(body.contentType)
  const hasMessages = schema && !(schema.node.type === 'object' && schema.node.custom)
  if (hasMessages && isProtobuf(type)) return parseProtobuf(body.bytes, schema)
  const text = textOf(body.bytes)
  if (yaml.test(type)) {
    const { value, duplicates } = body.yaml ?? parseYamlBody(text)
    findings.duplicates.push(...duplicates)
    return value
  }
  if (!json.test(type))
    throw StatusError.unsupportedMediaType(['application/json', 'application/yaml', ...(hasMessages ? [protobufType] : [])])
  return parseJson(text, findings)
}

function parseJson(text: string, findings: Findings): unknown {
  if (isTooDeepJson(text)) throw StatusError.badRequest(`couldn't get version/kind; json parse error: exceeded max depth`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const scan = scanJson(text)
    throw StatusError.badRequest(`couldn't get version/kind; json parse error: ${scan.ok ? String(error) : scan.error}`)
  }
  if (mayHaveDuplicates(text, value, findings.validation)) {
    const scan = scanJson(text)
    if (!scan.ok) throw StatusError.badRequest(`couldn't get version/kind; json parse error: ${scan.error}`)
    findings.duplicates.push(...scan.duplicateFields.map(path => `duplicate field "${path}"`))
  }
  return value
}

/** Text without spaces that reads back at its own length lost no field in parsing; the scan that names them is spared then. */
function mayHaveDuplicates(text: string, value: unknown, validation: FieldValidation): boolean {
  return validation !== 'Ignore' && JSON.stringify(value).length !== text.length
}

/** What it takes to read objects of a kind, or options, which are not of one. */
export interface Shape<O extends TypedObject> {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly schema: Schema<O>
  readonly sharedSpec?: object | undefined
  complete?(object: O): O
}

/** The value as an object of the kind: types checked, unknown fields dropped and reported, defaults filled in. */
export function decodeObject<O extends TypedObject>(kind: Shape<O>, value: unknown, findings: Findings): O {
  const { spec, ...rest } = (value ?? {}) as { readonly spec?: object }
  // Shared specs are complete; most changes leave the spec of a pod as it is.
  if (kind.sharedSpec && spec && sharedSpecText(spec) !== undefined) return decodeAround(kind, rest, spec, findings)
  return complete(kind, decodeFields(kind, value, findings))
}

/** Everything but a spec that is complete. */
function decodeAround<O extends TypedObject>(kind: Shape<O>, rest: object, spec: object, findings: Findings): O {
  const others = applyDefaults(kind.schema.node, decodeFields(kind, rest, findings)) as O
  return { ...others, spec }
}

function decodeFields<O extends TypedObject>(kind: Shape<O>, value: unknown, findings: Findings): O {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw StatusError.badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${describeJson(value)} into Go value of type struct`,
    )
  const { apiVersion, kind: name } = value as { apiVersion?: unknown; kind?: unknown }
  const expected = apiVersionOf(kind)
  if (name !== undefined && name !== '' && name !== kind.kind)
    throw StatusError.badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): got kind ${JSON.stringify(name)}`)
  if (apiVersion !== undefined && apiVersion !== '' && apiVersion !== expected)
    throw StatusError.badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${expected})`,
    )
  const decoded = decodeValue(kind.schema.node, value, kind, findings) as O
  return { ...decoded, kind: kind.kind, apiVersion: expected }
}

/** Fills in what is absent. Idempotent. */
export function complete<O extends TypedObject>(kind: Shape<O>, object: O): O {
  const defaulted = applyDefaults(kind.schema.node, object) as O
  return kind.complete?.(defaulted) ?? defaulted
}

function decodeValue(node: SchemaNode, value: unknown, kind: Pick<Kind, 'kind' | 'version'>, findings: Findings): unknown {
  const decoded = decode(node, value, canonicalQuantity, omitsZero)
  const first = decoded.errors[0]
  const subject = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}:`
  if (first) throw StatusError.badRequest(`${subject} ${first.message}`)
  const problems = [...findings.duplicates, ...decoded.unknownFields.map(path => `unknown field "${path}"`)]
  if (findings.validation === 'Strict' && problems.length > 0)
    throw StatusError.badRequest(`${subject} strict decoding error: ${problems.join(', ')}`)
  if (findings.validation === 'Warn') findings.warnings.push(...problems)
  return decoded.value
}

function describeJson(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** Options sent as a body, such as DeleteOptions: lenient about unknown fields, as clients of all ages send them. */
export function decodeOptions(schema: Schema<unknown>, body: RequestBody): unknown {
  const value = parseBody(body, ignored(), schema)
  const decoded = decode(schema.node, value, canonicalQuantity)
  const first = decoded.errors[0]
  if (first) throw StatusError.badRequest(first.message)
  return decoded.value
}
