// How many seats a request takes, and which requests take none: those that last as long as their client likes.
import type { RequestInfo } from '../request-info.ts'

const longRunningSubresources = new Set(['attach', 'exec', 'proxy', 'log', 'portforward'])

/** Watches too; but these are work until they have begun. */
export function isLongRunning({ verb, subresource, isResource }: RequestInfo): boolean {
  return verb === 'watch' || verb === 'proxy' || (isResource && longRunningSubresources.has(subresource))
}

const objectsPerSeat = 100
const mostSeats = 10

/** `objects`: how many a list goes through. `most`: what its level allows. */
export function listSeats(objects: number, most: number): number {
  return Math.max(1, Math.min(Math.ceil(objects / objectsPerSeat), most, mostSeats))
}

/** The widest that a request of a level may be, so that it cannot take the level alone. */
export function widestOf(nominalSeats: number, handSize: number): number {
  return handSize === 0 ? mostSeats : Math.max(1, Math.min(Math.ceil(nominalSeats * 0.15), Math.floor(nominalSeats / handSize)))
}
