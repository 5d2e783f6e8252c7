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

/** A config.json, or the older form that is only its inside. Undefined for text that is neither. */
export function parseDockerConfig(text: string): DockerConfig | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null) return undefined
    return ('auths' in parsed ? parsed.auths : parsed) as DockerConfig
  } catch {
    return undefined
  }
}

export function secretDockerConfig(secret: Secret): DockerConfig | undefined {
  const data = secret.data?.['.dockerconfigjson'] ?? secret.data?.['.dockercfg']
  return data === undefined ? undefined : parseDockerConfig(Buffer.from(data, 'base64').toString())
}

/** All credentials that fit, the most specific pattern first within a config. */
export function credentialsFor(image: string, configs: readonly DockerConfig[]): readonly AuthConfig[] {
  const name = parseImageName(image)
  if (!name) return []
  const target = `${name.registry}/${name.repository}`
  return configs.flatMap(config =>
    Object.entries(config)
      .filter(([pattern]) => fits(pattern, target))
      .sort(([a], [b]) => b.length - a.length)
      .map(([pattern, entry]) => authOf(pattern, entry)),
  )
}

/** `https://index.docker.io/v1/` is Docker Hub; hosts may have `*` in their labels; a path is a prefix. */
export function fits(pattern: string, target: string): boolean {
  const plain = pattern
    .replace(/^https?:\/\//, '')
    .replace(/^(index\.docker\.io|registry-1\.docker\.io)/, 'docker.io')
    .replace(/\/(v1|v2)?\/?$/, '')
  const [host = '', ...path] = plain.split('/')
  const [targetHost = '', ...targetPath] = target.split('/')
  const labels = host.split('.')
  const targetLabels = targetHost.split('.')
  if (labels.length !== targetLabels.length) return false
  if (!labels.every((label, i) => glob(label, targetLabels[i] ?? ''))) return false
  return path.every((part, i) => part === targetPath[i])
}

function glob(pattern: string, text: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${escaped}$`).test(text)
}

function authOf(serverAddress: string, entry: DockerEntry): AuthConfig {
  const decoded = entry.auth === undefined ? '' : Buffer.from(entry.auth, 'base64').toString()
  const colon = decoded.indexOf(':')
  const [user, secret] = colon < 0 ? [undefined, undefined] : [decoded.slice(0, colon), decoded.slice(colon + 1)]
  return {
    username: entry.username ?? user ?? '',
    password: entry.password ?? secret ?? '',
    serverAddress,
    identityToken: entry.identitytoken ?? '',
    registryToken: entry.registrytoken ?? '',
  }
}
