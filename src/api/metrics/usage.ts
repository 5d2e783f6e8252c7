// What node and pod metrics have in common: how much was used, and when.
import { addQuantity, formatQuantity, parseQuantity } from '../../meta/quantity.ts'
import { duration, map, quantity, required, time } from '../../schema/schema.ts'
import type { Column } from '../kind.ts'

export const metricsGroup = { group: 'metrics.k8s.io', version: 'v1beta1' } as const
export const metricsDefinition = (name: string) => `io.k8s.metrics.pkg.apis.metrics.v1beta1.${name}`

export const measured = {
  timestamp: required(time('The end of the time in which it was measured.')),
  window: required(duration('How long was measured.')),
}

export const usage = required(map(quantity('How much of a resource was used.')))
export type Usage = Readonly<Record<string, string>>

/** Columns of what was used, and over which time. */
export function usageColumns<O extends { readonly window: string }>(usages: (object: O) => readonly Usage[]): readonly Column<O>[] {
  const amount = (name: string, doc: string): Column<O> => ({
    name,
    type: 'string',
    format: 'quantity',
    doc,
    cell: object => total(usages(object), name),
  })
  return [
    amount('cpu', 'Processors that were busy on the average.'),
    amount('memory', 'Memory that cannot be taken back easily.'),
    { name: 'Window', type: 'string', format: 'duration', doc: 'How long was measured.', cell: ({ window }) => window },
  ]
}

function total(usages: readonly Usage[], name: string): string {
  const amounts = usages.map(usage => parseQuantity(usage[name] ?? '0'))
  return amounts.length === 0 ? '0' : formatQuantity(amounts.reduce((sum, each) => addQuantity(sum, each)))
}
