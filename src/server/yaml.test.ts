import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StatusError } from '../meta/status-error.ts'
import { parseYamlBody } from './yaml.ts'

describe('YAML bodies', () => {
  const readable: readonly (readonly [text: string, value: unknown])[] = [
    ['', null],
    ['a: 1\nb: [x, "y"]', { a: 1, b: ['x', 'y'] }],
    ['on: yes', { true: true }],
    ['day: 2026-01-31\ntime: 190:20:30', { day: '2026-01-31', time: '190:20:30' }],
    ['a: &x {b: 1}\nc: {<<: *x, d: 2}', { a: { b: 1 }, c: { b: 1, d: 2 } }],
    ['a: .inf', { a: null }],
    ['"__proto__": {x: 1}', JSON.parse('{"__proto__":{"x":1}}')],
  ]
  for (const [text, value] of readable)
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseYamlBody(text), { value, duplicates: [] }))

  it('tells which keys stand twice; the last one counts', () => {
    const { value, duplicates } = parseYamlBody('a: 1\nb:\n  c: 1\n  c: 2\na: 3\n')
    assert.deepEqual(value, { a: 3, b: { c: 2 } })
    assert.deepEqual(duplicates.toSorted(), ['line 4: key "c" already set in map', 'line 5: key "a" already set in map'])
  })

  const many = (count: number, line: (i: number) => string) => Array.from({ length: count }, (_, i) => line(i)).join('\n')
  const refused: readonly (readonly [what: string, text: string])[] = [
    ['two documents', 'a: 1\n---\nb: 2'],
    ['an alias of nothing', 'a: *b'],
    ['nesting beyond measure', '['.repeat(50_000)],
    [
      'aliases of aliases',
      many(
        9,
        i =>
          `a${i}: &a${i} [${
            i === 0
              ? 'x'
              : Array(9)
                  .fill(`*a${i - 1}`)
                  .join(', ')
          }]`,
      ),
    ],
    ['aliases without number', `${many(5000, i => `- &a${i} x`)}\n${many(5000, i => `- *a${i}`)}`],
    ['merges of much', `a: &a\n${many(5000, i => `  k${i}: 1`)}\nb:\n  <<: [${Array(200).fill('*a').join(', ')}]`],
  ]
  for (const [what, text] of refused)
    it(`refuses ${what}`, () =>
      assert.throws(
        () => parseYamlBody(text),
        (error: unknown) =>
          error instanceof StatusError && error.code === 400 && error.message.startsWith('error converting YAML to JSON: yaml: '),
      ))

  it('takes a time that grows with the text alone', () => {
    const cost = (count: number) => {
      const text = many(count, i => `k${i}: 1`)
      const before = process.cpuUsage()
      parseYamlBody(text)
      return process.cpuUsage(before).user
    }
    cost(2000)
    // Compared each with each, ten times the keys cost a hundred times as much.
    const [few, much] = [cost(2000), cost(20_000)]
    assert.ok(much < 45 * few, `${few} µs, then ${much} µs`)
  })
})
