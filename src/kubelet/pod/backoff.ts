// Exponential delays as the kubelet uses them for crashes and for image pulls: 10 s, doubled up to 5 min, and forgotten after a run
// of twice the longest delay.
import type { Backoff } from './observed.ts'

export const initialDelayMs = 10_000
export const longestDelayMs = 300_000

/** When the next try is due, counted from the event; undefined when nothing holds it back. */
export function backoffUntil(backoff: Backoff | undefined, eventMs: number): number | undefined {
  if (!backoff || isExpired(backoff, eventMs)) return undefined
  return eventMs + backoff.delayMs
}

/** The backoff to remember once a new try is made after an event at `eventMs`. */
export function nextBackoff(backoff: Backoff | undefined, eventMs: number, now: number): Backoff {
  const delayMs = !backoff || isExpired(backoff, eventMs) ? initialDelayMs : Math.min(backoff.delayMs * 2, longestDelayMs)
  return { delayMs, sinceMs: now }
}

function isExpired(backoff: Backoff, eventMs: number): boolean {
  return eventMs - backoff.sinceMs > 2 * longestDelayMs
}
