import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { RuntimeClass } from './runtime-class.ts'

const of = (draft: Draft<RuntimeClass>) => stored(RuntimeClass, { handler: 'kata', ...draft })

test('runtime classes', () => {
  assert.deepEqual(
    complaints(
      RuntimeClass,
      of({
        overhead: { podFixed: { cpu: '250m', memory: '120Mi' } },
        scheduling: { nodeSelector: { kata: 'true' }, tolerations: [{ key: 'kata', operator: 'Exists' }] },
      }),
    ),
    [],
  )
  assert.match(complaints(RuntimeClass, of({ handler: 'Kata' }))[0] ?? '', /^handler: Invalid value: "Kata": a lowercase RFC 1123 label/)
  assert.match(complaints(RuntimeClass, of({ handler: '' }))[0] ?? '', /^handler: Invalid value: ""/)
  assert.deepEqual(complaints(RuntimeClass, of({ overhead: { podFixed: { cpu: '-1' } } })), [
    'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  ])
  assert.match(
    complaints(RuntimeClass, of({ scheduling: { nodeSelector: { 'a b': 'c' } } }))[0] ?? '',
    /^scheduling.nodeSelector: Invalid value: "a b"/,
  )
  assert.match(
    complaints(RuntimeClass, of({ scheduling: { tolerations: [{ value: 'x' }] } }))[0] ?? '',
    /^scheduling.tolerations\[0\].operator/,
  )
})

test('the handler stays', () => {
  assert.deepEqual(complaints(RuntimeClass, of({ handler: 'runc' }), of({})), ['handler: Invalid value: "runc": field is immutable'])
  assert.equal(row(RuntimeClass, of({}))['Handler'], 'kata')
})
