// A checked tree becomes closures, and every one pays for itself: what a step costs is what cel-go's cost tracker counts
// for it, so budgets mean what they mean upstream.
import { accumulator, type Call, type Expr, type Fold, isBind, type ListExpr, type MapExpr, type Select, type StructExpr } from './ast.ts'
import type { Checked, Environment } from './check.ts'
import { equal, indexIn } from './equality.ts'
import { EvaluationError, noSuchOverload } from './errors.ts'
import { Failed, Frame, type Names, type Step } from './frame.ts'
import { planCall } from './plan-call.ts'
import { planFold } from './plan-fold.ts'
import {
  CelMap,
  costSize,
  type Entries,
  insertInto,
  List,
  lookUp,
  Optional,
  required,
  Struct,
  TypeValue,
  Uint,
  type Value,
} from './values.ts'

export interface Plan {
  readonly step: Step
  /** The variables that are read, by slot. */
  readonly variables: readonly string[]
  readonly slots: number
}

export function plan(checked: Checked, environment: Environment): Plan {
  const planner = new Planner(checked, environment)
  const step = planner.plan(checked.expr, { slot: new Map() })
  return { step, variables: planner.variables, slots: planner.slots }
}

export class Planner {
  readonly checked: Checked
  readonly #environment: Environment
  readonly #variableSlots = new Map<string, number>()
  slots = 0

  constructor(checked: Checked, environment: Environment) {
    this.checked = checked
    this.#environment = environment
    for (const name of Object.keys(environment.variables)) if (checked.usesVariable(name)) this.#variableSlots.set(name, this.slots++)
  }

  get variables(): readonly string[] {
    return [...this.#variableSlots.keys()]
  }
  newSlot(): number {
    return this.slots++
  }

  plan(expr: Expr, names: Names): Step {
    const typeName = this.checked.typeNames.get(expr)
    if (typeName !== undefined) return constant(new TypeValue(typeName))
    const variable = this.checked.variableNames.get(expr)
    if (variable !== undefined) return this.#ident(variable, names)
    switch (expr.kind) {
      case 'literal':
        return constant(literalValue(expr.value))
      case 'ident':
        return this.#ident(expr.name, names)
      case 'select':
        return this.#select(expr, names)
      case 'call':
        return this.#call(expr, names)
      case 'list':
        return this.#list(expr, names)
      case 'map':
        return this.#map(expr, names)
      case 'struct':
        return this.#struct(expr, names)
      case 'fold':
        return this.#fold(expr, names)
    }
  }

  #ident(name: string, names: Names): Step {
    // What a fold collects is not read before its end.
    if (name === accumulator && names.collects) return payOne
    const local = names.slot.get(name)
    const slot = local ?? this.#variableSlots.get(name)
    if (slot === undefined) throw new Error(`no variable ${name}`)
    return frame => {
      frame.charge(1)
      const value = frame.slots[slot]
      if (value instanceof Failed) throw value.error
      if (value === undefined) throw new EvaluationError(`no such attribute(s): ${name}`)
      return value
    }
  }

  #select(expr: Select, names: Names): Step {
    const operand = this.plan(expr.operand, names)
    const { field } = expr
    if (expr.test) return frame => hasField(operand(frame), field)
    return frame => {
      const value = operand(frame)
      frame.charge(1)
      if (value instanceof Optional) return selectOptional(value, field)
      return required(lookUp(value, field), field)
    }
  }

  #call(expr: Call, names: Names): Step {
    const { name } = expr
    const resolved = this.checked.calls.get(expr)
    if (!resolved) throw new Error(`unresolved call of ${name}`)
    const special = this.#special(name, resolved.operands, names)
    if (special) return special
    return planCall(
      resolved.overloads,
      resolved.operands.map(operand => this.plan(operand, names)),
    )
  }

  /** Calls that are more than a function of their arguments. */
  #special(name: string, operands: readonly Expr[], names: Names): Step | undefined {
    const [a, b] = operands
    if (names.collects && a?.kind === 'ident' && a.name === accumulator) {
      const appended = name === '_+_' && b?.kind === 'list' ? b.elements[0]?.value : undefined
      if (appended) return append(this.plan(appended, names), names.collects.slot)
      if (name === 'cel.@mapInsert') {
        return insert(
          operands.slice(1).map(operand => this.plan(operand, names)),
          names.collects.slot,
        )
      }
    }
    const make = specials[name]
    return make?.(operands.map(operand => this.plan(operand, names)))
  }

  #list({ elements }: ListExpr, names: Names): Step {
    const steps = elements.map(({ value, optional }) => ({ step: this.plan(value, names), optional }))
    const build = (frame: Frame): Value => {
      const values: Value[] = []
      for (const { step, optional } of steps) {
        const value = step(frame)
        if (!optional) values.push(value)
        else if (held(value) !== undefined) values.push(held(value)!)
      }
      return List.of(values)
    }
    if (elements.every(({ value }) => isConstant(value))) return constant(build(unmetered()))
    return paid(listCost, build)
  }

  #map({ entries }: MapExpr, names: Names): Step {
    const steps = entries.map(({ key, value, optional }) => ({ key: this.plan(key, names), value: this.plan(value, names), optional }))
    const build = (frame: Frame): Value => {
      const map: Entries = new Map()
      for (const { key, value, optional } of steps) {
        const [k, v] = [key(frame), value(frame)]
        const inner = optional ? held(v) : v
        if (inner !== undefined) insertInto(map, [k, inner])
      }
      return CelMap.over(map)
    }
    return paid(mapCost, build)
  }

  #struct(expr: StructExpr, names: Names): Step {
    const type = this.#environment.structNamed?.(expr.name)
    if (!type) throw new Error(`no type ${expr.name}`)
    const steps = expr.fields.map(field => ({ ...field, step: this.plan(field.value, names) }))
    return paid(structCost, frame => {
      const fields = new Map<string, Value>()
      for (const { name, step, optional } of steps) {
        const value = step(frame)
        const inner = optional ? held(value) : value
        if (inner !== undefined) fields.set(name, inner)
      }
      const set = [...fields.keys()]
      return new Struct({ ...type, fieldNames: () => set }, field => fields.get(field))
    })
  }

  #fold(expr: Fold, names: Names): Step {
    if (!isBind(expr)) return planFold(this, expr, names)
    const slot = this.newSlot()
    const init = this.plan(expr.init, names)
    const result = this.plan(expr.result, { ...names, slot: new Map([...names.slot, [expr.accuVar, slot]]) })
    return frame => {
      frame.slots[slot] = init(frame)
      return result(frame)
    }
  }
}

const listCost = 10
const mapCost = 30
const structCost = 40

const constant =
  (value: Value): Step =>
  () =>
    value
const paid =
  (cost: number, step: Step): Step =>
  frame => {
    const value = step(frame)
    frame.charge(cost)
    return value
  }
const payOne: Step = frame => {
  frame.charge(1)
  return null
}
const unmetered = (): Frame => new Frame([], Number.POSITIVE_INFINITY)
const isConstant = (expr: Expr): boolean =>
  expr.kind === 'literal' || (expr.kind === 'list' && expr.elements.every(({ value, optional }) => !optional && isConstant(value)))

function literalValue(value: Extract<Expr, { kind: 'literal' }>['value']): Value {
  return typeof value === 'object' && value !== null && 'uint' in value ? new Uint(value.uint) : value
}

/** What an element or entry written with `?` holds. */
function held(value: Value): Value | undefined {
  if (!(value instanceof Optional)) throw noSuchOverload()
  return value.value
}

function hasField(target: Value, field: string): boolean {
  if (target instanceof Optional) return target.value !== undefined && lookUp(target.value, field) !== undefined
  return lookUp(target, field) !== undefined
}

function selectOptional(target: Value, key: Value): Optional {
  const value = target instanceof Optional ? target.value : target
  if (value === undefined) return Optional.none
  if (!(value instanceof List)) return Optional.of(lookUp(value, key))
  const index = indexIn(key)
  return index >= 0 && index < value.size ? Optional.of(value.at(index)) : Optional.none
}

/** `accumulator + [element]`, which costs what it costs upstream and yet copies nothing. */
const append =
  (element: Step, slot: number): Step =>
  frame => {
    frame.charge(2 + listCost)
    const collected = frame.collecting[slot]
    if (Array.isArray(collected)) collected.push(element(frame))
    return null
  }

function insert(operands: readonly Step[], slot: number): Step {
  return frame => {
    frame.charge(2)
    const collected = frame.collecting[slot]
    const [first, second] = operands.map(operand => operand(frame))
    if (!(collected instanceof Map) || first === undefined) return null
    if (second !== undefined) insertInto(collected, [first, second])
    else if (first instanceof CelMap) for (const key of first.keys()) insertInto(collected, [key, first.get(key) ?? null])
    else throw noSuchOverload()
    return null
  }
}

type Special = (operands: readonly Step[]) => Step

const logical =
  (absorbing: boolean): Special =>
  ([left, right]) =>
  frame => {
    let failure: EvaluationError | undefined
    try {
      const value = left!(frame)
      if (value === absorbing) return absorbing
      if (typeof value !== 'boolean') failure = noSuchOverload()
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      failure = error
    }
    const value = right!(frame)
    if (value === absorbing) return absorbing
    if (failure) throw failure
    if (typeof value !== 'boolean') throw noSuchOverload()
    return value
  }

const equality =
  (wanted: boolean): Special =>
  ([left, right]) =>
  frame => {
    const [a, b] = [left!(frame), right!(frame)]
    frame.charge(Math.ceil(Math.min(costSize(a), costSize(b)) * 0.1))
    return equal(a, b, frame) === wanted
  }

const specials: Readonly<Record<string, Special>> = {
  '_&&_': logical(false),
  '_||_': logical(true),
  '_==_': equality(true),
  '_!=_': equality(false),
  '_?_:_':
    ([condition, then, otherwise]) =>
    frame => {
      const value = condition!(frame)
      if (typeof value !== 'boolean') throw noSuchOverload()
      return value ? then!(frame) : otherwise!(frame)
    },
  '@not_strictly_false':
    ([operand]) =>
    frame => {
      frame.charge(1)
      try {
        return operand!(frame) !== false
      } catch (error) {
        if (error instanceof EvaluationError) return true
        throw error
      }
    },
  '@in':
    ([element, container]) =>
    frame => {
      const [value, within] = [element!(frame), container!(frame)]
      if (!(within instanceof List)) {
        frame.charge(1)
        return lookUp(within, value) !== undefined
      }
      frame.charge(within.size)
      for (let i = 0; i < within.size; i++) if (equal(within.at(i), value, frame)) return true
      return false
    },
  '_[_]':
    ([container, key]) =>
    frame => {
      const [within, index] = [container!(frame), key!(frame)]
      frame.charge(1)
      if (within instanceof Optional) return selectOptional(within, index)
      if (!(within instanceof List)) return required(lookUp(within, index), shown(index))
      const at = indexIn(index)
      if (at < 0 || at >= within.size) throw new EvaluationError(`index out of bounds: ${at}`)
      return within.at(at)
    },
  '_?._':
    ([target, field]) =>
    frame => {
      const [value, key] = [target!(frame), field!(frame)]
      frame.charge(1)
      return selectOptional(value, key)
    },
  '_[?_]':
    ([target, index]) =>
    frame => {
      const [value, key] = [target!(frame), index!(frame)]
      frame.charge(1)
      return selectOptional(value, key)
    },
  orValue:
    ([target, otherwise]) =>
    frame => {
      const value = held(target!(frame))
      frame.charge(1)
      return value === undefined ? otherwise!(frame) : value
    },
  or:
    ([target, otherwise]) =>
    frame => {
      const value = target!(frame)
      frame.charge(1)
      return held(value) === undefined ? otherwise!(frame) : value
    },
}

const shown = (key: Value): string => (key instanceof Uint ? String(key.value) : typeof key === 'object' ? 'unsupported key' : String(key))
