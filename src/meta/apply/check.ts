// Whether a configuration fits the schema: only declared fields, of their types, and no two items of the same keys. Worded as upstream words it.
import type { SchemaNode } from '../../schema/schema.ts'
import { fieldElement, formatElement, itemElement, itemProblem } from './element.ts'
import { isObject, memberNode } from './shape.ts'

/** All that is wrong, in upstream's one message; undefined where nothing is. */
export function checkTyped(node: SchemaNode, value: unknown): string | undefined {
  const problems: string[] = []
  checkNode(node, value, '', problems)
  if (problems.length === 0) return undefined
  return problems.length === 1 ? problems[0] : ['errors:', ...problems.map(problem => `  ${problem}`)].join('\n')
}

function checkNode(node: SchemaNode, value: unknown, path: string, problems: string[]): void {
  if (value === null || value === undefined || node.type === 'raw') return
  const report = (problem: string) => problems.push(path === '' ? problem : `${path}: ${problem}`)
  switch (node.type) {
    case 'object':
    case 'map':
      if (!isObject(value)) report(`expected map, got &{${goValue(value)}}`)
      else checkMembers(node, value, path, problems)
      return
    case 'array':
      if (!Array.isArray(value)) report(`expected list, got &{${goValue(value)}}`)
      else checkItems(node, value, path, problems)
      return
    case 'boolean':
      if (typeof value !== 'boolean') report(`expected boolean, got &{${goValue(value)}}`)
      return
    case 'integer':
    case 'number':
      if (typeof value !== 'number') report(`expected numeric (int or float), got ${goType(value)}`)
      return
    case 'string':
      if (node.format !== undefined && node.format !== 'byte') {
        if (typeof value === 'object') report(`expected any scalar, got &{${goValue(value)}}`)
      } else if (typeof value !== 'string') report(`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`)
  }
}

function checkMembers(node: SchemaNode, value: Readonly<Record<string, unknown>>, path: string, problems: string[]): void {
  for (const key in value) {
    const at = path + formatElement(fieldElement(key))
    const inner = memberNode(node, key)
    if (inner === undefined) {
      // Upstream looks no further into this object.
      problems.push(`${at}: field not declared in schema`)
      return
    }
    checkNode(inner, value[key], at, problems)
  }
}

function checkItems(node: SchemaNode & { type: 'array' }, items: readonly unknown[], path: string, problems: string[]): void {
  const isKeyed = node.listType === 'map' || node.listType === 'set'
  const seen = new Set<string>()
  for (const [i, item] of items.entries()) {
    const element = isKeyed ? itemElement(node, item) : `i:${i}`
    const prefix = path === '' ? '' : `${path}: `
    if (element === undefined) {
      problems.push(`${prefix}element ${i}: ${itemProblem(node, item)}`)
      return
    }
    if (seen.has(element)) problems.push(`${prefix}duplicate entries for key ${formatElement(element)}`)
    seen.add(element)
    checkNode(node.items, item, path + formatElement(element), problems)
  }
}

/** Go's `%v`, `%T` and `%#v` of what JSON gives. */
function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`
  if (isObject(value))
    return `map[${Object.keys(value)
      .sort()
      .map(key => `${key}:${goValue(value[key])}`)
      .join(' ')}]`
  return value === null ? '<nil>' : String(value)
}
function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'object' ? 'map[string]interface {}' : 'string'
}
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (!isObject(value)) return value === null ? 'interface {}(nil)' : JSON.stringify(value)
  const members = Object.keys(value)
    .sort()
    .map(key => `${JSON.stringify(key)}:${goSyntax(value[key])}`)
  return `map[string]interface {}{${members.join(', ')}}`
}
