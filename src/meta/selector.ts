// Label selectors: the query text (`a=b,c!=d,e in (x,y),!f`) and the LabelSelector object become one predicate.
// An absent LabelSelector selects nothing, an empty one everything.
import { checkLabelValue, checkQualifiedName } from './names.ts'

export type Labels = Readonly<Record<string, string>>
export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface Requirement {
  readonly key: string
  readonly operator: SelectorOperator
  readonly values: readonly string[]
}
export interface Selector {
  /** Sorted by key; all must hold. */
  readonly requirements: readonly Requirement[]
  readonly matches: (labels: Labels | undefined) => boolean
}
export type SelectorResult = { readonly ok: true; readonly selector: Selector } | { readonly ok: false; readonly error: string }

/** The shape of `metav1.LabelSelector`. */
export interface LabelSelectorLike {
  readonly matchLabels?: Labels | undefined
  readonly matchExpressions?:
    | readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined }[]
    | undefined
}

export const everything: Selector = { requirements: [], matches: () => true }
export const nothing: Selector = { requirements: [], matches: () => false }

/** All of the labels, as Services and ReplicationControllers select. No label at all selects everything. */
export function selectorOfLabels(labels: Labels): Selector {
  return build(Object.entries(labels).map(([key, value]) => ({ key, operator: '=', values: [value] })))
}

/** The error texts are upstream's. */
export function selectorOf(selector: LabelSelectorLike | undefined): SelectorResult {
  if (!selector) return { ok: true, selector: nothing }
  const requirements: Requirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: '=',
    values: [value],
  }))
  // What a client has left out is empty, whatever the type says.
  for (const { key = '', operator = '', values = [] } of selector.matchExpressions ?? []) {
    const known = operators.get(operator)
    if (known === undefined) return { ok: false, error: `${JSON.stringify(operator)} is not a valid label selector operator` }
    requirements.push({ key, operator: known, values })
  }
  return checked(requirements)
}

const operators: ReadonlyMap<string, SelectorOperator> = new Map([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
])

/** Reads the text of a `labelSelector` parameter. The error texts are upstream's. */
export function parseSelector(text: string): SelectorResult {
  const read = new SelectorReader(text).read()
  return typeof read === 'string' ? { ok: false, error: read } : checked(read)
}

/** `a=b,c in (x,y),!d`; the empty text for no requirement. */
export function formatSelector({ requirements }: Selector): string {
  return requirements.map(formatRequirement).join(',')
}

function checked(requirements: readonly Requirement[]): SelectorResult {
  const problem = requirements.map(requirementProblem).find(text => text !== undefined)
  return problem === undefined ? { ok: true, selector: build(requirements) } : { ok: false, error: problem }
}

function build(requirements: readonly Requirement[]): Selector {
  const sorted = [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return { requirements: sorted, matches: labels => sorted.every(requirement => holds(requirement, labels)) }
}

function holds({ key, operator, values }: Requirement, labels: Labels | undefined): boolean {
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=':
    case '==':
      return value === values[0]
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
    case 'lt': {
      if (value === undefined || !integer.test(value)) return false
      const [left, right] = [BigInt(value), BigInt(values[0] ?? '0')]
      return operator === 'gt' ? left > right : left < right
    }
  }
}

const integer = /^-?\d+$/

function requirementProblem({ key, operator, values }: Requirement): string | undefined {
  const ofKey = checkQualifiedName(key)
  if (ofKey.length > 0) return `key: Invalid value: ${JSON.stringify(key)}: ${ofKey.join('; ')}`
  const invalid = (detail: string) => `values: Invalid value: ${JSON.stringify(values)}: ${detail}`
  if ((operator === 'in' || operator === 'notin') && values.length === 0)
    return invalid("for 'in', 'notin' operators, values set can't be empty")
  if ((operator === 'exists' || operator === '!') && values.length > 0)
    return invalid('values set must be empty for exists and does not exist')
  for (const [i, value] of values.entries()) {
    if ((operator === 'gt' || operator === 'lt') && !integer.test(value)) {
      return `values[${i}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`
    }
    const reasons = checkLabelValue(value)
    if (reasons.length > 0) return `values[${i}][${key}]: Invalid value: ${JSON.stringify(value)}: ${reasons.join('; ')}`
  }
  return undefined
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case '=':
    case '==':
    case '!=':
      return `${key}${operator}${values[0] ?? ''}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${[...values].sort().join(',')})`
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'gt':
      return `${key}>${values[0] ?? ''}`
    case 'lt':
      return `${key}<${values[0] ?? ''}`
  }
}

type Token = { readonly kind: 'symbol' | 'word' | 'end'; readonly text: string }
const binaryOperators: ReadonlyMap<string, SelectorOperator> = new Map([
  ['in', 'in'],
  ['notin', 'notin'],
  ['=', '='],
  ['==', '=='],
  ['!=', '!='],
  ['>', 'gt'],
  ['<', 'lt'],
])

class SelectorReader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(text: string) {
    this.#tokens = [...text.matchAll(/==|!=|[=!(),<>]|[^\s=!(),<>]+/g)].map(([token]) => ({
      kind: /^[=!(),<>]/.test(token) ? 'symbol' : 'word',
      text: token,
    }))
  }

  /** The requirements, or what is wrong. */
  read(): Requirement[] | string {
    const requirements: Requirement[] = []
    if (this.#peek().kind === 'end') return requirements
    if (!this.#startsRequirement()) return this.#found("!, identifier, or 'end of string'")
    for (;;) {
      const requirement = this.#requirement()
      if (typeof requirement === 'string') return `unable to parse requirement: ${requirement}`
      requirements.push(requirement)
      if (this.#peek().kind === 'end') return requirements
      if (!this.#take(',')) return this.#found("',' or 'end of string'")
      if (!this.#startsRequirement()) return this.#found("identifier after ','")
    }
  }

  #requirement(): Requirement | string {
    const negated = this.#take('!')
    const key = this.#word()
    if (key === undefined) return this.#found('identifier')
    const problem = checkQualifiedName(key)
    if (problem.length > 0) return `key: Invalid value: ${JSON.stringify(key)}: ${problem.join('; ')}`
    if (negated) return { key, operator: '!', values: [] }
    if (this.#ends()) return { key, operator: 'exists', values: [] }
    const operator = binaryOperators.get(this.#peek().text)
    if (operator === undefined) return this.#found('in, notin, =, ==, !=, gt, lt')
    this.#at++
    const values = operator === 'in' || operator === 'notin' ? this.#set() : this.#exact()
    return typeof values === 'string' ? values : { key, operator, values }
  }

  #exact(): string[] | string {
    if (this.#ends()) return ['']
    const word = this.#word()
    return word === undefined ? this.#found('identifier') : [word]
  }

  /** `(a,b)`; an empty place between commas is the empty value. */
  #set(): string[] | string {
    if (!this.#take('(')) return `found '${this.#peek().text}' expected: '('`
    if (this.#take(')')) return []
    const values: string[] = []
    for (;;) {
      values.push(this.#word() ?? '')
      if (this.#take(')')) return [...new Set(values)]
      if (!this.#take(',')) return this.#found("',' or ')'")
    }
  }

  #startsRequirement(): boolean {
    return this.#peek().kind === 'word' || this.#peek().text === '!'
  }
  #ends(): boolean {
    return this.#peek().kind === 'end' || this.#peek().text === ','
  }
  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' }
  }
  #take(symbol: string): boolean {
    const taken = this.#peek().kind === 'symbol' && this.#peek().text === symbol
    if (taken) this.#at++
    return taken
  }
  #word(): string | undefined {
    const token = this.#peek()
    if (token.kind !== 'word') return undefined
    this.#at++
    return token.text
  }
  #found(expected: string): string {
    return `found '${this.#peek().text}', expected: ${expected}`
  }
}
