import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scanJson } from './json-strict.ts'

test('keys that stand twice are found with their paths', () => {
  const rows: [string, string[]][] = [
    ['{"a":1,"b":{"a":1}}', []],
    ['{"a":1,"a":2,"a":3}', ['a']],
    ['{"spec":{"foo":1,"x":[],"foo":{}}}', ['spec.foo']],
    ['{"spec":{"containers":[{"image":"a"},{"image":"b","image":"c"}]}}', ['spec.containers[1].image']],
    ['{"a":[[{"b":1,"b":2}]]}', ['a[0][0].b']],
    ['{"a\\u0062":1,"ab":2}', ['ab']],
    [' [ ] ', []],
  ]
  for (const [text, duplicateFields] of rows) assert.deepEqual(scanJson(text), { ok: true, duplicateFields }, text)
})

test('malformed text is refused in the words of Go', () => {
  const rows: [string, string][] = [
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['{"a', 'unexpected end of JSON input'],
    ['{}}', "invalid character '}' after top-level value"],
    ['{"a":1}x', "invalid character 'x' after top-level value"],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['{"a":"\\x"}', "invalid character 'x' in string escape code"],
    ['{"a":"\n"}', "invalid character '\\n' in string literal"],
    ['{"a":"\\u12x"}', "invalid character 'x' in \\u hexadecimal character escape"],
    ['{"a":-}', "invalid character '}' in numeric literal"],
    ['{"a":1.}', "invalid character '}' after decimal point in numeric literal"],
    ['{"a":1e}', "invalid character '}' in exponent of numeric literal"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['['.repeat(20_000), 'exceeded max depth'],
  ]
  for (const [text, error] of rows) assert.deepEqual(scanJson(text), { ok: false, error }, text.slice(0, 40))
})

test('it accepts exactly what JSON.parse accepts', () => {
  const accepts = (text: string): boolean => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  const broken = fc.tuple(
    fc.json(),
    fc.nat(),
    fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '0', '-', '\\', 'e', '.', '\u007f', '\u0001', 't'),
  )
  fc.assert(fc.property(fc.json(), text => assert.deepEqual(scanJson(text).ok, true)))
  fc.assert(
    fc.property(broken, ([text, place, char]) => {
      const at = place % (text.length + 1)
      const mutated = text.slice(0, at) + char + text.slice(at + (place % 2))
      assert.equal(scanJson(mutated).ok, accepts(mutated), mutated)
    }),
    { numRuns: 1000 },
  )
})
