// The files of the volumes that are made of API objects: configMap, secret, downwardAPI, projected. Pure.
// https://kubernetes.io/docs/concepts/storage/projected-volumes/
import type { ConfigMap } from '../../api/core/config-map.ts'
import type { Secret } from '../../api/core/secret.ts'
import type { DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection } from '../../api/core/volume.ts'
import { type DownwardContext, fieldValue, resourceValue } from '../pod/downward.ts'

export interface PayloadFile {
  readonly data: Buffer
  readonly mode: number
}
/** By path below the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>

export interface PayloadSources extends DownwardContext {
  configMap(name: string): ConfigMap | undefined
  secret(name: string): Secret | undefined
  /** The token for a projection's path. */
  token(path: string): string | undefined
  /** Replaces the mode of token files, when they belong to one user or group. */
  readonly tokenMode?: number
}

/** A volume that cannot be filled yet; the message is for the FailedMount event. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError'
}

const defaultMode = 0o644

export function isPayloadVolume(volume: Volume): boolean {
  return [volume.configMap, volume.secret, volume.downwardAPI, volume.projected].some(source => source !== undefined)
}

/** Throws `PayloadError`. */
export function volumePayload(volume: Volume, sources: PayloadSources): Payload {
  const { configMap, secret, downwardAPI, projected } = volume
  if (configMap) return configMapFiles(configMap, configMap.defaultMode ?? defaultMode, sources)
  if (secret) return secretFiles({ ...secret, name: secret.secretName }, secret.defaultMode ?? defaultMode, sources)
  if (downwardAPI) return downwardFiles(downwardAPI.items, downwardAPI.defaultMode ?? defaultMode, sources)
  const files = new Map<string, PayloadFile>()
  for (const source of projected?.sources ?? [])
    for (const [path, file] of projectionFiles(source, projected?.defaultMode ?? defaultMode, sources)) files.set(path, file)
  return files
}

function projectionFiles(source: VolumeProjection, mode: number, sources: PayloadSources): Payload {
  if (source.configMap) return configMapFiles(source.configMap, mode, sources)
  if (source.secret) return secretFiles(source.secret, mode, sources)
  if (source.downwardAPI) return downwardFiles(source.downwardAPI.items, mode, sources)
  if (source.serviceAccountToken) {
    const { path } = source.serviceAccountToken
    const token = sources.token(path)
    if (token === undefined) throw new PayloadError('failed to fetch token')
    return new Map([[path, { data: Buffer.from(token), mode: sources.tokenMode ?? mode }]])
  }
  throw new PayloadError(`projected volume source ${Object.keys(source).join(', ')} is not supported on this node`)
}

interface Reference {
  readonly name?: string | undefined
  readonly items?: readonly KeyToPath[] | undefined
  readonly optional?: boolean | undefined
}

function configMapFiles(ref: Reference, mode: number, sources: PayloadSources): Payload {
  const found = sources.configMap(ref.name ?? '')
  if (!found && !ref.optional) throw new PayloadError(`configmap ${JSON.stringify(ref.name ?? '')} not found`)
  const data = new Map<string, Buffer>()
  for (const [key, value] of Object.entries(found?.data ?? {})) data.set(key, Buffer.from(value))
  for (const [key, value] of Object.entries(found?.binaryData ?? {})) data.set(key, Buffer.from(value, 'base64'))
  return choose(data, ref, mode, 'config')
}

function secretFiles(ref: Reference, mode: number, sources: PayloadSources): Payload {
  const found = sources.secret(ref.name ?? '')
  if (!found && !ref.optional) throw new PayloadError(`secret ${JSON.stringify(ref.name ?? '')} not found`)
  const data = new Map(Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]))
  return choose(data, ref, mode, 'secret')
}

function choose(data: ReadonlyMap<string, Buffer>, { items, optional }: Reference, mode: number, word: string): Payload {
  if (!items || items.length === 0) return new Map([...data].map(([key, value]) => [key, { data: value, mode }]))
  const files = new Map<string, PayloadFile>()
  for (const item of items) {
    const value = data.get(item.key)
    if (value) files.set(item.path, { data: value, mode: item.mode ?? mode })
    else if (!optional) throw new PayloadError(`references non-existent ${word} key: ${item.key}`)
  }
  return files
}

function downwardFiles(items: readonly DownwardAPIVolumeFile[] = [], mode: number, sources: PayloadSources): Payload {
  return new Map(
    items.map(item => {
      const text = item.fieldRef
        ? fieldValue(item.fieldRef.fieldPath, sources)
        : item.resourceFieldRef && resourceValue(item.resourceFieldRef, undefined, sources)
      if (text === undefined) throw new PayloadError(`no value for ${item.path}`)
      return [item.path, { data: Buffer.from(text), mode: item.mode ?? mode }]
    }),
  )
}
