import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCondition, isConditionTrue, removeCondition, setCondition } from './conditions.ts'

const ready = { type: 'Ready', status: 'True', reason: 'Up', lastTransitionTime: '1' }

test('a condition moves its transition time only when its status changes', () => {
  const rows: [(typeof ready)[] | undefined, { type: string; status: string; reason: string }, unknown][] = [
    [undefined, { type: 'Ready', status: 'True', reason: 'Up' }, [{ ...ready, lastTransitionTime: 'now' }]],
    [[ready], { type: 'Ready', status: 'True', reason: 'Still' }, [{ ...ready, reason: 'Still' }]],
    [
      [ready],
      { type: 'Ready', status: 'False', reason: 'Down' },
      [{ type: 'Ready', status: 'False', reason: 'Down', lastTransitionTime: 'now' }],
    ],
    [
      [ready],
      { type: 'Other', status: 'True', reason: '' },
      [ready, { type: 'Other', status: 'True', reason: '', lastTransitionTime: 'now' }],
    ],
  ]
  for (const [before, next, after] of rows)
    assert.deepEqual(
      setCondition<{ type: string; status: string; reason: string; lastTransitionTime?: string }>(before, next, 'now'),
      after,
    )
})

test('setting what is there gives the same list', () => {
  const before = [ready]
  assert.equal(setCondition(before, { ...ready, lastTransitionTime: 'other' }, 'now'), before)
})

test('conditions are found and removed', () => {
  assert.equal(findCondition([ready], 'Ready'), ready)
  assert.ok(isConditionTrue([ready], 'Ready'))
  assert.ok(!isConditionTrue(undefined, 'Ready'))
  assert.deepEqual(removeCondition([ready], 'Ready'), [])
})
