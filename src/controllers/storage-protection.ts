// Takes the finalizers off storage that is being deleted once nobody uses it any more: claims, when no pod that has a node names them;
// volumes, when they are not bound; classes of attributes, when no claim or volume has them. Where a finalizer is missing it is put back.
import { attributesClassesOf } from '../api/core/attributes-class-names.ts'
import { PersistentVolume } from '../api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../api/core/persistent-volume-claim.ts'
import { type Pod, Pod as PodKind } from '../api/core/pod.ts'
import { attributesClassProtection, claimProtection, volumeProtection } from '../api/core/storage-protection.ts'
import { type Kind, keyOf } from '../api/kind.ts'
import { VolumeAttributesClass } from '../api/storage/volume-attributes-class.ts'
import type { Client } from '../client/client.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { controllerOf } from '../meta/owner-references.ts'
import { nothingToDo, type Outcome, type Reconciler, watch } from './runtime/reconciler.ts'
import { write } from './runtime/writes.ts'

/** Nobody tells that what was found in use only on the server is not any more. */
const LOOK_AGAIN_MS = 5000

/** Whether the server, too, knows of nobody who uses it. Only asked about what is being deleted and is not seen to be in use. */
type Facts = { readonly isFree: boolean }

export const claimProtectionController: Reconciler<Facts> = {
  name: 'pvc-protection-controller',
  watches: [
    watch(PersistentVolumeClaim, claim => [keyOf(claim)]),
    watch(PodKind, claimsOf, (next, previous) => isShutDown(next) !== isShutDown(previous)),
  ],
  // A pod that was just placed may not show yet, and its claim must not go from under it.
  observe: (key, { view, client }) =>
    whetherFree(view.get(PersistentVolumeClaim, key), claimProtection, async claim => {
      const { namespace } = claim.metadata
      const uses = (pod: Pod) => usesClaim(pod, claim)
      return !view.list(PodKind, namespace).some(uses) && !(await client.list(PodKind, { namespace })).items.some(uses)
    }),
  reconcile: (key, { view, facts }) => protect(PersistentVolumeClaim, view.get(PersistentVolumeClaim, key), claimProtection, facts),
}

export const volumeProtectionController: Reconciler<Facts> = {
  name: 'pv-protection-controller',
  watches: [watch(PersistentVolume, volume => [keyOf(volume)])],
  reconcile: (key, { view }) => {
    const volume = view.get(PersistentVolume, key)
    return protect(PersistentVolume, volume, volumeProtection, { isFree: volume?.status.phase !== 'Bound' })
  },
}

export const attributesClassProtectionController: Reconciler<Facts> = {
  name: 'volumeattributesclass-protection-controller',
  watches: [
    watch(VolumeAttributesClass, attributes => [keyOf(attributes)]),
    watch(PersistentVolumeClaim, attributesClassesOf),
    watch(PersistentVolume, classesOfVolume),
  ],
  observe: (key, { view, client }) =>
    whetherFree(view.get(VolumeAttributesClass, key), attributesClassProtection, async ({ metadata: { name } }) => {
      return !isOfClass(name, view.list(PersistentVolumeClaim), view.list(PersistentVolume)) && !(await isOfClassOnServer(name, client))
    }),
  reconcile: (key, { view, facts }) =>
    protect(VolumeAttributesClass, view.get(VolumeAttributesClass, key), attributesClassProtection, facts),
}

async function whetherFree<O extends KubeObject>(
  object: O | undefined,
  finalizer: string,
  ask: (object: O) => Promise<boolean>,
): Promise<Facts> {
  const isHeld = object?.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).includes(finalizer)
  return { isFree: isHeld && (await ask(object)) }
}

function protect<O extends KubeObject>(kind: Kind<O>, object: O | undefined, finalizer: string, { isFree }: Facts): Outcome {
  if (!object) return nothingToDo
  const { deletionTimestamp, finalizers = [] } = object.metadata
  const has = finalizers.includes(finalizer)
  if (!deletionTimestamp) return has ? nothingToDo : { writes: [write.update(kind, withFinalizers(object, [...finalizers, finalizer]))] }
  if (!has) return nothingToDo
  if (!isFree) return { writes: [], requeueAfterMs: LOOK_AGAIN_MS }
  const others = finalizers.filter(f => f !== finalizer)
  return { writes: [write.update(kind, withFinalizers(object, others))] }
}

function withFinalizers<O extends KubeObject>(object: O, finalizers: readonly string[]): O {
  return { ...object, metadata: { ...object.metadata, finalizers } }
}

/** The claims that a pod names, and those that were made for it. */
function claimsOf({ metadata, spec }: Pod): readonly string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    const claim = persistentVolumeClaim?.claimName ?? (ephemeral && ownClaim(metadata.name, name))
    return claim ? [`${metadata.namespace}/${claim}`] : []
  })
}

function ownClaim(pod: string, volume: string): string {
  return `${pod}-${volume}`
}

/** A pod without a node will not start any more with a claim that is being deleted. */
function usesClaim(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!pod.spec.nodeName) return false
  return (pod.spec.volumes ?? []).some(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return persistentVolumeClaim.claimName === claim.metadata.name
    const isOwn = ephemeral && ownClaim(pod.metadata.name, name) === claim.metadata.name && controllerOf(claim)?.uid === pod.metadata.uid
    return Boolean(isOwn) && !isShutDown(pod)
  })
}

/** Its kubelet is done with it; or somebody forced it away. */
function isShutDown({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0
}

function classesOfVolume({ spec }: PersistentVolume): readonly string[] {
  return spec.volumeAttributesClassName ? [spec.volumeAttributesClassName] : []
}

function isOfClass(name: string, claims: readonly PersistentVolumeClaim[], volumes: readonly PersistentVolume[]): boolean {
  return claims.some(claim => attributesClassesOf(claim).includes(name)) || volumes.some(volume => classesOfVolume(volume).includes(name))
}

async function isOfClassOnServer(name: string, client: Client): Promise<boolean> {
  const [claims, volumes] = await Promise.all([client.list(PersistentVolumeClaim), client.list(PersistentVolume)])
  return isOfClass(name, claims.items, volumes.items)
}
