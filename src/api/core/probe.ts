import { atomicList, defaulted, type Infer, int32, int64, intOrString, object, oneOf, required, string } from '../../schema/schema.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const execAction = object(core('ExecAction'), '', {
  command: atomicList(string()),
})
export type ExecAction = Infer<typeof execAction>

export const grpcAction = object(core('GRPCAction'), '', {
  port: required(int32()),
  service: defaulted(string(), ''),
})
export type GRPCAction = Infer<typeof grpcAction>

export const httpHeader = object(core('HTTPHeader'), '', {
  name: required(string()),
  value: required(string()),
})
export type HTTPHeader = Infer<typeof httpHeader>

export const httpGetAction = object(core('HTTPGetAction'), '', {
  host: string(),
  httpHeaders: atomicList(httpHeader),
  path: defaulted(string(), '/'),
  port: required(intOrString()),
  scheme: defaulted(oneOf(['HTTP', 'HTTPS']), 'HTTP'),
})
export type HTTPGetAction = Infer<typeof httpGetAction>

export const sleepAction = object(core('SleepAction'), '', {
  seconds: required(int64()),
})
export type SleepAction = Infer<typeof sleepAction>

export const tcpSocketAction = object(core('TCPSocketAction'), '', {
  host: string(),
  port: required(intOrString()),
})
export type TCPSocketAction = Infer<typeof tcpSocketAction>

export const lifecycleHandler = object(core('LifecycleHandler'), '', {
  exec: execAction,
  httpGet: httpGetAction,
  sleep: sleepAction,
  tcpSocket: tcpSocketAction,
})
export type LifecycleHandler = Infer<typeof lifecycleHandler>

export const lifecycle = object(core('Lifecycle'), '', {
  postStart: lifecycleHandler,
  preStop: lifecycleHandler,
  stopSignal: string(),
})
export type Lifecycle = Infer<typeof lifecycle>

export const probe = object(core('Probe'), '', {
  exec: execAction,
  failureThreshold: defaulted(int32(), 3),
  grpc: grpcAction,
  httpGet: httpGetAction,
  initialDelaySeconds: int32(),
  periodSeconds: defaulted(int32(), 10),
  successThreshold: defaulted(int32(), 1),
  tcpSocket: tcpSocketAction,
  terminationGracePeriodSeconds: int64(),
  timeoutSeconds: defaulted(int32(), 1),
})
export type Probe = Infer<typeof probe>
