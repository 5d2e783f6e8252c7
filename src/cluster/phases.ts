// The named parts of a long command. Each has a deadline; one that fails says which it was, why (with the end of the log that tells),
// and what to do. Parts may run side by side.
import { existsSync, readFileSync } from 'node:fs'

export interface Phase {
  readonly name: string
  readonly deadlineMs: number
  /** Whose last lines explain a failure. */
  readonly logFile?: string
  /** What to do when it fails. */
  readonly fix?: string
}

export interface Progress {
  begin(name: string): void
  end(name: string, tookMs: number): void
  fail(name: string): void
}

export const silentProgress: Progress = { begin() {}, end() {}, fail() {} }

export class PhaseError extends Error {
  override readonly name = 'PhaseError'
  readonly phase: Phase
  readonly logEnd: readonly string[]

  constructor(phase: Phase, cause: unknown) {
    super(`${phase.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.phase = phase
    this.logEnd = lastLines(phase.logFile)
  }
}

export class Phases {
  readonly #progress: Progress
  readonly #signal: AbortSignal
  readonly #works = new Set<Promise<unknown>>()

  constructor(progress: Progress, signal: AbortSignal) {
    this.#progress = progress
    this.#signal = signal
  }

  get signal(): AbortSignal {
    return this.#signal
  }

  /** The signal that the work gets aborts with the command or at the deadline; work that pays it no heed is not waited for. */
  async run<T>(phase: Phase, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const begin = performance.now()
    this.#signal.throwIfAborted()
    this.#progress.begin(phase.name)
    const limit = new AbortController()
    const late = setTimeout(() => limit.abort(new Error(`not done after ${phase.deadlineMs / 1000} s`)), phase.deadlineMs)
    const signal = AbortSignal.any([this.#signal, limit.signal])
    const working = work(signal)
    this.#works.add(working)
    void working.catch(() => {}).then(() => this.#works.delete(working))
    try {
      const result = await Promise.race([working, aborted(signal)])
      this.#progress.end(phase.name, performance.now() - begin)
      return result
    } catch (error) {
      this.#progress.fail(phase.name)
      // Interrupted from outside: that is no failure of this phase.
      if (this.#signal.aborted) throw this.#signal.reason
      throw error instanceof PhaseError ? error : new PhaseError(phase, error)
    } finally {
      clearTimeout(late)
    }
  }

  /** When nothing that was begun is still going on, such as before cleaning up. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#works])
  }
}

/** Work that heeds the signal has a moment to say what it was waiting for. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => void setTimeout(() => reject(signal.reason), 50)
    if (signal.aborted) give()
    else signal.addEventListener('abort', give, { once: true })
  })
}

/** Without stack frames, so that what they belong to is among the last lines. */
function lastLines(file: string | undefined, count = 8): string[] {
  if (file === undefined || !existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => !/^\s*$|^\s+at |^Node\.js v|^\s*[{}^]+$/.test(line))
    .slice(-count)
}
