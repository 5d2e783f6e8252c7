// `proxy`: HTTP with a pod, with one of a service's endpoints, or with the kubelet of a node. Here only the target is worked out;
// http/relay.ts carries the bytes.
import { NodeProxyOptions, PodProxyOptions, type ProxyOptions, ServiceProxyOptions } from '../../api/core/connect-options.ts'
import { Service } from '../../api/core/service.ts'
import { EndpointSlice } from '../../api/discovery/endpoint-slice.ts'
import { checkNotSpecialAddress } from '../../api/validate-address.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Call, RelayTarget } from '../call.ts'
import type { Context } from '../context.ts'
import { resourceFor } from '../resource.ts'
import { connection, decodedPath } from './connection.ts'
import { findPod, kubelet, queryText } from './relay.ts'

export const podProxy = connection('proxy', PodProxyOptions, proxyToPod)
export const serviceProxy = connection('proxy', ServiceProxyOptions, proxyToService)
export const nodeProxy = connection('proxy', NodeProxyOptions, proxyToNode)

/** `[scheme:]name[:port]`, as proxied names are written. */
function splitProxyName(text: string): { readonly scheme: 'http' | 'https'; readonly name: string; readonly port: string } {
  const parts = text.split(':')
  const hasScheme = parts.length === 3
  const scheme = hasScheme ? parts[0] : 'http'
  const [name = '', port = ''] = hasScheme ? parts.slice(1) : parts
  if (parts.length > 3 || (scheme !== 'http' && scheme !== 'https' && scheme !== ''))
    throw StatusError.badRequest(`invalid proxy request "${text}"`)
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port }
}

/** What was asked for as it was written, where the options still say so. */
function proxyPath({ info, query }: Call, { path = '' }: ProxyOptions): string {
  const written = path === decodedPath(info.rest) ? info.rest : encodedPath(path)
  return (written || '/') + queryText(query)
}

function encodedPath(path: string): string {
  const encoded = encodeURI(path.toWellFormed()).replace(/[?#]/g, encodeURIComponent)
  return encoded.startsWith('/') ? encoded : `/${encoded}`
}

function proxyToPod(context: Context, call: Call, options: ProxyOptions): RelayTarget {
  const { scheme, name, port } = splitProxyName(call.info.name)
  const pod = findPod(context, { ...call, info: { ...call.info, name } })
  const number = Number(port || pod.spec.containers.flatMap(c => c.ports ?? [])[0]?.containerPort || 80)
  if (!pod.status.podIP) throw StatusError.serviceUnavailable(`pod ${name} has no address yet`)
  return { scheme, host: reachable(pod.status.podIP), port: number, path: proxyPath(call, options), isKubelet: false }
}

function proxyToService(context: Context, call: Call, options: ProxyOptions): RelayTarget {
  const { scheme, name, port } = splitProxyName(call.info.name)
  const { namespace } = call.info
  const service = context.storage.find(Service, namespace, name)
  if (!service) throw StatusError.notFound(resourceFor(Service), name)
  const ports = service.spec.ports ?? []
  const chosen = port === '' ? ports[0] : ports.find(p => p.name === port || String(p.port) === port)
  const noEndpoints = () => StatusError.serviceUnavailable(`no endpoints available for service "${call.info.name}"`)
  if (!chosen || (port === '' && ports.length > 1)) throw noEndpoints()
  const ready = context.storage
    .all(EndpointSlice, namespace)
    .filter(slice => slice.metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap(slice => {
      const target = slice.ports?.find(p => (p.name ?? '') === (chosen.name ?? ''))?.port
      return target === undefined
        ? []
        : (slice.endpoints ?? []).filter(e => e.conditions?.ready !== false).flatMap(e => e.addresses.map(host => ({ host, port: target })))
    })
  const endpoint = ready[Math.floor(context.random() * ready.length)]
  if (!endpoint) throw noEndpoints()
  return { scheme, port: endpoint.port, host: reachable(endpoint.host), path: proxyPath(call, options), isKubelet: false }
}

/** What calls itself a pod's address must not lead back to this very host. */
function reachable(address: string): string {
  if (checkNotSpecialAddress(address).length > 0) throw StatusError.badRequest('address not allowed')
  return address
}

function proxyToNode(context: Context, call: Call, options: ProxyOptions): RelayTarget {
  const { name, port } = splitProxyName(call.info.name)
  const target = kubelet(context, name)
  if (port !== '' && Number(port) !== target.port)
    throw StatusError.badRequest(`only the kubelet's own port of a node is proxied to: ${target.port}`)
  return { ...target, path: proxyPath(call, options) }
}
