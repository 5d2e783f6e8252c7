// Subresources of pods that the kubelet answers: log, exec, attach and port-forward. Here only the target is worked out; http/relay.ts
// carries the bytes.
import { PodAttachOptions, PodExecOptions, PodPortForwardOptions } from '../../api/core/connect-options.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { forbiddenValue, invalidValue } from '../../meta/field-error.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Answer, Call, RelayTarget } from '../call.ts'
import type { Context } from '../context.ts'
import { resourceFor } from '../resource.ts'
import { connection } from './connection.ts'
import type { Subresource } from './subresource.ts'

export const log: Subresource = {
  name: 'log',
  group: '',
  version: 'v1',
  kind: 'Pod',
  verbs: ['get'],
  serve: async (context, call): Promise<Answer> => ({ type: 'relay', target: podLog(context, call) }),
}

export const exec = connection('exec', PodExecOptions, execInPod)
export const attach = connection('attach', PodAttachOptions, attachToPod)
export const portForward = connection('portforward', PodPortForwardOptions, podPortForward)

export function findPod({ storage }: Context, { info }: Call): Pod {
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

function chooseContainer(pod: Pod, wanted: string | null | undefined): string {
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

/** The names of options and the kubelet's. */
const streams = [
  ['stdin', 'input'],
  ['stdout', 'output'],
  ['stderr', 'error'],
  ['tty', 'tty'],
] as const

function execInPod(context: Context, call: Call, options: PodExecOptions): RelayTarget {
  return podProcess(context, call, options, 'exec', options.command)
}

function attachToPod(context: Context, call: Call, options: PodAttachOptions): RelayTarget {
  return podProcess(context, call, options, 'attach')
}

function podProcess(
  context: Context,
  call: Call,
  options: PodAttachOptions,
  action: 'exec' | 'attach',
  command: readonly string[] = [],
): RelayTarget {
  const pod = findPod(context, call)
  const container = chooseContainer(pod, options.container)
  const { namespace, name } = pod.metadata
  const { phase } = pod.status
  if (phase === 'Succeeded' || phase === 'Failed')
    throw StatusError.badRequest(`cannot ${action} a container in a completed pod; current phase is ${phase}`)
  if (action === 'exec' && command.length === 0) throw StatusError.badRequest('you must specify at least one command for the container')
  if (!options.stdin && !options.stdout && !options.stderr)
    throw StatusError.badRequest('you must specify at least one of stdin, stdout, stderr')
  const query = new URLSearchParams()
  for (const [from, to] of streams) if (options[from]) query.set(to, '1')
  for (const word of command) query.append('command', word)
  return { ...kubelet(context, hostOf(pod)), path: `/${action}/${namespace}/${name}/${container}${queryText(query)}` }
}

function podPortForward(context: Context, call: Call, { ports = [] }: PodPortForwardOptions): RelayTarget {
  const pod = findPod(context, call)
  const { namespace, name } = pod.metadata
  const query = new URLSearchParams(ports.map((port): [string, string] => ['port', String(port)]))
  return { ...kubelet(context, hostOf(pod)), path: `/portForward/${namespace}/${name}${queryText(query)}` }
}

export function queryText(query: URLSearchParams): string {
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}
