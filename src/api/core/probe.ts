import {
  atomicList,
  defaulted,
  describe,
  type Infer,
  int32,
  int64,
  intOrString,
  object,
  oneOf,
  required,
  string,
} from '../../schema/schema.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const execAction = object(core('ExecAction'), '', {
  command: describe('The command and its arguments; no shell is run. Exit code 0 means success.', atomicList(string())),
})
export type ExecAction = Infer<typeof execAction>

export const grpcAction = object(core('GRPCAction'), '', {
  port: required(int32('Number of the port.')),
  service: defaulted(string('The service named in the health request.'), ''),
})
export type GRPCAction = Infer<typeof grpcAction>

export const httpHeader = object(core('HTTPHeader'), '', {
  name: required(string('Name of the header.')),
  value: required(string('Its value.')),
})
export type HTTPHeader = Infer<typeof httpHeader>

export const httpGetAction = object(core('HTTPGetAction'), '', {
  host: string("The host that is asked; the pod's address when absent."),
  httpHeaders: describe('Headers of the request.', atomicList(httpHeader)),
  path: defaulted(string('Path that is asked for.'), '/'),
  port: required(intOrString('Number or name of the port.')),
  scheme: describe('HTTP or HTTPS.', defaulted(oneOf(['HTTP', 'HTTPS']), 'HTTP')),
})
export type HTTPGetAction = Infer<typeof httpGetAction>

export const sleepAction = object(core('SleepAction'), '', {
  seconds: required(int64('How long.')),
})
export type SleepAction = Infer<typeof sleepAction>

export const tcpSocketAction = object(core('TCPSocketAction'), '', {
  host: string("The host that is connected to; the pod's address when absent."),
  port: required(intOrString('Number or name of the port.')),
})
export type TCPSocketAction = Infer<typeof tcpSocketAction>

export const lifecycleHandler = object(core('LifecycleHandler'), '', {
  exec: describe('Runs a command in the container.', execAction),
  httpGet: describe('Makes an HTTP request.', httpGetAction),
  sleep: describe('Waits for a while.', sleepAction),
  tcpSocket: describe('No longer used.', tcpSocketAction),
})
export type LifecycleHandler = Infer<typeof lifecycleHandler>

export const lifecycle = object(core('Lifecycle'), '', {
  postStart: describe('Run right after the container was made; if it fails, the container is killed.', lifecycleHandler),
  preStop: describe('Run before the container is told to end, within its grace period.', lifecycleHandler),
  stopSignal: string('The signal that tells the container to end.'),
})
export type Lifecycle = Infer<typeof lifecycle>

export const probe = object(core('Probe'), '', {
  exec: describe('Runs a command in the container.', execAction),
  failureThreshold: defaulted(int32('So many failures in a row make it fail.'), 3),
  grpc: describe('Asks a gRPC health service.', grpcAction),
  httpGet: describe('Makes an HTTP request.', httpGetAction),
  initialDelaySeconds: int32("How long after the container's start the first probe waits."),
  periodSeconds: defaulted(int32('How often it is probed.'), 10),
  successThreshold: defaulted(int32('So many successes in a row make it succeed after a failure.'), 1),
  tcpSocket: describe('Opens a TCP connection.', tcpSocketAction),
  terminationGracePeriodSeconds: int64("The grace period when this probe's failure ends the container."),
  timeoutSeconds: defaulted(int32('How long one probe may take.'), 1),
})
export type Probe = Infer<typeof probe>
