// Semantic versions (semver.org 2.0.0), optionally normalised: a `v` before, missing parts and leading zeros are mended.
import { EvaluationError } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import { opaque } from '../types.ts'
import type { Foreign } from '../values.ts'

class SemverValue implements Foreign {
  readonly celType = semverType
  readonly numbers: readonly [bigint, bigint, bigint]
  readonly prerelease: readonly string[]
  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly string[]) {
    this.numbers = numbers
    this.prerelease = prerelease
  }
  equals(other: Foreign): boolean {
    return other instanceof SemverValue && compare(this, other) === 0
  }
}
const semverType = opaque('kubernetes.Semver')
const type = 'kubernetes.Semver'
const { fn, method } = declarations<{ readonly [type]: SemverValue }>()

const pattern =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

function read(text: string): SemverValue | undefined {
  const [all, major = '', minor = '', patch = '', prerelease] = pattern.exec(text) ?? []
  if (all === undefined || [major, minor, patch].some(part => part.length > 19)) return undefined
  const parts = prerelease?.split('.') ?? []
  return parts.some(part => /^0\d+$/.test(part)) ? undefined : new SemverValue([BigInt(major), BigInt(minor), BigInt(patch)], parts)
}

function normalize(text: string): string {
  const bare = text.replace(/^v/, '')
  const [, core = '', suffix = ''] = /^([^-+]*)(.*)$/s.exec(bare) ?? []
  const parts = core.split('.').map(part => part.replace(/^0+(?=\d)/, ''))
  while (parts.length < 3 && suffix === '') parts.push('0')
  return parts.join('.') + suffix
}

function parse(text: string): SemverValue {
  const value = read(text)
  if (!value)
    throw new EvaluationError(`Semver parse error during conversion from string: invalid semantic version ${JSON.stringify(text)}`)
  return value
}

function compare(a: SemverValue, b: SemverValue): number {
  for (const i of [0, 1, 2] as const) if (a.numbers[i] !== b.numbers[i]) return a.numbers[i] < b.numbers[i] ? -1 : 1
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length
  for (const [i, part] of a.prerelease.entries()) {
    const other = b.prerelease[i]
    if (other === undefined) return 1
    if (part !== other) return comparePart(part, other)
  }
  return a.prerelease.length - b.prerelease.length
}

function comparePart(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (aIsNumber && bIsNumber) return BigInt(a) < BigInt(b) ? -1 : 1
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1
  return a < b ? -1 : 1
}

const traversal = (text: string): number => Math.ceil(text.length * 0.1)
const twice = (text: string): number => 2 * traversal(text)

export const semverFunctions: readonly Overload[] = [
  fn('semver', ['string'], type, parse, traversal),
  fn('semver', ['string', 'bool'], type, (text, mend) => parse(mend ? normalize(text) : text), twice),
  fn('isSemver', ['string'], 'bool', text => read(text) !== undefined, traversal),
  fn('isSemver', ['string', 'bool'], 'bool', (text, mend) => read(mend ? normalize(text) : text) !== undefined, twice),
  method(type, 'major', [], 'int', ({ numbers }) => numbers[0]),
  method(type, 'minor', [], 'int', ({ numbers }) => numbers[1]),
  method(type, 'patch', [], 'int', ({ numbers }) => numbers[2]),
  method(type, 'isGreaterThan', [type], 'bool', (a, b) => compare(a, b) > 0),
  method(type, 'isLessThan', [type], 'bool', (a, b) => compare(a, b) < 0),
  method(type, 'compareTo', [type], 'int', (a, b) => BigInt(Math.sign(compare(a, b)))),
]
