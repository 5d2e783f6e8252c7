import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkConfigKey,
  checkDns1035Label,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkEnvVarName,
  checkLabelValue,
  checkPathSegment,
  checkPortName,
  checkPortNumber,
  checkQualifiedName,
  maskTrailingDash,
  type NameCheck,
} from './names.ts'

test('names of each shape', () => {
  const rows: [NameCheck, string[], string[]][] = [
    [checkDns1123Label, ['a', '0', 'a-b', '1a'.repeat(31)], ['', 'A', '-a', 'a-', 'a.b', 'a_b', 'a'.repeat(64), 'a\n']],
    [checkDns1123Subdomain, ['a', 'a.b', '1.2', 'a'.repeat(253)], ['', 'a..b', '.a', 'a.', 'A.b', 'a'.repeat(254)]],
    [checkDns1035Label, ['a', 'a1', 'a-1'], ['1a', '', 'a.b', 'a-']],
    [checkLabelValue, ['', 'a', 'A_b.c-1'], ['-a', 'a-', 'a b', 'a'.repeat(64), '_']],
    [checkQualifiedName, ['a', 'A.b_c', 'example.com/a', 'k8s.io/A-b'], ['', '/a', 'a/', 'A.com/a', 'a/b/c', '-a', 'a'.repeat(64)]],
    [checkPortName, ['http', 'a1', '1a', 'web-2'], ['', '80', 'Http', 'a--b', '-a', 'a-', 'a'.repeat(16)]],
    [checkEnvVarName, ['A', 'a.b-c', '1', 'A B'], ['', 'A=B', 'é', 'a\tb']],
    [checkConfigKey, ['a', 'A.b_c-1', '.a', '.x'], ['', '.', '..', '..a', 'a/b', 'a b']],
    [checkPathSegment, ['a', 'a:b', 'A B', '...'], ['.', '..', 'a/b', 'a%b']],
  ]
  for (const [check, good, bad] of rows) {
    for (const value of good) assert.deepEqual(check(value), [], value)
    for (const value of bad) assert.notDeepEqual(check(value), [], JSON.stringify(value))
  }
})

test('reasons are worded as upstream', () => {
  const part =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
  assert.deepEqual(checkQualifiedName(''), ['name part must be non-empty', part])
  assert.deepEqual(checkQualifiedName('()'), [part])
  assert.deepEqual(checkDns1123Subdomain('A'), [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ])
  assert.deepEqual(checkDns1123Label('a'.repeat(64)), ['must be no more than 63 bytes'])
  assert.deepEqual(checkPortNumber(0), ['must be between 1 and 65535, inclusive'])
  assert.deepEqual(checkConfigKey('..a'), ["must not start with '..'"])
})

test('a prefix for generated names may end in a dash', () => {
  for (const [prefix, ok] of [
    ['web-', true],
    ['web', true],
    ['Web-', false],
    ['-', false],
  ] as const) {
    assert.equal(checkDns1123Label(maskTrailingDash(prefix)).length === 0, ok, prefix)
  }
})
