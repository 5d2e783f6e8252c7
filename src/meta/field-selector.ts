// Field selectors (`spec.nodeName=a,status.phase!=Running`), with `\` before commas, equal signs and itself in values.
import { StatusError } from './status-error.ts'

export interface FieldTerm {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}
export interface FieldSelector {
  readonly terms: readonly FieldTerm[]
  /** `read` gives a field's text, the empty one where it is absent. */
  readonly matches: (read: (field: string) => string) => boolean
}

/** Throws `BadRequest` for malformed text. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms = splitTerms(text)
    .filter(term => term !== '')
    .map(term => parseTerm(term, text))
  return { terms, matches: read => terms.every(({ field, operator, value }) => (read(field) === value) === (operator === '=')) }
}

/** Throws `BadRequest` for the first field that the kind cannot be selected by; upstream words it in two ways. */
export function checkFieldLabels(selector: FieldSelector, supported: readonly string[]): void {
  const unknown = selector.terms.find(term => !supported.includes(term.field))
  if (!unknown) return
  const ofEveryKind = supported.every(field => field === 'metadata.name' || field === 'metadata.namespace')
  const plainKind = `${JSON.stringify(unknown.field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
  throw StatusError.badRequest(ofEveryKind ? plainKind : `field label not supported: ${unknown.field}`)
}

/** The value that the selector pins the field to, if any: a list by `metadata.name=x` is a get. */
export function exactField(selector: FieldSelector, field: string): string | undefined {
  return selector.terms.find(term => term.field === field && term.operator === '=')?.value
}

export function formatFieldSelector(selector: FieldSelector): string {
  return selector.terms.map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, '\\$&')}`).join(',')
}

/** Cuts at commas that no backslash precedes. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\.|[^\\,]|\\$)+/gs) ?? []
}

function parseTerm(term: string, whole: string): FieldTerm {
  const match = /^((?:\\.|[^\\=!]|!(?!=))*)(!=|==|=)(.*)$/s.exec(term)
  const [, field = '', sign = '', value = ''] = match ?? []
  if (!match) throw StatusError.badRequest(`invalid selector: '${whole}'; can't understand '${term}'`)
  return { field, operator: sign === '!=' ? '!=' : '=', value: plainValue(value) }
}

function plainValue(value: string): string {
  const stray = /^(?:\\[\\,=]|[^\\=])*/.exec(value)?.[0].length ?? 0
  if (stray < value.length) {
    const what =
      value[stray] === '='
        ? 'invalid field selector: unescaped character in value: ='
        : `invalid field selector: invalid escape sequence: ${value.slice(stray, stray + 2)}`
    throw StatusError.badRequest(what)
  }
  return value.replace(/\\([\\,=])/g, '$1')
}
