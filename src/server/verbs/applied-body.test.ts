import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAppliedJson, parseApplied } from './applied-body.ts'

const contentType = 'application/apply-patch+yaml'

test('what a worker has read of the body is not read again', () => {
  const yaml = { value: { a: 1 }, duplicates: [] }
  assert.equal(parseApplied({ type: 'bytes', contentType, bytes: Buffer.from('{"a": 2}'), yaml }, 'Strict', []), yaml.value)
})

test('fields that a worker has found twice are told', () => {
  const warnings: string[] = []
  const yaml = { value: { a: 1 }, duplicates: ['line 2: key "a" already set in map'] }
  parseApplied({ type: 'bytes', contentType, bytes: Buffer.from('a: 2\na: 1'), yaml }, 'Warn', warnings)
  assert.match(warnings.join(), /line 2: key "a" already set in map/)
})

const texts: readonly (readonly [text: string, isJson: boolean])[] = [
  ['{"a": 1}', true],
  [' \n{"a":[]}\n', true],
  ['{"a": 1, "a": 2}', false],
  ['{a: 1}', false],
  ['a: 1', false],
  [`${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`, false],
]

for (const [text, isJson] of texts)
  test(`${text.slice(0, 20)} is ${isJson ? 'read at once' : 'for the reader of YAML'}`, () => assert.equal(isAppliedJson(text), isJson))
