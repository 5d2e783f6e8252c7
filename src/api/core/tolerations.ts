// Which taints of a node a pod puts up with.
import type { Toleration } from './affinity.ts'
import type { Taint } from './node.ts'

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator || 'Equal') {
    case 'Exists':
      return true
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '')
    case 'Lt':
      return compareNumbers(taint.value, toleration.value, (a, b) => a < b)
    case 'Gt':
      return compareNumbers(taint.value, toleration.value, (a, b) => a > b)
    default:
      return false
  }
}

export function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some(toleration => tolerates(toleration, taint))
}

/** The first taint with one of these effects that none of the tolerations covers. */
export function firstUntolerated(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
  effects: readonly Taint['effect'][],
): Taint | undefined {
  return taints.find(taint => effects.includes(taint.effect) && !isTolerated(taint, tolerations))
}

function compareNumbers(left: string | undefined, right: string | undefined, holds: (a: bigint, b: bigint) => boolean): boolean {
  const [a, b] = [parseInteger(left), parseInteger(right)]
  return a !== undefined && b !== undefined && holds(a, b)
}

/** A whole number in text; undefined for anything else. */
export function parseInteger(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined
}
