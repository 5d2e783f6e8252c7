// The real clock. Timers never keep the process alive by themselves: the owner of a loop does.
import type { Clock } from '../base/clock.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
