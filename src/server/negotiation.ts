// The Accept header: which of the forms that the server can write the client likes best.
import { StatusError } from '../meta/status-error.ts'

export type Form = 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'

export interface Format {
  readonly form: Form
  readonly yaml: boolean
}

const plain: Format = { form: 'object', yaml: false }
const media = ['application/json', 'application/yaml']
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
    const isJson = type === 'application/json' || type === '*/*' || type === 'application/*'
    const isYaml = type === 'application/yaml'
    if (!isJson && !isYaml) continue
    const values = new Map(parameters.map(p => p.split('=', 2) as [string, string | undefined]))
    const as = values.get('as')
    if (as === undefined) {
      // `stream=watch` and `q=` do not matter here.
      return { form: 'object', yaml: isYaml }
    }
    if (values.get('g') !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(values.get('v') ?? '')) continue
    if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { form: as, yaml: isYaml }
  }
  throw StatusError.notAcceptable(media)
}
