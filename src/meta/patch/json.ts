// JSON Patch (RFC 6902) on immutable values: the new document shares all that no operation touched. What one operation has made anew the
// next ones change in place: copied each time, a patch of many operations on a large list or map would take minutes.
// A malformed patch is a bad request; one that does not fit the document is unprocessable, as upstream answers.
import { deepEqual } from '../deep-equal.ts'
import { StatusError } from '../status-error.ts'

type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Pointer; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: Pointer }
  | { readonly op: 'move' | 'copy'; readonly path: Pointer; readonly from: Pointer }

interface Pointer {
  readonly text: string
  readonly tokens: readonly string[]
}

const maxOperations = 10_000

/** `patch` is what `JSON.parse` gave. Throws `BadRequest`, `RequestEntityTooLarge` or `Invalid`. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const budget = { copiedBytes: 0 }
  const own: Own = new WeakSet()
  return readOperations(patch).reduce((current, operation) => {
    if (operation.op === 'copy') checkCopy(current, operation, budget)
    return applyOperation(current, operation, own)
  }, document)
}

/** What is copied of copies doubles with each operation, so all of a patch together may add only as much as a body may have. */
const maxCopiedBytes = 3 * 1024 * 1024

function checkCopy(document: unknown, operation: Extract<Operation, { readonly from: Pointer }>, budget: { copiedBytes: number }): void {
  const value = operation.from.tokens.reduce<unknown>((inner, token) => (inner === missing ? missing : member(inner, token)), document)
  if (value === missing) return
  budget.copiedBytes += JSON.stringify(value)?.length ?? 0
  if (budget.copiedBytes > maxCopiedBytes)
    throw doesNotApply(
      operation,
      `Unable to complete the copy, the accumulated size increase of copy is ${budget.copiedBytes}, exceeding the limit ${maxCopiedBytes}`,
    )
}

function readOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) throw StatusError.badRequest('error decoding patch: a JSON patch must be a list of operations')
  if (patch.length > maxOperations) {
    throw StatusError.requestEntityTooLarge(`The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`)
  }
  return patch.map(readOperation)
}

function readOperation(entry: unknown): Operation {
  if (!isObject(entry)) throw malformed(entry, 'an operation must be an object')
  const { op } = entry
  const path = readPointer(entry, 'path')
  if (op === 'remove') return { op, path }
  if (op === 'move' || op === 'copy') return { op, path, from: readPointer(entry, 'from') }
  if (op === 'add' || op === 'replace' || op === 'test') {
    if (!Object.hasOwn(entry, 'value') && op !== 'test') throw malformed(entry, 'missing value')
    return { op, path, value: entry['value'] ?? null }
  }
  throw malformed(entry, `unexpected kind: ${JSON.stringify(op)}`)
}

function readPointer(entry: Json, member: 'path' | 'from'): Pointer {
  const text = entry[member]
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) throw malformed(entry, `${member} must be a JSON pointer`)
  const tokens = text.split('/').slice(1)
  return { text, tokens: tokens.map(token => token.replaceAll('~1', '/').replaceAll('~0', '~')) }
}

function applyOperation(document: unknown, operation: Operation, own: Own): unknown {
  const { op, path } = operation
  switch (op) {
    case 'add':
      return edit(document, operation, path, parent => insert(parent, last(path), operation.value, own), operation.value, own)
    case 'replace':
      return edit(document, operation, path, parent => change(parent, last(path), operation.value, own), operation.value, own)
    case 'remove':
      return edit(document, operation, path, parent => drop(parent, last(path), own), undefined, own)
    case 'test': {
      const found = path.tokens.reduce<unknown>((value, token) => (value === missing ? missing : member(value, token)), document)
      if (!deepEqual(found === missing ? null : found, operation.value))
        throw StatusError.unprocessable(`testing value ${path.text} failed: test failed`)
      return document
    }
    case 'move':
    case 'copy': {
      const { from } = operation
      if (op === 'move' && path.text.startsWith(`${from.text}/`)) throw doesNotApply(operation, 'a value cannot move into itself')
      const value = from.tokens.reduce<unknown>((value, token) => (value === missing ? missing : member(value, token)), document)
      if (value === missing) throw doesNotApply(operation, `doc is missing path: ${from.text}: missing value`)
      // A copy stands for itself: what is changed in one place must not change in the other.
      if (op === 'copy') return applyOperation(document, { op: 'add', path, value: structuredClone(value) }, own)
      return applyOperation(applyOperation(document, { op: 'remove', path: from }, own), { op: 'add', path, value }, own)
    }
  }
}

/** Rebuilds the containers on the way to the parent of the place, which `act` changes; `missing` from it is a failure. */
function edit(document: unknown, operation: Operation, path: Pointer, act: (parent: unknown) => unknown, root: unknown, own: Own): unknown {
  if (path.tokens.length === 0) {
    if (root === undefined) throw doesNotApply(operation, 'the whole document cannot be removed')
    return root
  }
  const descend = (value: unknown, depth: number): unknown => {
    if (depth === path.tokens.length - 1) return act(value)
    const token = path.tokens[depth]!
    const inner = member(value, token)
    const changed = inner === missing ? missing : descend(inner, depth + 1)
    if (changed === missing) return missing
    // Changed in place.
    return changed === inner ? value : change(value, token, changed, own)
  }
  const result = descend(document, 0)
  if (result === missing)
    throw doesNotApply(operation, `doc is missing ${operation.op === 'replace' ? 'key' : 'path'}: ${path.text}: missing value`)
  return result
}

/** No JSON value is this. */
const missing = Symbol('missing')

function member(container: unknown, token: string): unknown {
  if (Array.isArray(container)) return place(token, container.length - 1) === undefined ? missing : container[Number(token)]
  return isObject(container) && Object.hasOwn(container, token) ? container[token] : missing
}

function insert(container: unknown, token: string, value: unknown, own: Own): unknown {
  if (isObject(container)) return put(container, token, value, own)
  if (!Array.isArray(container)) return missing
  const at = token === '-' ? container.length : place(token, container.length)
  if (at === undefined) return missing
  const list = ownList(container, own)
  list.splice(at, 0, value)
  return list
}

function change(container: unknown, token: string, value: unknown, own: Own): unknown {
  if (member(container, token) === missing) return missing
  if (!Array.isArray(container)) return put(container as Json, token, value, own)
  const list = ownList(container, own)
  list[Number(token)] = value
  return list
}

function drop(container: unknown, token: string, own: Own): unknown {
  if (member(container, token) === missing) return missing
  if (Array.isArray(container)) {
    const list = ownList(container, own)
    list.splice(Number(token), 1)
    return list
  }
  const object = ownObject(container as Json, own)
  delete object[token]
  return object
}

/** The lists and objects that this patch has made, and nobody else knows. */
type Own = WeakSet<object>

function ownList(list: readonly unknown[], own: Own): unknown[] {
  if (own.has(list)) return list as unknown[]
  const made = [...list]
  own.add(made)
  return made
}

function ownObject(object: Json, own: Own): Record<string, unknown> {
  if (own.has(object)) return object as Record<string, unknown>
  const made = { ...object }
  own.add(made)
  return made
}

/** Also for the key `__proto__`, which plain assignment takes for the prototype. */
function put(object: Json, key: string, value: unknown, own: Own): Json {
  return Object.defineProperty(ownObject(object, own), key, { value, enumerable: true, configurable: true, writable: true })
}

function place(token: string, max: number): number | undefined {
  return /^(?:0|[1-9]\d*)$/.test(token) && Number(token) <= max ? Number(token) : undefined
}

type Json = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
function last(path: Pointer): string {
  return path.tokens.at(-1) ?? ''
}
function malformed(entry: unknown, why: string): StatusError {
  return StatusError.badRequest(`error decoding patch: ${why} in ${JSON.stringify(entry)}`)
}
function doesNotApply(operation: Operation, why: string): StatusError {
  return StatusError.unprocessable(`${operation.op} operation does not apply: ${why}`)
}
