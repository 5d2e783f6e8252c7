// Shuffle sharding: each flow is dealt a hand of queues, so that two flows seldom share all of theirs, and a flow that floods its queues
// leaves others room in at least one of their own.
import { hash } from 'node:crypto'

/** `size` different numbers in `[0, deck)`, always the same for the same flow. */
export function dealHand(schema: string, distinguisher: string, deck: number, size: number): readonly number[] {
  // A separator that no name has keeps `a` + `bc` and `ab` + `c` apart.
  let rest = BigInt(`0x${hash('sha256', `${schema}\0${distinguisher}`, 'hex').slice(0, 16)}`)
  const cards = Array.from({ length: deck }, (_, i) => i)
  const hand: number[] = []
  while (hand.length < Math.min(size, deck)) {
    const left = BigInt(cards.length)
    hand.push(...cards.splice(Number(rest % left), 1))
    rest /= left
  }
  return hand
}
