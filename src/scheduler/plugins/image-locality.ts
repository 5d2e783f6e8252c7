import type { Container } from '../../api/core/container.ts'
import { MAX_SCORE, type Plugin, type Snapshot } from '../framework.ts'

const MB = 1024 * 1024
/** A sum of images below the first counts nothing, each container adds the second to the ceiling. */
const MIN_BYTES = 23 * MB
const MAX_BYTES_A_CONTAINER = 1000 * MB

/** Better are nodes that have the pod's images, by their size; images that are everywhere count more, lest one node draws all pods. */
export const imageLocality: Plugin<unknown, readonly string[]> = {
  name: 'ImageLocality',
  requeueOn: [],
  preScore: (pod, nodes) => {
    const images = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(imageOf)
    return nodes.some(node => images.some(image => node.images.has(image))) ? { kind: 'go on', state: images } : { kind: 'skip' }
  },
  score: (_pod, node, images, snapshot) => {
    let sum = 0
    for (const image of images) {
      const size = node.images.get(image)
      if (size !== undefined) sum += Math.floor(size * spread(image, snapshot))
    }
    const ceiling = MAX_BYTES_A_CONTAINER * images.length
    return Math.floor((MAX_SCORE * (Math.min(Math.max(sum, MIN_BYTES), ceiling) - MIN_BYTES)) / (ceiling - MIN_BYTES))
  },
}

const shares = new WeakMap<Snapshot, Map<string, number>>()

/** The share of all nodes that have the image. */
function spread(image: string, snapshot: Snapshot): number {
  const known = shares.get(snapshot) ?? new Map<string, number>()
  shares.set(snapshot, known)
  const share = known.get(image) ?? snapshot.nodes.filter(node => node.images.has(image)).length / snapshot.nodes.length
  known.set(image, share)
  return share
}

/** Nodes report images with their tag. */
function imageOf({ image = '' }: Container): string {
  return image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`
}
