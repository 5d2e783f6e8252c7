// Counting: a probe's verdict changes after as many like results in a row as its thresholds say. Pure.
import type { Probe } from '../../api/core/probe.ts'
import type { ProbeVerdict } from '../pod/observed.ts'

export interface Tally {
  readonly verdict: ProbeVerdict
  readonly last: boolean | undefined
  readonly run: number
}

export const noTally: Tally = { verdict: 'unknown', last: undefined, run: 0 }

export function count(tally: Tally, isSuccess: boolean, probe: Pick<Probe, 'successThreshold' | 'failureThreshold'>): Tally {
  const run = tally.last === isSuccess ? tally.run + 1 : 1
  const threshold = isSuccess ? probe.successThreshold : probe.failureThreshold
  return { last: isSuccess, run, verdict: run < threshold ? tally.verdict : isSuccess ? 'success' : 'failure' }
}
