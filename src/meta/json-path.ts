// The JSONPath of kubectl, as far as columns of custom resources go: `.spec.hosts[0]`, `.status.conditions[?(@.type=="Ready")].status`.

type Values = readonly unknown[]
type Step = (values: Values) => Values
/** Gives what is at the path, in order; nothing where there is nothing. */
export type JsonPath = (value: unknown) => Values
export type ParsedPath = { readonly ok: true; readonly path: JsonPath } | { readonly ok: false; readonly error: string }

export function parseJsonPath(text: string): ParsedPath {
  const steps: Step[] = []
  let at = 0
  while (at < text.length) {
    const rest = text.slice(at)
    const bracket = rest.startsWith('[') ? closing(rest) : 0
    const [found] = /^\$|^\.\.(?=[^.])|^\.?(?:[^.[\]\\]|\\.)+|^\./.exec(rest) ?? []
    if (bracket < 0) return { ok: false, error: 'unterminated array' }
    if (bracket > 0) {
      const step = parseBracket(rest.slice(1, bracket))
      if (!step) return { ok: false, error: `invalid array index ${rest.slice(0, bracket + 1)}` }
      steps.push(step)
      at += bracket + 1
    } else if (found === undefined) return { ok: false, error: `unrecognized character in path: ${rest.slice(0, 1)}` }
    else {
      if (found === '..') steps.push(values => values.flatMap(withDescendants))
      else if (found !== '.' && found !== '$') steps.push(member(found.replace(/^\./, '').replace(/\\(.)/g, '$1')))
      at += found.length
    }
  }
  return { ok: true, path: value => steps.reduce<Values>((values, step) => step(values), [value]) }
}

/** Where the bracket at the beginning ends; below zero when it does not. Brackets in quotes and nested ones do not count. */
function closing(text: string): number {
  let depth = 0
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === '\\') i++
    else if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '[') depth++
    else if (char === ']' && --depth === 0) return i
  }
  return -1
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
function childrenOf(value: unknown): Values {
  return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []
}
function withDescendants(value: unknown): Values {
  return [value, ...childrenOf(value).flatMap(withDescendants)]
}

function member(name: string): Step {
  if (name === '*') return values => values.flatMap(childrenOf)
  return values => values.flatMap(value => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []))
}

function parseBracket(inside: string): Step | undefined {
  const text = inside.trim()
  if (text === '*') return member('*')
  const [, filter] = /^\?\((.*)\)$/s.exec(text) ?? []
  if (filter !== undefined) return parseFilter(filter)
  const parts = text.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,\s]+/g) ?? []
  const steps = parts.map(parsePart)
  if (steps.length === 0 || steps.includes(undefined)) return undefined
  return values => values.flatMap(value => steps.flatMap(step => step?.([value]) ?? []))
}

function parsePart(part: string): Step | undefined {
  const [, quoted] = /^(?:'|")(.*)(?:'|")$/s.exec(part) ?? []
  if (quoted !== undefined) return member(quoted.replace(/\\(.)/g, '$1'))
  if (/^-?\d+$/.test(part))
    return values => values.flatMap(value => (Array.isArray(value) ? (value as unknown[]).slice(Number(part)).slice(0, 1) : []))
  const [, start, end, stride] = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(part) ?? []
  if (start === undefined) return undefined
  const every = Number(stride ?? 1) || 1
  return values =>
    values.flatMap(value =>
      Array.isArray(value)
        ? (value as unknown[]).slice(Number(start || 0), end ? Number(end) : undefined).filter((_, i) => i % every === 0)
        : [],
    )
}

type Compare = (left: unknown, right: unknown) => boolean
const comparisons: Readonly<Record<string, Compare>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => isOrdered(a, b) && a < (b as number),
  '<=': (a, b) => isOrdered(a, b) && a <= (b as number),
  '>': (a, b) => isOrdered(a, b) && (b as number) < a,
  '>=': (a, b) => isOrdered(a, b) && (b as number) <= a,
}
function isOrdered(a: unknown, b: unknown): a is number {
  return typeof a === typeof b && (typeof a === 'number' || typeof a === 'string') && b !== undefined
}

/** `@.type == "Ready"`, or a path alone, which must lead somewhere. Items of lists are asked, and values of objects. */
function parseFilter(text: string): Step | undefined {
  const [, left = '', operator, right = ''] = /^((?:[^"'=!<>]|"[^"]*"|'[^']*')+?)\s*(?:(==|!=|<=|>=|<|>)\s*(.*))?$/s.exec(text.trim()) ?? []
  const from = parseOperand(left)
  if (!from) return undefined
  if (operator === undefined) return values => values.flatMap(childrenOf).filter(child => from(child).length > 0)
  const to = parseOperand(right)
  const compare = comparisons[operator]
  if (!to || !compare) return undefined
  return values =>
    values.flatMap(childrenOf).filter(child => {
      const [a, b] = [from(child), to(child)]
      return a.length === 1 && b.length === 1 && compare(a[0], b[0]) === true
    })
}

function parseOperand(text: string): JsonPath | undefined {
  const trimmed = text.trim()
  if (trimmed.startsWith('@')) {
    const parsed = parseJsonPath(trimmed.slice(1))
    return parsed.ok ? parsed.path : undefined
  }
  const [, quoted] = /^(?:'|")(.*)(?:'|")$/s.exec(trimmed) ?? []
  if (quoted !== undefined) return () => [quoted.replace(/\\(.)/g, '$1')]
  if (trimmed === 'true' || trimmed === 'false') return () => [trimmed === 'true']
  return trimmed !== '' && Number.isFinite(Number(trimmed)) ? () => [Number(trimmed)] : undefined
}

/** The one value at a simple path of names, for reading; undefined where there is none. */
export function valueAt(value: unknown, names: readonly string[]): unknown {
  return names.reduce<unknown>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), value)
}

/** The object with a value at a simple path of names; what is missing on the way is made. */
export function withValueAt<T>(object: T, [name, ...rest]: readonly string[], value: unknown): T {
  if (name === undefined) return value as T
  const inner = isObject(object) ? object[name] : undefined
  return { ...object, [name]: withValueAt(isObject(inner) ? inner : {}, rest, value) }
}

/** The names of `.spec.replicas`. */
export function namesOf(path: string): readonly string[] {
  return path.replace(/^\./, '').split('.')
}
