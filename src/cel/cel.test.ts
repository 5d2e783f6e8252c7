// What expressions evaluate to, library by library, as upstream documents it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from './compile.ts'
import { reader, toJson } from './json.ts'
import type { Type } from './types.ts'
import * as t from './types.ts'
import type { Value } from './values.ts'

interface Given {
  readonly type: Type
  readonly json: unknown
}

function evaluate(text: string, given: Readonly<Record<string, Given>> = {}): unknown {
  const variables = Object.fromEntries(Object.entries(given).map(([name, { type }]) => [name, type]))
  const compiled = compile(text, { variables })
  if ('error' in compiled) return `does not compile: ${compiled.error}`
  const values: Record<string, Value> = {}
  for (const [name, { type, json }] of Object.entries(given)) values[name] = reader(type)(json)
  const outcome = compiled.program.run(values)
  return outcome.kind === 'value' ? toJson(outcome.value) : `fails: ${outcome.error}`
}

type Row = readonly [expression: string, result: unknown]
function table(name: string, rows: readonly Row[]): void {
  test(name, () => {
    for (const [expression, result] of rows) assert.deepEqual(evaluate(expression), result, expression)
  })
}

table('literals and operators', [
  ['1 + 2 * 3', 7],
  ['-7 / 2', -3],
  ['-7 % 3', -1],
  ['0x1F', 31],
  ['1u + 2u', 3],
  ['1.5e1', 15],
  ['\'a\' + "b"', 'ab'],
  ["r'\\d' == '\\\\d'", true],
  ["'''a\n'b'''", "a\n'b"],
  ["b'\\xff' == b'\\377'", true],
  ["'\\u00e9\\U0001F600'.size()", 2],
  ['[1, 2] + [3]', [1, 2, 3]],
  ["{'a': 1}.a", 1],
  ["{'a': 1}['b']", 'fails: no such key: b'],
  ['[1, 2][2]', 'fails: index out of bounds: 2'],
  ['1 / 0', 'fails: division by zero'],
  ['1 % 0', 'fails: modulus by zero'],
  ['9223372036854775807 + 1', 'fails: integer overflow'],
  ['-9223372036854775808', -9223372036854776000],
  ['0u - 1u', 'fails: unsigned integer overflow'],
  ['true ? 1 : 2', 1],
  ['1 in [1, 2]', true],
  ["'b' in {'a': 1}", false],
  ['1 < 1.5 && 2u > 1 && 1.0 <= 1u', true],
  ['dyn(1) == 1.0', true],
  ['dyn(1) == 1u', true],
  ["dyn(1) == '1'", false],
  ['[1, 2] == [1, 2]', true],
  ["{'a': [1]} == {'a': [1]}", true],
  ['!true', false],
  ['!!true', true],
  ['null == null', true],
  ["type(1) == int && type('') == string && type([]) == list && type(null) == null_type", true],
  ["type(duration('1s')) == google.protobuf.Duration", true],
])

table('errors are absorbed where the others decide', [
  ['1 / 0 == 1 || true', true],
  ['true || 1 / 0 == 1', true],
  ['1 / 0 == 1 && false', false],
  ['1 / 0 == 1 || false', 'fails: division by zero'],
  ['[1, 0].exists(x, 1 / x == 1)', true],
  ['[0, 1].exists(x, 1 / x == 1)', true],
  ['[0, 2].exists(x, 1 / x == 1)', 'fails: division by zero'],
  ['[0, 2].all(x, 1 / x == 1)', false],
])

table('macros', [
  ['[1, 2, 3].all(x, x > 0)', true],
  ['[1, 2, 3].exists(x, x == 2)', true],
  ['[1, 2, 2].exists_one(x, x == 2)', false],
  ['[1, 2, 3].map(x, x * 2)', [2, 4, 6]],
  ['[1, 2, 3].map(x, x > 1, x * 2)', [4, 6]],
  ['[1, 2, 3].filter(x, x > 1)', [2, 3]],
  ["{'a': 1, 'b': 2}.all(k, k in ['a', 'b'])", true],
  ['[[1, 2], [3]].map(l, l.map(x, x + 1))', [[2, 3], [4]]],
  ["has({'a': 1}.a)", true],
  ["has({'a': 1}.b)", false],
  ['[1, 2].all(i, v, i < v)', true],
  ["{'a': 1}.exists(k, v, k == 'a' && v == 1)", true],
  ["{'a': 1, 'b': 2}.existsOne(k, v, v == 2)", true],
  ['[5, 6].transformList(i, v, i + v)', [5, 7]],
  ['[5, 6].transformList(i, v, i > 0, v)', [6]],
  ["{'a': 1}.transformMap(k, v, v + 1)", { a: 2 }],
  ["{'a': 1}.transformMapEntry(k, v, {k + 'x': v})", { ax: 1 }],
  ['cel.bind(x, 5, x * x)', 25],
])

table('optionals', [
  ['optional.of(1).orValue(2) + optional.none().orValue(2)', 3],
  ["{'a': 1}[?'b'].hasValue()", false],
  ["{'a': {'b': 1}}.?a.?b.orValue(0)", 1],
  ["{'a': {'b': 1}}.?x.b.orValue(0)", 0],
  ['[1][?0].value()', 1],
  ['[?optional.none(), 1]', [1]],
  ["{?'a': optional.none(), 'b': 1}", { b: 1 }],
  ['optional.of(2).optMap(x, x * 2).value()', 4],
  ['optional.none().optMap(x, x * 2).hasValue()', false],
  ['optional.of(2).optFlatMap(x, optional.of(x + 1)).value()', 3],
  ['optional.none().or(optional.of(3)).value()', 3],
  ['optional.none().value()', 'fails: optional.none() dereference'],
  ["optional.ofNonZeroValue('').hasValue()", false],
])

table('conversions', [
  ["int('42') + int(3.9) + int(2u)", 47],
  ["int('x')", "fails: type conversion error from 'string' to 'int'"],
  ["double('1.5')", 1.5],
  ['string(1.5) + string(1) + string(true)', '1.51true'],
  ["bool('true')", true],
  ["string(bytes('é'))", 'é'],
  ["string(duration('90m'))", '5400s'],
  ["string(timestamp('2024-02-29T12:00:00.5Z'))", '2024-02-29T12:00:00.5Z'],
  ["int(timestamp('1970-01-01T00:01:00Z'))", 60],
  ['uint(-1)', 'fails: unsigned integer overflow'],
])

table('times', [
  ["timestamp('2024-02-29T12:00:00Z') + duration('24h') == timestamp('2024-03-01T12:00:00Z')", true],
  ["timestamp('2024-03-01T00:00:00Z') - timestamp('2024-02-29T00:00:00Z') == duration('24h')", true],
  ["timestamp('2024-02-29T23:30:00Z').getDate()", 29],
  ["timestamp('2024-02-29T23:30:00Z').getDayOfMonth()", 28],
  ["timestamp('2024-02-29T23:30:00Z').getHours('+01:00')", 0],
  ["timestamp('2024-07-01T00:00:00Z').getHours('America/New_York')", 20],
  ["timestamp('2024-02-29T00:00:00Z').getDayOfYear()", 59],
  ["timestamp('2024-02-29T00:00:00Z').getDayOfWeek()", 4],
  ["duration('1h30m').getMinutes()", 90],
  ["duration('1.5s').getMilliseconds()", 500],
])

table('strings', [
  ["'hello'.startsWith('he') && 'hello'.endsWith('lo') && 'hello'.contains('ell')", true],
  ["'tacocat'.charAt(3)", 'o'],
  ["'hello mellow'.indexOf('ello', 2)", 7],
  ["'hello mellow'.lastIndexOf('ello')", 7],
  ["'hello mellow'.indexOf('jello')", -1],
  ["'TacoCÆt'.lowerAscii()", 'tacocÆt'],
  ["'tacocæt'.upperAscii()", 'TACOCæT'],
  ["'hello hello'.replace('he', 'we')", 'wello wello'],
  ["'hello hello'.replace('he', 'we', 1)", 'wello hello'],
  ["'hello hello'.replace('', '_')", '_h_e_l_l_o_ _h_e_l_l_o_'],
  ["'hello hello hello'.split(' ', 2)", ['hello', 'hello hello']],
  ["'tacocat'.substring(0, 4)", 'taco'],
  ["'tacocat'.substring(4)", 'cat'],
  ["'😀b'.substring(1)", 'b'],
  ["'ab'.substring(3)", 'fails: index out of range: 3'],
  ["'  \\ttrim\\n '.trim()", 'trim'],
  ["['x', 'y'].join('-')", 'x-y'],
  ["'gums'.reverse()", 'smug'],
  ["'%s is %d, %.2f, %x, %b, %e'.format([dyn('x'), 5, 3.14159, 255, 5, 1234.5])", 'x is 5, 3.14, ff, 101, 1.234500e+03'],
  ["'%s'.format([[dyn(1), 'a', {'k': true}]])", '[1, a, {k: true}]'],
  ['strings.quote(\'a\\n"b"\')', '"a\\n\\"b\\""'],
])

table('lists and sets', [
  ['[1, 2, 2].isSorted() && ![2, 1].isSorted()', true],
  ["['a'].isSorted()", true],
  ['[1, 3].sum() + [1, 3].max() + [1, 3].min()', 8],
  ['[1.5, 2.0].sum()', 3.5],
  ["[duration('1m'), duration('1s')].sum() == duration('61s')", true],
  ['[].sum()', 0],
  ['[1][?5].orValue([7].max())', 7],
  ['[1, 2, 1].indexOf(1) + [1, 2, 1].lastIndexOf(1)', 2],
  ["['a', 'b'].indexOf('c')", -1],
  ['[1, 2, 3, 4].slice(1, 3)', [2, 3]],
  ['[[1], [2, 3]].flatten()', [1, 2, 3]],
  ['[3, 1, 2].sort()', [1, 2, 3]],
  ["['bbb', 'a', 'cc'].sortBy(x, x.size())", ['a', 'cc', 'bbb']],
  ['[1, 2, 1, 3].distinct()', [1, 2, 3]],
  ['[1, 2, 3].reverse()', [3, 2, 1]],
  ['lists.range(3)', [0, 1, 2]],
  ['sets.contains([1, 2, 3], [2]) && sets.equivalent([1, 2, 2], [2, 1]) && !sets.intersects([1], [2])', true],
])

table('regular expressions', [
  ["'abc'.matches('^a.c$')", true],
  ["'abc'.matches('b')", true],
  ["matches('abc', 'x')", false],
  ["'abc 123 def 456'.find('[0-9]+')", '123'],
  ["'abc 123 def 456'.findAll('[0-9]+')", ['123', '456']],
  ["'1 2 3'.findAll('[0-9]', 2)", ['1', '2']],
  ["('a' + 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!').matches('(a+)+$')", false],
])

table('urls', [
  ["url('https://user@kubernetes.io:8443/a b?k=1&k=2').getHost()", 'kubernetes.io:8443'],
  ["url('https://[::1]:80/').getHostname()", '::1'],
  ["url('https://kubernetes.io:8443/').getPort()", '8443'],
  ["url('https://kubernetes.io/with space').getEscapedPath()", '/with%20space'],
  ["url('https://x/?k=1&k=2').getQuery()", { k: ['1', '2'] }],
  ["url('/absolute').getScheme()", ''],
  ["isURL('../relative') || isURL('')", false],
  ["isURL('https://x')", true],
])

table('quantities', [
  ["quantity('1Gi').isGreaterThan(quantity('500Mi'))", true],
  ["quantity('50k').add(20).compareTo(quantity('50020'))", 0],
  ["quantity('1500m').isInteger()", false],
  ["quantity('50M').asInteger()", 50000000],
  ["quantity('1.5').asApproximateFloat()", 1.5],
  ["quantity('-1').sign()", -1],
  ["isQuantity('20ki')", false],
  ["quantity('1000m') == quantity('1')", true],
])

table('addresses', [
  ["ip('192.168.0.1').family()", 4],
  ["ip('::1').isLoopback()", true],
  ["isIP('192.168.0.1.0') || isIP('::ffff:1.2.3.4')", false],
  ["ip.isCanonical('2001:DB8::1')", false],
  ["ip('224.0.0.1').isLinkLocalMulticast()", true],
  ["cidr('192.168.0.0/24').containsIP('192.168.0.7')", true],
  ["cidr('192.168.0.0/16').containsCIDR(cidr('192.168.10.0/24'))", true],
  ["string(cidr('192.168.0.7/24').masked())", '192.168.0.0/24'],
  ["cidr('::1/64').prefixLength()", 64],
  ["isCIDR('10.0.0.0/33')", false],
])

table('formats and versions', [
  ["format.named('dns1123Label').value().validate('a-b').hasValue()", false],
  ["format.dns1123Label().validate('A').hasValue()", true],
  ["format.named('nonsense').hasValue()", false],
  ["semver('1.2.3').isLessThan(semver('1.10.0'))", true],
  ["semver('v1', true).major()", 1],
  ["semver('1.0.0-alpha.1').compareTo(semver('1.0.0'))", -1],
  ["isSemver('1.2')", false],
])

table('base64 and math', [
  ["base64.encode(b'hello')", 'aGVsbG8='],
  ["string(base64.decode('aGVsbG8='))", 'hello'],
  ['math.greatest(1, 5, 3) + math.least([4, 2])', 7],
  ['math.ceil(1.2) + math.round(-1.5) + math.abs(-2.0)', 2],
  ['math.bitShiftLeft(1, 3) + math.bitAnd(6, 3)', 10],
  ['math.isNaN(0.0 / 0.0)', true],
])

test('JSON is read by its type', () => {
  const self = t.objectOf('self', {
    replicas: t.int,
    ratio: t.double,
    names: { ...t.listOf(t.string), semantics: { kind: 'set' } },
    ports: { ...t.listOf(t.objectOf('self.port', { name: t.string, port: t.int })), semantics: { kind: 'map', keys: ['name'] } },
    labels: t.mapOf(t.string, t.string),
    since: t.timestamp,
    data: t.bytes,
    either: t.dyn,
    absent: t.string,
  })
  const json = {
    replicas: 3,
    ratio: 1,
    names: ['a', 'b'],
    ports: [{ name: 'x', port: 80 }],
    labels: { app: 'web' },
    since: '2024-01-01T00:00:00Z',
    data: 'aGk=',
    either: '10%',
    hidden: 1,
  }
  const rows: readonly Row[] = [
    ['self.replicas + 1', 4],
    ['self.ratio / 2.0', 0.5],
    ["self.names == ['b', 'a']", true],
    ["(self.names + ['a', 'c']).size()", 3],
    ['(self.ports + [self.ports[0]]).size()', 1],
    ["self.labels.app == 'web' && 'app' in self.labels", true],
    ["self.since < timestamp('2025-01-01T00:00:00Z')", true],
    ['string(self.data)', 'hi'],
    ["type(self.either) == string && self.either == '10%'", true],
    ['has(self.replicas) && !has(self.absent)', true],
    ['self.absent', 'fails: no such key: absent'],
    ['self.hidden', "does not compile: ERROR: <input>:1:5: undefined field 'hidden'\n | self.hidden\n | ....^"],
    ['self == self', true],
  ]
  for (const [expression, result] of rows) assert.deepEqual(evaluate(expression, { self: { type: self, json } }), result, expression)
})

test('messages of the compiler', () => {
  const variables = { self: t.objectOf('selfType', { x: t.int, s: t.string, l: t.listOf(t.string) }) }
  const rows: readonly (readonly [expression: string, message: string])[] = [
    ['self.y', "1:5: undefined field 'y'"],
    ["self.x + 'a'", "1:8: found no matching overload for '_+_' applied to '(int, string)'"],
    ['self.s.matches(1)', "1:15: found no matching overload for 'matches' applied to 'string.(int)'"],
    ['foo', "1:1: undeclared reference to 'foo' (in container '')"],
    ['foo(1)', "1:4: undeclared reference to 'foo' (in container '')"],
    ['self.x.y', "1:7: type 'int' does not support field selection"],
    ['self.x.all(i, true)', "1:5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"],
    ["[1, 'a']", "1:5: expected type 'int' but found 'string'"],
    ['1 == 1.0', "1:3: found no matching overload for '_==_' applied to '(int, double)'"],
    ["self.s.matches('(')", '1:16: invalid matches argument'],
    ["duration('1')", '1:10: invalid duration argument'],
    [
      'self.x ==',
      "1:10: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ],
    ['self.x # 1', "1:8: Syntax error: token recognition error at: '#'"],
    ['has(self)', '1:5: Syntax error: invalid argument to has() macro'],
    ['self.l.all(1, true)', '1:12: Syntax error: argument must be a simple name'],
    ['for', '1:1: Syntax error: reserved identifier: for'],
    ['self.x\n  + true', "2:3: found no matching overload for '_+_' applied to '(int, bool)'"],
  ]
  for (const [expression, message] of rows) {
    const compiled = compile(expression, { variables })
    assert.ok('error' in compiled, expression)
    assert.equal(compiled.error.split('\n')[0], `ERROR: <input>:${message}`, expression)
  }
  const wrong = compile('self.x', { variables, result: [t.bool] })
  assert.deepEqual('error' in wrong && wrong.error, 'must evaluate to bool')
})
