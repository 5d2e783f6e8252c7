// The file of an EncryptionConfiguration (apiserver.config.k8s.io/v1), read strictly: a mistake here would leave secrets in the open.
import { parse } from 'yaml'
import { parseGoDuration } from '../../base/go-duration.ts'
import { ciphers, type NamedKey } from './provider.ts'

export type ProviderConfig =
  | { readonly type: 'identity' }
  | { readonly type: keyof typeof ciphers; readonly keys: readonly [NamedKey, ...NamedKey[]] }
  | { readonly type: 'kms'; readonly name: string; readonly socketPath: string; readonly timeoutMs: number }

export interface ResourceConfig {
  /** `secrets`, `deployments.apps`, `*.apps`, `*.` for the core group, `*.*`. */
  readonly resources: readonly string[]
  readonly providers: readonly [ProviderConfig, ...ProviderConfig[]]
}

/** Fails with an `Error` that says what is wrong and where. */
export function parseEncryptionConfiguration(text: string): readonly ResourceConfig[] {
  const root = record(parse(text), '')
  known(root, ['apiVersion', 'kind', 'resources'], '')
  if (root['apiVersion'] !== 'apiserver.config.k8s.io/v1') fail('apiVersion', 'must be apiserver.config.k8s.io/v1')
  if (root['kind'] !== 'EncryptionConfiguration') fail('kind', 'must be EncryptionConfiguration')
  const configs = list(root['resources'], 'resources').map((value, i) => resourceConfig(value, `resources[${i}]`))
  if (configs.length === 0) fail('resources', 'Required value: at least one encryption configuration resource is required')
  checkNames(configs)
  return configs
}

function resourceConfig(value: unknown, path: string): ResourceConfig {
  const entry = record(value, path)
  known(entry, ['resources', 'providers'], path)
  const resources = list(entry['resources'], `${path}.resources`).map((name, i) => resourceName(name, `${path}.resources[${i}]`))
  if (resources.length === 0) fail(`${path}.resources`, 'Required value')
  const [first, ...rest] = list(entry['providers'], `${path}.providers`).map((p, i) => provider(p, `${path}.providers[${i}]`))
  if (!first) return fail(`${path}.providers`, 'Required value')
  return { resources, providers: [first, ...rest] }
}

function resourceName(value: unknown, path: string): string {
  const name = text(value, path)
  if (name === '*') fail(path, 'use *.* for all resources, or *.<group> for those of a group')
  if (name !== name.toLowerCase()) fail(path, 'must be in lower case')
  if (/^(apiservices|customresourcedefinitions)\./.test(name)) fail(path, 'this resource cannot be encrypted')
  return name
}

/** The first configuration that has a resource counts; one that could never count is a mistake. */
function checkNames(configs: readonly ResourceConfig[]): void {
  const before: string[] = []
  for (const [i, { resources }] of configs.entries())
    for (const [j, name] of resources.entries()) {
      const hiding = before.find(earlier => earlier === name || covers(earlier, name))
      if (hiding !== undefined) fail(`resources[${i}].resources[${j}]`, `${name} is covered by ${hiding} before it already`)
      before.push(name)
    }
  const kms = configs.flatMap(c => c.providers).flatMap(p => (p.type === 'kms' ? [p.name] : []))
  const twice = kms.find((name, i) => kms.indexOf(name) !== i)
  if (twice !== undefined) fail('resources', `the name ${twice} of a kms provider is used twice`)
}

function covers(pattern: string, name: string): boolean {
  if (pattern === '*.*') return true
  if (!pattern.startsWith('*.')) return false
  const group = name.includes('.') ? name.slice(name.indexOf('.') + 1) : ''
  return pattern.slice(2) === group
}

/** Whether a name of the configuration means this resource. */
export function isFor(name: string, group: string, plural: string): boolean {
  const own = group === '' ? plural : `${plural}.${group}`
  return name === own || covers(name, own)
}

function provider(value: unknown, path: string): ProviderConfig {
  const entry = record(value, path)
  const [type, ...more] = Object.keys(entry)
  if (type === undefined)
    return fail(path, 'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity')
  if (more.length > 0) fail(path, 'more than one provider specified in a single element, should split into different list elements')
  const at = `${path}.${type}`
  switch (type) {
    case 'identity':
      known(record(entry[type] ?? {}, at), [], at)
      return { type }
    case 'aescbc':
    case 'aesgcm':
    case 'secretbox':
      return { type, keys: keys(record(entry[type], at), ciphers[type].keySizes, at) }
    case 'kms':
      return kms(record(entry[type], at), at)
    default:
      return fail(at, 'unknown provider')
  }
}

function keys(entry: Fields, sizes: readonly number[], path: string): readonly [NamedKey, ...NamedKey[]] {
  known(entry, ['keys'], path)
  const found = list(entry['keys'], `${path}.keys`).map((value, i): NamedKey => {
    const at = `${path}.keys[${i}]`
    const key = record(value, at)
    known(key, ['name', 'secret'], at)
    const name = text(key['name'], `${at}.name`)
    if (name.includes(':')) fail(`${at}.name`, 'must not contain a colon')
    const encoded = text(key['secret'], `${at}.secret`)
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded) || encoded.length % 4 !== 0) fail(`${at}.secret`, 'secrets must be base64 encoded')
    const secret = Buffer.from(encoded, 'base64')
    if (!sizes.includes(secret.length))
      fail(`${at}.secret`, `secret is not of the expected length, got ${secret.length}, expected one of [${sizes.join(' ')}]`)
    return { name, secret }
  })
  const [first, ...rest] = found
  if (!first) return fail(`${path}.keys`, 'Required value: provider has no keys')
  return [first, ...rest]
}

const defaultTimeoutMs = 3000

function kms(entry: Fields, path: string): ProviderConfig {
  known(entry, ['apiVersion', 'name', 'endpoint', 'timeout', 'cachesize'], path)
  if (entry['apiVersion'] !== 'v2') fail(`${path}.apiVersion`, 'only v2 is supported; v1 is deprecated')
  if (entry['cachesize'] !== undefined) fail(`${path}.cachesize`, 'cachesize is not supported in v2')
  const name = text(entry['name'], `${path}.name`)
  if (name.includes(':')) fail(`${path}.name`, `invalid value ${name}, should not contain ':'`)
  const endpoint = text(entry['endpoint'], `${path}.endpoint`)
  if (!endpoint.startsWith('unix:')) fail(`${path}.endpoint`, 'must be a unix socket, such as unix:///run/kms.sock')
  const timeout = entry['timeout'] === undefined ? undefined : parseGoDuration(text(entry['timeout'], `${path}.timeout`))
  if (timeout && (!timeout.ok || timeout.ms <= 0)) fail(`${path}.timeout`, 'should be a positive value')
  return { type: 'kms', name, socketPath: endpoint.replace(/^unix:(\/\/)?/, ''), timeoutMs: timeout?.ok ? timeout.ms : defaultTimeoutMs }
}

type Fields = Readonly<Record<string, unknown>>

function fail(path: string, why: string): never {
  throw new Error(`encryption configuration: ${path === '' ? '' : `${path}: `}${why}`)
}

function record(value: unknown, path: string): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : fail(path, 'must be a map')
}

function list(value: unknown, path: string): readonly unknown[] {
  return Array.isArray(value) ? value : fail(path, 'must be a list')
}

function text(value: unknown, path: string): string {
  return typeof value === 'string' && value !== '' ? value : fail(path, 'must be a text that is not empty')
}

function known(fields: Fields, names: readonly string[], path: string): void {
  const unknown = Object.keys(fields).find(name => !names.includes(name))
  if (unknown !== undefined) fail(path === '' ? unknown : `${path}.${unknown}`, 'unknown field')
}
