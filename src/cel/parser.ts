// Text into a tree, by recursive descent over CEL's grammar. It ends at the first fault; how deep and how long an
// expression may be is bounded as upstream bounds it, and nothing later recurses deeper than that.
import { type Call, childrenOf, type Expr, qualifiedName } from './ast.ts'
import type { Issue } from './errors.ts'
import { SyntaxFailure, type Token, tokenize } from './lexer.ts'
import { expandMacro } from './macros.ts'

const maxNesting = 250
const maxDepth = 600
const maxCodePoints = 100_000
const reserved = new Set('as break const continue else for function if import let loop package namespace return var void while'.split(' '))
const keywords = new Set(['in', 'true', 'false', 'null'])
const beginnings = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

export function parse(text: string): { readonly expr: Expr } | { readonly issues: readonly Issue[] } {
  if (text.length > maxCodePoints) {
    const message = `expression code point size exceeds limit: size: ${[...text].length}, limit ${maxCodePoints}`
    return { issues: [{ offset: 0, message }] }
  }
  try {
    const expr = new Parser(tokenize(text)).whole()
    if (isTooDeep(expr)) return { issues: [{ offset: 0, message: recursionLimit }] }
    return { expr }
  } catch (error) {
    if (!(error instanceof SyntaxFailure)) throw error
    return { issues: [{ offset: error.offset, message: error.message }] }
  }
}

const recursionLimit = `expression recursion limit exceeded: ${maxNesting}`

function isTooDeep(root: Expr): boolean {
  let level: readonly Expr[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) return true
    level = level.flatMap(childrenOf)
  }
  return false
}

const relations = new Set(['==', '!=', '<', '<=', '>', '>='])

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0
  #nesting = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Expr {
    const expr = this.#expression()
    const token = this.#token
    if (token.kind !== 'end') {
      const what = this.#tokens[this.#next + 1]?.kind === 'end' ? 'extraneous' : 'mismatched'
      throw new SyntaxFailure(token.offset, `${what} input '${token.text}' expecting <EOF>`)
    }
    return expr
  }

  get #token(): Token {
    return this.#tokens[this.#next]!
  }
  #is(op: string): boolean {
    return this.#token.kind === 'op' && this.#token.text === op
  }
  #take(op: string): Token | undefined {
    if (!this.#is(op)) return undefined
    return this.#tokens[this.#next++]
  }
  #expect(op: string): Token {
    const token = this.#take(op)
    if (!token) throw new SyntaxFailure(this.#token.offset, `mismatched input '${this.#token.text}' expecting '${op}'`)
    return token
  }

  #expression(): Expr {
    if (++this.#nesting > maxNesting) throw new SyntaxFailure(this.#token.offset, recursionLimit)
    const condition = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#relation()))
    const question = this.#take('?')
    let expr = condition
    if (question) {
      const then = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#relation()))
      this.#expect(':')
      expr = call(question.offset, '_?_:_', condition, then, this.#expression())
    }
    this.#nesting--
    return expr
  }

  /** A chain of one operator becomes a balanced tree: a long list of conditions stays shallow. */
  #logical(op: string, name: string, operand: () => Expr): Expr {
    const terms = [operand()]
    const offsets: number[] = []
    for (let token = this.#take(op); token; token = this.#take(op)) {
      offsets.push(token.offset)
      terms.push(operand())
    }
    const balance = (from: number, to: number): Expr => {
      if (from === to) return terms[from]!
      const middle = (from + to) >> 1
      return call(offsets[middle]!, name, balance(from, middle), balance(middle + 1, to))
    }
    return balance(0, terms.length - 1)
  }

  #relation(): Expr {
    let left = this.#sum()
    while (true) {
      const token = this.#token
      const isIn = token.kind === 'ident' && token.text === 'in'
      if (!isIn && !(token.kind === 'op' && relations.has(token.text))) return left
      this.#next++
      left = call(token.offset, isIn ? '@in' : `_${token.text}_`, left, this.#sum())
    }
  }
  #sum(): Expr {
    let left = this.#product()
    for (let token = this.#take('+') ?? this.#take('-'); token; token = this.#take('+') ?? this.#take('-'))
      left = call(token.offset, `_${token.text}_`, left, this.#product())
    return left
  }
  #product(): Expr {
    let left = this.#unary()
    for (let token = this.#factorOperator(); token; token = this.#factorOperator())
      left = call(token.offset, `_${token.text}_`, left, this.#unary())
    return left
  }
  #factorOperator(): Token | undefined {
    return this.#take('*') ?? this.#take('/') ?? this.#take('%')
  }

  #unary(): Expr {
    const first = this.#token
    const op = this.#is('!') ? '!' : this.#is('-') ? '-' : undefined
    if (op === undefined) return this.#member()
    let count = 0
    while (this.#take(op)) count++
    const negative = op === '-' && count === 1 ? this.#negativeLiteral(first.offset) : undefined
    const operand = negative ? this.#postfix(negative) : this.#member()
    if (negative || count % 2 === 0) return operand
    return call(first.offset, `${op}_`, operand)
  }

  #negativeLiteral(offset: number): Expr | undefined {
    const { kind, value } = this.#token
    if (kind === 'int' && typeof value === 'bigint') {
      this.#next++
      return { kind: 'literal', offset, value: inRange(-value, offset) }
    }
    if (kind === 'double' && typeof value === 'number') {
      this.#next++
      return { kind: 'literal', offset, value: -value }
    }
    return undefined
  }

  #member(): Expr {
    return this.#postfix(this.#primary())
  }

  #postfix(operand: Expr): Expr {
    let expr = operand
    while (true) {
      const dot = this.#take('.')
      if (dot) {
        expr = this.#selection(expr, dot)
        continue
      }
      const bracket = this.#take('[')
      if (!bracket) return expr
      const optional = this.#take('?')
      const index = this.#expression()
      this.#expect(']')
      expr = call(bracket.offset, optional ? '_[?_]' : '_[_]', expr, index)
    }
  }

  #selection(operand: Expr, dot: Token): Expr {
    const optional = this.#take('?')
    const token = this.#token
    if (!((token.kind === 'ident' && !keywords.has(token.text)) || token.kind === 'quoted'))
      throw new SyntaxFailure(token.offset, `mismatched input '${token.text}' expecting IDENTIFIER`)
    this.#next++
    const field = String(token.value)
    if (optional) return call(dot.offset, '_?._', operand, { kind: 'literal', offset: token.offset, value: field })
    const open = token.kind === 'ident' ? this.#take('(') : undefined
    if (open) return this.#call(open, field, operand)
    const select: Expr = { kind: 'select', offset: dot.offset, operand, field, test: false }
    const name = this.#is('{') ? qualifiedName(select) : undefined
    return name === undefined ? select : this.#struct(name)
  }

  #call(open: Token, name: string, target: Expr | undefined): Expr {
    const args = this.#list(')', () => this.#expression(), false)
    const expanded = expandMacro(name, { offset: open.offset, target, args })
    return expanded ?? { kind: 'call', offset: open.offset, name, ...(target && { target }), args }
  }

  #list<T>(close: string, item: () => T, trailing = true): T[] {
    const items: T[] = []
    if (this.#take(close)) return items
    do {
      if (trailing && items.length > 0 && this.#is(close)) break
      items.push(item())
    } while (this.#take(','))
    this.#expect(close)
    return items
  }

  #primary(): Expr {
    const token = this.#token
    const { offset, value } = token
    this.#next++
    switch (token.kind) {
      case 'string':
      case 'bytes':
      case 'double':
        return { kind: 'literal', offset, value: value ?? null }
      case 'int':
        return { kind: 'literal', offset, value: inRange(BigInt(value as bigint), offset) }
      case 'uint':
        if (BigInt(value as bigint) >= 2n ** 64n) throw new SyntaxFailure(offset, 'invalid uint literal')
        return { kind: 'literal', offset, value: { uint: BigInt(value as bigint) } }
      case 'ident':
        return this.#identifier(token)
      case 'op':
        return this.#bracketed(token)
      default:
        throw this.#unexpected(token)
    }
  }

  #unexpected(token: Token): SyntaxFailure {
    return new SyntaxFailure(token.offset, `mismatched input '${token.text}' expecting ${beginnings}`)
  }

  #identifier(token: Token): Expr {
    const { offset, text } = token
    if (text === 'true' || text === 'false') return { kind: 'literal', offset, value: text === 'true' }
    if (text === 'null') return { kind: 'literal', offset, value: null }
    if (text === 'in') throw this.#unexpected(token)
    if (reserved.has(text)) throw new SyntaxFailure(offset, `reserved identifier: ${text}`)
    const open = this.#take('(')
    if (open) return this.#call(open, text, undefined)
    return this.#is('{') ? this.#struct(text) : { kind: 'ident', offset, name: text }
  }

  #bracketed(token: Token): Expr {
    const { offset } = token
    if (token.text === '(') {
      const expr = this.#expression()
      this.#expect(')')
      return expr
    }
    if (token.text === '[') {
      const element = () => ({ optional: this.#take('?') !== undefined, value: this.#expression() })
      return { kind: 'list', offset, elements: this.#list(']', element) }
    }
    if (token.text === '{') {
      const entry = () => {
        const optional = this.#take('?') !== undefined
        const key = this.#expression()
        this.#expect(':')
        return { optional, key, value: this.#expression() }
      }
      return { kind: 'map', offset, entries: this.#list('}', entry) }
    }
    if (token.text === '.' && this.#token.kind === 'ident') {
      const name = this.#token
      this.#next++
      return this.#identifier(name)
    }
    throw this.#unexpected(token)
  }

  #struct(name: string): Expr {
    const { offset } = this.#expect('{')
    const field = () => {
      const optional = this.#take('?') !== undefined
      const token = this.#token
      if (token.kind !== 'ident' && token.kind !== 'quoted')
        throw new SyntaxFailure(token.offset, `mismatched input '${token.text}' expecting IDENTIFIER`)
      this.#next++
      const colon = this.#expect(':')
      return { optional, name: String(token.value), offset: colon.offset, value: this.#expression() }
    }
    return { kind: 'struct', offset, name, fields: this.#list('}', field) }
  }
}

const call = (offset: number, name: string, ...args: Expr[]): Call => ({ kind: 'call', offset, name, args })

function inRange(value: bigint, offset: number): bigint {
  if (value >= 2n ** 63n || value < -(2n ** 63n)) throw new SyntaxFailure(offset, 'invalid int literal')
  return value
}
