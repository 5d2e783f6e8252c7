// A count, or a share of one: `25%` of the replicas.

/** The count, `NaN` for a string that is no percentage (validation has refused it). Upstream calls this scaling. */
export function scaledValue(value: number | string, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  const share = (percentOf(value) ?? Number.NaN) * total
  return round === 'up' ? Math.ceil(share / 100) : Math.floor(share / 100)
}

/** 25 for `25%`; undefined for what is no percentage. */
export function percentOf(value: number | string): number | undefined {
  const digits = typeof value === 'string' ? /^(\d+)%$/.exec(value)?.[1] : undefined
  return digits === undefined ? undefined : Number(digits)
}
