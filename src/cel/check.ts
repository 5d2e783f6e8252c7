// Types of every node and the overloads of every call, or what upstream's checker would say is wrong.
import { type Call, type Expr, type Fold, type ListExpr, type MapExpr, qualifiedName, type Select, type StructExpr } from './ast.ts'
import type { Issue } from './errors.ts'
import type { Functions, Overload } from './overloads.ts'
import type { ObjectType, Type } from './types.ts'
import * as t from './types.ts'
import { Bindings } from './unify.ts'

export interface Environment {
  readonly variables: Readonly<Record<string, Type>>
  readonly functions: Functions
  /** A type that can be constructed by `Name{...}`. */
  readonly structNamed?: (name: string) => ObjectType | undefined
}

/** A call with its operands in order and the overloads that may serve it. */
export interface Resolved {
  readonly overloads: readonly Overload[]
  readonly operands: readonly Expr[]
}

export interface Checked {
  readonly expr: Expr
  readonly typeOf: (expr: Expr) => Type
  readonly calls: ReadonlyMap<Call, Resolved>
  /** Nodes that name a type. */
  readonly typeNames: ReadonlyMap<Expr, string>
  /** Selections that name a variable, as `authorizer.requestResource` does. */
  readonly variableNames: ReadonlyMap<Expr, string>
  readonly usesVariable: (name: string) => boolean
}

const libraryTypes = [
  'kubernetes.Quantity',
  'kubernetes.URL',
  'kubernetes.Semver',
  'kubernetes.NamedFormat',
  'net.IP',
  'net.CIDR',
  'optional_type',
]
const typeConstants: ReadonlyMap<string, Type> = new Map(
  [
    ...[t.bool, t.int, t.uint, t.double, t.string, t.bytes, t.timestamp, t.duration, t.nullType, t.typeType],
    ...[t.listOf(t.dyn), t.mapOf(t.dyn, t.dyn), ...libraryTypes.map(t.opaque)],
  ].map((type): [string, Type] => [t.typeName(type), type]),
)

interface Scope {
  readonly vars: Readonly<Record<string, Type>>
  readonly parent: Scope | undefined
}

export function check(expr: Expr, environment: Environment): { readonly checked: Checked } | { readonly issues: readonly Issue[] } {
  const checker = new Checker(environment)
  checker.check(expr, undefined)
  if (checker.issues.length > 0) return { issues: checker.issues.toSorted((a, b) => a.offset - b.offset) }
  return { checked: checker.outcome(expr) }
}

class Checker {
  readonly issues: Issue[] = []
  readonly #environment: Environment
  readonly #bindings = new Bindings()
  readonly #types = new Map<Expr, Type>()
  readonly #calls = new Map<Call, Resolved>()
  readonly #typeNames = new Map<Expr, string>()
  readonly #variableNames = new Map<Expr, string>()
  readonly #used = new Set<string>()

  constructor(environment: Environment) {
    this.#environment = environment
  }

  outcome(expr: Expr): Checked {
    const types = new Map([...this.#types].map(([node, type]) => [node, this.#bindings.substitute(type, true)]))
    const used = this.#used
    return {
      expr,
      typeOf: node => types.get(node) ?? t.dyn,
      calls: this.#calls,
      typeNames: this.#typeNames,
      variableNames: this.#variableNames,
      usesVariable: name => used.has(name),
    }
  }

  check(expr: Expr, scope: Scope | undefined): Type {
    const type = this.#bindings.resolve(this.#typeOf(expr, scope))
    this.#types.set(expr, type)
    return type
  }

  #fail(offset: number, message: string): Type {
    this.issues.push({ offset, message })
    return t.dyn
  }

  #show(type: Type): string {
    return t.formatType(this.#bindings.substitute(type, true))
  }

  #typeOf(expr: Expr, scope: Scope | undefined): Type {
    switch (expr.kind) {
      case 'literal':
        return literalType(expr.value)
      case 'ident': {
        const type = this.#variable(expr.name, scope) ?? this.#typeName(expr, expr.name)
        return type ?? this.#fail(expr.offset, undeclared(expr.name))
      }
      case 'select':
        return this.#select(expr, scope)
      case 'call':
        return this.#call(expr, scope)
      case 'list':
        return this.#list(expr, scope)
      case 'map':
        return this.#map(expr, scope)
      case 'struct':
        return this.#struct(expr, scope)
      case 'fold':
        return this.#fold(expr, scope)
    }
  }

  #variable(name: string, scope: Scope | undefined): Type | undefined {
    for (let at = scope; at; at = at.parent) if (Object.hasOwn(at.vars, name)) return at.vars[name]
    const { variables } = this.#environment
    if (!Object.hasOwn(variables, name)) return undefined
    this.#used.add(name)
    return variables[name]
  }

  #qualifiedVariable(expr: Select, name: string, scope: Scope | undefined): Type | undefined {
    const { variables } = this.#environment
    const root = name.split('.', 1)[0] ?? ''
    if (!Object.hasOwn(variables, name)) return undefined
    for (let at = scope; at; at = at.parent) if (Object.hasOwn(at.vars, root)) return undefined
    this.#used.add(name)
    this.#variableNames.set(expr, name)
    return variables[name]
  }

  #typeName(expr: Expr, name: string): Type | undefined {
    const type = typeConstants.get(name)
    if (!type) return undefined
    this.#typeNames.set(expr, name)
    return { kind: 'type', of: type }
  }

  #select(expr: Select, scope: Scope | undefined): Type {
    const name = expr.test ? undefined : qualifiedName(expr)
    const variable = name === undefined ? undefined : this.#qualifiedVariable(expr, name, scope)
    if (variable) return variable
    if (name !== undefined && this.#variable(name.split('.', 1)[0] ?? '', scope) === undefined) {
      const type = this.#typeName(expr, name)
      if (type) return type
    }
    const field = this.#fieldOf(this.check(expr.operand, scope), expr.field, expr.offset)
    return expr.test ? t.bool : field
  }

  #fieldOf(target: Type, field: string, offset: number): Type {
    const type = this.#bindings.resolve(target)
    if (type.kind === 'map') return type.value
    if (type.kind === 'object') return type.field(field)?.type ?? this.#fail(offset, `undefined field '${field}'`)
    if (t.isDynamic(type) || type.kind === 'param') return t.dyn
    if (t.isOptional(type)) return t.optionalOf(this.#fieldOf(t.heldBy(type), field, offset))
    return this.#fail(offset, `type '${this.#show(type)}' does not support field selection`)
  }

  #call(expr: Call, scope: Scope | undefined): Type {
    const { functions } = this.#environment
    const prefix = expr.target && qualifiedName(expr.target)
    const spaced = prefix === undefined ? undefined : `${prefix}.${expr.name}`
    const isSpaced = spaced !== undefined && functions.has(spaced) && this.#variable(prefix?.split('.', 1)[0] ?? '', scope) === undefined
    if (expr.name === '_?._') return this.#optionalSelect(expr, scope)
    const name = isSpaced ? spaced : expr.name
    const member = expr.target !== undefined && !isSpaced
    const operands = member && expr.target ? [expr.target, ...expr.args] : expr.args
    const overloads = functions.get(name)
    if (!overloads && expr.target && prefix !== undefined && this.#isUndeclared(prefix, scope)) {
      for (const arg of expr.args) this.check(arg, scope)
      return this.#fail(expr.offset, undeclared(expr.name))
    }
    const types = operands.map(operand => this.check(operand, scope))
    if (!overloads) return this.#fail(expr.offset, undeclared(name))
    return this.#resolve(expr, overloads, member, operands, types)
  }

  #isUndeclared(prefix: string, scope: Scope | undefined): boolean {
    const root = prefix.split('.', 1)[0] ?? ''
    return this.#variable(root, scope) === undefined && !typeConstants.has(root)
  }

  #resolve(expr: Call, overloads: readonly Overload[], member: boolean, operands: readonly Expr[], types: readonly Type[]): Type {
    const fitting: Overload[] = []
    let result: Type | undefined
    for (const overload of overloads) {
      if (overload.member !== member || overload.params.length !== types.length) continue
      const fresh = this.#instantiate(overload)
      if (!this.#bindings.attempt(() => types.every((type, i) => this.#bindings.assign(type, fresh.params[i]!)))) continue
      fitting.push(overload)
      const found = this.#bindings.substitute(fresh.result, false)
      result = result === undefined || t.sameType(result, found) ? found : t.dyn
    }
    if (result === undefined) {
      const shown = types.map(type => this.#show(type))
      const signature = member ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`
      return this.#fail(expr.offset, `found no matching overload for '${expr.name}' applied to '${signature}'`)
    }
    this.#calls.set(expr, { overloads: fitting, operands })
    return result
  }

  /** The overload with parameters of its own. */
  #instantiate(overload: Overload): Pick<Overload, 'params' | 'result'> {
    const names = new Map<string, Type>()
    const rename = (type: Type): Type => {
      switch (type.kind) {
        case 'param': {
          const known = names.get(type.name) ?? this.#bindings.fresh()
          names.set(type.name, known)
          return known
        }
        case 'list':
          return { ...type, item: rename(type.item) }
        case 'map':
          return { ...type, key: rename(type.key), value: rename(type.value) }
        case 'opaque':
          return type.params.length === 0 ? type : { ...type, params: type.params.map(rename) }
        default:
          return type
      }
    }
    return { params: overload.params.map(rename), result: rename(overload.result) }
  }

  #optionalSelect(expr: Call, scope: Scope | undefined): Type {
    const [operand, field] = expr.args
    if (!operand || field?.kind !== 'literal' || typeof field.value !== 'string') return t.dyn
    const type = this.check(operand, scope)
    const held = t.isOptional(type) ? t.heldBy(type) : type
    this.#calls.set(expr, { overloads: [], operands: expr.args })
    return t.optionalOf(this.#fieldOf(held, field.value, expr.offset))
  }

  #unwrapped(expr: Expr, optional: boolean, scope: Scope | undefined): Type {
    const type = this.check(expr, scope)
    if (!optional) return type
    if (t.isOptional(type)) return t.heldBy(type)
    if (t.isDynamic(type)) return t.dyn
    return this.#fail(expr.offset, `expected type 'optional_type(${this.#show(type)})' but found '${this.#show(type)}'`)
  }

  /** The type of all elements: they must agree. */
  #joined(elements: readonly { readonly expr: Expr; readonly type: Type }[]): Type {
    let joined: Type | undefined
    for (const { expr, type } of elements) {
      if (joined === undefined || this.#bindings.assign(joined, type)) {
        joined = joined !== undefined && t.isDynamic(joined) ? joined : type
        continue
      }
      const known: Type = joined
      if (!this.#bindings.attempt(() => this.#bindings.assign(type, known)))
        this.#fail(expr.offset, `expected type '${this.#show(joined)}' but found '${this.#show(type)}'`)
    }
    return joined ?? this.#bindings.fresh()
  }

  #list(expr: ListExpr, scope: Scope | undefined): Type {
    return t.listOf(this.#joined(expr.elements.map(e => ({ expr: e.value, type: this.#unwrapped(e.value, e.optional, scope) }))))
  }

  #map(expr: MapExpr, scope: Scope | undefined): Type {
    const keys = expr.entries.map(({ key }) => ({ expr: key, type: this.check(key, scope) }))
    const values = expr.entries.map(e => ({ expr: e.value, type: this.#unwrapped(e.value, e.optional, scope) }))
    return t.mapOf(this.#joined(keys), this.#joined(values))
  }

  #struct(expr: StructExpr, scope: Scope | undefined): Type {
    const type = this.#environment.structNamed?.(expr.name)
    for (const field of expr.fields) {
      const value = this.#unwrapped(field.value, field.optional, scope)
      const declared = type?.field(field.name)?.type
      if (type && !declared) this.#fail(field.offset, `undefined field '${field.name}'`)
      else if (declared && !this.#bindings.assign(value, declared)) {
        const [expected, provided] = [this.#show(declared), this.#show(value)]
        this.#fail(field.offset, `expected type of field '${field.name}' is '${expected}' but provided type is '${provided}'`)
      }
    }
    return type ?? this.#fail(expr.offset, undeclared(expr.name))
  }

  #fold(expr: Fold, scope: Scope | undefined): Type {
    const range = this.check(expr.range, scope)
    const init = this.check(expr.init, scope)
    const [first, second] = this.#elements(range, expr)
    const outer: Scope = { vars: { [expr.accuVar]: init }, parent: scope }
    const vars = expr.iterVar2 === undefined ? { [expr.iterVar]: first } : { [expr.iterVar]: first, [expr.iterVar2]: second }
    const inner: Scope = { vars, parent: outer }
    this.#mustBe(t.bool, this.check(expr.condition, inner), expr.condition)
    this.#mustBe(init, this.check(expr.step, inner), expr.step)
    return this.check(expr.result, outer)
  }

  #mustBe(expected: Type, found: Type, expr: Expr): void {
    if (this.#bindings.assign(found, expected)) return
    this.#fail(expr.offset, `expected type '${this.#show(expected)}' but found '${this.#show(found)}'`)
  }

  /** The types of a comprehension's variables. */
  #elements(range: Type, { iterVar2, range: expr }: Fold): readonly [Type, Type] {
    const type = this.#bindings.resolve(range)
    const two = iterVar2 !== undefined
    if (type.kind === 'list') return two ? [t.int, type.item] : [type.item, type.item]
    if (type.kind === 'map') return [type.key, type.value]
    if (type.kind === 'dyn' || type.kind === 'param') return [t.dyn, t.dyn]
    const message = `expression of type '${this.#show(type)}' cannot be range of a comprehension (must be list, map, or dynamic)`
    return [this.#fail(expr.offset, message), t.dyn]
  }
}

const undeclared = (name: string): string => `undeclared reference to '${name}' (in container '')`

function literalType(value: Extract<Expr, { kind: 'literal' }>['value']): Type {
  switch (typeof value) {
    case 'string':
      return t.string
    case 'bigint':
      return t.int
    case 'number':
      return t.double
    case 'boolean':
      return t.bool
    default:
      if (value === null) return t.nullType
      return value instanceof Uint8Array ? t.bytes : t.uint
  }
}
