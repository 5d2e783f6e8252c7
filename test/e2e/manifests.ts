// The objects that the end-to-end tests apply, as small as they can be. Images are those of the project's script; nothing is pulled.
import type { Pod } from '../../src/api/core/pod.ts'

export const busybox = 'busybox'
export const nginx = 'nginx:1.22'

type Fields = Readonly<Record<string, unknown>>

/** A container of busybox that runs a shell script; without one it sleeps, and ends at once when asked to. */
export function shell(name: string, script = 'trap "exit 0" TERM; sleep 1000 & wait', more: Fields = {}): Fields {
  return { name, image: busybox, imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', script], ...more }
}

export function web(name = 'web', more: Fields = {}): Fields {
  return { name, image: nginx, ports: [{ containerPort: 80 }], ...more }
}

/** Short graces, so that tests end soon. */
export function pod(name: string, containers: readonly Fields[], spec: Fields = {}, metadata: Fields = {}): Fields {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { terminationGracePeriodSeconds: 5, ...spec, containers } }
}

/** Deployment, ReplicaSet or DaemonSet whose pods bear `app: name`. */
export function workload(kind: string, name: string, containers: readonly Fields[], spec: Fields = {}, podSpec: Fields = {}): Fields {
  const labels = { app: name }
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 5, ...podSpec, containers } }
  return { apiVersion: 'apps/v1', kind, metadata: { name, labels }, spec: { selector: { matchLabels: labels }, ...spec, template } }
}

export function service(name: string, port: number, targetPort: number, spec: Fields = {}): Fields {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port, targetPort }], ...spec },
  }
}

export const isReady = (pod: Pod) => pod.status?.conditions?.some(each => each.type === 'Ready' && each.status === 'True') ?? false
export const isLeaving = (pod: Pod) => pod.metadata.deletionTimestamp !== undefined
export const restarts = (pod: Pod) => pod.status?.containerStatuses?.map(each => each.restartCount) ?? []
/** Why a container waits, such as `CrashLoopBackOff`. */
export const waitingReason = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason
export const ended = (pod: Pod, container = 0) => pod.status?.containerStatuses?.[container]?.state?.terminated
