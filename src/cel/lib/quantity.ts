// Kubernetes' amounts of resources: `quantity('1Gi').isGreaterThan(quantity('500Mi'))`.
import { addQuantity, compareQuantity, type Quantity, quantityOf, readQuantity, subtractQuantity } from '../../meta/quantity.ts'
import { EvaluationError } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import { opaque } from '../types.ts'
import type { Foreign } from '../values.ts'

const quantityType = opaque('kubernetes.Quantity')

export class QuantityValue implements Foreign {
  readonly celType = quantityType
  readonly quantity: Quantity
  constructor(quantity: Quantity) {
    this.quantity = quantity
  }
  equals(other: Foreign): boolean {
    return other instanceof QuantityValue && compareQuantity(this.quantity, other.quantity) === 0
  }
}

const { fn, method } = declarations<{ readonly 'kubernetes.Quantity': QuantityValue }>()
const type = 'kubernetes.Quantity'
const nano = 1_000_000_000n

function parse(text: string): QuantityValue {
  const read = readQuantity(text)
  if ('error' in read) throw new EvaluationError(read.error)
  return new QuantityValue(read.value)
}

const isInteger = ({ nanos }: Quantity): boolean => nanos % nano === 0n && BigInt.asIntN(64, nanos / nano) === nanos / nano
const compare = (a: QuantityValue, b: QuantityValue): number => compareQuantity(a.quantity, b.quantity)
const traversal = (text: string): number => Math.ceil(text.length * 0.1)

export const quantityFunctions: readonly Overload[] = [
  fn('quantity', ['string'], type, parse, traversal),
  fn('isQuantity', ['string'], 'bool', text => 'value' in readQuantity(text), traversal),
  method(type, 'sign', [], 'int', ({ quantity }) => BigInt(compareQuantity(quantity, quantityOf(0)))),
  method(type, 'isInteger', [], 'bool', ({ quantity }) => isInteger(quantity)),
  method(type, 'asInteger', [], 'int', ({ quantity }) => {
    if (!isInteger(quantity)) throw new EvaluationError('cannot convert value to integer')
    return quantity.nanos / nano
  }),
  method(type, 'asApproximateFloat', [], 'double', ({ quantity }) => Number(quantity.nanos) / 1e9),
  method(type, 'add', [type], type, (a, b) => new QuantityValue(addQuantity(a.quantity, b.quantity))),
  method(type, 'add', ['int'], type, (a, b) => new QuantityValue(addQuantity(a.quantity, quantityOf(b)))),
  method(type, 'sub', [type], type, (a, b) => new QuantityValue(subtractQuantity(a.quantity, b.quantity))),
  method(type, 'sub', ['int'], type, (a, b) => new QuantityValue(subtractQuantity(a.quantity, quantityOf(b)))),
  method(type, 'isGreaterThan', [type], 'bool', (a, b) => compare(a, b) > 0),
  method(type, 'isLessThan', [type], 'bool', (a, b) => compare(a, b) < 0),
  method(type, 'compareTo', [type], 'int', (a, b) => BigInt(compare(a, b))),
]
