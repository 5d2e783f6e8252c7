import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareVersions } from './version-priority.ts'

test('stable versions come before betas, those before alphas, and all of them before other names', () => {
  const ordered = ['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10']
  assert.deepEqual(
    [...ordered].sort().sort((a, b) => compareVersions(b, a)),
    ordered,
  )
})
