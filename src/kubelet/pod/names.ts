// The labels, annotations and paths by which a pod's sandboxes, containers and files are found again after a restart. The label names
// are upstream's, so that crictl and log collectors know them.
import type { Pod } from '../../api/core/pod.ts'
import type { AnyContainer } from './containers.ts'
import { containerHash } from './containers.ts'

export const podNameLabel = 'io.kubernetes.pod.name'
export const podNamespaceLabel = 'io.kubernetes.pod.namespace'
export const podUidLabel = 'io.kubernetes.pod.uid'
export const containerNameLabel = 'io.kubernetes.container.name'
export const hashAnnotation = 'io.kubernetes.container.hash'
export const restartCountAnnotation = 'io.kubernetes.container.restartCount'
export const messagePathAnnotation = 'io.kubernetes.container.terminationMessagePath'
export const messagePolicyAnnotation = 'io.kubernetes.container.terminationMessagePolicy'
/** CPU and memory as they were when the container was made: what a policy of restarts compares with. */
export const resourcesAnnotation = 'io.coxswain.container.resources'
export const graceAnnotation = 'io.kubernetes.pod.terminationGracePeriod'

export interface PodIdentity {
  readonly uid: string
  readonly namespace: string
  readonly name: string
}

export function identityOf({ metadata }: Pod): PodIdentity {
  return { uid: metadata.uid, namespace: metadata.namespace, name: metadata.name }
}

export function podLabels({ uid, namespace, name }: PodIdentity): Readonly<Record<string, string>> {
  return { [podNameLabel]: name, [podNamespaceLabel]: namespace, [podUidLabel]: uid }
}

export function identityFromLabels(labels: Readonly<Record<string, string>>): PodIdentity | undefined {
  const [uid, namespace, name] = [labels[podUidLabel], labels[podNamespaceLabel], labels[podNameLabel]]
  return uid === undefined || namespace === undefined || name === undefined ? undefined : { uid, namespace, name }
}

export function containerAnnotations(pod: Pod, container: AnyContainer, attempt: number): Readonly<Record<string, string>> {
  return {
    [hashAnnotation]: containerHash(container),
    [restartCountAnnotation]: String(attempt),
    [messagePathAnnotation]: container.terminationMessagePath,
    [messagePolicyAnnotation]: container.terminationMessagePolicy,
    [resourcesAnnotation]: JSON.stringify(container.resources),
    [graceAnnotation]: String(pod.spec.terminationGracePeriodSeconds),
  }
}

export function podLogFolder(podLogDir: string, { namespace, name, uid }: PodIdentity): string {
  return `${podLogDir}/${namespace}_${name}_${uid}`
}
/** Below the pod's log folder. */
export function containerLogPath(container: string, attempt: number): string {
  return `${container}/${attempt}.log`
}
export function podFolder(rootDir: string, uid: string): string {
  return `${rootDir}/pods/${uid}`
}
/** The name of a pod's pieces in messages: `nginx_default(uid)`. */
export function podText({ name, namespace, uid }: PodIdentity): string {
  return `${name}_${namespace}(${uid})`
}
