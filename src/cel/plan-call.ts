// A call of a library's function. Which overload serves is decided by the values: static types may be dyn, and any value
// may be null.
import { noSuchOverload } from './errors.ts'
import type { Step } from './frame.ts'
import type { Overload } from './overloads.ts'
import type { Type } from './types.ts'
import { CelMap, List, Struct, typeOf, type Value } from './values.ts'

type Matches = (value: Value) => boolean

export function planCall(overloads: readonly Overload[], operands: readonly Step[]): Step {
  const candidates = overloads.map(overload => ({ ...overload, matches: overload.params.map(matcher) }))
  const [only, a, b] = [candidates.length === 1 ? candidates[0] : undefined, operands[0], operands[1]]
  if (only && a && operands.length === 1) return planUnary(only, a)
  if (only && a && b && operands.length === 2) return planBinary(only, a, b)
  return frame => {
    const values = operands.map(operand => operand(frame))
    const found = candidates.find(({ matches }) => matches.every((match, i) => match(values[i]!)))
    if (!found) throw noSuchOverload()
    frame.charge(found.cost ? found.cost(...values) : 1)
    return found.run(...values, frame)
  }
}

interface Candidate extends Overload {
  readonly matches: readonly Matches[]
}

function planUnary({ run, cost, matches: [match] }: Candidate, operand: Step): Step {
  return frame => {
    const value = operand(frame)
    if (!match!(value)) throw noSuchOverload()
    frame.charge(cost ? cost(value) : 1)
    return run(value, frame)
  }
}

function planBinary({ run, cost, matches: [matchLeft, matchRight] }: Candidate, left: Step, right: Step): Step {
  return frame => {
    const a = left(frame)
    const b = right(frame)
    if (!matchLeft!(a) || !matchRight!(b)) throw noSuchOverload()
    frame.charge(cost ? cost(a, b) : 1)
    return run(a, b, frame)
  }
}

function matcher(type: Type): Matches {
  switch (type.kind) {
    case 'dyn':
    case 'param':
      return () => true
    case 'string':
      return value => typeof value === 'string'
    case 'int':
      return value => typeof value === 'bigint'
    case 'double':
      return value => typeof value === 'number'
    case 'bool':
      return value => typeof value === 'boolean'
    case 'list':
      return value => value instanceof List
    case 'map':
      return value => value instanceof CelMap
    case 'object':
      return value => value instanceof Struct && value.celType.name === type.name
    case 'opaque':
      return value => {
        const found = typeOf(value)
        return found.kind === 'opaque' && found.name === type.name
      }
    default:
      return value => typeOf(value).kind === type.kind
  }
}
