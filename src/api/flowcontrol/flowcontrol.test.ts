import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, complete, row, stored } from '../testkit.ts'
import { mandatoryFlowSchemas, mandatoryPriorityLevels, suggestedFlowSchemas, suggestedPriorityLevels } from './defaults.ts'
import { FlowSchema, type FlowSubject, type NonResourcePolicyRule, type ResourcePolicyRule } from './flow-schema.ts'
import { type LimitResponse, PriorityLevelConfiguration } from './priority-level-configuration.ts'

const subject: Draft<FlowSubject> = { kind: 'User', user: { name: 'jane' } }
const resources: Draft<ResourcePolicyRule> = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }

function schema(spec: Draft<FlowSchema>['spec'], name = 'a'): FlowSchema {
  const rules = [{ subjects: [subject], resourceRules: [resources] }]
  return stored(FlowSchema, { metadata: { name }, spec: { priorityLevelConfiguration: { name: 'p' }, rules, ...spec } })
}

test('a schema of its own', () => {
  assert.equal(schema({}).spec.matchingPrecedence, 1000)
  assert.equal(schema({ matchingPrecedence: 0 }).spec.matchingPrecedence, 1000)
  const cases: readonly (readonly [Draft<FlowSchema>['spec'], ...string[]])[] = [
    [{ matchingPrecedence: 10_000, distinguisherMethod: { type: 'ByUser' } }],
    [{ matchingPrecedence: -1 }, 'spec.matchingPrecedence: Invalid value: -1: must be a positive value'],
    [{ matchingPrecedence: 10_001 }, 'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000'],
    [{ matchingPrecedence: 1 }, "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
    [{ priorityLevelConfiguration: {} }, 'spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
    [{ distinguisherMethod: {} }, 'spec.distinguisherMethod.type: Unsupported value: "": supported values: "ByNamespace", "ByUser"'],
    [{ rules: [{ resourceRules: [resources] }] }, 'spec.rules[0].subjects: Required value: subjects must contain at least one value'],
    [
      { rules: [{ subjects: [subject] }] },
      'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
    ],
  ]
  for (const [spec, ...errors] of cases) assert.deepEqual(complaints(FlowSchema, schema(spec)), errors)
  assert.deepEqual(row(FlowSchema, schema({}))['MissingPL'], '?')
})

test('subjects of a schema', () => {
  const of = (subject: Draft<FlowSubject>) =>
    complaints(FlowSchema, schema({ rules: [{ subjects: [subject], resourceRules: [resources] }] }))
  const at = 'spec.rules[0].subjects[0]'
  const account = { name: '*', namespace: 'kube-system' }
  const cases: readonly (readonly [Draft<FlowSubject>, ...string[]])[] = [
    [{ kind: 'ServiceAccount', serviceAccount: account }],
    [{ kind: 'Group' }, `${at}.group: Required value: group is required when subject kind is 'Group'`],
    [{ kind: 'User', user: {} }, `${at}.user.name: Required value`],
    [{ ...subject, group: { name: 'g' } }, `${at}.group: Forbidden: group is forbidden when subject kind is not 'Group'`],
    [
      { kind: 'ServiceAccount', serviceAccount: { name: 'a' } },
      `${at}.serviceAccount.namespace: Required value: must specify namespace for service account`,
    ],
    [{}, `${at}.kind: Unsupported value: "": supported values: "Group", "ServiceAccount", "User"`],
  ]
  for (const [subject, ...errors] of cases) assert.deepEqual(of(subject), errors)
})

test('rules of a schema', () => {
  const of = (rule: Draft<ResourcePolicyRule>) =>
    complaints(FlowSchema, schema({ rules: [{ subjects: [subject], resourceRules: [{ ...resources, ...rule }] }] }))
  const at = 'spec.rules[0].resourceRules[0]'
  const cases: readonly (readonly [Draft<ResourcePolicyRule>, ...string[]])[] = [
    [{ verbs: ['get', 'proxy'], namespaces: [], clusterScope: true }],
    [{ verbs: [] }, `${at}.verbs: Required value: verbs must contain at least one value`],
    [{ verbs: ['*', 'get'] }, `${at}.verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`],
    [
      { verbs: ['see'] },
      `${at}.verbs: Unsupported value: ["see"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"`,
    ],
    [{ apiGroups: [] }, `${at}.apiGroups: Required value: resource rules must supply at least one api group`],
    [{ apiGroups: ['*', 'a'] }, `${at}.apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other api groups`],
    [{ resources: [] }, `${at}.resources: Required value: resource rules must supply at least one resource`],
    [{ namespaces: [] }, `${at}.namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`],
    [
      { namespaces: ['A'] },
      `${at}.namespaces[0]: Invalid value: "A": each member of this list must be '*' or a DNS-1123 label; a lowercase RFC 1123 label …`,
    ],
  ]
  for (const [rule, ...errors] of cases) assert.deepEqual(of(rule), errors)
})

test('other paths of a schema', () => {
  const of = (urls: readonly string[]) => {
    const rule: Draft<NonResourcePolicyRule> = { verbs: ['get'], nonResourceURLs: urls }
    return complaints(FlowSchema, schema({ rules: [{ subjects: [subject], nonResourceRules: [rule] }] }))
  }
  const at = 'spec.rules[0].nonResourceRules[0].nonResourceURLs'
  assert.deepEqual(of(['/', '/healthz', '/apis/*']), [])
  assert.deepEqual(of([]), [`${at}: Required value: nonResourceURLs must contain at least one value`])
  const wrong: Readonly<Record<string, string>> = {
    '': 'must not be empty',
    a: 'must start with slash',
    '/a b': 'must not contain white-space',
    '//a': 'must not contain double slash',
    '/a*': 'wildcard can only do suffix matching',
    '/*/*': 'wildcard can only do suffix matching',
  }
  for (const [url, error] of Object.entries(wrong))
    assert.deepEqual(of([url]), [`${at}[0]: Invalid value: ${JSON.stringify(url)}: ${error}`])
})

const level = (spec: Draft<PriorityLevelConfiguration>['spec'], name = 'a') =>
  stored(PriorityLevelConfiguration, { metadata: { name }, spec })
const responding = (limitResponse: Draft<LimitResponse>) => level({ type: 'Limited', limited: { limitResponse } })
const queuing = (queuing: Draft<LimitResponse['queuing']>) => responding({ type: 'Queue', queuing })

test('what a priority level has unless it says otherwise', () => {
  assert.deepEqual(queuing({ handSize: 0 }).spec.limited, {
    nominalConcurrencyShares: 30,
    lendablePercent: 0,
    limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
  })
  assert.equal(level({ type: 'Limited', limited: { nominalConcurrencyShares: 0 } }).spec.limited?.nominalConcurrencyShares, 0)
  assert.deepEqual(level({ type: 'Exempt', exempt: {} }).spec.exempt, { nominalConcurrencyShares: 0, lendablePercent: 0 })
})

test('the rules of priority levels', () => {
  const at = 'spec.limited.limitResponse'
  const cases: readonly (readonly [PriorityLevelConfiguration, ...string[]])[] = [
    [queuing({})],
    [responding({ type: 'Reject' })],
    [level({ type: 'Exempt' }), `spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`],
    [level({ type: 'Limited' }), 'spec.limited: Required value: must not be empty when type is Limited'],
    [level({}), 'spec.type: Unsupported value: "": supported values: "Exempt", "Limited"'],
    [responding({}), `${at}.type: Unsupported value: "": supported values: "Queue", "Reject"`],
    [responding({ type: 'Queue' }), `${at}.queuing: Required value: must not be empty if limited.limitResponse.type is Limited`],
    [responding({ type: 'Reject', queuing: {} }), `${at}.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited`],
    [queuing({ queues: 4 }), `${at}.queuing.handSize: Invalid value: 8: should not be greater than queues (4)`],
    [
      queuing({ queues: 1024, handSize: 7 }),
      `${at}.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 1024 and handSize 7 should not be greater than 60`,
    ],
    [queuing({ queueLengthLimit: -1 }), `${at}.queuing.queueLengthLimit: Invalid value: -1: must be positive`],
    [
      level({ type: 'Limited', limited: { lendablePercent: 101, limitResponse: { type: 'Reject' } } }),
      'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
    ],
    [
      level({ type: 'Limited', limited: { nominalConcurrencyShares: -1, limitResponse: { type: 'Reject' } } }),
      'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
    ],
  ]
  for (const [object, ...errors] of cases) assert.deepEqual(complaints(PriorityLevelConfiguration, object), errors)
})

test('what the server begins with is sound, complete, and refers to what is there', () => {
  const levels = [...mandatoryPriorityLevels, ...suggestedPriorityLevels]
  for (const { name, spec } of levels) {
    const object = level(spec, name)
    assert.deepEqual(object.spec, spec, name)
    assert.equal(complete(PriorityLevelConfiguration, object), object)
    assert.deepEqual(complaints(PriorityLevelConfiguration, object), [], name)
  }
  for (const { name, spec } of [...mandatoryFlowSchemas, ...suggestedFlowSchemas]) {
    const object = schema(spec, name)
    assert.deepEqual(object.spec, spec, name)
    assert.deepEqual(complaints(FlowSchema, object), [], name)
    assert.ok(
      levels.some(l => l.name === spec.priorityLevelConfiguration.name),
      name,
    )
  }
})

test('what is mandatory stays as it is', () => {
  const catchAll = mandatoryPriorityLevels.find(l => l.name === 'catch-all')
  assert.match(
    complaints(PriorityLevelConfiguration, level({ ...catchAll?.spec, limited: { limitResponse: { type: 'Reject' } } }, 'catch-all'))[0] ??
      '',
    /^spec: Invalid value: .*: spec of 'catch-all' must equal the fixed value$/,
  )
  assert.deepEqual(complaints(PriorityLevelConfiguration, level({ type: 'Exempt', exempt: { lendablePercent: 50 } }, 'exempt')), [])
  assert.match(complaints(FlowSchema, schema({ matchingPrecedence: 1 }, 'exempt'))[0] ?? '', /spec of 'exempt' must equal the fixed value$/)
})

test('what kubectl shows of priority levels', () => {
  const shown = (object: PriorityLevelConfiguration) => Object.values(row(PriorityLevelConfiguration, object)).slice(1, 6)
  assert.deepEqual(shown(queuing({})), ['Limited', '30', '64', '8', '50'])
  assert.deepEqual(shown(level({ type: 'Exempt' }, 'exempt')), ['Exempt', '<none>', '<none>', '<none>', '<none>'])
})
