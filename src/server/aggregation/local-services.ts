// The API services of what this server serves itself: one for each group version, with upstream's places in the order of discovery.
import type { APIService } from '../../api/apiregistration/api-service.ts'
import type { Draft } from '../../schema/schema.ts'

interface GroupVersion {
  readonly group: string
  readonly version: string
}
type Priorities = readonly [group: number, version: number]

const priorities: Readonly<Record<string, Priorities>> = {
  '/v1': [18000, 1],
  'apps/v1': [17800, 15],
  'events.k8s.io/v1': [17750, 15],
  'authentication.k8s.io/v1': [17700, 15],
  'authorization.k8s.io/v1': [17600, 15],
  'autoscaling/v1': [17500, 15],
  'autoscaling/v2': [17500, 30],
  'batch/v1': [17400, 15],
  'certificates.k8s.io/v1': [17300, 15],
  'networking.k8s.io/v1': [17200, 15],
  'policy/v1': [17100, 15],
  'rbac.authorization.k8s.io/v1': [17000, 15],
  'storage.k8s.io/v1': [16800, 15],
  'apiextensions.k8s.io/v1': [16700, 15],
  'admissionregistration.k8s.io/v1': [16700, 15],
  'scheduling.k8s.io/v1': [16600, 15],
  'coordination.k8s.io/v1': [16500, 15],
  'node.k8s.io/v1': [16300, 15],
  'discovery.k8s.io/v1': [16200, 15],
  'resource.k8s.io/v1': [16200, 20],
  'flowcontrol.apiserver.k8s.io/v1': [16100, 21],
}
/** Of custom resources. */
const customPriorities: Priorities = [1000, 100]

export const managedLabel = 'kube-aggregator.kubernetes.io/automanaged'
export const apiServiceName = ({ group, version }: GroupVersion) => `${version}.${group}`

/** The group of API services has none of its own. That of metrics is left free for whoever registers for it, and goes to it then. */
const withoutService: ReadonlySet<string> = new Set(['apiregistration.k8s.io', 'metrics.k8s.io'])

/** What there should be. */
export function localServices(
  served: readonly GroupVersion[],
): readonly (Draft<APIService> & { readonly metadata: { readonly name: string } })[] {
  return served
    .filter(({ group }) => !withoutService.has(group))
    .map(({ group, version }) => {
      const known = priorities[`${group}/${version}`]
      const [groupPriorityMinimum, versionPriority] = known ?? customPriorities
      return {
        metadata: { name: apiServiceName({ group, version }), labels: { [managedLabel]: known ? 'onstart' : 'true' } },
        spec: { group, version, groupPriorityMinimum, versionPriority },
      }
    })
}

export interface Changes {
  readonly create: readonly (Draft<APIService> & { readonly metadata: { readonly name: string } })[]
  readonly remove: readonly APIService[]
}

/** What to write, so that there is what should be. One of the same name that somebody else made is left alone. */
export function reconcileLocalServices(served: readonly GroupVersion[], current: readonly APIService[]): Changes {
  const wanted = localServices(served)
  const wantedNames = new Set(wanted.map(service => service.metadata.name))
  const currentNames = new Set(current.map(service => service.metadata.name))
  return {
    create: wanted.filter(service => !currentNames.has(service.metadata.name)),
    remove: current.filter(
      ({ metadata, spec }) =>
        metadata.labels?.[managedLabel] !== undefined && spec.service === undefined && !wantedNames.has(metadata.name),
    ),
  }
}
