import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatSelector, type Labels, parseSelector, type Selector, selectorOf, selectorOfLabels } from './selector.ts'

const parsed = (text: string): Selector => {
  const result = parseSelector(text)
  assert.ok(result.ok, text)
  return result.selector
}

test('selector text selects', () => {
  const rows: [string, Labels | undefined, boolean][] = [
    ['', {}, true],
    ['', undefined, true],
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a=', { a: '' }, true],
    ['a=b', undefined, false],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    [' a = b , c != d ', { a: 'b' }, true],
    ['e in (x,y)', { e: 'y' }, true],
    ['e in (x,)', { e: '' }, true],
    ['e notin (x,y)', { e: 'y' }, false],
    ['e notin (x,y)', {}, true],
    ['n>5,n<10', { n: '7' }, true],
    ['n>5', { n: '5' }, false],
    ['n>5', { n: 'x' }, false],
    ['in in (in)', { in: 'in' }, true],
    ['app.kubernetes.io/name=x', { 'app.kubernetes.io/name': 'x' }, true],
    ['toString', {}, false],
  ]
  for (const [text, labels, expected] of rows) assert.equal(parsed(text).matches(labels), expected, `${text} on ${JSON.stringify(labels)}`)
})

test('malformed selectors are refused in upstream’s words', () => {
  const rows: [string, RegExp | string][] = [
    ['test-label=====name1', "unable to parse requirement: found '==', expected: identifier"],
    ['env IN (a)', "unable to parse requirement: found 'IN', expected: in, notin, =, ==, !=, gt, lt"],
    ['a,', "found '', expected: identifier after ','"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['a in x', "unable to parse requirement: found 'x' expected: '('"],
    ['a in (x', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in ()', `values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty`],
    ['a>x', `values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`],
    ['-a=b', /^unable to parse requirement: key: Invalid value: "-a": name part must consist of/],
    ['a=-b', /^values\[0\]\[a\]: Invalid value: "-b": a valid label must be an empty string or/],
  ]
  for (const [text, expected] of rows) {
    const result = parseSelector(text)
    assert.ok(!result.ok, text)
    if (typeof expected === 'string') assert.equal(result.error, expected)
    else assert.match(result.error, expected)
  }
})

test('an absent LabelSelector selects nothing, an empty one everything', () => {
  const matches = (selector: Parameters<typeof selectorOf>[0], labels: Labels) => {
    const result = selectorOf(selector)
    assert.ok(result.ok)
    return result.selector.matches(labels)
  }
  assert.equal(matches(undefined, { a: 'b' }), false)
  assert.equal(matches({}, { a: 'b' }), true)
  assert.equal(matches({ matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'NotIn', values: ['d'] }] }, { a: 'b' }), true)
  assert.equal(matches({ matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'Exists' }] }, { a: 'b' }), false)
  assert.deepEqual(selectorOf({ matchExpressions: [{ key: 'c', operator: 'Near' }] }), {
    ok: false,
    error: '"Near" is not a valid label selector operator',
  })
})

test('selectors are written sorted, and read back the same', () => {
  assert.equal(formatSelector(parsed('c in (y,x),b!=d,!e,a=b,f,g>1')), 'a=b,b!=d,c in (x,y),!e,f,g>1')
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,3}$/)
  const requirement = fc.oneof(
    fc.tuple(word, fc.constantFrom('=', '!=', '=='), word).map(parts => parts.join('')),
    fc.tuple(word, fc.constantFrom('in', 'notin'), fc.array(word, { minLength: 1 })).map(([key, op, values]) => `${key} ${op} (${values})`),
    word,
    word.map(key => `!${key}`),
  )
  fc.assert(
    fc.property(fc.array(requirement), fc.dictionary(word, word), (texts, labels) => {
      const selector = parsed(texts.join(','))
      const again = parsed(formatSelector(selector))
      assert.equal(formatSelector(again), formatSelector(selector))
      assert.equal(again.matches(labels), selector.matches(labels))
      assert.ok(selectorOfLabels(labels).matches(labels))
    }),
  )
})
