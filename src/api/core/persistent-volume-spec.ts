// What a persistent volume is: its source, and how it may be used. Attachments of volumes that pods name inline have one too.
import { atomicList, describe, granular, type Infer, map, object, oneOf, quantity, string } from '../../schema/schema.ts'
import { nodeSelector } from './affinity.ts'
import {
  azureFilePersistentVolumeSource,
  cephFSPersistentVolumeSource,
  cinderPersistentVolumeSource,
  csiPersistentVolumeSource,
  flexPersistentVolumeSource,
  glusterfsPersistentVolumeSource,
  iscsiPersistentVolumeSource,
  localVolumeSource,
  rbdPersistentVolumeSource,
  scaleIOPersistentVolumeSource,
  storageOSPersistentVolumeSource,
} from './persistent-volume-source.ts'
import { objectReference } from './reference.ts'
import {
  awsElasticBlockStoreVolumeSource,
  azureDiskVolumeSource,
  fcVolumeSource,
  flockerVolumeSource,
  gcePersistentDiskVolumeSource,
  hostPathVolumeSource,
  nfsVolumeSource,
  photonPersistentDiskVolumeSource,
  portworxVolumeSource,
  quobyteVolumeSource,
  vsphereVirtualDiskVolumeSource,
} from './volume.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const volumeNodeAffinity = object(core('VolumeNodeAffinity'), 'Which nodes can reach a volume.', {
  required: describe('What a node has to be.', nodeSelector),
})
export type VolumeNodeAffinity = Infer<typeof volumeNodeAffinity>

/** Exactly one of these is there. */
const sources = {
  awsElasticBlockStore: describe('A disk of Amazon EBS.', awsElasticBlockStoreVolumeSource),
  azureDisk: describe('A disk of Azure.', azureDiskVolumeSource),
  azureFile: describe('A share of Azure Files.', azureFilePersistentVolumeSource),
  cephfs: describe('A file system of Ceph.', cephFSPersistentVolumeSource),
  cinder: describe('A volume of OpenStack Cinder.', cinderPersistentVolumeSource),
  csi: describe('A volume of a CSI driver.', csiPersistentVolumeSource),
  fc: describe('A disk that is reached by Fibre Channel.', fcVolumeSource),
  flexVolume: describe('A volume of a FlexVolume driver; CSI has taken its place.', flexPersistentVolumeSource),
  flocker: describe('A dataset of Flocker.', flockerVolumeSource),
  gcePersistentDisk: describe('A disk of Google Compute Engine.', gcePersistentDiskVolumeSource),
  glusterfs: describe('A volume of Gluster.', glusterfsPersistentVolumeSource),
  hostPath: describe('A path of the node itself; of use where there is one node only.', hostPathVolumeSource),
  iscsi: describe('A disk that is reached by iSCSI.', iscsiPersistentVolumeSource),
  local: describe('A disk, partition or directory of one node.', localVolumeSource),
  nfs: describe('A directory that a server shares by NFS.', nfsVolumeSource),
  photonPersistentDisk: describe('A disk of Photon.', photonPersistentDiskVolumeSource),
  portworxVolume: describe('A volume of Portworx.', portworxVolumeSource),
  quobyte: describe('A volume of Quobyte.', quobyteVolumeSource),
  rbd: describe('A block device of Ceph.', rbdPersistentVolumeSource),
  scaleIO: describe('A volume of ScaleIO.', scaleIOPersistentVolumeSource),
  storageos: describe('A volume of StorageOS.', storageOSPersistentVolumeSource),
  vsphereVolume: describe('A disk of vSphere.', vsphereVirtualDiskVolumeSource),
}
export const volumeSourceNames = Object.keys(sources) as readonly (keyof typeof sources)[]

export const persistentVolumeSpec = object(core('PersistentVolumeSpec'), 'What a persistent volume is, and how it may be used.', {
  ...sources,
  accessModes: describe('How many nodes and pods may use it at once, in each of the ways that it can be mounted.', atomicList(string())),
  capacity: describe('How much it holds: `storage`.', map(quantity())),
  claimRef: describe('The claim that it is bound to, or kept for.', granular(objectReference)),
  mountOptions: describe('Options of the mount; whether they are any good shows when it is mounted.', atomicList(string())),
  nodeAffinity: describe('Which nodes can reach it.', volumeNodeAffinity),
  persistentVolumeReclaimPolicy: oneOf(
    ['Retain', 'Delete', 'Recycle'],
    'What becomes of it when its claim is gone: Retain (the default of those made by hand), Delete or Recycle.',
  ),
  storageClassName: string('Its storage class; empty for none.'),
  volumeAttributesClassName: string('Its class of changeable attributes.'),
  volumeMode: oneOf(['Filesystem', 'Block'], 'Whether pods get a file system, which is the default, or the raw device.'),
})
export type PersistentVolumeSpec = Infer<typeof persistentVolumeSpec>
