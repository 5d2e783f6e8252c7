// The syntax tree, macros expanded. `offset` is where upstream points when it complains of the node.

export type Expr = Literal | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Fold

interface Node {
  readonly offset: number
}
export interface Literal extends Node {
  readonly kind: 'literal'
  readonly value: null | boolean | bigint | number | string | Uint8Array | { readonly uint: bigint }
}
export interface Ident extends Node {
  readonly kind: 'ident'
  readonly name: string
}
export interface Select extends Node {
  readonly kind: 'select'
  readonly operand: Expr
  readonly field: string
  /** `has(operand.field)`. */
  readonly test: boolean
}
export interface Call extends Node {
  readonly kind: 'call'
  /** Operators have upstream's names, such as `_+_`. */
  readonly name: string
  readonly target?: Expr
  readonly args: readonly Expr[]
}
export interface ListExpr extends Node {
  readonly kind: 'list'
  readonly elements: readonly { readonly value: Expr; readonly optional: boolean }[]
}
export interface MapExpr extends Node {
  readonly kind: 'map'
  readonly entries: readonly { readonly key: Expr; readonly value: Expr; readonly optional: boolean }[]
}
export interface StructExpr extends Node {
  readonly kind: 'struct'
  readonly name: string
  readonly fields: readonly { readonly name: string; readonly value: Expr; readonly optional: boolean; readonly offset: number }[]
}
/** A loop over `range`: what every comprehension macro becomes. */
export interface Fold extends Node {
  readonly kind: 'fold'
  readonly range: Expr
  readonly iterVar: string
  /** With two variables the first is the index or key, the second the element or value. */
  readonly iterVar2?: string
  readonly accuVar: string
  readonly init: Expr
  readonly condition: Expr
  readonly step: Expr
  readonly result: Expr
}

/** No name that can be written in an expression. */
export const accumulator = '@result'

/** `a.b.c` where the expression is nothing but names. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name
  if (expr.kind !== 'select' || expr.test) return undefined
  const operand = qualifiedName(expr.operand)
  return operand === undefined ? undefined : `${operand}.${expr.field}`
}

/** `cel.bind`: a fold over nothing, whose accumulator is the variable. */
export function isBind(fold: Fold): boolean {
  return fold.range.kind === 'list' && fold.range.elements.length === 0 && fold.accuVar !== accumulator
}

export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return []
    case 'select':
      return [expr.operand]
    case 'call':
      return expr.target ? [expr.target, ...expr.args] : expr.args
    case 'list':
      return expr.elements.map(({ value }) => value)
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value])
    case 'struct':
      return expr.fields.map(({ value }) => value)
    case 'fold':
      return [expr.range, expr.init, expr.condition, expr.step, expr.result]
  }
}
