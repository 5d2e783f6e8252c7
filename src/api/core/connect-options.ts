// What is said with a connection to a pod, a service or a node: options without a name, which are read out of a query. Nothing stores them;
// admission is shown them, and may change them.
import type { TypedObject } from '../../meta/object-meta.ts'
import type { ObjectOf } from '../../schema/schema.ts'
import { array, boolean, type Fields, int32, object, type Schema, string } from '../../schema/schema.ts'

export interface OptionsKind<O extends TypedObject = TypedObject> {
  readonly group: ''
  readonly version: 'v1'
  readonly kind: string
  readonly schema: Schema<O>
}

function options<F extends Fields>(kind: string, doc: string, fields: F): OptionsKind<TypedObject & ObjectOf<F>> {
  const types = { apiVersion: string('Version of the schema of these options.'), kind: string('Kind of these options.') }
  const schema = object(`io.k8s.api.core.v1.${kind}`, doc, { ...types, ...fields })
  return { group: '', version: 'v1', kind, schema: schema as unknown as Schema<TypedObject & ObjectOf<F>> }
}

const streams = {
  container: string('Whose process it is; the only container where there is one.'),
  stderr: boolean('Whether the standard error stream is carried.'),
  stdin: boolean('Whether the standard input stream is carried.'),
  stdout: boolean('Whether the standard output stream is carried.'),
  tty: boolean('Whether there is a terminal.'),
}

export const PodExecOptions = options('PodExecOptions', 'How a command runs in a container.', {
  ...streams,
  command: array(string(), 'The command and its arguments, for no shell.'),
})
export const PodAttachOptions = options('PodAttachOptions', 'How the main process of a container is attached to.', streams)
export const PodPortForwardOptions = options('PodPortForwardOptions', 'Which ports of a pod are reached.', {
  ports: array(int32(), 'Numbers of the ports.'),
})

const path = { path: string('What is asked of what is proxied to.') }
export const PodProxyOptions = options('PodProxyOptions', 'How a pod is reached over HTTP.', path)
export const ServiceProxyOptions = options('ServiceProxyOptions', 'How a service is reached over HTTP.', path)
export const NodeProxyOptions = options('NodeProxyOptions', 'How the kubelet of a node is reached over HTTP.', path)

type OptionsOf<K> = K extends OptionsKind<infer O> ? O : never
export type PodExecOptions = OptionsOf<typeof PodExecOptions>
export type PodAttachOptions = OptionsOf<typeof PodAttachOptions>
export type PodPortForwardOptions = OptionsOf<typeof PodPortForwardOptions>
/** Of pods, services and nodes alike. */
export type ProxyOptions = OptionsOf<typeof PodProxyOptions>
