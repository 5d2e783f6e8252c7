// How levels share the server's seats: nominally by their shares, and then, every few seconds, by what was asked of them lately: what one
// does not need it lends, and others borrow.
import type { LevelSpec } from './configuration.ts'
import type { Demand } from './queue-set.ts'

/** In seats. */
export interface Share {
  readonly nominal: number
  readonly least: number
  readonly most: number
}

const defaultShares = 30
const sharesOf = (spec: LevelSpec) =>
  spec.type === 'Exempt' ? (spec.exempt?.nominalConcurrencyShares ?? 0) : (spec.limited?.nominalConcurrencyShares ?? defaultShares)

/** Divides the seats among the levels, rounded up; the shares of all together may be a little more. */
export function nominalShares(seats: number, specs: readonly LevelSpec[]): readonly Share[] {
  const sum = specs.reduce((total, spec) => total + sharesOf(spec), 0)
  return specs.map(spec => {
    const nominal = sum === 0 ? 0 : Math.ceil((seats * sharesOf(spec)) / sum)
    const lendable = Math.round((nominal * ((spec.type === 'Exempt' ? spec.exempt : spec.limited)?.lendablePercent ?? 0)) / 100)
    const borrowing = spec.limited?.borrowingLimitPercent
    const most = borrowing === undefined ? Number.POSITIVE_INFINITY : nominal + Math.round((nominal * borrowing) / 100)
    return { nominal, least: nominal - lendable, most }
  })
}

/** Before anything is known of the demand, half of what can be lent is. */
export function firstLimit({ nominal, least }: Share): number {
  return nominal - Math.floor((nominal - least) / 2)
}

/** How slowly less demand is believed: with a reading each ten seconds it halves in five minutes. */
const inertia = 0.977

/** Follows rises at once, and falls slowly. */
export function smoothed(before: number, { average, deviation }: Demand): number {
  const envelope = average + deviation
  return Math.max(envelope, inertia * before + (1 - inertia) * envelope)
}

export interface Claim {
  readonly share: Share
  readonly isExempt: boolean
  readonly highest: number
  readonly smooth: number
}

/** The limit of each level for the next few seconds; infinite for exempt ones, whose use is taken from the others' as far as those can lend. */
export function borrowedLimits(claims: readonly Claim[]): readonly number[] {
  const limited = claims.filter(c => !c.isExempt)
  const sum = claims.reduce((total, c) => total + c.share.nominal, 0)
  const exempt = claims.filter(c => c.isExempt).reduce((total, c) => total + Math.max(c.share.least, c.highest), 0)
  const available = sum - exempt
  const needed = limited.map(c => Math.max(c.share.least, Math.min(c.share.nominal, c.highest)))
  const lows = total(needed) <= available ? needed : limited.map(c => c.share.least)
  const allotted = allot(
    available,
    limited.map((c, i) => ({ target: Math.max(lows[i]!, c.smooth), low: lows[i]!, high: Math.max(lows[i]!, c.share.most) })),
  )
  let at = 0
  return claims.map(c => (c.isExempt ? Number.POSITIVE_INFINITY : Math.round(allotted[at++]!)))
}

export interface Want {
  readonly target: number
  readonly low: number
  readonly high: number
}

const leastTarget = 0.001

/**
 * Gives each the same fraction of its target, but no less than its low and no more than its high, so that all together is `sum`.
 * Where that cannot be, everyone has the bound that is in the way.
 */
export function allot(sum: number, wants: readonly Want[]): readonly number[] {
  const targets = wants.map(w => Math.max(w.target, leastTarget))
  const given = (fraction: number) => wants.map((w, i) => Math.max(w.low, Math.min(w.high, fraction * targets[i]!)))
  if (total(given(0)) >= sum) return given(0)
  // The sum grows with the fraction, in straight lines between the fractions at which somebody meets a bound.
  const bends = wants.flatMap((w, i) => [w.low / targets[i]!, w.high / targets[i]!]).sort((a, b) => a - b)
  let from = 0
  for (const to of bends) {
    if (total(given(to)) >= sum) {
      const start = total(given(from))
      if (Number.isFinite(to)) return given(from + ((to - from) * (sum - start)) / (total(given(to)) - start || 1))
      break
    }
    from = to
  }
  const open = targets.filter((target, i) => wants[i]!.high > from * target)
  return given(open.length === 0 ? from : from + (sum - total(given(from))) / total(open))
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, n) => sum + n, 0)
}
