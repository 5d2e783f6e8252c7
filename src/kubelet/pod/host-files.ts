// What a pod sees of names: its hostname, its /etc/hosts, its resolver settings.
// https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/

import type { Pod } from '../../api/core/pod.ts'
import type { HostAlias } from '../../api/core/pod-spec.ts'

export interface Resolver {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

const longestHostname = 63
const mostNameservers = 3
const mostSearches = 32

export function podHostname({ metadata, spec }: Pod): string {
  if (spec.hostnameOverride) return spec.hostnameOverride
  if (spec.hostname) return spec.hostname
  return metadata.name.slice(0, longestHostname).replace(/[-.]+$/, '')
}

/** Empty when the pod has no subdomain. */
export function podDomain({ metadata, spec }: Pod, clusterDomain: string): string {
  return spec.subdomain && !spec.hostnameOverride ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : ''
}

export function hostsFile(pod: Pod, ips: readonly string[], clusterDomain: string, nodeHosts: string): string {
  const aliases = aliasLines(pod.spec.hostAliases ?? [])
  if (pod.spec.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${nodeHosts}${aliases}`
  const hostname = podHostname(pod)
  const domain = podDomain(pod, clusterDomain)
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...ips.map(ip => (domain === '' ? `${ip}\t${hostname}` : `${ip}\t${hostname}.${domain}\t${hostname}`)),
  ]
  return `${lines.join('\n')}\n${aliases}`
}

function aliasLines(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return ''
  return ['', '# Entries added by HostAliases.', ...aliases.map(({ ip, hostnames = [] }) => [ip, ...hostnames].join('\t')), ''].join('\n')
}

export function readResolvConf(text: string): Resolver {
  const servers: string[] = []
  let searches: readonly string[] = []
  let options: readonly string[] = []
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/)
    if (word === 'nameserver' && rest[0] !== undefined) servers.push(rest[0])
    else if (word === 'search') searches = rest
    else if (word === 'options') options = rest
  }
  return { servers, searches, options }
}

/** How a pod resolves names. Without a cluster DNS, `ClusterFirst` is the node's own way. */
export function podResolver(pod: Pod, node: Resolver, cluster: { readonly dns: readonly string[]; readonly domain: string }): Resolver {
  const { dnsPolicy, hostNetwork, dnsConfig } = pod.spec
  const isClusterFirst = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork)
  const base: Resolver =
    dnsPolicy === 'None'
      ? { servers: [], searches: [], options: [] }
      : isClusterFirst && cluster.dns.length > 0
        ? {
            servers: cluster.dns,
            searches: [`${pod.metadata.namespace}.svc.${cluster.domain}`, `svc.${cluster.domain}`, cluster.domain, ...node.searches],
            options: ['ndots:5'],
          }
        : node
  const options = (dnsConfig?.options ?? []).map(({ name = '', value }) =>
    value === undefined || value === '' ? name : `${name}:${value}`,
  )
  const overridden = new Set(options.map(option => option.split(':')[0]))
  return {
    servers: unique([...base.servers, ...(dnsConfig?.nameservers ?? [])]).slice(0, mostNameservers),
    searches: unique([...base.searches, ...(dnsConfig?.searches ?? [])]).slice(0, mostSearches),
    options: [...base.options.filter(option => !overridden.has(option.split(':')[0])), ...options],
  }
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)]
}
