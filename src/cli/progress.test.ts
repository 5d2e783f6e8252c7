import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StepLines } from './progress.ts'

function show(isTerminal: boolean): string {
  let shown = ''
  const steps = new StepLines({
    isTerminal,
    write: text => {
      shown += text
    },
  })
  steps.begin('network')
  steps.begin('nodes')
  steps.end('network', 41)
  steps.fail('nodes')
  return shown
}

test('without a terminal there are whole lines alone', () => {
  assert.equal(show(false), ' ✓ network                  0.04 s\n ✗ nodes\n')
})
test('a terminal also shows what is going on, and is left clean', () => {
  const shown = show(true)
  assert.match(shown, /network, nodes/)
  const last = shown.split('\n').at(-1)
  assert.equal(last, '')
})
