import { condition } from '../../meta/condition.ts'
import { labelSelector } from '../../meta/label-selector.ts'
import {
  defaulted,
  describe,
  type Infer,
  int32,
  int64,
  intOrString,
  listMap,
  map,
  object,
  oneOf,
  patch,
  time,
} from '../../schema/schema.ts'
import { count, text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { validateBudget, validateBudgetStatus } from './validate-pod-disruption-budget.ts'

const policy = (name: string) => `io.k8s.api.policy.v1.${name}`

export const podDisruptionBudgetSpec = object(policy('PodDisruptionBudgetSpec'), 'How many of certain pods must be left alone.', {
  maxUnavailable: intOrString(
    'How many of the pods, or what percentage, may be missing after an eviction. Not together with minAvailable.',
  ),
  minAvailable: intOrString('How many of the pods, or what percentage, must be there after an eviction. Not together with maxUnavailable.'),
  selector: describe(
    'Labels of the pods; an empty selector means all of the namespace, an absent one none.',
    patch('replace', undefined, labelSelector),
  ),
  unhealthyPodEvictionPolicy: oneOf(
    ['AlwaysAllow', 'IfHealthyBudget'],
    'When pods that run and are not ready may be evicted: at any time (AlwaysAllow), or while enough others are healthy (IfHealthyBudget, the default).',
  ),
})
export type PodDisruptionBudgetSpec = Infer<typeof podDisruptionBudgetSpec>

export const podDisruptionBudgetStatus = object(policy('PodDisruptionBudgetStatus'), 'How much disruption the pods can take now.', {
  conditions: describe(
    'What is to be said of it; DisruptionAllowed tells whether a pod may be evicted.',
    patch('merge', 'type', listMap(['type'], condition)),
  ),
  currentHealthy: defaulted(int32('Pods that are healthy.'), 0),
  desiredHealthy: defaulted(int32('Pods that have to be healthy, at least.'), 0),
  disruptedPods: describe(
    'Pods whose eviction was granted and not yet seen to be under way, by name, with the time of the grant.',
    map(time()),
  ),
  disruptionsAllowed: defaulted(int32('How many pods may be evicted now.'), 0),
  expectedPods: defaulted(int32('Pods that the budget is for.'), 0),
  observedGeneration: int64('The generation that this tells of; without the current one nothing is granted.'),
})
export type PodDisruptionBudgetStatus = Infer<typeof podDisruptionBudgetStatus>

const fields = {
  spec: describe('How many pods must be left alone.', defaulted(podDisruptionBudgetSpec, {})),
  status: describe('How much disruption they can take now.', defaulted(podDisruptionBudgetStatus, {})),
}
export type PodDisruptionBudget = NamespacedObject<typeof fields>

const columns: readonly Column<PodDisruptionBudget>[] = [
  nameColumn,
  text('Min Available', 'Pods that must be there after an eviction.', pdb => String(pdb.spec.minAvailable ?? 'N/A')),
  text('Max Unavailable', 'Pods that may be missing after an eviction.', pdb => String(pdb.spec.maxUnavailable ?? 'N/A')),
  count('Allowed Disruptions', 'How many pods may be evicted now.', pdb => pdb.status.disruptionsAllowed),
  ageColumn,
]

export const PodDisruptionBudget: Kind<PodDisruptionBudget> = namespacedKind({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  definition: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  doc: 'Limits how many of certain pods are evicted at a time.',
  updatesNeedVersion: true,
  hasStatus: true,
  hasGeneration: true,
  fields,
  validate: ({ spec }) => validateBudget(spec),
  validateStatus: ({ status }) => validateBudgetStatus(status),
  columns,
})
