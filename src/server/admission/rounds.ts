// Mutating plugins run a second time where a webhook or a policy has changed the object, because what came before it has not seen that.
// The server's own plugins run again whole. Of webhooks and policies only those are asked again that wish so, that were asked in the first
// round, and since whose last asking something has changed.
import { deepEqual } from '../../meta/deep-equal.ts'

/** Of one request. */
export class Rounds {
  readonly #turns = new Map<string, Turn>()
  #isSecond = false
  #hasChanges = false

  /** Whether all plugins are to run once more; true once at most. */
  next(): boolean {
    if (this.#isSecond || !this.#hasChanges) return false
    this.#isSecond = true
    return true
  }

  /** The turn of a plugin that asks others. `object` is what it finds. */
  turn(plugin: string, object: object | undefined): Turn {
    let turn = this.#turns.get(plugin)
    if (!turn) {
      turn = new Turn(() => {
        this.#hasChanges = true
      })
      this.#turns.set(plugin, turn)
    }
    turn.begin(object, this.#isSecond)
    return turn
  }
}

export class Turn {
  readonly #onChange: () => void
  /** Those that would be asked again, and have seen all changes so far. */
  readonly #informed = new Set<string>()
  readonly #due = new Set<string>()
  #isSecond = false
  #left: object | undefined

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  begin(object: object | undefined, isSecond: boolean): void {
    this.#isSecond = isSecond
    if (isSecond && !deepEqual(this.#left, object)) this.#informedAreDue()
  }

  /** Counts from 0. */
  get round(): number {
    return this.#isSecond ? 1 : 0
  }

  /** Who was not asked in the first round is not asked in the second either. */
  isDue(key: string): boolean {
    return !this.#isSecond || this.#due.has(key)
  }

  /** To be called where what was just asked has changed the object, before it counts as asked. */
  changed(): void {
    this.#informedAreDue()
    this.#onChange()
  }

  /** What has this policy of reinvocation has been asked. */
  asked(key: string, policy: string | undefined): void {
    if (policy === 'IfNeeded') this.#informed.add(key)
  }

  end(object: object | undefined): void {
    this.#left = object
  }

  #informedAreDue(): void {
    for (const key of this.#informed) this.#due.add(key)
    this.#informed.clear()
  }
}
