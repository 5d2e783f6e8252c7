// The storage class of volumes and claims. Before there was a field for it, it stood in an annotation, which still goes first.

export const betaStorageClassAnnotation = 'volume.beta.kubernetes.io/storage-class'

interface Classed {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> | undefined }
  readonly spec: { readonly storageClassName?: string | undefined }
}

/** Empty where there is none. */
export function storageClassOf({ metadata, spec }: Classed): string {
  return metadata.annotations?.[betaStorageClassAnnotation] ?? spec.storageClassName ?? ''
}
