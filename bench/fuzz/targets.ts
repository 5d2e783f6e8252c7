// Paths and queries.
import { apiVersionOf, type Kind } from '../../src/api/kind.ts'
import type { Random } from './random.ts'
import { garbled, managers, names, namespaces, passingNamespace, words } from './words.ts'

const subresources = [
  'status',
  'scale',
  'binding',
  'eviction',
  'token',
  'log',
  'exec',
  'attach',
  'portforward',
  'proxy',
  'proxy/a',
  'ephemeralcontainers',
  'finalize',
  'approval',
  'resize',
  'x',
] as const
const continueTokens = [
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIifQ',
  Buffer.from('{"v":"meta.k8s.io/v1","rv":-1,"start":"../../x\\u0000"}').toString('base64url'),
  Buffer.from('{"v":"meta.k8s.io/v1","rv":9e99,"start":"x"}').toString('base64url'),
  Buffer.from('[]').toString('base64url'),
  Buffer.from('null').toString('base64url'),
  '=',
] as const
const selectors = [
  'a=b',
  'app=small',
  'a in (b,c)',
  'a notin ()',
  '!a',
  'a,b,c',
  'a==b,a!=c',
  'metadata.name=x',
  'metadata.name!=x',
  'status.phase!=Running',
  'spec.nodeName=',
  'x=y',
  'a in (',
  '=,',
  'involvedObject.name=x',
  'type=Opaque',
] as const

const values: Readonly<Record<string, readonly string[]>> = {
  labelSelector: selectors,
  fieldSelector: selectors,
  limit: ['0', '1', '3', '-1', '99999999', '9223372036854775808', 'x'],
  continue: continueTokens,
  resourceVersion: ['0', '1', '-1', '99999999', 'x', ''],
  resourceVersionMatch: ['Exact', 'NotOlderThan', 'x'],
  dryRun: ['All', 'x', ''],
  fieldValidation: ['Strict', 'Warn', 'Ignore', 'x'],
  pretty: ['1', 'true', 'x'],
  includeObject: ['None', 'Metadata', 'Object', 'x'],
  fieldManager: [...managers, 'x'.repeat(129), '\u0000'],
  force: ['true', 'false', 'x'],
  gracePeriodSeconds: ['0', '-1', '1', '99999999999', 'x'],
  propagationPolicy: ['Orphan', 'Foreground', 'Background', 'x'],
  orphanDependents: ['true', 'x'],
  sendInitialEvents: ['true', 'false', 'x'],
  allowWatchBookmarks: ['true', 'x'],
  timeout: ['1ms', '1s', '-1s', 'x', '99999h'],
  container: ['c', 'x', ''],
  tailLines: ['1', '-1', 'x'],
  sinceTime: ['2026-01-01T00:00:00Z', 'x'],
  command: ['ls', ''],
  stdout: ['true', 'x'],
  ports: ['80', 'x'],
  path: ['/a', '../..'],
  ignoreStoreReadErrorWithClusterBreakingPotential: ['true', 'x'],
}
const parameters = Object.keys(values)
const valuesOf = (name: string): readonly string[] => (Object.hasOwn(values, name) ? values[name] : undefined) ?? words

export function queryOf(random: Random, share = 0.4): URLSearchParams {
  const query = new URLSearchParams()
  if (!random.chance(share)) return query
  for (let i = 1 + random.below(3); i > 0; i--) {
    const name = random.chance(0.97) ? random.pick(parameters) : random.pick(words)
    const known = random.pick(valuesOf(name))
    const value = random.chance(0.8) ? known : garbled(random, random.chance(0.5) ? known : random.pick(words))
    query.append(name, value)
    if (random.chance(0.08)) query.append(name, random.pick(valuesOf(name)))
  }
  if (random.chance(0.02)) query.set(random.pick(['labelSelector', 'fieldSelector']), longSelector(random))
  return query
}

function longSelector(random: Random): string {
  const count = random.pick([100, 1_000])
  return random.do(
    () => Array.from({ length: count }, (_, i) => `k${i}=v`).join(','),
    () => `a in (${Array.from({ length: count }, (_, i) => `v${i}`).join(',')})`,
    () => '!'.repeat(count),
    () => '('.repeat(count),
  )
}

export function collectionOf(kind: Kind, namespace: string): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`
  return `${root}${kind.namespaced ? `/namespaces/${encodeURIComponent(namespace.toWellFormed())}` : ''}/${kind.plural}`
}

export function namespaceOf(random: Random): string {
  return random.chance(0.93) ? random.pick([...namespaces, passingNamespace]) : random.pick(['default', 'kube-system', random.pick(words)])
}

/** Of any kind of object, some of it wrong. */
export function pathOf(random: Random, kind: Kind, isNamed: boolean): string {
  const collection = random.chance(0.97)
    ? collectionOf(kind, namespaceOf(random))
    : collectionOf({ ...kind, namespaced: !kind.namespaced }, 'test')
  const name = isNamed ? `/${random.pick(names)}` : ''
  const path = `${collection}${name}${isNamed && random.chance(0.25) ? `/${random.pick(subresources)}` : ''}`
  return random.chance(0.92) ? path : oddPath(random, path)
}

const roots = [
  '/livez/',
  '/readyz/',
  '/healthz/',
  '/openapi/v3/',
  '/openapi/v2',
  '/apis/',
  '/api/',
  '/.well-known/',
  '/metrics/',
  '/version',
  '/api/v1/watch/pods',
  '/',
  '//',
  '/api/v1/',
] as const

function oddPath(random: Random, path: string): string {
  const parts = path.split('/')
  const place = random.below(parts.length)
  const made = random.do(
    () => random.pick(roots) + encodeURIComponent(random.pick(words).toWellFormed()),
    () => encodeURI(garbled(random, path).toWellFormed()).replaceAll(' ', ''),
    () =>
      parts
        .with(place, random.pick(['..', '.', '', '%2e%2e', '%2F', '%00', '%ff%fe', '%C0%AF', '%', '%zz', '%F0%9F', ';a=b', 'a%2Fb', '%25']))
        .join('/'),
    () => parts.with(place, 'a'.repeat(random.pick([254, 5_000]))).join('/'),
    () => path.replaceAll('/', '//'),
    () => `${path}/${'a/'.repeat(random.pick([3, 1_000]))}`,
    () => path.replace(/[a-z]/g, letter => (random.chance(0.3) ? `%${letter.charCodeAt(0).toString(16)}` : letter)),
    () => path.toUpperCase(),
  )
  return made.startsWith('/') ? made : `/${made}`
}
