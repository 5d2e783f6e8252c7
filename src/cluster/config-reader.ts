// Reads a YAML document against a shape that is data, and says where in the file each problem is. The shapes are as few as kind's
// configuration needs; a `flag` is a field that is understood but has no effect, which becomes a notice.
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'

export interface ConfigIssue {
  readonly file: string
  readonly line: number
  readonly column: number
  /** Such as `nodes[0].extraMounts[1].hostPath`; empty for the document. */
  readonly path: string
  readonly message: string
}

/** As compilers print it: `file:line:column: path: message`. */
export function formatIssue(issue: ConfigIssue): string {
  return `${issue.file}:${issue.line}:${issue.column}: ${issue.path === '' ? '' : `${issue.path}: `}${issue.message}`
}

type Path = readonly (string | number)[]
type Report = (path: Path, at: Node, message: string, severity?: 'error' | 'notice') => void
/** Reads a node; undefined after it has reported a problem. */
export interface Shape<T> {
  readonly read: (at: Node, path: Path, report: Report) => T | undefined
}
export type Value<S> = S extends Shape<infer T> ? T : never

function scalar<T extends string | number | boolean>(
  what: string,
  is: (value: unknown) => value is T,
  problem: (value: T) => string | undefined,
): Shape<T> {
  return {
    read(at, path, report) {
      const value: unknown = isScalar(at) ? at.value : undefined
      const message = is(value) ? problem(value) : `must be ${what}, not ${describe(at)}`
      if (message !== undefined) report(path, at, message)
      return message === undefined && is(value) ? value : undefined
    },
  }
}

/** `rule` is a list of allowed values, or answers what is wrong with a value. */
export function string(rule: readonly string[] | ((value: string) => string | undefined) = () => undefined): Shape<string> {
  const oneOf = (allowed: readonly string[]) => (value: string) =>
    allowed.includes(value) ? undefined : `unsupported value "${value}", must be ${allowed.join(' or ')}`
  return scalar('a string', value => typeof value === 'string', typeof rule === 'function' ? rule : oneOf(rule))
}

export function integer(min: number, max: number): Shape<number> {
  const problem = (value: number) => (value < min || value > max ? `must be between ${min} and ${max}, not ${value}` : undefined)
  return scalar('an integer', (value): value is number => Number.isInteger(value), problem)
}

export function boolean(): Shape<boolean> {
  return scalar(
    'true or false',
    value => typeof value === 'boolean',
    () => undefined,
  )
}

export function array<T>(items: Shape<T>): Shape<readonly T[]> {
  return {
    read(at, path, report) {
      if (isSeq<Node>(at)) return at.items.flatMap((item, index) => items.read(item, [...path, index], report) ?? [])
      report(path, at, `must be a list, not ${describe(at)}`)
      return undefined
    },
  }
}

export function map<T>(values: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return {
    read(at, path, report) {
      const found: Record<string, T> = {}
      for (const [key, value] of entries(at, path, report)) {
        const read = values.read(value, [...path, key], report)
        if (read !== undefined) found[key] = read
      }
      return found
    },
  }
}

/** All fields are optional; a null counts as left out. */
export function object<F extends Readonly<Record<string, Shape<unknown>>>>(fields: F): Shape<{ readonly [K in keyof F]?: Value<F[K]> }> {
  return {
    read(at, path, report) {
      const found: { [K in keyof F]?: Value<F[K]> } = {}
      for (const [key, value, keyNode] of entries(at, path, report)) {
        const shape = Object.hasOwn(fields, key) ? fields[key] : undefined
        if (shape === undefined) report([...path, key], keyNode, `unknown field${suggest(key, Object.keys(fields))}`)
        else if (!isNull(value)) (found as Record<string, unknown>)[key] = shape.read(value, [...path, key], report)
      }
      return found
    },
  }
}

/** A field that is checked and then only noticed; where that depends on its value, the notice is asked for with it. */
export function flag<T>(shape: Shape<T>, notice: string | ((value: T) => string | undefined)): Shape<T> {
  return {
    read(at, path, report) {
      const value = shape.read(at, path, report)
      const text = value === undefined || typeof notice === 'string' ? notice : notice(value)
      if (value !== undefined && typeof text === 'string') report(path, at, text, 'notice')
      return value
    },
  }
}

export interface Reading<T> {
  readonly value: T | undefined
  readonly errors: readonly ConfigIssue[]
  readonly notices: readonly ConfigIssue[]
  /** An issue at the deepest node of the path that the file has. */
  readonly issue: (path: Path, message: string) => ConfigIssue
}

export function readYaml<T>(text: string, file: string, shape: Shape<T>): Reading<T> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', uniqueKeys: true })
  const errors: ConfigIssue[] = []
  const notices: ConfigIssue[] = []
  const place = (offset: number) => ({ file, line: lines.linePos(offset).line, column: lines.linePos(offset).col })
  const make = (path: Path, at: Node | null, message: string) => ({ ...place(at?.range?.[0] ?? 0), path: formatPath(path), message })
  const issue = (path: Path, message: string) => {
    for (let length = path.length; length > 0; length--) {
      const at = document.getIn(path.slice(0, length), true)
      if (isNode(at)) return make(path, at, message)
    }
    return make(path, document.contents, message)
  }
  for (const error of document.errors) errors.push({ ...place(error.pos[0]), path: '', message: firstLine(error.message) })
  const report: Report = (path, at, message, severity = 'error') => (severity === 'error' ? errors : notices).push(make(path, at, message))
  let value: T | undefined
  if (errors.length === 0) {
    if (document.contents === null || isNull(document.contents)) errors.push(make([], null, 'the file is empty'))
    else value = shape.read(document.contents, [], report)
  }
  return { value, errors, notices, issue }
}

function entries(at: Node, path: Path, report: Report): [string, Node, Node][] {
  if (!isMap<Node, Node>(at)) {
    report(path, at, `must be a map, not ${describe(at)}`)
    return []
  }
  return at.items.flatMap(pair => {
    const key = isScalar(pair.key) ? String(pair.key.value) : undefined
    return key === undefined || pair.value === null ? [] : [[key, pair.value, pair.key] as [string, Node, Node]]
  })
}

const isNode = (at: unknown): at is Node => isMap(at) || isSeq(at) || isScalar(at)
const isNull = (at: Node) => isScalar(at) && at.value === null
const firstLine = (text: string) => text.split(/ at line |\n/, 1)[0] ?? text

function describe(at: Node): string {
  if (isMap(at)) return 'a map'
  if (isSeq(at)) return 'a list'
  return isScalar(at) ? JSON.stringify(at.value) : 'an alias'
}

function formatPath(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('')
}

/** The field that was probably meant: the same but for case, or with the same letters but one or two. */
function suggest(key: string, known: readonly string[]): string {
  const near = known.find(each => distance(each.toLowerCase(), key.toLowerCase()) <= 2)
  return near === undefined ? '' : `, did you mean "${near}"?`
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
