// Who owns an object, and which of its owners manages it.

export interface OwnerReferenceLike {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean | undefined
  readonly blockOwnerDeletion?: boolean | undefined
}
export interface Owned<R extends OwnerReferenceLike = OwnerReferenceLike> {
  readonly metadata: { readonly ownerReferences?: readonly R[] | undefined }
}

/** The one owner that manages the object. */
export function controllerOf<R extends OwnerReferenceLike>(object: Owned<R>): R | undefined {
  return object.metadata.ownerReferences?.find(reference => reference.controller === true)
}

export function isControlledBy(object: Owned, owner: { readonly metadata: { readonly uid: string } }): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid
}

/** The reference by which `owner` manages what it makes. */
export function controllerReference(
  kind: { readonly apiVersion: string; readonly kind: string },
  owner: { readonly metadata: { readonly name: string; readonly uid: string } },
) {
  const { name, uid } = owner.metadata
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  } satisfies OwnerReferenceLike
}
