// Values after a schema: mostly such as would pass, by the field's format and name, and now and then not.
import type { SchemaNode, StringNode } from '../../src/schema/schema.ts'
import { expression } from './expressions.ts'
import type { Random } from './random.ts'
import { names, namespaces, oddValue, words } from './words.ts'

export interface Taste {
  /** How often a value is not what the schema says. */
  readonly odd: number
  /** How often a field that may be absent is there. */
  readonly fields: number
}

export const wild: Taste = { odd: 0.04, fields: 0.25 }
export const tame: Taste = { odd: 0.004, fields: 0.15 }

const numbers = [0, 1, 2, 3, 80, 30_000, 65_535, 65_536, -1, 1.5, 1e12, 2 ** 31 - 1]
const formatted: Readonly<Record<NonNullable<StringNode['format']>, readonly unknown[]>> = {
  'date-time': [
    '2026-01-01T00:00:00Z',
    '1970-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01T01:00:00+14:00',
  ],
  'micro-time': ['2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00.999999999Z'],
  duration: ['5s', '1h2m3.5s', '0s', '-1s', '2562047h47m16.854775807s'],
  byte: ['YQ==', '', 'AAECAw==', 'a', '!'],
  quantity: ['1', '100m', '1Gi', '0', '-1', '1e3', '1E', '0.0000000001', '9223372036854775807', '1Ki', 3, 1.5],
  'int-or-string': [80, 'http', '50%', '101%', '-1', 0, '', 2 ** 31],
}
/** By what a field is called. */
const usual: readonly (readonly [name: RegExp, values: readonly string[]])[] = [
  [/^(name|.*Name|policyName)$/, [...names, 'x.example.com', 'system:admin']],
  [/namespace$/i, [...namespaces, 'kube-system', '']],
  [/^image$/, ['nginx', 'a/b:c', 'x@sha256:0']],
  [/path$/i, ['/a', '/', 'a/b', '../x', '/healthz']],
  [/^(ip|.*IP|address|addresses|ips|.*IPs)$/, ['127.0.0.1', '::1', '192.0.2.1', '010.0.0.1', '10.96.0.77', 'None', '::ffff:1.2.3.4']],
  [/cidrs?$/i, ['192.0.2.0/24', '2001:db8::/64', '192.0.2.1/24', '0.0.0.0/0']],
  [/^key$/, ['a', 'app', 'example.com/a', 'kubernetes.io/hostname', 'node-role.kubernetes.io/x']],
  [/^apiVersion$/, ['v1', 'apps/v1', 'example.com/v1']],
  [/^kind$/, ['Pod', 'Deployment', 'Service', 'User', 'Group', 'ServiceAccount', 'ConfigMap']],
  [/^(apiGroup|apiGroups|group)$/, ['', '*', 'apps', 'fuzz.example.com', 'rbac.authorization.k8s.io']],
  [/^(resource|resources)$/, ['pods', '*', 'pods/*', '*/scale', 'configmaps', 'deployments']],
  [/^(host|.*[hH]ostname)$/, ['a.example.com', '*.example.com', 'x']],
  [/^uid$/, ['4c1e1a2e-0000-4000-8000-000000000000', 'x']],
  [/^url$/i, ['https://127.0.0.1:1/x', 'http://x', 'https://localhost:1?a=b']],
  [/^schedule$/, ['* * * * *', '@daily', '0 0 31 2 *', '60 * * * *', 'TZ=UTC 0 0 * * *']],
  [/version$/i, ['v1', 'v1beta1', '*']],
  [/^finalizers?$/, ['example.com/hold', 'foregroundDeletion', 'orphan']],
]
const expressionFields = /^(expression|rule|messageExpression|valueExpression|key)$/

export function sampleOf(random: Random, node: SchemaNode, taste: Taste, name = '', depth = 0): unknown {
  if (random.chance(taste.odd)) return oddValue(random)
  switch (node.type) {
    case 'string':
      return stringOf(random, node, name)
    case 'integer':
    case 'number':
      return random.pick(numbers)
    case 'boolean':
      return random.chance(0.5)
    case 'array':
      return depth > 9 ? [] : random.some(2, () => sampleOf(random, node.items, taste, name, depth + 1))
    case 'map':
      return Object.fromEntries(random.some(2, () => [keyOf(random), sampleOf(random, node.values, taste, '', depth + 1)]))
    case 'raw':
      return node.either && random.chance(0.7) ? sampleOf(random, node.either.object, taste, name, depth + 1) : oddValue(random)
    case 'object':
      return objectOf(random, node.fields, taste, depth)
  }
}

type FieldsOf = Extract<SchemaNode, { type: 'object' }>['fields']

function objectOf(random: Random, fields: FieldsOf, taste: Taste, depth: number): Record<string, unknown> {
  const chosen = Object.entries(fields).filter(([, field]) => depth < 10 && random.chance(field.required ? 0.97 : taste.fields))
  const made = chosen.map(([name, field]): [string, unknown] => [name, sampleOf(random, field.node, taste, name, depth + 1)])
  return Object.fromEntries(random.chance(taste.odd) ? [...made, [random.pick(words), oddValue(random)]] : made)
}

function stringOf(random: Random, node: StringNode, name: string): unknown {
  if (node.enum && random.chance(0.9)) return random.pick(node.enum)
  if (node.format && random.chance(0.9)) return random.pick(formatted[node.format])
  if (expressionFields.test(name) && random.chance(name === 'key' ? 0.1 : 0.9)) return expression(random)
  const known = usual.find(([pattern]) => pattern.test(name))
  return known && random.chance(0.85) ? random.pick(known[1]) : random.pick(words)
}

function keyOf(random: Random): string {
  return random.chance(0.7)
    ? random.pick(['a', 'app', 'cpu', 'memory', 'storage', 'pods', 'example.com/a', 'limits.cpu'])
    : random.pick(words)
}
