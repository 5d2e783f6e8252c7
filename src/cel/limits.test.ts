// Budgets: what evaluations cost, what they are estimated to cost, and that none runs away.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compile } from './compile.ts'
import { declareSchema, type JsonSchema } from './declare.ts'
import { fromJson, reader } from './json.ts'
import { perCallLimit } from './limits.ts'
import type { Type } from './types.ts'
import * as t from './types.ts'

function costOf(text: string, type: Type = t.dyn, json: unknown = null): number {
  const compiled = compile(text, { variables: { self: type } })
  assert.ok('program' in compiled, 'error' in compiled ? compiled.error : '')
  return compiled.program.run({ self: reader(type)(json) }).cost
}

test('what evaluations cost', () => {
  const type = t.objectOf('self', { a: t.int, s: t.string, l: t.listOf(t.int), o: t.objectOf('o', { x: t.int }) })
  const json = { a: 1, s: 'x'.repeat(100), l: [1, 2, 3, 4, 5], o: { x: 1 } }
  const rows: readonly (readonly [expression: string, cost: number])[] = [
    ['true', 0],
    ['self.a', 2],
    ['self.o.x', 3],
    ['self.a == 1', 3],
    ['has(self.o.x)', 2],
    ['self.a < 2 && self.a > 0', 6],
    ['self.l[0]', 3],
    ["self.s.startsWith('abcdefghijk')", 4],
    ["self.s.contains('abcdefghijk')", 22],
    ["self.s.matches('abcd')", 13],
    ['3 in self.l', 7],
    ['self.l.sum()', 7],
    ['[self.a]', 12],
    ['self.l.all(x, x > 0)', 28],
    ["{'a': 1}", 30],
  ]
  for (const [expression, cost] of rows) assert.equal(costOf(expression, type, json), cost, expression)
})

test('estimates follow the bounds of the schema', () => {
  const bounded: JsonSchema = {
    type: 'object',
    properties: { l: { type: 'array', maxItems: 10, items: { type: 'string', maxLength: 5 } } },
  }
  const unbounded: JsonSchema = { type: 'object', properties: { l: { type: 'array', items: { type: 'string' } } } }
  const estimate = (schema: JsonSchema, text: string): number => {
    const self = declareSchema(schema, false)
    assert.ok(self)
    const compiled = compile(text, { variables: { self } })
    assert.ok('program' in compiled)
    return compiled.program.estimate().max
  }
  assert.equal(estimate(bounded, 'self.l.size() > 1'), 4)
  assert.equal(estimate(bounded, "self.l.all(x, x.contains('a'))"), 63)
  assert.equal(estimate(unbounded, 'self.l.size() > 1'), 4)
  assert.ok(estimate(unbounded, 'self.l.all(x, self.l.all(y, x == y))') > 100_000_000)
  assert.ok(estimate(unbounded, "self.l.all(x, x.matches('a.*b'))") > 10_000_000)
})

test('a run costs no more than was estimated', () => {
  const self = declareSchema(
    { type: 'object', properties: { s: { type: 'string', maxLength: 20 }, l: { type: 'array', maxItems: 5, items: { type: 'integer' } } } },
    false,
  )
  assert.ok(self)
  const value = reader(self)({ s: 'a'.repeat(20), l: [1, 2, 3, 4, 5] })
  for (const text of [
    "self.s.matches('^a+$') && self.l.all(x, x > 0)",
    'self.l.map(x, x * 2).sum() > 3 || self.s.size() < 3',
    "self.s.replace('a', 'bb').contains('b')",
    "self.l.exists(x, x == 3) ? self.s.startsWith('a') : false",
    'cel.bind(l, self.l.filter(x, x > 1), l.size() + l.max())',
  ]) {
    const compiled = compile(text, { variables: { self } })
    assert.ok('program' in compiled, text)
    const { min, max } = compiled.program.estimate()
    const { kind, cost } = compiled.program.run({ self: value })
    assert.equal(kind, 'value', text)
    assert.ok(cost >= min && cost <= max, `${text}: ${cost} is not within ${min}..${max}`)
  }
})

test('what would run away is stopped', () => {
  const list = fromJson(Array.from({ length: 1000 }, (_, i) => i))
  const double = (value: string, times: number): string =>
    Array.from({ length: times })
      .reduce<string>((inner, _, i) => `cel.bind(v${times - i}, v${times - i - 1} + v${times - i - 1}, ${inner})`, `v${times}.size()`)
      .replaceAll('v0', value)
  const nested = Array.from({ length: 40 })
    .reduce<string>((inner, _, i) => `cel.bind(v${40 - i}, [v${39 - i}, v${39 - i}], ${inner})`, '[v40] == [[v39, v39]]')
    .replaceAll('v0', '[1]')
  for (const text of [
    'self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d >= 0))))',
    'self.map(a, self.map(b, self.map(c, c))).size() > 0',
    double("'0123456789'", 40),
    `${double('self', 40)} > 0 && ${double('self', 40).replace('.size()', '.all(x, true)')}`,
    nested,
    "self.map(x, 'aaaaaaaaaaaaaaaaaaaa').join(self.map(x, 'aaaaaaaaaaaaaaaa').join('')).size()",
    "cel.bind(s, self.map(x, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa').join('-'), self.all(x, s.replace('', s).size() > 0))",
    'lists.range(1000000000).size()',
    "self.all(x, '%.100f'.format([1.0]).matches('(.*)*(.*)*(.*)*x'))",
    'math.bitShiftLeft(1, 9223372036854775807) == 0 && lists.range(9223372036854775807) == []',
  ]) {
    const compiled = compile(text, { variables: { self: t.listOf(t.int) } })
    assert.ok('program' in compiled, 'error' in compiled ? compiled.error : '')
    const before = process.cpuUsage()
    const outcome = compiled.program.run({ self: list })
    const { user } = process.cpuUsage(before)
    assert.ok(outcome.kind === 'exceeded' || outcome.cost <= perCallLimit, text)
    assert.ok(user < 5_000_000, `${text} took ${user} us`)
  }
})

/** Expressions out of the grammar, well typed or not. */
const { expression } = fc.letrec<{ expression: string; leaf: string }>(tie => ({
  leaf: fc.constantFrom(
    "'abc'",
    "''",
    '1',
    '-1',
    '0',
    '2u',
    '1.5',
    'true',
    'false',
    'null',
    'x',
    'self',
    'self.a',
    'self.l',
    'self.m',
    'self.s',
    "b'a'",
    '[]',
    '{}',
    'int',
    "duration('1s')",
    "timestamp('2024-01-01T00:00:00Z')",
    "quantity('1')",
    "ip('10.0.0.1')",
    'optional.none()',
  ),
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', '&&', '||', 'in'),
        tie('expression'),
      )
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(fc.constantFrom('!', '-'), tie('expression')).map(([op, a]) => `${op}(${a})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `${a}[${b}]`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `[${a}, dyn(${b})]`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `{${a}: ${b}}`),
    fc
      .tuple(
        fc.constantFrom(
          'dyn',
          'size',
          'int',
          'string',
          'double',
          'uint',
          'bytes',
          'bool',
          'type',
          'duration',
          'timestamp',
          'quantity',
          'url',
          'cidr',
          'ip',
          'semver',
        ),
        tie('expression'),
      )
      .map(([f, a]) => `${f}(${a})`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom(
          'size',
          'sum',
          'min',
          'isSorted',
          'reverse',
          'flatten',
          'distinct',
          'sort',
          'trim',
          'lowerAscii',
          'getHours',
          'join',
          'value',
          'hasValue',
          'family',
          'sign',
        ),
      )
      .map(([a, f]) => `dyn(${a}).${f}()`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom(
          'matches',
          'contains',
          'split',
          'find',
          'findAll',
          'startsWith',
          'indexOf',
          'lastIndexOf',
          'join',
          'format',
          'orValue',
          'charAt',
          'substring',
          'add',
          'containsIP',
        ),
        tie('expression'),
      )
      .map(([a, f, b]) => `dyn(${a}).${f}(dyn(${b}))`),
    fc
      .tuple(tie('expression'), fc.constantFrom('all', 'exists', 'exists_one', 'map', 'filter', 'optMap'), tie('expression'))
      .map(([a, m, b]) => `dyn(${a}).${m}(x, ${b})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('all', 'exists', 'transformList', 'transformMap'), tie('expression'))
      .map(([a, m, b]) => `dyn(${a}).${m}(x, y, ${b})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `cel.bind(x, ${a}, ${b})`),
  ),
}))

test('no expression crashes or exceeds its budget', () => {
  const self = t.objectOf('self', { a: t.int, s: t.string, l: t.listOf(t.int), m: t.mapOf(t.string, t.dyn) })
  const value = reader(self)({ a: 5, s: 'text', l: [3, 1, 2], m: { k: [1, 'two', null, { deep: true }] } })
  const budget = 20_000
  let ran = 0
  fc.assert(
    fc.property(expression, text => {
      const compiled = compile(text, { variables: { self, x: t.dyn } })
      if ('error' in compiled) return
      ran++
      const { max } = compiled.program.estimate()
      assert.ok(max >= 0 && max <= 2 ** 64)
      const outcome = compiled.program.run({ self: value, x: 1n }, budget)
      if (outcome.kind !== 'exceeded') assert.ok(outcome.cost <= budget)
    }),
    { numRuns: 4000 },
  )
  assert.ok(ran > 400, `only ${ran} compiled`)
})

test('no text crashes the compiler', () => {
  const piece = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '.',
    ',',
    '?',
    ':',
    '"',
    "'",
    '\\',
    '`',
    'a',
    '1',
    '0x',
    'u',
    'e',
    '+',
    '-',
    '&&',
    '||',
    '==',
    'in',
    'has',
    'b"',
    "r'",
    '\n',
    '//',
    ' ',
    '😀',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), parts => {
      compile(parts.join(''), { variables: { a: t.dyn } })
    }),
    { numRuns: 5000 },
  )
  for (const text of [
    '('.repeat(1000),
    '['.repeat(100_000),
    '-'.repeat(100_000),
    `1${'+1'.repeat(40_000)}`,
    `a${'.a'.repeat(40_000)}`,
    `true${'&&true'.repeat(15_000)}`,
  ])
    compile(text, { variables: { a: t.dyn } })
})
