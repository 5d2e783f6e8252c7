// Mirror pods: what the API shows of pods that a node runs by files of its own.

/** Its value tells the version of the node's own pod. */
export const mirrorAnnotation = 'kubernetes.io/config.mirror'

export function isMirrorPod({
  metadata,
}: {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> | undefined }
}): boolean {
  return metadata.annotations?.[mirrorAnnotation] !== undefined
}
