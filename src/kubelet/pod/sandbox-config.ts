// A pod's sandbox in the runtime's words. Pure.
import type { Pod } from '../../api/core/pod.ts'
import type { PodSandboxConfig, PortMapping } from '../runtime/cri-config.ts'
import { podCgroup } from './cgroup-names.ts'
import { containerResources, podDemand } from './container-resources.ts'
import { podDomain, podHostname, type Resolver } from './host-files.ts'
import { identityOf, podLabels, podLogFolder } from './names.ts'
import { qosClass } from './qos.ts'
import { namespaceOptions, seccomp, supplementalGroups } from './security.ts'

export interface SandboxOptions {
  readonly pod: Pod
  readonly attempt: number
  readonly resolver: Resolver
  readonly podLogDir: string
  readonly cgroupRoot: string
  readonly clusterDomain: string
  readonly seccompDir: string
}

export function sandboxConfig(options: SandboxOptions): PodSandboxConfig {
  const { pod, attempt, resolver } = options
  const { spec, metadata } = pod
  const identity = identityOf(pod)
  const { runAsUser, runAsGroup } = spec.securityContext
  return {
    metadata: { name: metadata.name, namespace: metadata.namespace, uid: metadata.uid, attempt },
    ...(!spec.hostNetwork && { hostname: hostnameOf(pod, options.clusterDomain) }),
    logDirectory: podLogFolder(options.podLogDir, identity),
    dnsConfig: resolver,
    portMappings: spec.hostNetwork ? [] : portMappings(pod),
    labels: { ...metadata.labels, ...podLabels(identity) },
    annotations: { ...metadata.annotations },
    linux: {
      cgroupParent: podCgroup(options.cgroupRoot, qosClass(spec), metadata.uid),
      sysctls: Object.fromEntries((spec.securityContext.sysctls ?? []).map(({ name, value }) => [name, value])),
      resources: containerResources(podDemand(spec)),
      securityContext: {
        namespaceOptions: namespaceOptions(pod),
        privileged: spec.containers.some(c => c.securityContext?.privileged === true),
        ...(runAsUser !== undefined && { runAsUser: { value: runAsUser } }),
        ...(runAsUser !== undefined && runAsGroup !== undefined && { runAsGroup: { value: runAsGroup } }),
        supplementalGroups: supplementalGroups(pod, []),
        // The pause process needs nothing that the default profile forbids.
        seccomp: seccomp(spec.securityContext.seccompProfile ?? { type: 'RuntimeDefault' }, options.seccompDir),
      },
    },
  }
}

function hostnameOf(pod: Pod, clusterDomain: string): string {
  const domain = podDomain(pod, clusterDomain)
  return pod.spec.setHostnameAsFQDN && domain !== '' ? `${podHostname(pod)}.${domain}` : podHostname(pod)
}

function portMappings({ spec }: Pod): readonly PortMapping[] {
  return [...(spec.initContainers ?? []), ...spec.containers].flatMap(container =>
    (container.ports ?? [])
      .filter(port => port.hostPort !== undefined && port.hostPort > 0)
      .map(port => ({
        protocol: port.protocol,
        containerPort: port.containerPort,
        hostPort: port.hostPort ?? 0,
        hostIp: port.hostIP ?? '',
      })),
  )
}
