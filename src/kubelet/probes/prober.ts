// Runs one probe of one container, again and again, and tells when its verdict changes.
import type { Probe } from '../../api/core/probe.ts'
import type { Clock } from '../../base/clock.ts'
import type { ProbeVerdict } from '../pod/observed.ts'
import { type CheckContext, type CheckResult, check } from './check.ts'
import { count, noTally, type Tally } from './verdict.ts'

export type ProbeKind = 'startup' | 'liveness' | 'readiness'

export interface ProberOptions {
  readonly probe: Probe
  readonly clock: Clock
  readonly startedAtMs: number
  readonly context: CheckContext
  /** What was known before, by a kubelet that ran earlier. */
  readonly initial: ProbeVerdict
  onVerdict(verdict: ProbeVerdict): void
  onFailure(message: string): void
}

export class Prober {
  readonly #options: ProberOptions
  #tally: Tally
  #cancel: () => void
  #stopped = false

  constructor(options: ProberOptions) {
    this.#options = options
    this.#tally = { ...noTally, verdict: options.initial }
    const { clock, startedAtMs, probe } = options
    this.#cancel = clock.after(Math.max(0, startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now()), () => void this.#tick())
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  async #tick(): Promise<void> {
    const { probe, clock, context, onVerdict, onFailure } = this.#options
    const begunMs = clock.now()
    const result = await check(probe, context).catch((error: unknown): CheckResult => ({ ok: false, message: String(error) }))
    if (this.#stopped) return
    if (!result.ok) onFailure(result.message)
    const before = this.#tally.verdict
    this.#tally = count(this.#tally, result.ok, probe)
    const dueInMs = Math.max(0, begunMs + probe.periodSeconds * 1000 - clock.now())
    this.#cancel = clock.after(dueInMs, () => void this.#tick())
    if (this.#tally.verdict !== before) onVerdict(this.#tally.verdict)
  }
}
