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
const common: readonly (readonly [string, Format])[] = [
  ['', plain],
  ['*/*', plain],
  ['application/json', plain],
]
const known = new Map(common)
const knownOfCustom = new Map(common)

/** Clauses are taken in the order of the header, as clients list them by preference. Results are remembered: a client repeats itself. */
export function negotiate(accept: string | undefined, isCustom = false): Format {
  const header = accept ?? ''
  const formats = isCustom ? knownOfCustom : known
  const remembered = formats.get(header)
  if (remembered) return remembered
  const format = parse(header, isCustom)
  if (formats.size < 200) formats.set(header, format)
  return format
}

/** Custom resources have no messages. */
function parse(header: string, isCustom: boolean): Format {
  for (const clause of header.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map(part => part.trim())
    const encoding = encodings.get(type)
    if (!encoding || (isCustom && encoding === 'protobuf')) continue
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
  throw StatusError.notAcceptable(isCustom ? media.slice(0, 2) : media)
}
