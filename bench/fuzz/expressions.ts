// Random CEL: well typed for the most part, so that it is compiled, priced and run, and broken now and then.
import type { Random } from './random.ts'
import { garbled } from './words.ts'

type Type = 'bool' | 'int' | 'double' | 'string' | 'list' | 'map' | 'time' | 'span' | 'any'

/** What an expression may name; not all are there everywhere. */
const roots = [
  'self',
  'self',
  'self',
  'oldSelf',
  'object',
  'object',
  'oldObject',
  'request',
  'params',
  'namespaceObject',
  'variables',
  'x',
  'y',
]
const fields = [
  'metadata',
  'name',
  'spec',
  'replicas',
  'labels',
  'a',
  'parts',
  'mode',
  'status',
  'namespace',
  '__namespace__',
  'data',
  '?a',
]
const patterns = ['^a+$', '(a|aa)+$', '[', '.*.*.*x', '\\\\p{L}', 'a{1,1000}', '(?i)x', '']
const texts = [
  '"a"',
  "''",
  '"é💩"',
  "'''x'''",
  'r"\\d"',
  'b"a"',
  '"\\u0000"',
  '"127.0.0.1"',
  '"10.0.0.0/8"',
  '"1.2.3"',
  '"https://a/b?c=d"',
  '"100m"',
]

/** A whole expression. It need not fit where it is put. */
export function expression(random: Random): string {
  if (random.chance(0.03)) return extreme(random)
  const text = make(random, random.chance(0.75) ? 'bool' : random.pick(['string', 'list', 'map', 'int', 'any']), 1 + random.below(5))
  return random.chance(0.1) ? garbled(random, text) : text
}

/** Long, deep and dear ones. */
function extreme(random: Random): string {
  const n = random.pick([10, 100, 1000, 5000])
  return random.do(
    () => `${'('.repeat(n)}true${')'.repeat(n)}`,
    () => `${'!'.repeat(n)}true`,
    () => `${'-'.repeat(n)}1 == 1`,
    () => Array.from({ length: n }, () => '1').join(' + '),
    () => Array.from({ length: n }, () => 'true').join(' && '),
    () => `${'['.repeat(n)}${']'.repeat(n)}`,
    () => `"${'a'.repeat(n)}".matches("${'a?'.repeat(n)}${'a'.repeat(n)}")`,
    () => `self${'.a'.repeat(n)} == 1`,
    () => `${'true ? '.repeat(n)}true${' : false'.repeat(n)}`,
    () => `[1,2,3,4,5,6,7,8,9].all(a, ${'[1,2,3,4,5,6,7,8,9].all(b, '.repeat(Math.min(n, 12))}true${')'.repeat(Math.min(n, 12))})`,
    () => `[${Array.from({ length: n }, () => '"a"').join()}].exists(x, x == "b")`,
    () => `"%s".format([${'['.repeat(Math.min(n, 100))}1${']'.repeat(Math.min(n, 100))}])`,
  )
}

function path(random: Random): string {
  let text = random.pick(roots)
  for (let i = random.below(4); i > 0; i--)
    text += random.chance(0.85) ? `.${random.pick(fields)}` : `[${random.pick(['0', '"a"', '-1', 'x'])}]`
  return text
}

function make(random: Random, type: Type, depth: number): string {
  const of = (next: Type) => make(random, next, depth - 1)
  if (depth <= 0) return leaf(random, type)
  if (random.chance(0.04)) return `(${of('bool')} ? ${of(type)} : ${of(type)})`
  const pick = (...list: readonly string[]) => random.pick(list)
  switch (type) {
    case 'bool':
      return random.do(
        () => `(${of('bool')} ${pick('&&', '||')} ${of('bool')})`,
        () => `!${of('bool')}`,
        () => `${of('int')} ${pick('<', '<=', '==', '!=', '>=', '>')} ${of('int')}`,
        () => `${of('string')} ${pick('==', '!=', '<')} ${of('string')}`,
        () => `${of('any')} == ${of('any')}`,
        () => `has(${path(random)})`,
        () => `${of('string')}.${pick('contains', 'startsWith', 'endsWith')}(${of('string')})`,
        () => `${of('string')}.matches(${random.chance(0.8) ? `"${random.pick(patterns)}"` : of('string')})`,
        () => `${of('list')}.${pick('all', 'exists', 'exists_one')}(${pick('x', 'y')}, ${of('bool')})`,
        () => `${of('list')}.all(x, y, ${of('bool')})`,
        () => `${of('any')} in ${random.chance(0.5) ? of('list') : of('map')}`,
        () => `sets.${pick('contains', 'equivalent', 'intersects')}(${of('list')}, ${of('list')})`,
        () => `${pick('isIP', 'isCIDR', 'isURL', 'isQuantity', 'isSemver')}(${of('string')})`,
        () => `quantity(${of('string')}).isLessThan(quantity(${of('string')}))`,
        () => `cidr(${of('string')}).containsIP(${of('string')})`,
        () => `format.named(${pick('"dns1123Label"', '"uuid"', '"x"')}).value().validate(${of('string')}).hasValue()`,
        () => `authorizer.group(${of('string')}).resource(${of('string')}).namespace(${of('string')}).check(${of('string')}).allowed()`,
        () => `authorizer.path(${of('string')}).check("get").allowed()`,
        () => `${of('list')}.isSorted()`,
        () => `${of('time')} < ${of('time')}`,
        () => `cel.bind(x, ${of('any')}, ${of('bool')})`,
        () => `type(${of('any')}) == ${pick('int', 'string', 'type', 'list', 'null_type')}`,
      )
    case 'int':
      return random.do(
        () => `(${of('int')} ${pick('+', '-', '*', '/', '%')} ${of('int')})`,
        () => `size(${of(random.pick(['string', 'list', 'map']))})`,
        () => `int(${of(random.pick(['string', 'double', 'time', 'int']))})`,
        () => `${of('list')}.${pick('sum', 'min', 'max')}()`,
        () => `${of('list')}.${pick('indexOf', 'lastIndexOf')}(${of('any')})`,
        () => `${of('string')}.indexOf(${of('string')})`,
        () => `math.${pick('abs', 'sign', 'bitNot')}(${of('int')})`,
        () => `math.${pick('greatest', 'least')}(${of('int')}, ${of('int')})`,
        () => `math.bitShiftLeft(${of('int')}, ${of('int')})`,
        () => `${of('time')}.${pick('getFullYear', 'getDayOfWeek', 'getHours')}(${pick('', '"Europe/Berlin"', '"x"', '"+25:00"')})`,
        () => `semver(${of('string')}).major()`,
        () => `quantity(${of('string')}).asInteger()`,
        () => `-${of('int')}`,
      )
    case 'double':
      return random.do(
        () => `double(${of(random.pick(['int', 'string']))})`,
        () => `(${of('double')} ${pick('+', '-', '*', '/')} ${of('double')})`,
        () => `math.${pick('ceil', 'floor', 'round', 'trunc', 'sqrt')}(${of('double')})`,
        () => `quantity(${of('string')}).asApproximateFloat()`,
      )
    case 'string':
      return random.do(
        () => `(${of('string')} + ${of('string')})`,
        () => `string(${of(random.pick(['int', 'double', 'bool', 'time', 'span', 'any']))})`,
        () => `${of('string')}.${pick('lowerAscii', 'upperAscii', 'trim', 'reverse')}()`,
        () => `${of('string')}.replace(${of('string')}, ${of('string')}${random.chance(0.3) ? `, ${of('int')}` : ''})`,
        () => `${of('string')}.substring(${of('int')}${random.chance(0.5) ? `, ${of('int')}` : ''})`,
        () => `${of('string')}.charAt(${of('int')})`,
        () => `${of('string')}.find("${random.pick(patterns)}")`,
        () => `${of('list')}.join(${of('string')})`,
        () => `${pick('"%s"', '"%d %x"', '"%.3f"', '"%e"', '"%b%%"', '"%"', '"%1$s"', '"%o"')}.format([${of('any')}, ${of('any')}])`,
        () => `url(${of('string')}).getHost()`,
        () => `strings.quote(${of('string')})`,
        () => `${path(random)}.orValue(${of('string')})`,
      )
    case 'list':
      return random.do(
        () => `[${random.some(3, () => of('any')).join(', ')}]`,
        () => `[${random.some(3, () => of('int')).join(', ')}]`,
        () => `${of('list')}.map(x, ${of('any')})`,
        () => `${of('list')}.map(x, ${of('bool')}, ${of('any')})`,
        () => `${of('list')}.filter(x, ${of('bool')})`,
        () => `(${of('list')} + ${of('list')})`,
        () => `${of('string')}.split(${of('string')}${random.chance(0.3) ? `, ${of('int')}` : ''})`,
        () => `${of('string')}.findAll("${random.pick(patterns)}")`,
        () => `${of('list')}.${pick('slice(0, 1)', 'sort()', 'flatten()', 'distinct()', 'reverse()')}`,
        () => `lists.range(${of('int')})`,
        () => `[JSONPatch{op: ${of('string')}, path: ${of('string')}, value: ${of('any')}}]`,
      )
    case 'map':
      return random.do(
        () => `{${random.some(3, () => `${of(random.pick(['string', 'int', 'bool']))}: ${of('any')}`).join(', ')}}`,
        () => `Object{spec: Object.spec{replicas: ${of('int')}}}`,
        () => `Object{metadata: Object.metadata{labels: ${of('map')}}}`,
        () => `${of('map')}.transformMap(x, y, ${of('any')})`,
        () => `url(${of('string')}).getQuery()`,
      )
    case 'time':
      return random.do(
        () => `timestamp(${of('string')})`,
        () => `(${of('time')} + ${of('span')})`,
        () => `timestamp(${of('int')})`,
      )
    case 'span':
      return random.do(
        () => `duration(${of('string')})`,
        () => `(${of('time')} - ${of('time')})`,
      )
    case 'any':
      return of(random.pick(['bool', 'int', 'double', 'string', 'list', 'map', 'time', 'span']))
  }
}

function leaf(random: Random, type: Type): string {
  const literals: Readonly<Record<Exclude<Type, 'any'>, readonly string[]>> = {
    bool: ['true', 'false'],
    int: ['0', '1', '-1', '9223372036854775807', '-9223372036854775808', '0x7f', '2u', '100000'],
    double: ['1.5', '-0.0', '1e300', '0.1', '1e-320'],
    string: texts,
    list: ['[]', '[1, 2]', '["a"]', '[1, "a", null]'],
    map: ['{}', '{"a": 1}', '{1: "a"}', '{true: null}'],
    time: ['timestamp("2026-01-01T00:00:00Z")', 'timestamp("0001-01-01T00:00:00Z")', 'timestamp("9999-12-31T23:59:59Z")'],
    span: ['duration("1h")', 'duration("-315576000000s")', 'duration("1ns")'],
  }
  if (type === 'any') return random.pick(['null', 'dyn(1)', path(random), 'optional.none()', 'optional.of(1)', 'b"x"', 'type(1)'])
  return random.chance(0.5) ? path(random) : random.pick(literals[type])
}
