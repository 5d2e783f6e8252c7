// Makes room on the disk: when it is fuller than the upper bound, images that no container uses go, the longest unused first, until it is
// below the lower one. https://kubernetes.io/docs/concepts/architecture/garbage-collection/#container-image-lifecycle
import type { Clock } from '../../base/clock.ts'
import type { Files } from '../host.ts'
import type { Image } from '../runtime/cri-observed.ts'
import type { Runtime } from '../runtime/runtime.ts'

export interface ImageGcOptions {
  readonly runtime: Runtime
  readonly files: Files
  readonly clock: Clock
  readonly dir: string
  readonly highPercent: number
  readonly lowPercent: number
}

/** An image this young may be on its way into a container. */
const leastAgeMs = 120_000

export class ImageGc {
  readonly #options: ImageGcOptions
  /** By image id: when it was first seen, and when a container used it last. */
  readonly #lastUsed = new Map<string, number>()

  constructor(options: ImageGcOptions) {
    this.#options = options
  }

  /** Returns the images that were removed. */
  async run(): Promise<readonly string[]> {
    const { runtime, files, clock, dir, highPercent, lowPercent } = this.#options
    const [images, containers, disk] = await Promise.all([runtime.listImages(), runtime.listContainers(), files.statfs(dir)])
    const now = clock.now()
    const used = new Set(containers.flatMap(c => [c.imageRef, c.imageId, c.image?.image ?? '']))
    const isUsed = ({ id, repoTags, repoDigests }: Image) => [id, ...repoTags, ...repoDigests].some(name => used.has(name))
    for (const image of images) if (isUsed(image) || !this.#lastUsed.has(image.id)) this.#lastUsed.set(image.id, now)
    for (const id of this.#lastUsed.keys()) if (!images.some(image => image.id === id)) this.#lastUsed.delete(id)
    const usage = { totalBytes: disk.blocks * disk.bsize, availableBytes: disk.bavail * disk.bsize }
    const idle = images
      .filter(image => !image.pinned && !isUsed(image) && now - (this.#lastUsed.get(image.id) ?? now) >= leastAgeMs)
      .sort((a, b) => (this.#lastUsed.get(a.id) ?? 0) - (this.#lastUsed.get(b.id) ?? 0))
    const doomed = chooseImages(
      idle.map(({ id, size }) => ({ id, sizeBytes: Number(size) })),
      usage,
      highPercent,
      lowPercent,
    )
    for (const id of doomed) await runtime.removeImage({ image: id })
    return doomed
  }
}

/** The first of the images, as many as it takes to come down to the lower bound; none below the upper one. */
export function chooseImages(
  idle: readonly { readonly id: string; readonly sizeBytes: number }[],
  { totalBytes, availableBytes }: { readonly totalBytes: number; readonly availableBytes: number },
  highPercent: number,
  lowPercent: number,
): readonly string[] {
  const usedBytes = totalBytes - availableBytes
  if (totalBytes === 0 || highPercent >= 100 || (usedBytes * 100) / totalBytes < highPercent) return []
  let excess = usedBytes - (totalBytes * lowPercent) / 100
  const chosen: string[] = []
  for (const { id, sizeBytes } of idle) {
    if (excess <= 0) break
    chosen.push(id)
    excess -= sizeBytes
  }
  return chosen
}
