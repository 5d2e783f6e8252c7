// Which part a container plays in its pod.
import type { Container } from './container.ts'

/** An init container that keeps running beside the ordinary ones. */
export function isSidecar(container: Pick<Container, 'restartPolicy'>): boolean {
  return container.restartPolicy === 'Always'
}
