import { defaulted, describe, type Infer, int32, listMap, object, oneOf, patch, required, string, time } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { withMetadataOf } from '../status-metadata.ts'
import { validateConditions } from './validate-conditions.ts'
import { validatePriorityLevel } from './validate-priority-level.ts'

const flowcontrol = (name: string) => `io.k8s.api.flowcontrol.v1.${name}`

/** In Go a zero here is the same as an absent value. */
const queuingDefaults = { handSize: 8, queues: 64, queueLengthLimit: 50 } as const

export const queuingConfiguration = object(flowcontrol('QueuingConfiguration'), 'The queues in which requests wait.', {
  handSize: describe('How many queues a flow may use; its requests go to the shortest.', defaulted(int32(), queuingDefaults.handSize)),
  queueLengthLimit: describe(
    'How many requests may wait in a queue; more are refused.',
    defaulted(int32(), queuingDefaults.queueLengthLimit),
  ),
  queues: describe('How many queues there are.', defaulted(int32(), queuingDefaults.queues)),
})
export type QueuingConfiguration = Infer<typeof queuingConfiguration>

export const limitResponse = object(flowcontrol('LimitResponse'), 'What becomes of requests that have no place yet.', {
  queuing: describe('The queues, where they wait.', queuingConfiguration),
  type: describe('Whether they wait or are refused.', required(oneOf(['Queue', 'Reject']))),
})
export type LimitResponse = Infer<typeof limitResponse>

export const limitedPriorityLevelConfiguration = object(
  flowcontrol('LimitedPriorityLevelConfiguration'),
  'How many requests of a level are served at a time.',
  {
    borrowingLimitPercent: int32('How many places it may borrow from others, in percent of its own; as many as there are when absent.'),
    lendablePercent: describe('How many of its places it may lend to others, in percent.', defaulted(int32(), 0)),
    limitResponse: describe('What becomes of requests that have no place yet.', defaulted(limitResponse, {})),
    nominalConcurrencyShares: describe("Its share of the server's places, in proportion to the shares of all.", defaulted(int32(), 30)),
  },
)
export type LimitedPriorityLevelConfiguration = Infer<typeof limitedPriorityLevelConfiguration>

export const exemptPriorityLevelConfiguration = object(
  flowcontrol('ExemptPriorityLevelConfiguration'),
  'Requests that are served at once.',
  {
    lendablePercent: describe('How many of its places it may lend to others, in percent.', defaulted(int32(), 0)),
    nominalConcurrencyShares: describe("Its share of the server's places, which limits it not, but others.", defaulted(int32(), 0)),
  },
)
export type ExemptPriorityLevelConfiguration = Infer<typeof exemptPriorityLevelConfiguration>

export const priorityLevelConfigurationSpec = object(flowcontrol('PriorityLevelConfigurationSpec'), 'How a level is served.', {
  exempt: describe('For levels of type Exempt.', exemptPriorityLevelConfiguration),
  limited: describe('For levels of type Limited.', limitedPriorityLevelConfiguration),
  type: describe('Whether requests may have to wait.', required(oneOf(['Exempt', 'Limited']))),
})
export type PriorityLevelConfigurationSpec = Infer<typeof priorityLevelConfigurationSpec>

export const priorityLevelConfigurationCondition = object(
  flowcontrol('PriorityLevelConfigurationCondition'),
  'How one side of a level stands.',
  {
    lastTransitionTime: time('Since when it stands like this.'),
    message: string('The reason, for people.'),
    reason: string('The reason in one word.'),
    status: string('True, False or Unknown.'),
    type: string('What it is about.'),
  },
)
export const priorityLevelConfigurationStatus = object(flowcontrol('PriorityLevelConfigurationStatus'), 'How a level stands.', {
  conditions: describe('How it stands.', patch('merge', 'type', listMap(['type'], priorityLevelConfigurationCondition))),
})

const fields = {
  spec: describe('What is wanted.', defaulted(priorityLevelConfigurationSpec, {})),
  status: describe('How it stands.', defaulted(priorityLevelConfigurationStatus, {})),
}
export type PriorityLevelConfiguration = ClusterObject<typeof fields>

function complete(level: PriorityLevelConfiguration): PriorityLevelConfiguration {
  const { limited } = level.spec
  const queuing = limited?.limitResponse.queuing
  if (!queuing) return level
  const filled = withFields(queuing, {
    handSize: queuing.handSize || queuingDefaults.handSize,
    queueLengthLimit: queuing.queueLengthLimit || queuingDefaults.queueLengthLimit,
    queues: queuing.queues || queuingDefaults.queues,
  })
  if (filled === queuing) return level
  const response = withFields(limited.limitResponse, { queuing: filled })
  return withFields(level, { spec: withFields(level.spec, { limited: withFields(limited, { limitResponse: response }) }) })
}

function number(
  name: string,
  doc: string,
  value: (spec: PriorityLevelConfigurationSpec) => number | undefined,
): Column<PriorityLevelConfiguration> {
  return text(name, doc, ({ spec }) => String(value(spec) ?? '<none>'))
}

const columns: readonly Column<PriorityLevelConfiguration>[] = [
  nameColumn,
  text('Type', 'Whether requests may have to wait.', ({ spec }) => spec.type ?? ''),
  number('NominalConcurrencyShares', "Its share of the server's places.", ({ limited }) => limited?.nominalConcurrencyShares),
  number('Queues', 'How many queues there are.', ({ limited }) => limited?.limitResponse.queuing?.queues),
  number('HandSize', 'How many queues a flow may use.', ({ limited }) => limited?.limitResponse.queuing?.handSize),
  number('QueueLengthLimit', 'How many requests may wait in a queue.', ({ limited }) => limited?.limitResponse.queuing?.queueLengthLimit),
  ageColumn,
]

export const PriorityLevelConfiguration: Kind<PriorityLevelConfiguration> = clusterKind({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  definition: flowcontrol('PriorityLevelConfiguration'),
  doc: 'A priority that requests to the API server can have, and how much of the server it gets.',
  fields,
  hasStatus: true,
  hasGeneration: true,
  columns,
  complete,
  validate: next => [...validatePriorityLevel(next), ...validateConditions(next.status.conditions)],
  onStatusUpdate: withMetadataOf,
  validateStatus: next => validateConditions(next.status.conditions),
})
