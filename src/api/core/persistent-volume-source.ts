// The sources that persistent volumes have in a form of their own: what they refer to may be in any namespace.
import { atomic, atomicList, boolean, defaulted, describe, type Infer, int32, map, object, required, string } from '../../schema/schema.ts'
import { objectReference } from './reference.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

const fsType = () => string('File system of the volume, such as `ext4`.')
const readOnly = () => boolean('Whether it cannot be written to.')

export const secretReference = atomic(
  object(core('SecretReference'), 'A secret of any namespace.', {
    name: string('Name of the secret.'),
    namespace: string('Namespace of the secret.'),
  }),
)
export type SecretReference = Infer<typeof secretReference>

const secretRef = () => describe('The secret that opens it.', secretReference)

export const azureFilePersistentVolumeSource = object(core('AzureFilePersistentVolumeSource'), 'A share of Azure Files.', {
  readOnly: readOnly(),
  secretName: required(string('Secret with the name and the key of the storage account.')),
  secretNamespace: string("Namespace of that secret; the pod's own when absent."),
  shareName: required(string('Name of the share.')),
})
export type AzureFilePersistentVolumeSource = Infer<typeof azureFilePersistentVolumeSource>

export const cephFSPersistentVolumeSource = object(core('CephFSPersistentVolumeSource'), 'A file system of Ceph.', {
  monitors: describe('Addresses of the monitors.', required(atomicList(string()))),
  path: string('What is mounted of it; all of it when absent.'),
  readOnly: readOnly(),
  secretFile: string("File with the user's key."),
  secretRef: secretRef(),
  user: string('Who mounts it.'),
})
export type CephFSPersistentVolumeSource = Infer<typeof cephFSPersistentVolumeSource>

export const cinderPersistentVolumeSource = object(core('CinderPersistentVolumeSource'), 'A volume of OpenStack Cinder.', {
  fsType: fsType(),
  readOnly: readOnly(),
  secretRef: secretRef(),
  volumeID: required(string('Identity of the volume.')),
})
export type CinderPersistentVolumeSource = Infer<typeof cinderPersistentVolumeSource>

export const csiPersistentVolumeSource = object(core('CSIPersistentVolumeSource'), 'A volume of a CSI driver.', {
  controllerExpandSecretRef: describe('Secret for making it larger, from outside of nodes.', secretReference),
  controllerPublishSecretRef: describe('Secret for attaching it to nodes and detaching it.', secretReference),
  driver: required(string('Name of the driver.')),
  fsType: fsType(),
  nodeExpandSecretRef: describe('Secret for making it larger on a node.', secretReference),
  nodePublishSecretRef: describe("Secret for mounting it where the pod's containers see it.", secretReference),
  nodeStageSecretRef: describe('Secret for mounting it on a node first.', secretReference),
  readOnly: readOnly(),
  volumeAttributes: describe('What the driver said of it when it was made.', map(string())),
  volumeHandle: required(string('How the driver calls it.')),
})
export type CSIPersistentVolumeSource = Infer<typeof csiPersistentVolumeSource>

export const flexPersistentVolumeSource = object(core('FlexPersistentVolumeSource'), 'A volume of a FlexVolume driver.', {
  driver: required(string('Name of the driver.')),
  fsType: fsType(),
  options: describe('What the driver is told besides.', map(string())),
  readOnly: readOnly(),
  secretRef: secretRef(),
})
export type FlexPersistentVolumeSource = Infer<typeof flexPersistentVolumeSource>

export const glusterfsPersistentVolumeSource = object(core('GlusterfsPersistentVolumeSource'), 'A volume of Gluster.', {
  endpoints: required(string('Endpoints object with the addresses of its servers.')),
  endpointsNamespace: string("Namespace of these endpoints; the claim's own when absent."),
  path: required(string('Name of the volume.')),
  readOnly: readOnly(),
})
export type GlusterfsPersistentVolumeSource = Infer<typeof glusterfsPersistentVolumeSource>

export const iscsiPersistentVolumeSource = object(core('ISCSIPersistentVolumeSource'), 'A disk that is reached by iSCSI.', {
  chapAuthDiscovery: boolean('Whether discovery authenticates by CHAP.'),
  chapAuthSession: boolean('Whether sessions authenticate by CHAP.'),
  fsType: fsType(),
  initiatorName: string('Name that the node presents.'),
  iqn: required(string('Qualified name of the target.')),
  iscsiInterface: defaulted(string('Interface that the initiator uses.'), 'default'),
  lun: required(int32('Number of the unit.')),
  portals: describe('Further addresses of the target.', atomicList(string())),
  readOnly: readOnly(),
  secretRef: describe('Secret for CHAP.', secretReference),
  targetPortal: required(string('Address of the target.')),
})
export type ISCSIPersistentVolumeSource = Infer<typeof iscsiPersistentVolumeSource>

export const localVolumeSource = object(
  core('LocalVolumeSource'),
  "A disk, partition or directory of one node, which the volume's affinity names.",
  {
    fsType: fsType(),
    path: required(string('Path on the node.')),
  },
)
export type LocalVolumeSource = Infer<typeof localVolumeSource>

export const rbdPersistentVolumeSource = object(core('RBDPersistentVolumeSource'), 'A block device of Ceph.', {
  fsType: fsType(),
  image: required(string('Name of the image.')),
  keyring: defaulted(string("File with the user's key."), '/etc/ceph/keyring'),
  monitors: describe('Addresses of the monitors.', required(atomicList(string()))),
  pool: defaulted(string('Pool of the image.'), 'rbd'),
  readOnly: readOnly(),
  secretRef: secretRef(),
  user: defaulted(string('Who maps it.'), 'admin'),
})
export type RBDPersistentVolumeSource = Infer<typeof rbdPersistentVolumeSource>

export const scaleIOPersistentVolumeSource = object(core('ScaleIOPersistentVolumeSource'), 'A volume of ScaleIO.', {
  fsType: defaulted(fsType(), 'xfs'),
  gateway: required(string('Address of its gateway.')),
  protectionDomain: string('Protection domain of the volume.'),
  readOnly: readOnly(),
  secretRef: describe('The secret that opens it.', required(secretReference)),
  sslEnabled: boolean('Whether the gateway is spoken to over TLS.'),
  storageMode: defaulted(string('ThickProvisioned or ThinProvisioned.'), 'ThinProvisioned'),
  storagePool: string('Pool of the volume.'),
  system: required(string('Name of the storage system.')),
  volumeName: string('Name of the volume.'),
})
export type ScaleIOPersistentVolumeSource = Infer<typeof scaleIOPersistentVolumeSource>

export const storageOSPersistentVolumeSource = object(core('StorageOSPersistentVolumeSource'), 'A volume of StorageOS.', {
  fsType: fsType(),
  readOnly: readOnly(),
  secretRef: describe('The secret that opens it.', objectReference),
  volumeName: string('Name of the volume.'),
  volumeNamespace: string("StorageOS's own namespace of the volume."),
})
export type StorageOSPersistentVolumeSource = Infer<typeof storageOSPersistentVolumeSource>
