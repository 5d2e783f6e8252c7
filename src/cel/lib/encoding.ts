// Base64 and the mathematical functions.
import { order } from '../equality.ts'
import { EvaluationError } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import { type List, Uint, type Value } from '../values.ts'
import { int64 } from './arithmetic.ts'

const { fn } = declarations()
const traversal = ({ length }: { readonly length: number }): number => Math.ceil(length * 0.1)

function decode(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1)
    throw new EvaluationError(`illegal base64 data at input byte ${/[^A-Za-z0-9+/]/.exec(text)?.index ?? text.length}`)
  return Uint8Array.from(Buffer.from(text, 'base64'))
}

const base64: readonly Overload[] = [
  fn('base64.encode', ['bytes'], 'string', bytes => Buffer.from(bytes).toString('base64'), traversal),
  fn('base64.decode', ['string'], 'bytes', decode, traversal),
]

const best = (sign: 1 | -1) => (values: readonly Value[]) => values.reduce((a, b) => (order(b, a) * sign > 0 ? b : a))
const numeric = ['int', 'uint', 'double'] as const

/** `math.greatest` and `math.least` of any number of numbers, or of a list of them. */
function extremes(name: string, pick: (values: readonly Value[]) => Value): Overload[] {
  const fromOperands = [1, 2, 3, 4, 5, 6].flatMap(count => {
    const same = numeric.map(type =>
      fn(name, new Array<typeof type>(count).fill(type), 'T', (...all) => pick(all.slice(0, count) as Value[])),
    )
    return same.map((overload): Overload => ({ ...overload, result: overload.params[0]! }))
  })
  const mixed = numeric.flatMap(a => numeric.filter(b => b !== a).map(b => fn(name, [a, b], 'dyn', (x, y) => pick([x, y]))))
  const fromLists = numeric.map((type): Overload => {
    const overload = fn(
      name,
      [`list(${type})`],
      'T',
      list => ofList(list),
      ({ size }: List) => 1 + size,
    )
    const [param] = overload.params
    return { ...overload, result: param?.kind === 'list' ? param.item : overload.result }
  })
  const ofList = (list: List): Value => {
    if (list.size === 0) throw new EvaluationError(`${name}(list) argument must not be empty`)
    return pick(list.toArray())
  }
  return [...fromOperands, ...mixed, ...fromLists]
}

const shiftLimit = 64n
function shift(value: bigint, by: bigint, bits: (value: bigint, by: bigint) => bigint): bigint {
  if (by < 0n) throw new EvaluationError(`math.bitShift negative offset: ${by}`)
  return by >= shiftLimit ? 0n : bits(value, by)
}
const half = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5)
const sign = (value: bigint): bigint => (value > 0n ? 1n : value < 0n ? -1n : 0n)

type OnBits = (a: bigint, b: bigint) => bigint
const onBits = (name: string, run: OnBits): Overload[] => [
  fn(name, ['int', 'int'], 'int', (a, b) => BigInt.asIntN(64, run(a, b))),
  fn(name, ['uint', 'uint'], 'uint', (a, b) => new Uint(BigInt.asUintN(64, run(a.value, b.value)))),
]

const math: readonly Overload[] = [
  ...extremes('math.greatest', best(1)),
  ...extremes('math.least', best(-1)),
  fn('math.ceil', ['double'], 'double', Math.ceil),
  fn('math.floor', ['double'], 'double', Math.floor),
  fn('math.round', ['double'], 'double', half),
  fn('math.trunc', ['double'], 'double', Math.trunc),
  fn('math.sqrt', ['double'], 'double', Math.sqrt),
  fn('math.sqrt', ['int'], 'double', value => Math.sqrt(Number(value))),
  fn('math.sqrt', ['uint'], 'double', ({ value }) => Math.sqrt(Number(value))),
  fn('math.abs', ['int'], 'int', value => int64(value < 0n ? -value : value)),
  fn('math.abs', ['uint'], 'uint', value => value),
  fn('math.abs', ['double'], 'double', Math.abs),
  fn('math.sign', ['int'], 'int', sign),
  fn('math.sign', ['uint'], 'uint', ({ value }) => new Uint(sign(value))),
  fn('math.sign', ['double'], 'double', Math.sign),
  fn('math.isNaN', ['double'], 'bool', Number.isNaN),
  fn('math.isInf', ['double'], 'bool', value => Math.abs(value) === Number.POSITIVE_INFINITY),
  fn('math.isFinite', ['double'], 'bool', Number.isFinite),
  ...onBits('math.bitAnd', (a, b) => a & b),
  ...onBits('math.bitOr', (a, b) => a | b),
  ...onBits('math.bitXor', (a, b) => a ^ b),
  fn('math.bitNot', ['int'], 'int', value => ~value),
  fn('math.bitNot', ['uint'], 'uint', ({ value }) => new Uint(BigInt.asUintN(64, ~value))),
  fn('math.bitShiftLeft', ['int', 'int'], 'int', (a, by) =>
    BigInt.asIntN(
      64,
      shift(a, by, (x, n) => x << n),
    ),
  ),
  fn(
    'math.bitShiftLeft',
    ['uint', 'int'],
    'uint',
    (a, by) =>
      new Uint(
        BigInt.asUintN(
          64,
          shift(a.value, by, (x, n) => x << n),
        ),
      ),
  ),
  fn('math.bitShiftRight', ['int', 'int'], 'int', (a, by) =>
    BigInt.asIntN(
      64,
      shift(BigInt.asUintN(64, a), by, (x, n) => x >> n),
    ),
  ),
  fn('math.bitShiftRight', ['uint', 'int'], 'uint', (a, by) => new Uint(shift(a.value, by, (x, n) => x >> n))),
]

export const encodingFunctions: readonly Overload[] = [...base64, ...math]
