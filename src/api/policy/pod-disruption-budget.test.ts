import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fieldErrorMessage } from '../../meta/field-error.ts'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { PodDisruptionBudget } from './pod-disruption-budget.ts'

type Wish = Draft<PodDisruptionBudget>
const selector = { matchLabels: { a: 'b' } }

describe('validation of a disruption budget', () => {
  const percent =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
  const rows: readonly (readonly [name: string, spec: NonNullable<Wish['spec']>, expected: readonly string[]])[] = [
    ['by a number', { minAvailable: 1, selector }, []],
    ['by a share', { maxUnavailable: '30%', selector, unhealthyPodEvictionPolicy: 'AlwaysAllow' }, []],
    ['that bounds nothing', {}, []],
    [
      'that bounds both ways',
      { minAvailable: 1, maxUnavailable: 1 },
      ['spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set'],
    ],
    ['by what is no number', { minAvailable: 'x' }, [`spec.minAvailable: Invalid value: "x": ${percent}`]],
    ['below zero', { minAvailable: -1 }, ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0']],
    ['above all', { maxUnavailable: '101%' }, ['spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%']],
    [
      'with another policy',
      { unhealthyPodEvictionPolicy: 'Never' as 'AlwaysAllow' },
      ['spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"'],
    ],
    [
      'with a wrong selector',
      { selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      ["spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
    ],
  ]
  for (const [name, spec, expected] of rows) {
    it(name, () => assert.deepEqual(complaints(PodDisruptionBudget, stored(PodDisruptionBudget, { spec })), expected))
  }

  it('looks at the counts and the conditions of its status', () => {
    const condition = {
      type: 'DisruptionAllowed',
      status: 'True',
      reason: 'SufficientPods',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }
    const check = (status: Wish['status']) => {
      const budget = stored(PodDisruptionBudget, { status })
      return (PodDisruptionBudget.validateStatus?.(budget, budget) ?? []).map(fieldErrorMessage)
    }
    assert.deepEqual(check({ conditions: [condition], disruptedPods: { p: '2026-01-01T00:00:00Z' } }), [])
    assert.deepEqual(
      check({
        expectedPods: -1,
        conditions: [condition, { ...condition, status: 'Maybe', reason: '' }, { type: 'x', status: 'True', reason: 'R' }],
      }),
      [
        'status.conditions[1].type: Duplicate value: "DisruptionAllowed"',
        'status.conditions[1].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
        'status.conditions[1].reason: Required value: must be set',
        'status.conditions[2].lastTransitionTime: Required value: must be set',
        'status.expectedPods: Invalid value: -1: must be greater than or equal to 0',
      ],
    )
  })
})

describe('a disruption budget in a table', () => {
  it('shows its bounds', () => {
    const shown = (spec: Wish['spec'], status: Wish['status'] = {}) =>
      row(PodDisruptionBudget, stored(PodDisruptionBudget, { spec, status }))
    const base = { Name: 'a', Age: '5m', 'Allowed Disruptions': 0 }
    assert.deepEqual(shown({ minAvailable: 2 }), { ...base, 'Min Available': '2', 'Max Unavailable': 'N/A' })
    assert.deepEqual(shown({ maxUnavailable: '30%' }, { disruptionsAllowed: 1 }), {
      ...base,
      'Min Available': 'N/A',
      'Max Unavailable': '30%',
      'Allowed Disruptions': 1,
    })
  })
})
