// ConfigMaps and Secrets: keys that can be file names, a bounded size, and what a secret's type calls for.

import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, forbiddenValue, invalidValue, requiredValue, tooLong } from '../../meta/field-error.ts'
import { checkConfigKey } from '../../meta/names.ts'
import { type Errors, immutable, must, shaped } from '../validation.ts'
import type { ConfigMap } from './config-map.ts'
import type { Secret } from './secret.ts'

const maxBytes = 1024 * 1024

type Entries = Readonly<Record<string, string>>

/** How many bytes base64 stands for. */
function decodedLength(text: string): number {
  return Buffer.byteLength(text, 'base64')
}

function sizeOf(entries: Entries | undefined, length: (value: string) => number): number {
  return Object.values(entries ?? {}).reduce((sum, value) => sum + length(value), 0)
}

function validateKeys(entries: Entries | undefined, field: string): Errors {
  return Object.keys(entries ?? {}).flatMap(key => shaped(key, `${field}[${key}]`, checkConfigKey))
}

export function validateConfigMap(next: ConfigMap, previous: ConfigMap | undefined): Errors {
  const { data, binaryData } = next
  const both = Object.keys(data ?? {}).filter(key => binaryData && Object.hasOwn(binaryData, key))
  const size = sizeOf(data, Buffer.byteLength) + sizeOf(binaryData, decodedLength)
  return [
    ...both.map(key => invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')),
    ...validateKeys(data, 'data'),
    ...validateKeys(binaryData, 'binaryData'),
    ...must(size <= maxBytes, () => tooLong('', maxBytes)),
    ...(previous?.immutable ? validateFrozen(next, previous, ['data', 'binaryData']) : []),
  ]
}

function validateFrozen<O extends { readonly immutable?: boolean | undefined }>(
  next: O,
  previous: O,
  fields: readonly (keyof O & string)[],
): Errors {
  const detail = 'field is immutable when `immutable` is set'
  return [
    ...must(next.immutable === true, () => forbiddenValue('immutable', detail)),
    ...fields.filter(field => !deepEqual(next[field] ?? {}, previous[field] ?? {})).map(field => forbiddenValue(field, detail)),
  ]
}

export function validateSecret(next: Secret, previous: Secret | undefined): Errors {
  return [
    ...validateKeys(next.data, 'data'),
    ...must(sizeOf(next.data, decodedLength) <= maxBytes, () => tooLong('data', maxBytes)),
    ...(Object.hasOwn(typeRules, next.type) ? (typeRules[next.type]?.(next) ?? []) : []),
    ...(previous ? immutable(next.type, previous.type, 'type') : []),
    ...(previous?.immutable ? validateFrozen(next, previous, ['data']) : []),
  ]
}

const accountAnnotation = 'kubernetes.io/service-account.name'

const typeRules: Readonly<Record<string, (secret: Secret) => Errors>> = {
  'kubernetes.io/service-account-token': ({ metadata }) =>
    must(Boolean(metadata.annotations?.[accountAnnotation]), () => requiredValue(`metadata.annotations[${accountAnnotation}]`)),
  'kubernetes.io/dockercfg': secret => validateJsonKey(secret, '.dockercfg'),
  'kubernetes.io/dockerconfigjson': secret => validateJsonKey(secret, '.dockerconfigjson'),
  'kubernetes.io/basic-auth': ({ data = {} }) =>
    'username' in data || 'password' in data ? [] : [requiredValue('data[username]'), requiredValue('data[password]')],
  'kubernetes.io/ssh-auth': ({ data = {} }) => must(Boolean(data['ssh-privatekey']), () => requiredValue('data[ssh-privatekey]')),
  'kubernetes.io/tls': ({ data = {} }) =>
    ['tls.crt', 'tls.key'].filter(key => data[key] === undefined).map(key => requiredValue(`data[${key}]`)),
}

function validateJsonKey({ data }: Secret, key: string): FieldError[] {
  const text = data?.[key]
  if (text === undefined) return [requiredValue(`data[${key}]`)]
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64').toString())
    if (value === null || (typeof value === 'object' && !Array.isArray(value))) return []
    return [invalidValue(`data[${key}]`, '<secret contents redacted>', 'not an object')]
  } catch (error) {
    return [
      invalidValue(
        `data[${key}]`,
        '<secret contents redacted>',
        error instanceof Error ? error.message.replace(/".*"/s, '<redacted>') : 'not JSON',
      ),
    ]
  }
}
