// The Accept header: which of the forms that the server can write the client likes best.
import { StatusError } from '../meta/status-error.ts'
import { protobufType } from './protobuf.ts'

export type Form = 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'

export type Encoding = 'json' | 'yaml' | 'protobuf'

export interface Format {
  readonly form: Form
  readonly encoding: Encoding
}

export const plain: Format = { form: 'object', encoding: 'json' }
const encodings: ReadonlyMap<string, Encoding> = new Map([
  ['application/json', 'json'],
  ['*/*', 'json'],
  ['application/*', 'json'],
  ['application/yaml', 'yaml'],
  [protobufType, 'protobuf'],
])
const media = ['application/json', 'application/yaml', protobufType]
const known = new Map<string, Format>([
  ['', plain],
  ['*/*', plain],
  ['application/json', plain],
])

/** Clauses are taken in the order of the header, as clients list them by preference. Results are remembered: a client repeats itself. */
export function negotiate(accept: string | undefined): Format {
  const header = accept ?? ''
  const remembered = known.get(header)
  if (remembered) return remembered
  const format = parse(header)
  if (known.size < 200) known.set(header, format)
  return format
}

function parse(header: string): Format {
  for (const clause of header.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map(part => part.trim())
    const encoding = encodings.get(type)
    if (!encoding) continue
    const values = new Map(parameters.map(p => p.split('=', 2) as [string, string | undefined]))
    const as = values.get('as')
    if (as === undefined) {
      // `stream=watch` and `q=` do not matter here.
      return { form: 'object', encoding }
    }
    // Tables have no messages; who asks for them so lists JSON as well.
    if (encoding === 'protobuf' || values.get('g') !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(values.get('v') ?? '')) continue
    if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { form: as, encoding }
  }
  throw StatusError.notAcceptable(media)
}
