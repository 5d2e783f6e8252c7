// The macros: calls that the parser turns into folds, tests and conditionals, as cel-go expands them, so that costs agree.
import { accumulator, type Call, type Expr, type Fold, type Literal, qualifiedName } from './ast.ts'
import { SyntaxFailure } from './lexer.ts'

interface Use {
  readonly offset: number
  readonly target: Expr | undefined
  readonly args: readonly Expr[]
}
type Expand = (use: Use) => Expr | undefined

/** The expansion of a call, or undefined where it is none of a macro. */
export function expandMacro(name: string, use: Use): Expr | undefined {
  const key = `${use.target ? '.' : ''}${name}/${use.args.length}`
  return Object.hasOwn(macros, key) ? macros[key]?.(use) : undefined
}

const literal = (offset: number, value: Literal['value']): Expr => ({ kind: 'literal', offset, value })
const ident = (offset: number, name: string): Expr => ({ kind: 'ident', offset, name })
const call = (offset: number, name: string, ...args: Expr[]): Call => ({ kind: 'call', offset, name, args })
const member = (offset: number, target: Expr, name: string, ...args: Expr[]): Call => ({ kind: 'call', offset, name, target, args })
const list = (offset: number, ...elements: Expr[]): Expr => ({
  kind: 'list',
  offset,
  elements: elements.map(value => ({ value, optional: false })),
})
const accu = (offset: number): Expr => ident(offset, accumulator)

function variable(expr: Expr | undefined): string {
  if (expr?.kind !== 'ident') throw new SyntaxFailure(expr?.offset ?? 0, 'argument must be a simple name')
  return expr.name
}

/** The variables of a comprehension, and what is left of its arguments. */
function variables({ args }: Use, count: 1 | 2): { readonly vars: Pick<Fold, 'iterVar' | 'iterVar2'>; readonly rest: readonly Expr[] } {
  const iterVar = variable(args[0])
  if (count === 1) return { vars: { iterVar }, rest: args.slice(1) }
  const iterVar2 = variable(args[1])
  if (iterVar === iterVar2) throw new SyntaxFailure(args[1]!.offset, `duplicate variable name: ${iterVar}`)
  return { vars: { iterVar, iterVar2 }, rest: args.slice(2) }
}

function quantifier(kind: 'all' | 'exists', count: 1 | 2): Expand {
  return use => {
    const { offset: at, target } = use
    const { vars, rest } = variables(use, count)
    const [predicate] = rest
    if (!target || !predicate) return undefined
    const goOn = kind === 'all' ? accu(at) : call(at, '!_', accu(at))
    return {
      kind: 'fold',
      offset: at,
      range: target,
      ...vars,
      accuVar: accumulator,
      init: literal(at, kind === 'all'),
      condition: call(at, '@not_strictly_false', goOn),
      step: call(at, kind === 'all' ? '_&&_' : '_||_', accu(at), predicate),
      result: accu(at),
    }
  }
}

function existsOne(count: 1 | 2): Expand {
  return use => {
    const { offset: at, target } = use
    const { vars, rest } = variables(use, count)
    const [predicate] = rest
    if (!target || !predicate) return undefined
    return {
      kind: 'fold',
      offset: at,
      range: target,
      ...vars,
      accuVar: accumulator,
      init: literal(at, 0n),
      condition: literal(at, true),
      step: call(at, '_?_:_', predicate, call(at, '_+_', accu(at), literal(at, 1n)), accu(at)),
      result: call(at, '_==_', accu(at), literal(at, 1n)),
    }
  }
}

type Step = (at: number, vars: Pick<Fold, 'iterVar' | 'iterVar2'>, transform: Expr | undefined) => Expr

/** `map`, `filter` and the `transform` macros: a fold that collects. `args` are the arguments after the variables. */
function collect(into: 'list' | 'map', count: 1 | 2, args: 'filter' | 'transform' | 'filter, transform', step: Step): Expand {
  return use => {
    const { offset: at, target } = use
    const { vars, rest } = variables(use, count)
    if (!target) return undefined
    const filter = args === 'transform' ? undefined : rest[0]
    const add = step(at, vars, rest.at(-1))
    return {
      kind: 'fold',
      offset: at,
      range: target,
      ...vars,
      accuVar: accumulator,
      init: into === 'list' ? list(at) : { kind: 'map', offset: at, entries: [] },
      condition: literal(at, true),
      step: filter ? call(at, '_?_:_', filter, add, accu(at)) : add,
      result: accu(at),
    }
  }
}

const append: Step = (at, _, transform) => call(at, '_+_', accu(at), list(at, transform ?? literal(at, null)))
const keep: Step = (at, { iterVar }) => call(at, '_+_', accu(at), list(at, ident(at, iterVar)))
const insert: Step = (at, { iterVar }, transform) =>
  call(at, 'cel.@mapInsert', accu(at), ident(at, iterVar), transform ?? literal(at, null))
const insertEntry: Step = (at, _, transform) => call(at, 'cel.@mapInsert', accu(at), transform ?? literal(at, null))

const has: Expand = ({ offset, args: [operand] }) => {
  if (operand?.kind !== 'select' || operand.test) throw new SyntaxFailure(operand?.offset ?? offset, 'invalid argument to has() macro')
  return { ...operand, test: true }
}

const bindTo = (at: number, name: string, init: Expr, result: Expr): Fold => ({
  kind: 'fold',
  offset: at,
  range: list(at),
  iterVar: '#unused',
  accuVar: name,
  init,
  condition: literal(at, false),
  step: ident(at, name),
  result,
})

const bind: Expand = ({ offset, target, args: [name, init, result] }) =>
  target && qualifiedName(target) === 'cel' && init && result ? bindTo(offset, variable(name), init, result) : undefined

function optionalMacro(flat: boolean): Expand {
  return ({ offset: at, target, args: [name, transform] }) => {
    if (!target || !transform) return undefined
    const bound = bindTo(at, variable(name), member(at, target, 'value'), transform)
    const optional = ident(at, 'optional')
    const held = flat ? bound : member(at, optional, 'of', bound)
    return call(at, '_?_:_', member(at, target, 'hasValue'), held, member(at, optional, 'none'))
  }
}

/** The list is worked out once, and its keys beside it. */
const sortBy: Expand = use => {
  const { offset: at, target } = use
  if (!target) return undefined
  const list = ident(at, '@sorted')
  const keys = collect('list', 1, 'transform', append)({ ...use, target: list })
  return keys && bindTo(at, '@sorted', target, call(at, '@sortByAssociatedKeys', list, keys))
}

/** By name and number of arguments; a dot for those that have a target. */
const macros: Readonly<Record<string, Expand>> = {
  'has/1': has,
  '.all/2': quantifier('all', 1),
  '.all/3': quantifier('all', 2),
  '.exists/2': quantifier('exists', 1),
  '.exists/3': quantifier('exists', 2),
  '.exists_one/2': existsOne(1),
  '.existsOne/2': existsOne(1),
  '.exists_one/3': existsOne(2),
  '.existsOne/3': existsOne(2),
  '.map/2': collect('list', 1, 'transform', append),
  '.map/3': collect('list', 1, 'filter, transform', append),
  '.filter/2': collect('list', 1, 'filter', keep),
  '.transformList/3': collect('list', 2, 'transform', append),
  '.transformList/4': collect('list', 2, 'filter, transform', append),
  '.transformMap/3': collect('map', 2, 'transform', insert),
  '.transformMap/4': collect('map', 2, 'filter, transform', insert),
  '.transformMapEntry/3': collect('map', 2, 'transform', insertEntry),
  '.transformMapEntry/4': collect('map', 2, 'filter, transform', insertEntry),
  '.bind/3': bind,
  '.sortBy/2': sortBy,
  '.optMap/2': optionalMacro(false),
  '.optFlatMap/2': optionalMacro(true),
}
