import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterError } from '../cluster/lifecycle.ts'
import { PhaseError } from '../cluster/phases.ts'
import { explain, Failure, Interrupted } from './failure.ts'

const phase = { name: 'control plane', deadlineMs: 1, fix: 'try again' }
const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })

const cases: readonly [name: string, error: unknown, lines: string[], exitCode: number][] = [
  ['a failure with its fix', new Failure('no', 'do this'), ['error: no', 'fix: do this'], 1],
  ['what was asked for cannot be done', new ClusterError('there is none', 'make one'), ['error: there is none', 'fix: make one'], 1],
  ['a phase', new PhaseError(phase, new Error('it ended')), ['error: control plane: it ended', 'fix: try again'], 1],
  [
    'a full disk, however deep',
    new PhaseError(phase, new Error('x', { cause: full })),
    ['error: the disk is full', 'fix: free some space, then try again (ENOSPC: no space left on device, write)'],
    1,
  ],
  ['an interruption', new Interrupted('nothing was left behind'), ['error: interrupted; nothing was left behind'], 130],
]

for (const [name, error, lines, exitCode] of cases) test(name, () => assert.deepEqual(explain(error, false), { lines, exitCode }))

test('stack traces are shown for debugging only', () => {
  assert.doesNotMatch(explain(new Error('no'), false).lines.join('\n'), / at /)
  assert.match(explain(new Error('no', { cause: new Error('deeper') }), true).lines.join('\n'), /caused by:\nError: deeper\n +at /)
})
