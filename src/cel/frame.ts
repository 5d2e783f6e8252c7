// What an evaluation carries along: the values of variables, what comprehensions collect, and the bill.
import type { Meter } from './equality.ts'
import { CostExceeded, type EvaluationError } from './errors.ts'
import type { Entries, Value } from './values.ts'

/** One evaluation: the variables' values, and what has been spent. */
export class Frame implements Meter {
  readonly slots: (Value | Failed | undefined)[]
  /** Lists and maps that comprehensions are collecting. */
  readonly collecting: (Value[] | Entries)[] = []
  cost = 0
  readonly #limit: number
  constructor(slots: (Value | Failed | undefined)[], limit: number) {
    this.slots = slots
    this.#limit = limit
  }
  charge(cost: number): void {
    this.cost += cost
    if (this.cost > this.#limit) throw new CostExceeded()
  }
}

/** The error that an accumulator holds: a later element may still absorb it. */
export class Failed {
  readonly error: EvaluationError
  constructor(error: EvaluationError) {
    this.error = error
  }
}

export type Step = (frame: Frame) => Value

/** Where names are found; accumulators that collect have no value of their own. */
export interface Names {
  readonly slot: ReadonlyMap<string, number>
  readonly collects?: { readonly slot: number; readonly kind: 'list' | 'map' } | undefined
}
