// What is configured of priority and fairness: levels that share the server's seats, and schemas that say which requests belong to which
// level. These are the parts of the API's objects that matter here, so that stored objects can be handed in as they are.

export interface LevelObject {
  readonly metadata: { readonly name: string; readonly uid?: string | undefined }
  readonly spec?: LevelSpec | undefined
}

export interface LevelSpec {
  readonly type: string
  readonly limited?:
    | {
        /** Default: 30. */
        readonly nominalConcurrencyShares?: number | undefined
        readonly lendablePercent?: number | undefined
        /** Of its nominal seats; undefined: as many as others lend. */
        readonly borrowingLimitPercent?: number | undefined
        readonly limitResponse?: { readonly type: string; readonly queuing?: Queuing | undefined } | undefined
      }
    | undefined
  readonly exempt?: { readonly nominalConcurrencyShares?: number | undefined; readonly lendablePercent?: number | undefined } | undefined
}

export interface Queuing {
  /** Default: 64. */
  readonly queues?: number | undefined
  /** Default: 8. */
  readonly handSize?: number | undefined
  /** Default: 50. */
  readonly queueLengthLimit?: number | undefined
}

export interface SchemaObject {
  readonly metadata: { readonly name: string; readonly uid?: string | undefined }
  readonly spec?: SchemaSpec | undefined
}

export interface SchemaSpec {
  readonly priorityLevelConfiguration: { readonly name: string }
  /** Smaller counts more. Default: 1000. */
  readonly matchingPrecedence?: number | undefined
  readonly distinguisherMethod?: { readonly type: string } | undefined
  readonly rules?: readonly SchemaRule[] | undefined
}

export interface SchemaRule {
  readonly subjects: readonly SchemaSubject[]
  readonly resourceRules?: readonly ResourceRule[] | undefined
  readonly nonResourceRules?: readonly NonResourceRule[] | undefined
}

export interface SchemaSubject {
  readonly kind: string
  readonly user?: { readonly name: string } | undefined
  readonly group?: { readonly name: string } | undefined
  readonly serviceAccount?: { readonly namespace: string; readonly name: string } | undefined
}

export interface ResourceRule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly clusterScope?: boolean | undefined
  readonly namespaces?: readonly string[] | undefined
}

export interface NonResourceRule {
  readonly verbs: readonly string[]
  readonly nonResourceURLs: readonly string[]
}

const everything = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
}
const groupSubjects = (...names: string[]) => names.map(name => ({ kind: 'Group', group: { name } }))

/** In force whatever is stored: without them some requests would belong nowhere. */
export const mandatoryLevels: readonly LevelObject[] = [
  { metadata: { name: 'exempt' }, spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } } },
  {
    metadata: { name: 'catch-all' },
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } } },
  },
]
export const mandatorySchemas: readonly SchemaObject[] = [
  {
    metadata: { name: 'exempt' },
    spec: {
      priorityLevelConfiguration: { name: 'exempt' },
      matchingPrecedence: 1,
      rules: [{ subjects: groupSubjects('system:masters'), ...everything }],
    },
  },
  {
    metadata: { name: 'catch-all' },
    spec: {
      priorityLevelConfiguration: { name: 'catch-all' },
      matchingPrecedence: 10_000,
      distinguisherMethod: { type: 'ByUser' },
      rules: [{ subjects: groupSubjects('system:unauthenticated', 'system:authenticated'), ...everything }],
    },
  },
]

/** The objects with the mandatory ones that are missing. */
export function withMandatory<O extends { readonly metadata: { readonly name: string } }>(
  objects: readonly O[],
  mandatory: readonly O[],
): readonly O[] {
  const names = new Set(objects.map(o => o.metadata.name))
  return [...objects, ...mandatory.filter(o => !names.has(o.metadata.name))]
}
