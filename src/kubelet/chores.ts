// What is looked after now and then: logs that grow, images that fill the disk.
import { type Clock, sleep } from '../base/clock.ts'
import type { KubeletConfig } from './config.ts'
import type { Host } from './host.ts'
import { ImageGc } from './images/image-gc.ts'
import { PulledImages, recordFiles } from './images/pulled-images.ts'
import { rotateLog } from './logs/rotate.ts'
import { allContainers } from './pod/containers.ts'
import { containerLogPath, identityOf, podLogFolder } from './pod/names.ts'
import type { Pods } from './pods.ts'
import type { Runtime } from './runtime/runtime.ts'

export interface ChoresOptions {
  readonly pods: Pods
  readonly host: Host
  readonly runtime: Runtime
  readonly clock: Clock
  readonly config: KubeletConfig
  readonly signal: AbortSignal
  onError(error: unknown): void
}

const logPeriodMs = 10_000
const imagePeriodMs = 300_000

export async function runChores(options: ChoresOptions): Promise<void> {
  const { host, runtime, clock, config } = options
  const { rootDir: dir, imageGcHighPercent: highPercent, imageGcLowPercent: lowPercent } = config
  const gc = new ImageGc({ runtime, files: host.files, clock, dir, highPercent, lowPercent })
  const pulled = new PulledImages(recordFiles(host.files, `${dir}/image_manager`), clock)
  const images = async () => {
    await gc.run()
    await pulled.keepOnly((await runtime.listImages()).map(image => image.id))
  }
  await Promise.all([every(logPeriodMs, () => rotateLogs(options), options), every(imagePeriodMs, images, options)])
}

async function every(periodMs: number, work: () => Promise<unknown>, { clock, signal, onError }: ChoresOptions): Promise<void> {
  while (!signal.aborted) {
    await sleep(clock, periodMs, signal).catch(() => {})
    if (!signal.aborted) await work().catch(onError)
  }
}

async function rotateLogs({ pods, host, runtime, clock, config, onError }: ChoresOptions): Promise<void> {
  const { containerLogMaxBytes: maxBytes, containerLogMaxFiles: maxFiles } = config
  for (const worker of pods.all)
    for (const { name } of allContainers(worker.pod.spec)) {
      const found = worker.container(name)
      if (found?.state !== 'running') continue
      const path = `${podLogFolder(config.podLogDir, identityOf(worker.pod))}/${containerLogPath(name, found.attempt)}`
      await rotateLog(path, found.id, { host, runtime, clock, maxBytes, maxFiles }).catch(onError)
    }
}
