// What is configured of priority and fairness: levels that share the server's seats, and schemas that say which requests belong to which
// level. The mandatory ones are in force whatever is stored: without them some requests would belong nowhere.
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from '../../api/flowcontrol/defaults.ts'
import type { FlowSchema, FlowSchemaSpec } from '../../api/flowcontrol/flow-schema.ts'
import type { PriorityLevelConfiguration, PriorityLevelConfigurationSpec } from '../../api/flowcontrol/priority-level-configuration.ts'

interface Named {
  readonly metadata: { readonly name: string; readonly uid?: string | undefined }
}
/** The parts of the API's objects that matter here. */
export type LevelObject = Named & Pick<PriorityLevelConfiguration, 'spec'>
export type SchemaObject = Named & Pick<FlowSchema, 'spec'>
export type LevelSpec = PriorityLevelConfigurationSpec
export type Queuing = NonNullable<NonNullable<NonNullable<LevelSpec['limited']>['limitResponse']>['queuing']>
export type SchemaRule = NonNullable<FlowSchemaSpec['rules']>[number]

export function withMandatoryLevels(objects: readonly LevelObject[]): readonly LevelObject[] {
  return withMissing(objects, mandatoryPriorityLevels)
}

export function withMandatorySchemas(objects: readonly SchemaObject[]): readonly SchemaObject[] {
  return withMissing(objects, mandatoryFlowSchemas)
}

function withMissing<S>(
  objects: readonly (Named & { readonly spec: S })[],
  mandatory: readonly { readonly name: string; readonly spec: S }[],
) {
  const names = new Set(objects.map(o => o.metadata.name))
  return [...objects, ...mandatory.filter(m => !names.has(m.name)).map(({ name, spec }) => ({ metadata: { name }, spec }))]
}
