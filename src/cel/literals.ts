// Literals that can be seen to fail before they run: patterns, timestamps and durations.
import type { Call, Expr } from './ast.ts'
import type { Checked } from './check.ts'
import type { Issue } from './errors.ts'
import { compilePattern } from './lib/regex.ts'
import { readDuration, readTimestamp } from './time.ts'

const validators: Readonly<Record<string, (text: string) => boolean>> = {
  matches: text => compilePattern(text) !== undefined,
  timestamp: text => readTimestamp(text) !== undefined,
  duration: text => readDuration(text) !== undefined,
}

export function validateLiterals({ calls }: Checked): Issue[] {
  return [...calls.keys()].flatMap(call => {
    const valid = Object.hasOwn(validators, call.name) ? validators[call.name] : undefined
    const argument = valid && call.args.at(-1)
    if (!valid || !isText(argument) || valid(argument.value)) return []
    return [{ offset: argument.offset, message: `invalid ${call.name} argument` }]
  })
}

const isText = (expr: Call['args'][number] | undefined): expr is Expr & { readonly kind: 'literal'; readonly value: string } =>
  expr?.kind === 'literal' && typeof expr.value === 'string'
