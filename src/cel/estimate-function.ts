// What a call of a library's function is estimated to cost, and how large its result may be.
import type { FunctionEstimate, Operand } from './estimate.ts'
import type { Overload } from './overloads.ts'
import { add, fixed, most, multiply, type Range, range, scale, zero } from './ranges.ts'

const traversal = 0.1
const perPatternChar = 0.25
/** Estimates by name. The target of a member is the first operand. */
type Estimate = (operands: readonly Operand[], overload: Overload) => FunctionEstimate

export function estimateFunction(name: string, overload: Overload, operands: readonly Operand[]): FunctionEstimate {
  const qualified = overload.name
  const estimate = Object.hasOwn(estimates, qualified) ? estimates[qualified] : Object.hasOwn(estimates, name) ? estimates[name] : undefined
  return estimate?.(operands, overload) ?? nominal()
}

const nominal = (): FunctionEstimate => ({ cost: fixed(1) })
const sizeAt = (operands: readonly Operand[], i: number): Range => operands[i]?.size ?? zero

/** Every element once, and its text too where it has one. */
const perElement: Estimate = operands => {
  const [list] = operands
  if (!list) return nominal()
  if (list.type.kind === 'string') return { cost: scale(list.size, traversal) }
  const item = list.type.kind === 'list' ? list.type.item : undefined
  const declared = list.declared?.kind === 'list' ? list.declared.item : undefined
  const size = declared ? range(0, declared.maxElements ?? 0) : range(0, most)
  const isText = item?.kind === 'string' || item?.kind === 'bytes'
  return { cost: multiply(list.size, isText ? add(fixed(1), scale(size, traversal)) : fixed(1)) }
}

const firstTraversed: Estimate = operands => ({ cost: scale(sizeAt(operands, 0), traversal) })
const textOfText: Estimate = operands => ({ cost: scale(sizeAt(operands, 0), traversal), size: sizeAt(operands, 0) })
const argumentTraversed: Estimate = operands => ({ cost: scale(sizeAt(operands, 1), traversal) })
const compared: Estimate = operands => {
  const smallest = Math.min(sizeAt(operands, 0).max, sizeAt(operands, 1).max)
  return { cost: scale(range(smallest > 0 ? 1 : 0, smallest), traversal) }
}
/** Comparing numbers costs nothing that grows; comparing text does. */
const ordered: Estimate = (operands, overload) => {
  const kind = overload.params[0]?.kind
  return kind === 'string' || kind === 'bytes' ? compared(operands, overload) : nominal()
}
const added: Estimate = (operands, overload) => {
  const kind = overload.params[0]?.kind
  const size = add(sizeAt(operands, 0), sizeAt(operands, 1))
  if (kind === 'list') return { cost: fixed(1), size }
  return kind === 'string' || kind === 'bytes' ? { cost: scale(size, traversal), size } : nominal()
}
const pattern = (text: Range, regex: Range): Range => multiply(scale(add(text, fixed(1)), traversal), scale(regex, perPatternChar))
const found: Estimate = operands => ({
  cost: pattern(sizeAt(operands, 0), sizeAt(operands, 1)),
  size: range(0, sizeAt(operands, 0).max),
})

const replaced: Estimate = operands => {
  const [text, from, to] = [sizeAt(operands, 0), sizeAt(operands, 1), sizeAt(operands, 2)]
  const longest =
    from.min === 0 ? (text.max + 1) * to.max + text.max : to.max <= from.min ? text.max : Math.ceil(text.max / from.min) * to.max
  const shortest =
    from.max === 0 ? (text.min + 1) * to.min + text.min : from.max <= to.min ? text.min : Math.ceil(text.min / from.max) * to.min
  return { cost: scale(text, 2 * traversal), size: range(shortest, longest) }
}

const splitInto: Estimate = operands => {
  const text = sizeAt(operands, 0)
  const limit = operands[2]?.expr
  const max = limit?.kind === 'literal' && typeof limit.value === 'bigint' && limit.value >= 0n ? Number(limit.value) : text.max
  return { cost: scale(text, 2 * traversal), size: range(0, max) }
}

const joined: Estimate = operands => {
  const [list] = operands
  if (!list) return nominal()
  const declared = list.declared?.kind === 'list' ? list.declared.item : undefined
  const element = declared ? range(0, declared.maxElements ?? 0) : range(0, most)
  const gaps = range(Math.max(0, list.size.min - 1), Math.max(0, list.size.max - 1))
  const size = add(multiply(list.size, element), operands[1] ? multiply(operands[1].size, gaps) : zero)
  return { cost: scale(size, traversal), size }
}

const addressBytes = range(4, 16)
const containsAddress = scale(add(addressBytes, addressBytes), traversal)
const containsBlock = add(add(containsAddress, scale(addressBytes, traversal)), fixed(1))
const inBlock =
  (cost: Range): Estimate =>
  (operands, overload) => ({ cost: overload.params[1]?.kind === 'string' ? add(cost, scale(sizeAt(operands, 1), traversal)) : cost })

const everyPair: Estimate = operands => ({ cost: add(fixed(1), multiply(sizeAt(operands, 0), sizeAt(operands, 1))) })
const sameList: Estimate = operands => ({ cost: add(fixed(1), sizeAt(operands, 0)), size: range(0, sizeAt(operands, 0).max) })

/** No number and no time is longer as text. Kubernetes' own documentation puts numbers into messages. */
const longestScalar = 64
const scalars = ['bool', 'int', 'uint', 'double', 'timestamp', 'duration']

const estimates: Readonly<Record<string, Estimate>> = {
  check: () => ({ cost: fixed(350_000) }),
  isSorted: perElement,
  sum: perElement,
  max: perElement,
  min: perElement,
  indexOf: perElement,
  lastIndexOf: perElement,
  url: firstTraversed,
  lowerAscii: textOfText,
  upperAscii: textOfText,
  substring: textOfText,
  trim: textOfText,
  reverse: (operands, overload) => (overload.params[0]?.kind === 'string' ? textOfText : sameList)(operands, overload),
  replace: replaced,
  split: splitInto,
  join: joined,
  find: found,
  findAll: found,
  matches: operands => ({ cost: pattern(sizeAt(operands, 0), sizeAt(operands, 1)) }),
  validate: operands => ({ cost: pattern(sizeAt(operands, 1), fixed(128)) }),
  contains: operands => ({ cost: multiply(scale(sizeAt(operands, 0), traversal), scale(sizeAt(operands, 1), traversal)) }),
  startsWith: argumentTraversed,
  endsWith: argumentTraversed,
  '@in': (operands, overload) => (overload.params[1]?.kind === 'list' ? { cost: sizeAt(operands, 1) } : nominal()),
  '_==_': compared,
  '_!=_': compared,
  '_<_': ordered,
  '_<=_': ordered,
  '_>_': ordered,
  '_>=_': ordered,
  '_+_': added,
  bytes: (operands, overload) => {
    if (overload.params[0]?.kind !== 'string') return nominal()
    const size = sizeAt(operands, 0)
    return { cost: scale(size, traversal), size: range(size.min, size.max * 4) }
  },
  string: (operands, overload) => {
    const kind = overload.params[0]?.kind ?? ''
    if (scalars.includes(kind)) return { cost: fixed(1), size: range(0, longestScalar) }
    if (kind !== 'bytes') return nominal()
    const size = sizeAt(operands, 0)
    return { cost: scale(size, traversal), size: range(Math.floor(size.min / 4), size.max) }
  },
  cidr: firstTraversed,
  isIP: firstTraversed,
  isCIDR: firstTraversed,
  ip: (operands, overload) => (overload.member ? nominal() : firstTraversed(operands, overload)),
  'ip.isCanonical': operands => ({ cost: scale(sizeAt(operands, 0), 2 * traversal) }),
  containsIP: inBlock(containsAddress),
  containsCIDR: inBlock(containsBlock),
  quantity: firstTraversed,
  isQuantity: firstTraversed,
  semver: firstTraversed,
  isSemver: firstTraversed,
  format: operands => ({
    cost: scale(sizeAt(operands, 0), traversal),
    size: add(sizeAt(operands, 0), sizeAt(operands, 1)),
  }),
  'sets.contains': everyPair,
  'sets.equivalent': everyPair,
  'sets.intersects': everyPair,
  distinct: operands => ({ cost: multiply(sizeAt(operands, 0), sizeAt(operands, 0)), size: sizeAt(operands, 0) }),
  sort: sameList,
  slice: sameList,
  flatten: sameList,
  'lists.range': () => ({ cost: range(1, most), size: range(0, most) }),
}
