import { describe, type Infer, listMap, object, patch, required, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const componentCondition = object(core('ComponentCondition'), 'Something that is to be said of a component.', {
  error: string('What went wrong when it was asked.'),
  message: string('What it says of itself.'),
  status: required(string('Whether it holds: True, False or Unknown.')),
  type: required(string('What is said: Healthy.')),
})
export type ComponentCondition = Infer<typeof componentCondition>

const fields = {
  conditions: describe('What is to be said of it.', patch('merge', 'type', listMap(['type'], componentCondition))),
}
export type ComponentStatus = ClusterObject<typeof fields>

function healthOf({ conditions }: ComponentStatus): ComponentCondition | undefined {
  return conditions?.find(condition => condition.type === 'Healthy')
}

function word(health: ComponentCondition | undefined): string {
  return health === undefined ? 'Unknown' : health.status === 'True' ? 'Healthy' : 'Unhealthy'
}

const columns: readonly Column<ComponentStatus>[] = [
  nameColumn,
  text('Status', 'Whether it is well.', o => word(healthOf(o))),
  text('Message', 'What it says of itself.', o => healthOf(o)?.message ?? ''),
  text('Error', 'What went wrong when it was asked.', o => healthOf(o)?.error ?? ''),
]

/** Nothing of it is stored: the server says how the components are when it is asked. */
export const ComponentStatus: Kind<ComponentStatus> = clusterKind({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  shortNames: ['cs'],
  definition: 'io.k8s.api.core.v1.ComponentStatus',
  doc: 'How a component of the control plane is.',
  verbs: ['get', 'list'],
  fields,
  columns,
})
