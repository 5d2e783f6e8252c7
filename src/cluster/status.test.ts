import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stateOf } from './status.ts'

const cases = [
  [[true, true], 'running'],
  [[true, false], 'degraded'],
  [[false, false], 'stopped'],
] as const

for (const [parts, state] of cases) test(`${parts}: ${state}`, () => assert.equal(stateOf(parts), state))
