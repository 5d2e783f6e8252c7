// Regular expressions by RE2, whose matching takes time linear in the text whatever the pattern. Compiled patterns are kept.
import { RE2JS } from 're2js'
import { EvaluationError } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import { List } from '../values.ts'

const { fn, method } = declarations()

const kept = new Map<string, RE2JS>()
const mostKept = 256

/** Undefined for a pattern that RE2 does not take. */
export function compilePattern(pattern: string): RE2JS | undefined {
  const known = kept.get(pattern)
  if (known) return known
  try {
    const compiled = RE2JS.compile(pattern)
    if (kept.size >= mostKept) kept.delete(kept.keys().next().value ?? '')
    kept.set(pattern, compiled)
    return compiled
  } catch {
    return undefined
  }
}

function compiled(pattern: string): RE2JS {
  const found = compilePattern(pattern)
  if (!found) throw new EvaluationError(`error parsing regexp: ${pattern}`)
  return found
}

function find(text: string, pattern: string): string {
  const matcher = compiled(pattern).matcher(text)
  return matcher.find() ? (matcher.group() ?? '') : ''
}

function findAll(text: string, pattern: string, limit: bigint): List {
  const matcher = compiled(pattern).matcher(text)
  const found: string[] = []
  while ((limit < 0n || found.length < Number(limit)) && matcher.find()) found.push(matcher.group() ?? '')
  return List.of(found)
}

const matching = (text: string, pattern: string): number => Math.ceil((1 + text.length) * 0.1) * Math.ceil(pattern.length * 0.25)

export const regexFunctions: readonly Overload[] = [
  method('string', 'matches', ['string'], 'bool', (text, pattern) => compiled(pattern).test(text), matching),
  fn('matches', ['string', 'string'], 'bool', (text, pattern) => compiled(pattern).test(text), matching),
  method('string', 'find', ['string'], 'string', find, matching),
  method('string', 'findAll', ['string'], 'list(string)', (text, pattern) => findAll(text, pattern, -1n), matching),
  method('string', 'findAll', ['string', 'int'], 'list(string)', findAll, matching),
]
