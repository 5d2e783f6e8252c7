// What shots are made of: words and values that programs stumble over, and such as name things in a cluster.
import type { Random } from './random.ts'

export const words = [
  'a',
  'x',
  'default',
  'test',
  '',
  'A_b',
  '-',
  '..',
  '%2f',
  '\u0000',
  'ü',
  '💩',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'x'.repeat(300),
  '0',
  '-1',
  '1e9',
  'null',
  'true',
  '127.0.0.1',
  '::1',
  '10.96.0.10',
  '10.96.0.0/24',
  '100m',
  '2026-01-01T00:00:00Z',
  'a/b',
  'a=b',
  '{',
  '[',
  '"',
  "'",
  '$patch',
  '$(A)',
  '*',
  '\ud800',
  '\u2028',
] as const

const odd = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  -0,
  2 ** 53,
  2 ** 63,
  2 ** 31,
  -(2 ** 31) - 1,
  '',
  [],
  {},
  [null],
  [[]],
  { '': null },
  JSON.parse('{"__proto__": {"a": 1}, "constructor": {}}') as object,
  '\ud800',
] as const

/** A value of its own, as values are changed later. */
export function oddValue(random: Random): unknown {
  return structuredClone(random.pick<unknown>(odd))
}

/** Few, so that shots meet each other's objects. */
export const names = ['x', 'y', 'z', 'small', 'default', 'kubernetes', 'x-1'] as const
export const namespaces = ['test', 'other'] as const
/** May be deleted, and comes again. */
export const passingNamespace = 'passing'
export const managers = ['one', 'two', 'three'] as const

/** A few characters are replaced, dropped or doubled. */
export function garbled(random: Random, text: string): string {
  let out = text
  for (let i = random.below(4); i > 0; i--) {
    const at = random.below(out.length + 1)
    out = random.do(
      () => out.slice(0, at) + random.pick(words) + out.slice(at),
      () => out.slice(0, at) + out.slice(at + 1 + random.below(5)),
      () => out.slice(0, at) + out.slice(at, at + 20) + out.slice(at),
      () => out.slice(0, at),
      () => out.slice(0, at) + String.fromCharCode(random.below(256)) + out.slice(at + 1),
    )
  }
  return out
}

export function nested(random: Random, depth: number): unknown {
  let value: unknown = oddValue(random)
  const isList = random.chance(0.4)
  for (let i = 0; i < depth; i++) value = isList ? [value] : { a: value }
  return value
}
