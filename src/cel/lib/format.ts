// Named formats: `format.named('dns1123Label').value().validate('x')` is nothing, or the list of what is wrong.
import {
  checkDns1035Label,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkQualifiedName,
  maskTrailingDash,
  type NameCheck,
} from '../../meta/names.ts'
import { declarations, type Overload } from '../overloads.ts'
import { readDate, readTimestamp } from '../time.ts'
import { opaque } from '../types.ts'
import { type Foreign, List, Optional } from '../values.ts'
import { readUrl } from './url.ts'

interface Format {
  readonly check: NameCheck
  /** Stands for the length of the pattern, in the cost. */
  readonly patternLength: number
}

class FormatValue implements Foreign {
  readonly celType = formatType
  readonly name: string
  readonly format: Format
  constructor(name: string, format: Format) {
    this.name = name
    this.format = format
  }
  equals(other: Foreign): boolean {
    return other instanceof FormatValue && other.name === this.name
  }
}
const formatType = opaque('kubernetes.NamedFormat')
const { fn, method } = declarations<{ readonly 'kubernetes.NamedFormat': FormatValue }>()

const prefix =
  (check: NameCheck): NameCheck =>
  value =>
    check(maskTrailingDash(value))
const unless =
  (holds: (value: string) => boolean, message: string): NameCheck =>
  value =>
    holds(value) ? [] : [message]

const formats: Readonly<Record<string, Format>> = {
  dns1123Label: { check: checkDns1123Label, patternLength: 30 },
  dns1123Subdomain: { check: checkDns1123Subdomain, patternLength: 60 },
  dns1035Label: { check: checkDns1035Label, patternLength: 30 },
  qualifiedName: { check: checkQualifiedName, patternLength: 60 },
  dns1123LabelPrefix: { check: prefix(checkDns1123Label), patternLength: 30 },
  dns1123SubdomainPrefix: { check: prefix(checkDns1123Subdomain), patternLength: 60 },
  dns1035LabelPrefix: { check: prefix(checkDns1035Label), patternLength: 30 },
  labelValue: { check: checkLabelValue, patternLength: 40 },
  uri: {
    check: value => {
      const read = readUrl(value)
      return 'error' in read ? [read.error] : []
    },
    patternLength: 1000,
  },
  uuid: {
    check: unless(
      value => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(value),
      'does not match the UUID format',
    ),
    patternLength: 81,
  },
  byte: { check: unless(isBase64, 'invalid base64'), patternLength: 90 },
  date: { check: unless(value => readDate(value) !== undefined, 'invalid date'), patternLength: 100 },
  datetime: { check: unless(value => readTimestamp(value) !== undefined, 'invalid datetime'), patternLength: 100 },
}

function isBase64(value: string): boolean {
  return value !== '' && value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value)
}

function validate({ format }: FormatValue, value: string): Optional {
  const errors = format.check(value)
  return errors.length === 0 ? Optional.none : Optional.of(List.of(errors))
}

export const formatFunctions: readonly Overload[] = [
  fn('format.named', ['string'], 'optional_type(kubernetes.NamedFormat)', name =>
    Object.hasOwn(formats, name) ? Optional.of(new FormatValue(name, formats[name]!)) : Optional.none,
  ),
  ...Object.entries(formats).map(([name, format]) =>
    fn(`format.${name}`, [], 'kubernetes.NamedFormat', () => new FormatValue(name, format)),
  ),
  method(
    'kubernetes.NamedFormat',
    'validate',
    ['string'],
    'optional_type(list(string))',
    validate,
    ({ format }, value) => Math.ceil((1 + value.length) * 0.1) * Math.ceil(format.patternLength * 0.25),
  ),
]
