// What the kubelet's server can tell of a pod, whether it runs in the runtime or, as a component of the node, beside it.
import type { Pod } from '../api/core/pod.ts'
import type { LogSource } from './logs/read.ts'

/** A request that cannot be answered, in the words that `kubectl` shows. */
export class ServedError extends Error {
  override readonly name = 'ServedError'
  readonly status: 400 | 404 | 500

  constructor(status: 400 | 404 | 500, message: string) {
    super(message)
    this.status = status
  }
}

/** Every method throws `ServedError`. */
export interface ServedPods {
  /** With their newest status. */
  list(): readonly Pod[]
  logs(namespace: string, pod: string, container: string, isPrevious: boolean): LogSource
  /** The id of a running container. */
  container(namespace: string, pod: string, container: string): { readonly id: string; readonly tty: boolean }
  sandbox(namespace: string, pod: string): string
}

/** Asks the one that has the pod; the first, where none has. */
export function servedTogether(first: ServedPods & Owner, ...others: readonly (ServedPods & Owner)[]): ServedPods {
  const all = [first, ...others]
  const owner = (namespace: string, pod: string) => all.find(one => one.has(namespace, pod)) ?? first
  return {
    list: () => all.flatMap(one => one.list()),
    logs: (namespace, pod, container, isPrevious) => owner(namespace, pod).logs(namespace, pod, container, isPrevious),
    container: (namespace, pod, container) => owner(namespace, pod).container(namespace, pod, container),
    sandbox: (namespace, pod) => owner(namespace, pod).sandbox(namespace, pod),
  }
}
interface Owner {
  has(namespace: string, pod: string): boolean
}
