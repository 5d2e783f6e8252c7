import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validateLimits } from './validate-limit-range.ts'

test('a resource that is named like a member of every object', () => {
  const limits = [{ type: 'Container', max: { toString: '1' } }] as unknown as Parameters<typeof validateLimits>[0]
  const fields = validateLimits(limits).map(error => error.field)
  assert.ok(fields.length > 0 && fields.every(field => field === 'spec.limits[0].max[toString]'), String(fields))
})
