// One step of a field path as FieldsV1 writes it: `f:name` for a member, `k:{...}` for an item of a keyed list, `v:...` for an item of a set,
// `i:n` for a place. The text is canonical, so that equal steps are equal strings.
import type { ArrayNode } from '../../schema/schema.ts'

type Json = Readonly<Record<string, unknown>>

export function fieldElement(name: string): string {
  return `f:${name}`
}

/** The step to an item of a list with keys or of a set; undefined where it has none (see `itemProblem`). */
export function itemElement(node: ArrayNode, item: unknown): string | undefined {
  if (node.listType !== 'map') return typeof item === 'object' || item === undefined ? undefined : `v:${scalarText(item)}`
  if (!isObject(item)) return undefined
  let text = ''
  for (const { name, before, absent } of keysOf(node)) {
    const value = item[name] ?? absent
    if (value === undefined) return undefined
    text += before + scalarText(value)
  }
  return `${text}}`
}

/** Why an item has no step, as upstream words it. */
export function itemProblem(node: ArrayNode, item: unknown): string {
  if (node.listType === 'map') {
    if (item === null) return 'associative list with keys may not have a null element'
    if (!isObject(item)) return 'associative list with keys may not have non-map elements'
    const missing = (node.listMapKeys ?? []).find(key => (item[key] ?? keyDefault(node, key)) === undefined)
    return `associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`
  }
  if (Array.isArray(item)) return 'not supported: associative list with lists as elements'
  if (item === null || item === undefined) return "associative list without keys has an element that's an explicit null"
  return "associative list without keys has an element that's a map type"
}

interface Key {
  readonly name: string
  /** What stands before its value. */
  readonly before: string
  readonly absent: unknown
}
const keysOfNodes = new WeakMap<ArrayNode, readonly Key[]>()

function keysOf(node: ArrayNode): readonly Key[] {
  let keys = keysOfNodes.get(node)
  if (!keys) {
    const names = [...(node.listMapKeys ?? [])].sort()
    keys = names.map((name, i) => ({
      name,
      before: `${i === 0 ? 'k:{' : ','}${JSON.stringify(name)}:`,
      absent: keyDefault(node, name),
    }))
    keysOfNodes.set(node, keys)
  }
  return keys
}

/** What an absent key counts as: its default, or Go's zero value where the field is always there. */
function keyDefault({ items }: ArrayNode, key: string): unknown {
  const field = items.type === 'object' && Object.hasOwn(items.fields, key) ? items.fields[key] : undefined
  if (!field || field.default !== undefined || !field.required) return field?.default
  const { node } = field
  if (node.type === 'string') return node.format === undefined ? '' : undefined
  if (node.type === 'boolean') return false
  return node.type === 'integer' || node.type === 'number' ? 0 : undefined
}

/** JSON as Go's encoder writes it, which is careful of HTML. */
function scalarText(value: unknown): string {
  if (typeof value === 'string' && /^[\w ./:-]*$/.test(value)) return `"${value}"`
  const text = JSON.stringify(value)
  return typeof value === 'string' && /[<>&\u2028\u2029]/.test(text)
    ? text.replace(/[<>&\u2028\u2029]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : text
}

/** The canonical form of a step that came from outside; undefined for kinds of steps that are not known, an error for what is no step. */
export function readElement(text: string): { readonly element: string | undefined } | { readonly error: string } {
  if (text.length < 2) return { error: 'key must be 2 characters long:' }
  if (text[1] !== ':') return { error: `missing colon: ${text}` }
  const content = text.slice(2)
  switch (text[0]) {
    case 'f':
      return { element: text }
    case 'i':
      return /^[+-]?\d+$/.test(content)
        ? { element: `i:${Number(content)}` }
        : { error: `strconv.Atoi: parsing ${JSON.stringify(content)}: invalid syntax` }
    case 'k':
    case 'v':
      return readJsonElement(text[0], content)
    default:
      return { element: undefined }
  }
}

function readJsonElement(kind: 'k' | 'v', content: string): { readonly element: string } | { readonly error: string } {
  const value = parsed(content)
  if (value === undefined) return { error: `invalid JSON: ${content}` }
  if (kind === 'v') return { element: `v:${scalarText(value)}` }
  if (!isObject(value)) return { error: `ReadObjectCB: expect { but found ${content[0] ?? ''}` }
  const members = Object.keys(value)
    .sort()
    .map(key => `${JSON.stringify(key)}:${scalarText(value[key])}`)
  return { element: `k:{${members.join(',')}}` }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // No value of JSON.
  }
}

/** As messages show a step: `.name`, `[name="x"]`, `[="x"]`, `[0]`. */
export function formatElement(element: string): string {
  const content = element.slice(2)
  switch (element[0]) {
    case 'f':
      return `.${content}`
    case 'k':
      return `[${Object.entries(JSON.parse(content) as Json)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(',')}]`
    case 'v':
      return `[=${JSON.stringify(JSON.parse(content))}]`
    default:
      return `[${content}]`
  }
}

const ranks: Readonly<Record<string, number>> = { '.': 0, f: 1, k: 2, v: 3, i: 4 }

/** The order of steps: members by name, then keys, then values, then places; numbers by size. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0
  const kind = a[0] ?? ''
  if (kind !== b[0]) return (ranks[kind] ?? 5) - (ranks[b[0] ?? ''] ?? 5)
  if (kind === 'f') return a < b ? -1 : 1
  const quick = compareInText(a, b)
  if (quick !== undefined) return quick
  const [x, y] = [JSON.parse(a.slice(2)) as unknown, JSON.parse(b.slice(2)) as unknown]
  return (isObject(x) && isObject(y) ? compareKeys(Object.entries(x), Object.entries(y)) : compareScalars(x, y)) || (a < b ? -1 : 1)
}

/** Steps that differ first within a string are told apart without being parsed. */
function compareInText(a: string, b: string): number | undefined {
  let inString = false
  let i = 0
  for (; a[i] === b[i]; i++) {
    if (a[i] === '\\') return undefined
    if (a[i] === '"') inString = !inString
  }
  if (!inString || a[i] === '\\' || b[i] === '\\') return undefined
  if (a[i] === '"') return -1
  return b[i] === '"' || a.charCodeAt(i) > b.charCodeAt(i) ? 1 : -1
}

function compareKeys(a: readonly (readonly [string, unknown])[], b: readonly (readonly [string, unknown])[]): number {
  for (const [i, [name, value]] of a.entries()) {
    const other = b[i]
    if (!other) return 1
    if (name !== other[0]) return name < other[0] ? -1 : 1
    const order = compareScalars(value, other[1])
    if (order !== 0) return order
  }
  return a.length - b.length
}

const scalarRanks: Readonly<Record<string, number>> = { number: 0, string: 1, boolean: 2 }

function compareScalars(a: unknown, b: unknown): number {
  if (a === b) return 0
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : 1
  if (typeof a === 'boolean' && typeof b === 'boolean') return a ? 1 : -1
  return (scalarRanks[typeof a] ?? 3) - (scalarRanks[typeof b] ?? 3)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
