// Which secrets the pods of a service account may name, where its annotation says that this is to be enforced: those that it lists.
import type { Container } from '../../api/core/container.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import type { ServiceAccount } from '../../api/core/service-account.ts'

const annotation = 'kubernetes.io/enforce-mountable-secrets'

type Named = Pick<Container, 'name' | 'env' | 'envFrom'>

/** What a new pod names and may not, worded as in a refusal. */
export function unmountable(spec: PodSpec, account: ServiceAccount): string | undefined {
  if (!isEnforced(account)) return undefined
  const pull = new Set(account.imagePullSecrets?.map(({ name }) => name))
  const volumes = (spec.volumes ?? []).flatMap(({ secret }) => (secret ? [['volume with', secret.secretName] as const] : []))
  const [refused] = refusals([...volumes, ...named('init container', spec.initContainers), ...named('container', spec.containers)], account)
  const at = (spec.imagePullSecrets ?? []).findIndex(({ name }) => !pull.has(name))
  if (refused !== undefined || at < 0) return refused
  const what = `imagePullSecrets[${at}].name="${spec.imagePullSecrets?.[at]?.name}"`
  return `${what} is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`
}

/** The same of the ephemeral containers of a pod. */
export function unmountableLater({ ephemeralContainers }: PodSpec, account: ServiceAccount): string | undefined {
  return isEnforced(account) ? refusals(named('ephemeral container', ephemeralContainers), account)[0] : undefined
}

/** As Go reads booleans. */
function isEnforced({ metadata }: ServiceAccount): boolean {
  return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(metadata.annotations?.[annotation] ?? '')
}

type Naming = readonly [where: string, secret: string | undefined]

function named(sort: string, containers: readonly Named[] | undefined): readonly Naming[] {
  return (containers ?? []).flatMap(({ name, env = [], envFrom = [] }) => [
    ...env.flatMap(({ name: variable, valueFrom }) => {
      const ref = valueFrom?.secretKeyRef
      return ref ? [[`${sort} ${name} with envVar ${variable} referencing`, ref.name] as const] : []
    }),
    ...envFrom.flatMap(({ secretRef }) => (secretRef ? [[`${sort} ${name} with envFrom referencing`, secretRef.name] as const] : [])),
  ])
}

function refusals(namings: readonly Naming[], { metadata, secrets }: ServiceAccount): readonly string[] {
  const listed = new Set(secrets?.map(({ name }) => name))
  const why = `is not allowed because service account ${metadata.name} does not reference that secret`
  return namings.flatMap(([where, secret]) => (listed.has(secret) ? [] : [`${where} secret.secretName="${secret ?? ''}" ${why}`]))
}
