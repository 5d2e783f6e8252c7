// Waits until a component's view shows what the component itself has written. A reconciler that is asked before that would see the world
// without its last deeds and do them again: create a second pod, delete another one.
import type { Clock } from '../../base/clock.ts'
import { isAtLeast } from '../../client/informer.ts'
import type { InformerSet } from '../../client/informer-set.ts'
import type { Effect } from './apply.ts'

/** An effect that never shows (the watch is broken) is not waited for longer than this. */
const PATIENCE_MS = 300_000

export class Visibility {
  readonly #informers: InformerSet
  readonly #clock: Clock

  constructor(informers: InformerSet, clock: Clock) {
    this.#informers = informers
    this.#clock = clock
  }

  /** Resolves with whether all effects show; false when patience or the signal ends the wait. Kinds that are not watched do not count. */
  async shows(effects: readonly Effect[], signal: AbortSignal): Promise<boolean> {
    const missing = effects.filter(effect => !this.#isVisible(effect))
    if (missing.length === 0) return true
    const shown = await Promise.all(missing.map(effect => this.#await(effect, signal)))
    return shown.every(Boolean)
  }

  #isVisible({ kind, key, uid, resourceVersion }: Effect): boolean {
    if (!this.#informers.has(kind)) return true
    const informer = this.#informers.of(kind)
    const there = informer.get(key)
    if (resourceVersion === undefined) return there?.metadata.uid !== uid
    if (there?.metadata.uid === uid && isAtLeast(there.metadata.resourceVersion, resourceVersion)) return true
    return informer.hasSynced && isAtLeast(informer.resourceVersion, resourceVersion)
  }

  #await(effect: Effect, signal: AbortSignal): Promise<boolean> {
    return new Promise(resolve => {
      const finish = (shown: boolean) => {
        unlisten()
        cancel()
        signal.removeEventListener('abort', onAbort)
        resolve(shown)
      }
      const onAbort = () => finish(false)
      const cancel = this.#clock.after(PATIENCE_MS, onAbort)
      const unlisten = this.#informers.of(effect.kind).onProgress(() => {
        if (this.#isVisible(effect)) finish(true)
      })
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) finish(false)
    })
  }
}
