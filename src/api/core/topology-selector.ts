// Which places a volume may be made in: terms over the labels of nodes.
import { duplicateValue, requiredValue } from '../../meta/field-error.ts'
import { atomic, atomicList, describe, type Infer, object, required, string } from '../../schema/schema.ts'
import { type Errors, each, labelKey, must, together, unique } from '../validation.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const topologySelectorLabelRequirement = object(core('TopologySelectorLabelRequirement'), 'A label and its values that will do.', {
  key: required(string('The label.')),
  values: describe('Its values that will do.', required(atomicList(string()))),
})
export type TopologySelectorLabelRequirement = Infer<typeof topologySelectorLabelRequirement>

export const topologySelectorTerm = atomic(
  object(core('TopologySelectorTerm'), 'What a place has to be.', {
    matchLabelExpressions: describe('Requirements on its labels.', atomicList(topologySelectorLabelRequirement)),
  }),
)
export type TopologySelectorTerm = Infer<typeof topologySelectorTerm>

/** Neither a label twice in a term, nor two terms that say the same. */
export function validateTopologyTerms(terms: readonly TopologySelectorTerm[] | undefined, field: string): Errors {
  return together(
    each(terms, field, (term, at) => {
      const requirements = term.matchLabelExpressions
      const list = `${at}.matchLabelExpressions`
      return together(
        each(requirements, list, validateRequirement),
        unique(
          requirements,
          r => r.key,
          (_, i) => duplicateValue(`${list}[${i}].key`, ''),
        ),
      )
    }),
    unique(terms, meaningOf, (_, i) => duplicateValue(`${field}[${i}].matchLabelExpressions`, '')),
  )
}

function validateRequirement({ key, values = [] }: TopologySelectorLabelRequirement, field: string): Errors {
  const known = new Set<string>()
  return together(
    must(values.length > 0, () => requiredValue(`${field}.values`)),
    each(values, `${field}.values`, (value, at) => {
      if (known.has(value)) return [duplicateValue(at, value)]
      known.add(value)
      return []
    }),
    labelKey(key, `${field}.key`),
  )
}

/** Terms with the same text mean the same, whatever the order of their parts. */
function meaningOf({ matchLabelExpressions = [] }: TopologySelectorTerm): string {
  return JSON.stringify(matchLabelExpressions.map(({ key, values }) => [key, ...(values ?? []).toSorted()]).toSorted())
}
