import { labelSelector } from '../../meta/label-selector.ts'
import { objectMeta } from '../../meta/object-meta.ts'
import {
  atomicList,
  boolean,
  defaulted,
  describe,
  type Infer,
  int32,
  int64,
  map,
  object,
  quantity,
  required,
  string,
} from '../../schema/schema.ts'
import { objectFieldSelector, resourceFieldSelector } from './field-reference.ts'
import { localObjectReference, typedLocalObjectReference, typedObjectReference } from './reference.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const awsElasticBlockStoreVolumeSource = object(core('AWSElasticBlockStoreVolumeSource'), '', {
  fsType: string('File system of the volume, such as `ext4`.'),
  partition: int32('Number of the partition; the whole device when 0.'),
  readOnly: boolean('Whether it cannot be written to.'),
  volumeID: required(string('Identity of the disk.')),
})
export type AWSElasticBlockStoreVolumeSource = Infer<typeof awsElasticBlockStoreVolumeSource>

export const attachedVolume = object(core('AttachedVolume'), '', {
  devicePath: required(string('Path of the device on the node.')),
  name: required(string('Name of the volume.')),
})
export type AttachedVolume = Infer<typeof attachedVolume>

export const azureDiskVolumeSource = object(core('AzureDiskVolumeSource'), '', {
  cachingMode: defaulted(string('How the host caches: None, ReadOnly or ReadWrite.'), 'ReadWrite'),
  diskName: required(string('Name of the disk.')),
  diskURI: required(string('Address of the disk.')),
  fsType: defaulted(string('File system of the volume, such as `ext4`.'), 'ext4'),
  kind: defaulted(string('Shared, Dedicated or Managed.'), 'Shared'),
  readOnly: defaulted(boolean('Whether it cannot be written to.'), false),
})
export type AzureDiskVolumeSource = Infer<typeof azureDiskVolumeSource>

export const azureFileVolumeSource = object(core('AzureFileVolumeSource'), '', {
  readOnly: boolean('Whether it cannot be written to.'),
  secretName: required(string("The Secret with the account's name and key.")),
  shareName: required(string('Name of the share.')),
})
export type AzureFileVolumeSource = Infer<typeof azureFileVolumeSource>

export const csiVolumeSource = object(core('CSIVolumeSource'), '', {
  driver: required(string('Name of the driver.')),
  fsType: string('File system of the volume, such as `ext4`.'),
  nodePublishSecretRef: describe('The Secret that is handed to the driver.', localObjectReference),
  readOnly: boolean('Whether it cannot be written to.'),
  volumeAttributes: describe('What the driver is told.', map(string())),
})
export type CSIVolumeSource = Infer<typeof csiVolumeSource>

export const cephFSVolumeSource = object(core('CephFSVolumeSource'), '', {
  monitors: describe('Addresses of the monitors.', required(atomicList(string()))),
  path: string('Root within the file system.'),
  readOnly: boolean('Whether it cannot be written to.'),
  secretFile: string('Path of the key ring on the node.'),
  secretRef: describe('The Secret with what is needed to connect.', localObjectReference),
  user: string('The user to connect as.'),
})
export type CephFSVolumeSource = Infer<typeof cephFSVolumeSource>

export const cinderVolumeSource = object(core('CinderVolumeSource'), '', {
  fsType: string('File system of the volume, such as `ext4`.'),
  readOnly: boolean('Whether it cannot be written to.'),
  secretRef: describe('The Secret with what is needed to connect.', localObjectReference),
  volumeID: required(string('Identity of the disk.')),
})
export type CinderVolumeSource = Infer<typeof cinderVolumeSource>

export const clusterTrustBundleProjection = object(core('ClusterTrustBundleProjection'), '', {
  labelSelector: describe("Which bundles are meant, with a signer's name.", labelSelector),
  name: string('The one bundle that is meant.'),
  optional: boolean('Whether the pod may run without it.'),
  path: required(string('Path of the file in the volume.')),
  signerName: string('The signer whose bundles are meant.'),
})
export type ClusterTrustBundleProjection = Infer<typeof clusterTrustBundleProjection>

export const keyToPath = object(core('KeyToPath'), '', {
  key: required(string('The key.')),
  mode: int32('Mode of the file.'),
  path: required(string('Path of the file in the volume.')),
})
export type KeyToPath = Infer<typeof keyToPath>

export const configMapProjection = object(core('ConfigMapProjection'), '', {
  items: describe('The keys that become files, with their paths; all when absent.', atomicList(keyToPath)),
  name: string('Name of the ConfigMap.'),
  optional: boolean('Whether the pod may run without it.'),
})
export type ConfigMapProjection = Infer<typeof configMapProjection>

export const configMapVolumeSource = object(core('ConfigMapVolumeSource'), '', {
  defaultMode: defaulted(int32('Mode of the files that name none.'), 420),
  items: describe('The keys that become files, with their paths; all when absent.', atomicList(keyToPath)),
  name: string('Name of the ConfigMap.'),
  optional: boolean('Whether the pod may run without it.'),
})
export type ConfigMapVolumeSource = Infer<typeof configMapVolumeSource>

export const downwardAPIVolumeFile = object(core('DownwardAPIVolumeFile'), '', {
  fieldRef: describe('The field of the pod that it shows.', objectFieldSelector),
  mode: int32('Mode of the file.'),
  path: required(string('Path of the file in the volume.')),
  resourceFieldRef: describe('The resource of a container that it shows.', resourceFieldSelector),
})
export type DownwardAPIVolumeFile = Infer<typeof downwardAPIVolumeFile>

export const downwardAPIProjection = object(core('DownwardAPIProjection'), '', {
  items: describe('The files.', atomicList(downwardAPIVolumeFile)),
})
export type DownwardAPIProjection = Infer<typeof downwardAPIProjection>

export const downwardAPIVolumeSource = object(core('DownwardAPIVolumeSource'), '', {
  defaultMode: defaulted(int32('Mode of the files that name none.'), 420),
  items: describe('The files.', atomicList(downwardAPIVolumeFile)),
})
export type DownwardAPIVolumeSource = Infer<typeof downwardAPIVolumeSource>

export const emptyDirVolumeSource = object(core('EmptyDirVolumeSource'), '', {
  medium: string("Memory for a file system in memory; the node's disk when empty."),
  sizeLimit: quantity('The most it may hold.'),
})
export type EmptyDirVolumeSource = Infer<typeof emptyDirVolumeSource>

export const volumeResourceRequirements = object(core('VolumeResourceRequirements'), '', {
  limits: describe('The most that may be given.', map(quantity())),
  requests: describe('The least that is needed.', map(quantity())),
})
export type VolumeResourceRequirements = Infer<typeof volumeResourceRequirements>

export const persistentVolumeClaimSpec = object(core('PersistentVolumeClaimSpec'), '', {
  accessModes: describe(
    'How the volume is to be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.',
    atomicList(string()),
  ),
  dataSource: describe('A snapshot or claim that the volume is filled from.', typedLocalObjectReference),
  dataSourceRef: describe('Any object that the volume is filled from.', typedObjectReference),
  resources: describe('How large the volume has to be.', defaulted(volumeResourceRequirements, {})),
  selector: describe('Which volumes will do.', labelSelector),
  storageClassName: string('The StorageClass; the default one when absent, none when empty.'),
  volumeAttributesClassName: string('The VolumeAttributesClass whose parameters apply.'),
  volumeMode: defaulted(string('Filesystem or Block.'), 'Filesystem'),
  volumeName: string('The PersistentVolume that the claim is bound to.'),
})
export type PersistentVolumeClaimSpec = Infer<typeof persistentVolumeClaimSpec>

export const persistentVolumeClaimTemplate = object(core('PersistentVolumeClaimTemplate'), '', {
  metadata: objectMeta,
  spec: describe('Spec of the claim.', required(persistentVolumeClaimSpec)),
})
export type PersistentVolumeClaimTemplate = Infer<typeof persistentVolumeClaimTemplate>

export const ephemeralVolumeSource = object(core('EphemeralVolumeSource'), '', {
  volumeClaimTemplate: describe('What the claim is made from.', persistentVolumeClaimTemplate),
})
export type EphemeralVolumeSource = Infer<typeof ephemeralVolumeSource>

export const fcVolumeSource = object(core('FCVolumeSource'), '', {
  fsType: string('File system of the volume, such as `ext4`.'),
  lun: int32('Number of the logical unit.'),
  readOnly: boolean('Whether it cannot be written to.'),
  targetWWNs: describe('World wide names of the targets.', atomicList(string())),
  wwids: describe('World wide identifiers of the volume.', atomicList(string())),
})
export type FCVolumeSource = Infer<typeof fcVolumeSource>

export const flexVolumeSource = object(core('FlexVolumeSource'), '', {
  driver: required(string('Name of the driver.')),
  fsType: string('File system of the volume, such as `ext4`.'),
  options: describe('What the driver is told.', map(string())),
  readOnly: boolean('Whether it cannot be written to.'),
  secretRef: describe('The Secret with what is needed to connect.', localObjectReference),
})
export type FlexVolumeSource = Infer<typeof flexVolumeSource>

export const flockerVolumeSource = object(core('FlockerVolumeSource'), '', {
  datasetName: string('Name of the dataset.'),
  datasetUUID: string('Identity of the dataset.'),
})
export type FlockerVolumeSource = Infer<typeof flockerVolumeSource>

export const gcePersistentDiskVolumeSource = object(core('GCEPersistentDiskVolumeSource'), '', {
  fsType: string('File system of the volume, such as `ext4`.'),
  partition: int32('Number of the partition; the whole device when 0.'),
  pdName: required(string('Name of the disk.')),
  readOnly: boolean('Whether it cannot be written to.'),
})
export type GCEPersistentDiskVolumeSource = Infer<typeof gcePersistentDiskVolumeSource>

export const gitRepoVolumeSource = object(core('GitRepoVolumeSource'), '', {
  directory: string('Where it is cloned to.'),
  repository: required(string('Address of the repository.')),
  revision: string('The commit.'),
})
export type GitRepoVolumeSource = Infer<typeof gitRepoVolumeSource>

export const glusterfsVolumeSource = object(core('GlusterfsVolumeSource'), '', {
  endpoints: required(string('Name of the Endpoints object.')),
  path: required(string('Name of the volume.')),
  readOnly: boolean('Whether it cannot be written to.'),
})
export type GlusterfsVolumeSource = Infer<typeof glusterfsVolumeSource>

export const hostPathVolumeSource = object(core('HostPathVolumeSource'), '', {
  path: required(string('Path on the node.')),
  type: defaulted(
    string('What must be there or is made: Directory, DirectoryOrCreate, File, FileOrCreate, Socket, CharDevice or BlockDevice.'),
    '',
  ),
})
export type HostPathVolumeSource = Infer<typeof hostPathVolumeSource>

export const iscsiVolumeSource = object(core('ISCSIVolumeSource'), '', {
  chapAuthDiscovery: boolean('Whether discovery authenticates by CHAP.'),
  chapAuthSession: boolean('Whether the session authenticates by CHAP.'),
  fsType: string('File system of the volume, such as `ext4`.'),
  initiatorName: string('Name of the initiator.'),
  iqn: required(string('Qualified name of the target.')),
  iscsiInterface: defaulted(string('The interface that is used.'), 'default'),
  lun: required(int32('Number of the logical unit.')),
  portals: describe('Further portals of the target.', atomicList(string())),
  readOnly: boolean('Whether it cannot be written to.'),
  secretRef: describe('The Secret with what is needed to connect.', localObjectReference),
  targetPortal: required(string('Address of the target.')),
})
export type ISCSIVolumeSource = Infer<typeof iscsiVolumeSource>

export const imageVolumeSource = object(core('ImageVolumeSource'), '', {
  pullPolicy: string('Always, Never or IfNotPresent.'),
  reference: string('Name of the image.'),
})
export type ImageVolumeSource = Infer<typeof imageVolumeSource>

export const nfsVolumeSource = object(core('NFSVolumeSource'), '', {
  path: required(string('Path of the export.')),
  readOnly: boolean('Whether it cannot be written to.'),
  server: required(string('Host name or address of the server.')),
})
export type NFSVolumeSource = Infer<typeof nfsVolumeSource>

export const persistentVolumeClaimVolumeSource = object(core('PersistentVolumeClaimVolumeSource'), '', {
  claimName: required(string('Name of the claim.')),
  readOnly: boolean('Whether it cannot be written to.'),
})
export type PersistentVolumeClaimVolumeSource = Infer<typeof persistentVolumeClaimVolumeSource>

export const photonPersistentDiskVolumeSource = object(core('PhotonPersistentDiskVolumeSource'), '', {
  fsType: string('File system of the volume, such as `ext4`.'),
  pdID: required(string('Identity of the disk.')),
})
export type PhotonPersistentDiskVolumeSource = Infer<typeof photonPersistentDiskVolumeSource>

export const podCertificateProjection = object(core('PodCertificateProjection'), '', {
  certificateChainPath: string('Path of the certificate chain in the volume.'),
  credentialBundlePath: string('Path of key and chain in one file.'),
  keyPath: string('Path of the private key in the volume.'),
  keyType: required(string('Sort of key, such as ECDSAP256.')),
  maxExpirationSeconds: int32('The longest life of the certificate that is asked for.'),
  signerName: required(string('The signer that is asked.')),
  userAnnotations: describe('What is passed on to the signer.', map(string())),
})
export type PodCertificateProjection = Infer<typeof podCertificateProjection>

export const portworxVolumeSource = object(core('PortworxVolumeSource'), '', {
  fsType: string('File system of the volume, such as `ext4`.'),
  readOnly: boolean('Whether it cannot be written to.'),
  volumeID: required(string('Identity of the volume.')),
})
export type PortworxVolumeSource = Infer<typeof portworxVolumeSource>

export const secretProjection = object(core('SecretProjection'), '', {
  items: describe('The keys that become files, with their paths; all when absent.', atomicList(keyToPath)),
  name: string('Name of the Secret.'),
  optional: boolean('Whether the pod may run without it.'),
})
export type SecretProjection = Infer<typeof secretProjection>

export const serviceAccountTokenProjection = object(core('ServiceAccountTokenProjection'), '', {
  audience: string('Whom the token is for; the API server when absent.'),
  expirationSeconds: defaulted(int64('How long the token is asked to be valid; at least ten minutes.'), 3600),
  path: required(string('Path of the file in the volume.')),
})
export type ServiceAccountTokenProjection = Infer<typeof serviceAccountTokenProjection>

export const volumeProjection = object(core('VolumeProjection'), '', {
  clusterTrustBundle: describe('Certificates of a ClusterTrustBundle.', clusterTrustBundleProjection),
  configMap: describe('Files made of a ConfigMap.', configMapProjection),
  downwardAPI: describe("Files made of the pod's own fields.", downwardAPIProjection),
  podCertificate: describe("A key and a certificate of the pod's own.", podCertificateProjection),
  secret: describe('Files made of a Secret.', secretProjection),
  serviceAccountToken: describe("A token of the pod's service account.", serviceAccountTokenProjection),
})
export type VolumeProjection = Infer<typeof volumeProjection>

export const projectedVolumeSource = object(core('ProjectedVolumeSource'), '', {
  defaultMode: defaulted(int32('Mode of the files that name none.'), 420),
  sources: describe('What is put together.', atomicList(volumeProjection)),
})
export type ProjectedVolumeSource = Infer<typeof projectedVolumeSource>

export const quobyteVolumeSource = object(core('QuobyteVolumeSource'), '', {
  group: string('Group that it is mapped to.'),
  readOnly: boolean('Whether it cannot be written to.'),
  registry: required(string('Addresses of the registry.')),
  tenant: string('Owner of the volume.'),
  user: string('User that it is mapped to.'),
  volume: required(string('Name of the volume.')),
})
export type QuobyteVolumeSource = Infer<typeof quobyteVolumeSource>

export const rbdVolumeSource = object(core('RBDVolumeSource'), '', {
  fsType: string('File system of the volume, such as `ext4`.'),
  image: required(string('Name of the image.')),
  keyring: defaulted(string('Path of the key ring on the node.'), '/etc/ceph/keyring'),
  monitors: describe('Addresses of the monitors.', required(atomicList(string()))),
  pool: defaulted(string('Name of the pool.'), 'rbd'),
  readOnly: boolean('Whether it cannot be written to.'),
  secretRef: describe('The Secret with what is needed to connect.', localObjectReference),
  user: defaulted(string('The user to connect as.'), 'admin'),
})
export type RBDVolumeSource = Infer<typeof rbdVolumeSource>

export const scaleIOVolumeSource = object(core('ScaleIOVolumeSource'), '', {
  fsType: defaulted(string('File system of the volume, such as `ext4`.'), 'xfs'),
  gateway: required(string('Address of the gateway.')),
  protectionDomain: string('Name of the protection domain.'),
  readOnly: boolean('Whether it cannot be written to.'),
  secretRef: describe('The Secret with what is needed to connect.', required(localObjectReference)),
  sslEnabled: boolean('Whether the gateway is spoken to by TLS.'),
  storageMode: defaulted(string('ThickProvisioned or ThinProvisioned.'), 'ThinProvisioned'),
  storagePool: string('Name of the storage pool.'),
  system: required(string('Name of the storage system.')),
  volumeName: string('Name of the volume.'),
})
export type ScaleIOVolumeSource = Infer<typeof scaleIOVolumeSource>

export const secretVolumeSource = object(core('SecretVolumeSource'), '', {
  defaultMode: defaulted(int32('Mode of the files that name none.'), 420),
  items: describe('The keys that become files, with their paths; all when absent.', atomicList(keyToPath)),
  optional: boolean('Whether the pod may run without it.'),
  secretName: string('Name of the Secret.'),
})
export type SecretVolumeSource = Infer<typeof secretVolumeSource>

export const storageOSVolumeSource = object(core('StorageOSVolumeSource'), '', {
  fsType: string('File system of the volume, such as `ext4`.'),
  readOnly: boolean('Whether it cannot be written to.'),
  secretRef: describe('The Secret with what is needed to connect.', localObjectReference),
  volumeName: string('Name of the volume.'),
  volumeNamespace: string('Namespace of the volume in StorageOS.'),
})
export type StorageOSVolumeSource = Infer<typeof storageOSVolumeSource>

export const vsphereVirtualDiskVolumeSource = object(core('VsphereVirtualDiskVolumeSource'), '', {
  fsType: string('File system of the volume, such as `ext4`.'),
  storagePolicyID: string('Identity of the storage policy.'),
  storagePolicyName: string('Name of the storage policy.'),
  volumePath: required(string('Path of the disk.')),
})
export type VsphereVirtualDiskVolumeSource = Infer<typeof vsphereVirtualDiskVolumeSource>

export const volume = object(core('Volume'), '', {
  awsElasticBlockStore: describe('A disk of AWS; served by its CSI driver.', awsElasticBlockStoreVolumeSource),
  azureDisk: describe('A disk of Azure; served by its CSI driver.', azureDiskVolumeSource),
  azureFile: describe('A file share of Azure; served by its CSI driver.', azureFileVolumeSource),
  cephfs: describe('No longer served.', cephFSVolumeSource),
  cinder: describe('A disk of OpenStack; served by its CSI driver.', cinderVolumeSource),
  configMap: describe('Files made of a ConfigMap.', configMapVolumeSource),
  csi: describe('A volume that a CSI driver makes for this pod alone.', csiVolumeSource),
  downwardAPI: describe("Files made of the pod's own fields.", downwardAPIVolumeSource),
  emptyDir: describe('A directory that lives as long as the pod.', emptyDirVolumeSource),
  ephemeral: describe('A claim that is made for this pod and goes with it.', ephemeralVolumeSource),
  fc: describe('A Fibre Channel disk.', fcVolumeSource),
  flexVolume: describe('No longer served; use a CSI driver.', flexVolumeSource),
  flocker: describe('No longer served.', flockerVolumeSource),
  gcePersistentDisk: describe('A disk of Google Cloud; served by its CSI driver.', gcePersistentDiskVolumeSource),
  gitRepo: describe('No longer served; clone into an emptyDir.', gitRepoVolumeSource),
  glusterfs: describe('No longer served.', glusterfsVolumeSource),
  hostPath: describe('A file or directory of the node.', hostPathVolumeSource),
  image: describe('The contents of an image, read-only.', imageVolumeSource),
  iscsi: describe('An iSCSI disk.', iscsiVolumeSource),
  name: required(string('Name, unique in the pod.')),
  nfs: describe('An NFS export.', nfsVolumeSource),
  persistentVolumeClaim: describe("A claim in the pod's namespace.", persistentVolumeClaimVolumeSource),
  photonPersistentDisk: describe('No longer served.', photonPersistentDiskVolumeSource),
  portworxVolume: describe('A volume of Portworx; served by its CSI driver.', portworxVolumeSource),
  projected: describe('Several sources in one directory.', projectedVolumeSource),
  quobyte: describe('No longer served.', quobyteVolumeSource),
  rbd: describe('No longer served.', rbdVolumeSource),
  scaleIO: describe('No longer served.', scaleIOVolumeSource),
  secret: describe('Files made of a Secret.', secretVolumeSource),
  storageos: describe('No longer served.', storageOSVolumeSource),
  vsphereVolume: describe('A disk of vSphere; served by its CSI driver.', vsphereVirtualDiskVolumeSource),
})
export type Volume = Infer<typeof volume>
