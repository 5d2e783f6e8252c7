// Which nodes a pod's node selector and node affinity admit.
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from './affinity.ts'
import type { PodSpec } from './pod-spec.ts'
import { parseInteger } from './tolerations.ts'

interface Selected {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> | undefined }
}

/** Both the plain selector and the required affinity. */
export function admitsNode(spec: Pick<PodSpec, 'nodeSelector' | 'affinity'>, node: Selected): boolean {
  const labels = node.metadata.labels ?? {}
  const chosen = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return chosen && (required === undefined || matchesNodeSelector(required, node))
}

/** One term is enough. */
export function matchesNodeSelector(selector: NodeSelector, node: Selected): boolean {
  return selector.nodeSelectorTerms.some(term => matchesNodeTerm(term, node))
}

/** All requirements of the term; an empty term matches nothing. */
export function matchesNodeTerm(term: NodeSelectorTerm, node: Selected): boolean {
  const expressions = term.matchExpressions ?? []
  const fields = term.matchFields ?? []
  if (expressions.length === 0 && fields.length === 0) return false
  const labels = node.metadata.labels ?? {}
  return (
    expressions.every(r => matchesRequirement(r, Object.hasOwn(labels, r.key) ? labels[r.key] : undefined)) &&
    fields.every(r => matchesRequirement(r, r.key === 'metadata.name' ? node.metadata.name : undefined))
  )
}

function matchesRequirement({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
    case 'Lt': {
      const [found, bound] = [parseInteger(value), parseInteger(values[0])]
      if (found === undefined || bound === undefined) return false
      return operator === 'Gt' ? found > bound : found < bound
    }
    default:
      return false
  }
}
