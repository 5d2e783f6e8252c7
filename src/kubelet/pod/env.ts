// The environment of a container, from values, ConfigMaps, Secrets, the downward API and services, in upstream's order of precedence.
// https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
import type { ConfigMap } from '../../api/core/config-map.ts'
import type { EnvVar } from '../../api/core/container.ts'
import type { Secret } from '../../api/core/secret.ts'
import type { AnyContainer } from './containers.ts'
import { type DownwardContext, fieldValue, resourceValue } from './downward.ts'
import { expand } from './expand.ts'

export interface EnvContext extends DownwardContext {
  readonly services: ReadonlyMap<string, string>
  /** Undefined when there is none. */
  configMap(name: string): ConfigMap | undefined
  secret(name: string): Secret | undefined
}

/** The variables in order, or why the container cannot be configured. */
export type EnvResult =
  | { readonly ok: true; readonly env: ReadonlyMap<string, string>; readonly skipped: readonly string[] }
  | { readonly ok: false; readonly error: string }

class Missing extends Error {}

export function makeEnv(container: AnyContainer, context: EnvContext): EnvResult {
  const env = new Map<string, string>()
  const skipped: string[] = []
  try {
    for (const source of container.envFrom ?? []) addSource(env, skipped, source, context)
    const lookup = (name: string) => env.get(name) ?? context.services.get(name)
    for (const variable of container.env ?? []) {
      const value = variable.valueFrom ? valueFrom(variable, container, context) : expand(variable.value ?? '', lookup)
      if (value === undefined) continue
      env.set(variable.name, value)
    }
  } catch (error) {
    if (error instanceof Missing) return { ok: false, error: error.message }
    throw error
  }
  for (const [name, value] of context.services) if (!env.has(name)) env.set(name, value)
  return { ok: true, env, skipped }
}

type EnvFrom = NonNullable<AnyContainer['envFrom']>[number]

function addSource(env: Map<string, string>, skipped: string[], source: EnvFrom, context: EnvContext): void {
  const data = source.configMapRef
    ? configMapData(source.configMapRef, context)
    : source.secretRef
      ? secretData(source.secretRef, context)
      : {}
  for (const key of Object.keys(data ?? {}).sort()) {
    const name = `${source.prefix ?? ''}${key}`
    if (/^[\x20-\x3c\x3e-\x7e]+$/.test(name)) env.set(name, data![key]!)
    else skipped.push(name)
  }
}

function configMapData(ref: { name?: string | undefined; optional?: boolean | undefined }, context: EnvContext) {
  const found = context.configMap(ref.name ?? '')
  if (!found && !ref.optional) throw new Missing(`configmap ${JSON.stringify(ref.name ?? '')} not found`)
  return found?.data
}

function secretData(ref: { name?: string | undefined; optional?: boolean | undefined }, context: EnvContext) {
  const found = context.secret(ref.name ?? '')
  if (!found && !ref.optional) throw new Missing(`secret ${JSON.stringify(ref.name ?? '')} not found`)
  return found && Object.fromEntries(Object.entries(found.data ?? {}).map(([key, value]) => [key, decode(value)]))
}

/** Undefined when the variable is optional and there is nothing to give. */
function valueFrom({ valueFrom: source, name }: EnvVar, container: AnyContainer, context: EnvContext): string | undefined {
  const { metadata } = context.pod
  if (source?.fieldRef) {
    const value = fieldValue(source.fieldRef.fieldPath, context)
    if (value === undefined) throw new Missing(`unsupported fieldPath: ${source.fieldRef.fieldPath}`)
    return value
  }
  if (source?.resourceFieldRef) {
    const value = resourceValue(source.resourceFieldRef, container, context)
    if (value === undefined) throw new Missing(`unsupported container resource : ${source.resourceFieldRef.resource}`)
    return value
  }
  if (source?.configMapKeyRef) {
    const ref = source.configMapKeyRef
    const value = configMapData(ref, context)?.[ref.key]
    if (value === undefined && !ref.optional)
      throw new Missing(`couldn't find key ${ref.key} in ConfigMap ${metadata.namespace}/${ref.name ?? ''}`)
    return value
  }
  if (source?.secretKeyRef) {
    const ref = source.secretKeyRef
    const value = secretData(ref, context)?.[ref.key]
    if (value === undefined && !ref.optional)
      throw new Missing(`couldn't find key ${ref.key} in Secret ${metadata.namespace}/${ref.name ?? ''}`)
    return value
  }
  throw new Missing(`environment variable ${JSON.stringify(name)} has a source that this node does not support`)
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}
