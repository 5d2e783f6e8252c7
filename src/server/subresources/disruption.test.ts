import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pod } from '../../api/core/pod.ts'
import { PodDisruptionBudget } from '../../api/policy/pod-disruption-budget.ts'
import { stored } from '../../api/testkit.ts'
import type { StatusError } from '../../meta/status-error.ts'
import type { Draft } from '../../schema/schema.ts'
import { budgetsOf, granted, isSpared, needsNoBudget, notYet } from './disruption.ts'

const now = '2026-01-01T00:00:00Z'
type Status = NonNullable<Draft<PodDisruptionBudget>['status']>

const budget = (status: Status, spec: Draft<PodDisruptionBudget>['spec'] = {}, generation?: number) =>
  stored(PodDisruptionBudget, { metadata: { name: 'b', ...(generation !== undefined && { generation }) }, spec, status })
const pod = (status: Draft<Pod>['status'] = {}, metadata: Draft<Pod>['metadata'] = {}) =>
  stored(Pod, { metadata: { labels: { a: 'b' }, ...metadata }, spec: { containers: [] }, status: { phase: 'Running', ...status } })
const ready = { conditions: [{ type: 'Ready', status: 'True' }] }

function refusal(status: Status, generation?: number): readonly unknown[] {
  try {
    granted(budget(status, {}, generation), 'p', now)
  } catch (error) {
    const { status } = error as StatusError
    return [status.code, status.message, ...(status.details?.causes ?? []).map(cause => `${cause.reason}: ${cause.message}`)]
  }
  assert.fail('it was granted')
}

describe('an eviction', () => {
  it('is of the budgets that select the pod', () => {
    const selecting = (selector: Draft<PodDisruptionBudget>['spec']) => budgetsOf(pod(), [budget({}, selector)]).length
    assert.equal(selecting({ selector: { matchLabels: { a: 'b' } } }), 1)
    assert.equal(selecting({ selector: {} }), 1)
    assert.equal(selecting({}), 0)
    assert.equal(selecting({ selector: { matchLabels: { a: 'c' } } }), 0)
    assert.equal(budgetsOf(pod({}, { namespace: 'other' }), [budget({}, { selector: {} })]).length, 0)
  })

  it('of what has ended, not begun or is going needs none', () => {
    assert.equal(needsNoBudget(pod()), false)
    for (const phase of ['Pending', 'Succeeded', 'Failed'] as const) assert.equal(needsNoBudget(pod({ phase })), true, phase)
    assert.equal(needsNoBudget(pod({}, { deletionTimestamp: now })), true)
  })

  const spared: readonly (readonly [name: string, pod: Pod, budget: PodDisruptionBudget, expected: boolean])[] = [
    [
      'a ready pod counts',
      pod(ready),
      budget({ currentHealthy: 2, desiredHealthy: 1 }, { unhealthyPodEvictionPolicy: 'AlwaysAllow' }),
      false,
    ],
    ['another does not while enough are healthy', pod(), budget({ currentHealthy: 1, desiredHealthy: 1 }), true],
    ['it does when they are not', pod(), budget({ currentHealthy: 0, desiredHealthy: 1 }), false],
    ['it does when nothing is known', pod(), budget({}), false],
    ['it never does where that is the policy', pod(), budget({ desiredHealthy: 1 }, { unhealthyPodEvictionPolicy: 'AlwaysAllow' }), true],
  ]
  for (const [name, of, by, expected] of spared) it(name, () => assert.equal(isSpared(of, by), expected))

  it('is taken off the budget and written down', () => {
    const { status } = granted(budget({ disruptionsAllowed: 2, disruptedPods: { q: now } }), 'p', now)
    assert.deepEqual([status.disruptionsAllowed, status.disruptedPods, status.conditions], [1, { q: now, p: now }, undefined])
  })

  it('that uses the budget up says so', () => {
    const { status } = granted(budget({ disruptionsAllowed: 1, observedGeneration: 3 }, {}, 3), 'p', now)
    assert.equal(status.disruptionsAllowed, 0)
    assert.deepEqual(status.conditions, [
      {
        type: 'DisruptionAllowed',
        status: 'False',
        reason: 'InsufficientPods',
        message: '',
        observedGeneration: 3,
        lastTransitionTime: now,
      },
    ])
  })

  const message = "Cannot evict pod as it would violate the pod's disruption budget."
  const told = (reason: string) => ({
    conditions: [{ type: 'DisruptionAllowed', status: 'False', reason, message: 'why', lastTransitionTime: now }],
  })
  const rows: readonly (readonly [name: string, status: Status, expected: readonly unknown[], generation?: number])[] = [
    [
      'too few are healthy',
      { currentHealthy: 1, desiredHealthy: 2 },
      [429, message, 'DisruptionBudget: The disruption budget b needs 2 healthy pods and has 1 currently'],
    ],
    [
      'its controller failed',
      { currentHealthy: 1, ...told('SyncFailed') },
      [429, message, 'DisruptionBudget: The disruption budget b does not allow evicting pods currently because it failed sync: why'],
    ],
    [
      'another reason is told',
      { currentHealthy: 1, ...told('Because') },
      [429, message, 'DisruptionBudget: The disruption budget b does not allow evicting pods currently (Because): why'],
    ],
    [
      'no reason is told',
      { currentHealthy: 1 },
      [429, message, 'DisruptionBudget: The disruption budget b does not allow evicting pods currently'],
    ],
    [
      'the budget is new',
      { disruptionsAllowed: 1 },
      [429, message, 'DisruptionBudget: The disruption budget b is still being processed by the server.'],
      1,
    ],
    [
      'the budget is overdrawn',
      { disruptionsAllowed: -1 },
      [403, 'poddisruptionbudget.policy "b" is forbidden: pdb disruptions allowed is negative'],
    ],
    [
      'very many are under way',
      { disruptionsAllowed: 1, disruptedPods: Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`p${i}`, now])) },
      [403, 'poddisruptionbudget.policy "b" is forbidden: DisruptedPods map too big - too many evictions not confirmed by PDB controller'],
    ],
  ]
  for (const [name, status, expected, generation] of rows)
    it(`is refused where ${name}`, () => assert.deepEqual(refusal(status, generation), expected))

  it('may be tried again soon where the budget is not yet looked at', () => {
    assert.equal(notYet('b').status.details?.retryAfterSeconds, 10)
  })
})
