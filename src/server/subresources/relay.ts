// Subresources that another server answers: the kubelet (log, exec, attach, port-forward, node proxy) or the pod itself (proxy).
// Here only the target is worked out; http/relay.ts carries the bytes.
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { Service } from '../../api/core/service.ts'
import { EndpointSlice } from '../../api/discovery/endpoint-slice.ts'
import { checkNotSpecialAddress } from '../../api/validate-address.ts'
import { forbiddenValue, invalidValue } from '../../meta/field-error.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Answer, Call, RelayTarget } from '../call.ts'
import type { Context } from '../context.ts'
import { resourceFor } from '../resource.ts'
import type { Subresource } from './subresource.ts'

function connection(
  name: string,
  kind: string,
  target: (context: Context, call: Call) => RelayTarget,
  verbs = ['create', 'get'],
): Subresource {
  return {
    name,
    group: '',
    version: 'v1',
    kind,
    verbs,
    ...(name === 'proxy' && { takesAnyMethod: true }),
    serve: async (context, call): Promise<Answer> => ({ type: 'relay', target: target(context, call) }),
  }
}

export const log = connection('log', 'Pod', podLog, ['get'])
export const exec = connection('exec', 'PodExecOptions', (context, call) => podCommand(context, call, 'exec'))
export const attach = connection('attach', 'PodAttachOptions', (context, call) => podCommand(context, call, 'attach'))
export const portForward = connection('portforward', 'PodPortForwardOptions', podPortForward)
const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update']
export const podProxy = connection('proxy', 'PodProxyOptions', proxyToPod, proxyVerbs)
export const serviceProxy = connection('proxy', 'ServiceProxyOptions', proxyToService, proxyVerbs)
export const nodeProxy = connection('proxy', 'NodeProxyOptions', proxyToNode, proxyVerbs)

function findPod({ storage }: Context, { info }: Call): Pod {
  const pod = storage.find(Pod, info.namespace, info.name)
  if (!pod) throw StatusError.notFound(resourceFor(Pod), info.name)
  return pod
}

/** Fails with NotFound, and with ServiceUnavailable for a node of which nobody knows yet where it is. */
export function kubelet({ storage }: Pick<Context, 'storage'>, nodeName: string): Omit<RelayTarget, 'path'> {
  const node = storage.find(Node, undefined, nodeName)
  if (!node) throw StatusError.notFound(resourceFor(Node), nodeName)
  const address = node.status.addresses?.find(a => a.type === 'InternalIP')?.address
  const port = node.status.daemonEndpoints.kubeletEndpoint.Port
  if (!address || !port) throw StatusError.serviceUnavailable(`node ${nodeName} has not reported the address of its kubelet yet`)
  return { scheme: 'https', host: address, port, isKubelet: true }
}

/** Every container of a pod by name: init, ordinary and ephemeral. */
function containerNames(pod: Pod): readonly string[] {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? []), ...(pod.spec.ephemeralContainers ?? [])].map(c => c.name)
}

function chooseContainer(pod: Pod, wanted: string | null): string {
  const { name } = pod.metadata
  const names = containerNames(pod)
  if (wanted) {
    if (!names.includes(wanted)) throw StatusError.badRequest(`container ${wanted} is not valid for pod ${name}`)
    return wanted
  }
  const preferred = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container']
  if (preferred && names.includes(preferred)) return preferred
  const [only] = pod.spec.containers
  if (only && pod.spec.containers.length === 1 && !pod.spec.initContainers?.length) return only.name
  const plain = pod.spec.containers.map(c => c.name).join(' ')
  const init = pod.spec.initContainers?.map(c => c.name).join(' ')
  throw StatusError.badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${plain}]${init ? ` or one of the init containers: [${init}]` : ''}`,
  )
}

function hostOf(pod: Pod): string {
  if (!pod.spec.nodeName) throw StatusError.badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
  return pod.spec.nodeName
}

const logParameters = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes', 'stream']

function podLog(context: Context, call: Call): RelayTarget {
  const pod = findPod(context, call)
  const container = chooseContainer(pod, call.query.get('container'))
  const query = new URLSearchParams()
  for (const name of logParameters) {
    const value = call.query.get(name)
    if (value !== null) query.set(name, value)
  }
  checkLogParameters(query)
  const { namespace, name } = pod.metadata
  return { ...kubelet(context, hostOf(pod)), path: `/containerLogs/${namespace}/${name}/${container}${queryText(query)}` }
}

function checkLogParameters(query: URLSearchParams): void {
  for (const name of ['tailLines', 'limitBytes', 'sinceSeconds']) {
    const value = query.get(name)
    if (value !== null && !/^-?\d+$/.test(value)) throw StatusError.badRequest(`strconv.ParseInt: parsing "${value}": invalid syntax`)
    const least = name === 'tailLines' ? 0 : 1
    if (value !== null && Number(value) < least)
      throw StatusError.invalid({ group: '', kind: 'PodLogOptions' }, '', [
        invalidValue(name, Number(value), least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0'),
      ])
  }
  if (query.has('sinceSeconds') && query.has('sinceTime'))
    throw StatusError.invalid({ group: '', kind: 'PodLogOptions' }, '', [
      forbiddenValue('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'),
    ])
}

/** The API's parameter names and the kubelet's. */
const streams: readonly (readonly [string, string])[] = [
  ['stdin', 'input'],
  ['stdout', 'output'],
  ['stderr', 'error'],
  ['tty', 'tty'],
]

function podCommand(context: Context, call: Call, action: 'exec' | 'attach'): RelayTarget {
  const pod = findPod(context, call)
  const container = chooseContainer(pod, call.query.get('container'))
  const { namespace, name } = pod.metadata
  const { phase } = pod.status
  if (phase === 'Succeeded' || phase === 'Failed')
    throw StatusError.badRequest(`cannot ${action} a container in a completed pod; current phase is ${phase}`)
  const query = new URLSearchParams()
  for (const [from, to] of streams) {
    const value = call.query.get(from)
    if (value === 'true' || value === '1') query.set(to, '1')
  }
  if (action === 'exec') {
    const command = call.query.getAll('command')
    if (command.length === 0) throw StatusError.badRequest('you must specify at least one command for the container')
    for (const word of command) query.append('command', word)
  }
  if (![...query.keys()].some(key => key === 'input' || key === 'output' || key === 'error'))
    throw StatusError.badRequest('you must specify at least one of stdin, stdout, stderr')
  return { ...kubelet(context, hostOf(pod)), path: `/${action}/${namespace}/${name}/${container}${queryText(query)}` }
}

function podPortForward(context: Context, call: Call): RelayTarget {
  const pod = findPod(context, call)
  const { namespace, name } = pod.metadata
  const query = new URLSearchParams(call.query.getAll('ports').map((port): [string, string] => ['port', port]))
  return { ...kubelet(context, hostOf(pod)), path: `/portForward/${namespace}/${name}${queryText(query)}` }
}

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

function proxyPath({ info, query }: Call): string {
  return (info.rest || '/') + queryText(query)
}

function proxyToPod(context: Context, call: Call): RelayTarget {
  const { scheme, name, port } = splitProxyName(call.info.name)
  const pod = findPod(context, { ...call, info: { ...call.info, name } })
  const number = Number(port || pod.spec.containers.flatMap(c => c.ports ?? [])[0]?.containerPort || 80)
  if (!pod.status.podIP) throw StatusError.serviceUnavailable(`pod ${name} has no address yet`)
  return { scheme, host: reachable(pod.status.podIP), port: number, path: proxyPath(call), isKubelet: false }
}

function proxyToService(context: Context, call: Call): RelayTarget {
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
  return { scheme, port: endpoint.port, host: reachable(endpoint.host), path: proxyPath(call), isKubelet: false }
}

/** What calls itself a pod's address must not lead back to this very host. */
function reachable(address: string): string {
  if (checkNotSpecialAddress(address).length > 0) throw StatusError.badRequest('address not allowed')
  return address
}

function proxyToNode(context: Context, call: Call): RelayTarget {
  const { name, port } = splitProxyName(call.info.name)
  const target = kubelet(context, name)
  if (port !== '' && Number(port) !== target.port)
    throw StatusError.badRequest(`only the kubelet's own port of a node is proxied to: ${target.port}`)
  return { ...target, path: proxyPath(call) }
}

function queryText(query: URLSearchParams): string {
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}
