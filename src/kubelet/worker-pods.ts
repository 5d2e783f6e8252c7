// The pods of the workers, as the server sees them.
import type { Pod } from '../api/core/pod.ts'
import type { Clock } from '../base/clock.ts'
import type { KubeletConfig } from './config.ts'
import type { Host } from './host.ts'
import type { LogSource } from './logs/read.ts'
import { findContainer } from './pod/containers.ts'
import { containerLogPath, identityOf, podLogFolder } from './pod/names.ts'
import type { PodWorker } from './pod/worker.ts'
import type { Pods } from './pods.ts'
import { ServedError, type ServedPods } from './served-pods.ts'

export interface WorkerPodsOptions {
  readonly pods: Pods
  readonly host: Host
  readonly clock: Clock
  readonly config: KubeletConfig
}

export class WorkerPods implements ServedPods {
  readonly #options: WorkerPodsOptions

  constructor(options: WorkerPodsOptions) {
    this.#options = options
  }

  list(): readonly Pod[] {
    return this.#options.pods.all.map(({ pod, status }) => (status ? { ...pod, status } : pod))
  }

  has(namespace: string, name: string): boolean {
    return this.#options.pods.get(namespace, name) !== undefined
  }

  logs(namespace: string, name: string, container: string, isPrevious: boolean): LogSource {
    const worker = this.#worker(namespace, name, container)
    const found = worker.container(container, isPrevious)
    if (!found || found.state === 'created') throw new ServedError(400, this.#whyNoLog(worker, container, isPrevious))
    const { config, host, clock } = this.#options
    const path = `${podLogFolder(config.podLogDir, identityOf(worker.pod))}/${containerLogPath(container, found.attempt)}`
    const isRunning = () => {
      const now = worker.container(container)
      return now?.id === found.id && now.state === 'running' && this.#options.pods.byUid(worker.uid) !== undefined
    }
    return { files: host.files, clock, path, isRunning }
  }

  container(namespace: string, name: string, container: string) {
    const worker = this.#worker(namespace, name, container)
    const found = worker.container(container)
    if (found?.state !== 'running') throw new ServedError(404, `container not found (${JSON.stringify(container)})`)
    return { id: found.id, tty: findContainer(worker.pod.spec, container)?.tty ?? false }
  }

  sandbox(namespace: string, name: string): string {
    const id = this.#options.pods.get(namespace, name)?.sandboxId
    if (id === undefined) throw new ServedError(404, `pod ${JSON.stringify(name)} has no sandbox that runs`)
    return id
  }

  #worker(namespace: string, name: string, container: string): PodWorker {
    const worker = this.#options.pods.get(namespace, name)
    if (!worker) throw new ServedError(404, `pod ${JSON.stringify(name)} not found`)
    if (!findContainer(worker.pod.spec, container)) {
      throw new ServedError(404, `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(name)}`)
    }
    return worker
  }

  #whyNoLog({ pod, status }: PodWorker, container: string, isPrevious: boolean): string {
    const where = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`
    if (isPrevious) return `previous terminated ${where} not found`
    const statuses = [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
      ...(status?.ephemeralContainerStatuses ?? []),
    ]
    const { waiting } = statuses.find(s => s.name === container)?.state ?? {}
    if (waiting?.reason === 'ErrImagePull' || waiting?.reason === 'ImagePullBackOff')
      return `${where} is waiting to start: trying and failing to pull image`
    return `${where} is waiting to start: ${waiting?.reason ?? 'no logs yet'}`
  }
}
