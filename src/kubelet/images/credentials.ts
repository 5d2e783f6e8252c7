// Which credentials go with an image: those of the pod's pull secrets first, then the node's files. Docker's own formats.
// https://kubernetes.io/docs/concepts/containers/images/#config-json

import { parseImageName } from '../../api/core/image-name.ts'
import type { Secret } from '../../api/core/secret.ts'
import type { AuthConfig } from '../runtime/cri-config.ts'

interface DockerEntry {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly identitytoken?: string
  readonly registrytoken?: string
}
/** By registry pattern, as in a config.json. */
export type DockerConfig = Readonly<Record<string, DockerEntry>>

export interface SecretName {
  readonly uid: string
  readonly namespace: string
  readonly name: string
}
/** A config and the secret that it is from; the node's own has none. */
export interface CredentialSource {
  readonly config: DockerConfig
  readonly secret?: SecretName
}
export interface PullCredential {
  readonly auth: AuthConfig
  readonly secret?: SecretName
}

/** A config.json, or the older form that is only its inside. Undefined for text that is neither. */
export function parseDockerConfig(text: string): DockerConfig | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    const entries = isRecord(parsed) && 'auths' in parsed ? parsed['auths'] : parsed
    return isRecord(entries) && Object.values(entries).every(isRecord) ? (entries as DockerConfig) : undefined
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

export function secretDockerConfig(secret: Secret): DockerConfig | undefined {
  const data = secret.data?.['.dockerconfigjson'] ?? secret.data?.['.dockercfg']
  return data === undefined ? undefined : parseDockerConfig(Buffer.from(data, 'base64').toString())
}

/**
 * All credentials that fit, to be tried in this order: one keyring of all the sources, the pattern that sorts last first. Docker Hub's own
 * name counts only where nothing else fits.
 */
export function credentialsFor(image: string, sources: readonly CredentialSource[]): readonly PullCredential[] {
  const name = parseImageName(image)
  if (!name) return []
  const target = `${name.registry}/${name.repository}`
  const entries = sources.flatMap(({ config, secret }) =>
    Object.entries(config).map(([pattern, entry]) => ({
      pattern: plainPattern(pattern),
      credential: { auth: authOf(entry), ...(secret && { secret }) },
    })),
  )
  const fitting = entries.filter(({ pattern }) => fits(pattern, target))
  const chosen = fitting.length > 0 || name.registry !== 'docker.io' ? fitting : entries.filter(each => each.pattern === dockerHub)
  return chosen.sort((a, b) => (a.pattern < b.pattern ? 1 : a.pattern > b.pattern ? -1 : 0)).map(({ credential }) => credential)
}

const dockerHub = 'index.docker.io'

/** Without the scheme, and without the path by which clients name a registry's API. */
export function plainPattern(pattern: string): string {
  return pattern
    .replace(/^https?:\/\//, '')
    .replace(/^([^/]*)\/v[12](\/|$)/, '$1$2')
    .replace(/^([^/]*)\/$/, '$1')
}

/** Each label of the host may have `*`, the port must be the same, and what follows is the beginning of the image's path. */
export function fits(pattern: string, target: string): boolean {
  const wanted = splitPattern(pattern)
  const given = splitPattern(target)
  if (wanted.port !== given.port || wanted.labels.length !== given.labels.length || !given.path.startsWith(wanted.path)) return false
  return wanted.labels.every((label, i) => glob(label, given.labels[i] ?? ''))
}

function splitPattern(text: string) {
  const [, host = '', port = '', path = ''] = /^(\[[^\]]*\]|[^:/]*)(?::([^/]*))?(\/.*)?$/.exec(text) ?? []
  return { labels: host.split('.'), port, path }
}

function glob(pattern: string, text: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${escaped}$`).test(text)
}

/** Without a server address: a runtime compares it to the host that it asks, which may be a mirror, and would hold the credentials back. */
function authOf(entry: DockerEntry): AuthConfig {
  const decoded = entry.auth ? Buffer.from(entry.auth, 'base64').toString() : ''
  const colon = decoded.indexOf(':')
  const [username, password] = colon < 0 ? [entry.username, entry.password] : [decoded.slice(0, colon), decoded.slice(colon + 1)]
  return {
    username: username ?? '',
    password: password ?? '',
    identityToken: entry.identitytoken ?? '',
    registryToken: entry.registrytoken ?? '',
  }
}
