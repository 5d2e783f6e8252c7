// Comprehensions. An error of one element is kept while the others may still decide (`all`, `exists`); lists and maps are
// collected in place. Every turn pays for its condition and step, so a loop ends with its budget.
import type { Fold } from './ast.ts'
import { EvaluationError, noSuchOverload } from './errors.ts'
import { Failed, type Frame, type Names, type Step } from './frame.ts'
import type { Planner } from './plan.ts'
import { CelMap, type Entries, List, type Value } from './values.ts'

export function planFold(planner: Planner, expr: Fold, names: Names): Step {
  const range = planner.plan(expr.range, names)
  const init = planner.plan(expr.init, names)
  const [accu, first, second] = [planner.newSlot(), planner.newSlot(), planner.newSlot()]
  const kind = expr.init.kind === 'list' || expr.init.kind === 'map' ? expr.init.kind : undefined
  const outer = new Map([...names.slot, [expr.accuVar, accu]])
  const inner = new Map([...outer, [expr.iterVar, first], ...(expr.iterVar2 === undefined ? [] : [[expr.iterVar2, second] as const])])
  const collects = kind && { slot: accu, kind }
  const step = planner.plan(expr.step, { slot: inner, collects })
  const bind = binder(expr.iterVar2 !== undefined, first, second)
  if (kind) return collecting(range, step, bind, accu, kind)
  const condition = expr.condition.kind === 'literal' ? undefined : planner.plan(expr.condition, { slot: inner })
  const result = planner.plan(expr.result, { slot: outer })
  return frame => {
    const over = range(frame)
    frame.slots[accu] = init(frame)
    const size = sizeOf(over)
    const keys = over instanceof CelMap ? over.keys() : undefined
    for (let i = 0; i < size; i++) {
      if (condition && condition(frame) !== true) break
      bind(frame, over, keys, i)
      try {
        frame.slots[accu] = step(frame)
      } catch (error) {
        if (!condition || !(error instanceof EvaluationError)) throw error
        frame.slots[accu] = new Failed(error)
      }
    }
    return result(frame)
  }
}

function collecting(range: Step, step: Step, bind: Bind, accu: number, kind: 'list' | 'map'): Step {
  return frame => {
    const over = range(frame)
    const size = sizeOf(over)
    const keys = over instanceof CelMap ? over.keys() : undefined
    const list: Value[] = []
    const map: Entries = new Map()
    frame.collecting[accu] = kind === 'list' ? list : map
    for (let i = 0; i < size; i++) {
      bind(frame, over, keys, i)
      step(frame)
    }
    frame.charge(1)
    return kind === 'list' ? List.of(list) : CelMap.over(map)
  }
}

function sizeOf(range: Value): number {
  if (range instanceof List || range instanceof CelMap) return range.size
  throw noSuchOverload()
}

type Bind = (frame: Frame, range: Value, keys: readonly Value[] | undefined, index: number) => void

/** Sets a comprehension's variables to the element at an index. */
function binder(two: boolean, first: number, second: number): Bind {
  return ({ slots }, range, keys, index) => {
    if (range instanceof List) {
      slots[first] = two ? BigInt(index) : range.at(index)
      if (two) slots[second] = range.at(index)
    } else if (range instanceof CelMap && keys) {
      const key = keys[index]!
      slots[first] = key
      if (two) slots[second] = range.get(key) ?? null
    }
  }
}
