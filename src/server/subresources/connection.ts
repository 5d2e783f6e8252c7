// Connections to pods, services and nodes. Admission is asked about their options, and may change them, before anything is looked for.
// The options come out of the URL, by the rules by which Go reads them.
import type { OptionsKind } from '../../api/core/connect-options.ts'
import type { TypedObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { SchemaNode } from '../../schema/schema.ts'
import { decodeObject, ignored } from '../body.ts'
import type { Answer, Call, RelayTarget } from '../call.ts'
import type { Context } from '../context.ts'
import type { Subresource } from './subresource.ts'

export function connection<O extends TypedObject>(
  name: string,
  kind: OptionsKind<O>,
  target: (context: Context, call: Call, options: O) => RelayTarget,
): Subresource {
  const isProxy = name === 'proxy'
  return {
    name,
    group: kind.group,
    version: kind.version,
    kind: kind.kind,
    verbs: isProxy ? ['create', 'delete', 'get', 'patch', 'update'] : ['create', 'get'],
    ...(isProxy && { takesAnyMethod: true }),
    async serve(context, call): Promise<Answer> {
      if (call.query.has('dryRun')) throw StatusError.badRequest('dryRun is not supported')
      const object = readOptions(kind, isProxy ? new URLSearchParams({ path: decodedPath(call.info.rest) }) : call.query)
      const request = { operation: 'CONNECT', call, subresource: name, kind, object, previous: undefined } as const
      const options = await context.admission.connect(request)
      return { type: 'relay', target: target(context, call, options) }
    },
  }
}

/** Fails with BadRequest. */
export function readOptions<O extends TypedObject>(kind: OptionsKind<O>, query: URLSearchParams): O {
  const { node } = kind.schema
  const fields = node.type === 'object' ? Object.entries(node.fields) : []
  const values = fields.flatMap(([name, field]) => {
    const value = query.has(name) ? said(field.node, query.getAll(name)) : undefined
    return value === undefined ? [] : [[name, value] as const]
  })
  return decodeObject(kind, { ...Object.fromEntries(values), kind: kind.kind, apiVersion: kind.version }, ignored())
}

/** Undefined for what need not be said: no, nothing, none. */
function said(node: SchemaNode, texts: readonly string[]): unknown {
  const [first = ''] = texts
  if (node.type === 'boolean') return first === '0' || first.toLowerCase() === 'false' ? undefined : true
  if (node.type !== 'array') return first || undefined
  return node.items.type === 'integer' ? texts.flatMap(text => text.split(',')).map(portOf) : texts
}

const maxPort = 65_535

function portOf(text: string): number {
  const refuse = (why: string) =>
    StatusError.badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`)
  if (!/^[0-9]+$/.test(text)) throw refuse('invalid syntax')
  const port = Number(text)
  if (port > maxPort) throw refuse('value out of range')
  return port
}

/** As it is where it cannot be decoded. */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
