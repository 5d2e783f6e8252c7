// The least and the most that an expression may cost, by the rules of cel-go's estimator: definitions are refused by it,
// so it has to agree. Sizes come from literals, from what operations do to sizes, and from the bounds of declared types.
import { accumulator, type Call, type Expr, type Fold, isBind } from './ast.ts'
import type { Checked, Environment } from './check.ts'
import { estimateFunction } from './estimate-function.ts'
import type { Overload } from './overloads.ts'
import { add, type CostRange, fixed, multiply, type Range, range, sumOf, union, unknown, zero } from './ranges.ts'
import type { Type } from './types.ts'
import { codePoints } from './values.ts'

export type { CostRange } from './ranges.ts'

/** What is known of a node when a function's cost is estimated. */
export interface Operand {
  readonly type: Type
  readonly size: Range
  /** The declared type, where the node is reached from a variable. */
  readonly declared: Type | undefined
  readonly expr: Expr
}
export interface FunctionEstimate {
  readonly cost: Range
  readonly size?: Range
}

export function estimateCost(checked: Checked, environment: Environment): CostRange {
  return new Estimator(checked, environment).cost(checked.expr)
}

interface EntrySize {
  readonly key: Range
  readonly value: Range
}
interface Local {
  readonly declared: Type | undefined
  readonly size: Range | undefined
  readonly entries?: EntrySize | undefined
}

const selectCost = fixed(1)

class Estimator {
  readonly #checked: Checked
  readonly #environment: Environment
  readonly #sizes = new Map<Expr, Range>()
  readonly #entries = new Map<Expr, EntrySize>()
  readonly #declared = new Map<Expr, Type>()
  readonly #locals: { readonly name: string; readonly local: Local }[] = []

  constructor(checked: Checked, environment: Environment) {
    this.#checked = checked
    this.#environment = environment
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'literal':
        return zero
      case 'ident': {
        const local = this.#local(expr.name)
        const { variables } = this.#environment
        const declared = local ? local.declared : Object.hasOwn(variables, expr.name) ? variables[expr.name] : undefined
        if (declared) this.#declared.set(expr, declared)
        return selectCost
      }
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list': {
        const cost = sumOf(expr.elements.map(({ value }) => this.cost(value)))
        const value = expr.elements.length === 0 ? zero : expr.elements.map(e => this.#sizeOf(e.value)).reduce(union)
        this.#entries.set(expr, { key: fixed(1), value })
        return add(cost, fixed(10))
      }
      case 'map': {
        const cost = sumOf(expr.entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)]))
        const sizes = (of: 'key' | 'value') => (expr.entries.length === 0 ? zero : expr.entries.map(e => this.#sizeOf(e[of])).reduce(union))
        this.#entries.set(expr, { key: sizes('key'), value: sizes('value') })
        return add(cost, fixed(30))
      }
      case 'struct':
        return add(sumOf(expr.fields.map(({ value }) => this.cost(value))), fixed(40))
      case 'fold':
        return isBind(expr) ? this.#bind(expr) : this.#fold(expr)
    }
  }

  #local(name: string): Local | undefined {
    return this.#locals.findLast(entry => entry.name === name)?.local
  }

  #within<T>(locals: readonly { readonly name: string; readonly local: Local }[], run: () => T): T {
    this.#locals.push(...locals)
    const result = run()
    this.#locals.length -= locals.length
    return result
  }

  #select(expr: Extract<Expr, { kind: 'select' }>): Range {
    const cost = this.cost(expr.operand)
    if (expr.test) return cost
    const declared = this.#declared.get(expr.operand)
    const field = declared?.kind === 'object' ? declared.field(expr.field)?.type : declared?.kind === 'map' ? declared.value : undefined
    if (field) this.#declared.set(expr, field)
    const { kind } = this.#checked.typeOf(expr.operand)
    return kind === 'map' || kind === 'object' || kind === 'param' ? add(cost, selectCost) : cost
  }

  #call(expr: Call): Range {
    const resolved = this.#checked.calls.get(expr)
    if (!resolved) return zero
    const { overloads, operands } = resolved
    const costs = operands.map(operand => this.cost(operand))
    if (expr.name === 'dyn') {
      this.#sizes.set(expr, this.#sizeOf(operands[0]!))
      return add(fixed(1), costs[0] ?? zero)
    }
    const estimate = this.#special(expr, operands, costs)
    if (estimate) {
      if (estimate.size) this.#sizes.set(expr, estimate.size)
      return estimate.cost
    }
    const described = operands.map(operand => this.#operand(operand))
    const estimates = overloads.map((overload: Overload) => estimateFunction(expr.name, overload, described))
    if (estimates.length === 0) return add(sumOf(costs), fixed(1))
    const sizes = estimates.flatMap(({ size }) => (size ? [size] : []))
    if (sizes.length > 0) this.#sizes.set(expr, sizes.reduce(union))
    return add(sumOf(costs), estimates.map(({ cost }) => cost).reduce(union))
  }

  /** Operators whose operands do not all run, and those that hand on what is known of a container. */
  #special(expr: Call, operands: readonly Expr[], costs: readonly Range[]): FunctionEstimate | undefined {
    const [a = zero, b = zero, c = zero] = costs
    const [first, second, third] = operands
    switch (expr.name) {
      case '_&&_':
      case '_||_':
        return { cost: range(a.min, a.max + b.max) }
      case '_?_:_': {
        const [x, y] = [this.#entries.get(second!), this.#entries.get(third!)]
        if (x && y) this.#entries.set(expr, { key: union(x.key, y.key), value: union(x.value, y.value) })
        return { cost: add(a, union(b, c)), size: union(this.#sizeOf(second!), this.#sizeOf(third!)) }
      }
      case '_[_]': {
        const declared = this.#declared.get(first!)
        const element = declared?.kind === 'list' ? declared.item : declared?.kind === 'map' ? declared.value : undefined
        if (element) this.#declared.set(expr, element)
        const size = this.#entries.get(first!)?.value
        return { cost: add(sumOf(costs), fixed(1)), ...(size && { size }) }
      }
      default:
        return undefined
    }
  }

  #operand(expr: Expr): Operand {
    return { expr, type: this.#checked.typeOf(expr), size: this.#sizeOf(expr), declared: this.#declared.get(expr) }
  }

  #bind(expr: Fold): Range {
    const init = add(this.cost(expr.range), this.cost(expr.init))
    const local = { declared: this.#declared.get(expr.init), size: this.#sizeOf(expr.init), entries: this.#entries.get(expr.init) }
    const result = this.#within([{ name: expr.accuVar, local }], () => this.cost(expr.result))
    this.#sizes.set(expr, this.#sizeOf(expr.result))
    const entries = this.#entries.get(expr.result)
    if (entries) this.#entries.set(expr, entries)
    return add(init, result)
  }

  #fold(expr: Fold): Range {
    const over = this.cost(expr.range)
    const init = this.cost(expr.init)
    const accu = { name: expr.accuVar, local: { declared: undefined, size: this.#sizeOf(expr.init) } }
    return this.#within([accu], () => {
      const turn = this.#within(this.#iterated(expr), () => {
        const condition = this.cost(expr.condition)
        return add(condition, this.cost(expr.step))
      })
      const result = this.cost(expr.result)
      const count = this.#sizeOf(expr.range)
      if (expr.init.kind === 'literal') this.#sizes.set(expr, this.#sizeOf(expr.init))
      else {
        this.#sizes.set(expr, count)
        const entries = this.#entries.get(expr.step)
        if (entries) this.#entries.set(expr, entries)
      }
      return sumOf([over, init, multiply(count, turn), result])
    })
  }

  #iterated({ range: over, iterVar, iterVar2 }: Fold): { readonly name: string; readonly local: Local }[] {
    const declared = this.#declared.get(over)
    const entries = this.#entries.get(over)
    const isList = this.#checked.typeOf(over).kind === 'list'
    const key: Local = { declared: declared?.kind === 'map' ? declared.key : undefined, size: entries?.key }
    const element = declared?.kind === 'list' ? declared.item : declared?.kind === 'map' ? declared.value : undefined
    const value: Local = { declared: element, size: entries?.value }
    if (iterVar2 === undefined) return [{ name: iterVar, local: isList ? value : key }]
    return [
      { name: iterVar, local: key },
      { name: iterVar2, local: value },
    ]
  }

  #sizeOf(expr: Expr): Range {
    const known = this.#sizes.get(expr) ?? literalSize(expr)
    if (known) return known
    const declared = this.#declared.get(expr)
    if (declared) return range(0, declared.maxElements ?? 0)
    if (scalars.has(this.#checked.typeOf(expr).kind)) return fixed(1)
    const local = expr.kind === 'ident' && expr.name !== accumulator ? this.#local(expr.name) : undefined
    return local?.size ?? unknown
  }
}

const scalars: ReadonlySet<Type['kind']> = new Set(['bool', 'int', 'uint', 'double', 'timestamp', 'duration'] as const)

function literalSize(expr: Expr): Range | undefined {
  if (expr.kind === 'list') return fixed(expr.elements.length)
  if (expr.kind === 'map') return fixed(expr.entries.length)
  if (expr.kind !== 'literal') return undefined
  if (typeof expr.value === 'string') return fixed(codePoints(expr.value))
  return fixed(expr.value instanceof Uint8Array ? expr.value.length : 1)
}
