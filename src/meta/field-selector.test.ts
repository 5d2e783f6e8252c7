import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkFieldLabels, exactField, formatFieldSelector, parseFieldSelector } from './field-selector.ts'

test('field selectors select', () => {
  const pod: Record<string, string> = { 'metadata.name': 'a', 'status.phase': 'Running', 'x.y': 'a,b=c\\' }
  const rows: [string, boolean][] = [
    ['', true],
    ['metadata.name=a', true],
    ['metadata.name==b', false],
    ['metadata.name!=b,status.phase=Running', true],
    ['status.phase!=Running', false],
    ['spec.nodeName=', true],
    ['spec.nodeName!=', false],
    ['x.y=a\\,b\\=c\\\\', true],
    ['metadata.name=a,', true],
  ]
  for (const [text, expected] of rows)
    assert.equal(
      parseFieldSelector(text).matches(field => pod[field] ?? ''),
      expected,
      text,
    )
  assert.equal(exactField(parseFieldSelector('a!=x,metadata.name=web'), 'metadata.name'), 'web')
  assert.equal(exactField(parseFieldSelector('metadata.name!=web'), 'metadata.name'), undefined)
})

test('malformed text and unknown fields are a bad request', () => {
  const rows: [string, string][] = [
    ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ['a=b,c', "invalid selector: 'a=b,c'; can't understand 'c'"],
    ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['spec.foo=1', 'field label not supported: spec.foo'],
  ]
  for (const [text, message] of rows) {
    const act = () => checkFieldLabels(parseFieldSelector(text), ['metadata.name', 'a'])
    assert.throws(act, { name: 'StatusError', reason: 'BadRequest', message })
  }
})

test('a kind without fields of its own says what it has', () => {
  const message = '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"'
  assert.throws(() => checkFieldLabels(parseFieldSelector('spec.foo=1'), ['metadata.name', 'metadata.namespace']), { message })
})

test('what is written is read back', () => {
  const terms = fc.array(fc.tuple(fc.stringMatching(/^[a-z.]{1,8}$/), fc.constantFrom('=', '!=') as fc.Arbitrary<'=' | '!='>, fc.string()))
  fc.assert(
    fc.property(terms, rows => {
      const selector = { terms: rows.map(([field, operator, value]) => ({ field, operator, value })), matches: () => true }
      assert.deepEqual(parseFieldSelector(formatFieldSelector(selector)).terms, selector.terms)
    }),
  )
})
