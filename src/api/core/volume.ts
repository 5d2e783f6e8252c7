import { labelSelector } from '../../meta/label-selector.ts'
import { objectMeta } from '../../meta/object-meta.ts'
import { atomicList, boolean, defaulted, type Infer, int32, int64, map, object, quantity, required, string } from '../../schema/schema.ts'
import { objectFieldSelector, resourceFieldSelector } from './field-reference.ts'
import { localObjectReference, typedLocalObjectReference, typedObjectReference } from './reference.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const awsElasticBlockStoreVolumeSource = object(core('AWSElasticBlockStoreVolumeSource'), '', {
  fsType: string(),
  partition: int32(),
  readOnly: boolean(),
  volumeID: required(string()),
})
export type AWSElasticBlockStoreVolumeSource = Infer<typeof awsElasticBlockStoreVolumeSource>

export const attachedVolume = object(core('AttachedVolume'), '', {
  devicePath: required(string()),
  name: required(string()),
})
export type AttachedVolume = Infer<typeof attachedVolume>

export const azureDiskVolumeSource = object(core('AzureDiskVolumeSource'), '', {
  cachingMode: defaulted(string(), 'ReadWrite'),
  diskName: required(string()),
  diskURI: required(string()),
  fsType: defaulted(string(), 'ext4'),
  kind: defaulted(string(), 'Shared'),
  readOnly: defaulted(boolean(), false),
})
export type AzureDiskVolumeSource = Infer<typeof azureDiskVolumeSource>

export const azureFileVolumeSource = object(core('AzureFileVolumeSource'), '', {
  readOnly: boolean(),
  secretName: required(string()),
  shareName: required(string()),
})
export type AzureFileVolumeSource = Infer<typeof azureFileVolumeSource>

export const csiVolumeSource = object(core('CSIVolumeSource'), '', {
  driver: required(string()),
  fsType: string(),
  nodePublishSecretRef: localObjectReference,
  readOnly: boolean(),
  volumeAttributes: map(string()),
})
export type CSIVolumeSource = Infer<typeof csiVolumeSource>

export const cephFSVolumeSource = object(core('CephFSVolumeSource'), '', {
  monitors: required(atomicList(string())),
  path: string(),
  readOnly: boolean(),
  secretFile: string(),
  secretRef: localObjectReference,
  user: string(),
})
export type CephFSVolumeSource = Infer<typeof cephFSVolumeSource>

export const cinderVolumeSource = object(core('CinderVolumeSource'), '', {
  fsType: string(),
  readOnly: boolean(),
  secretRef: localObjectReference,
  volumeID: required(string()),
})
export type CinderVolumeSource = Infer<typeof cinderVolumeSource>

export const clusterTrustBundleProjection = object(core('ClusterTrustBundleProjection'), '', {
  labelSelector: labelSelector,
  name: string(),
  optional: boolean(),
  path: required(string()),
  signerName: string(),
})
export type ClusterTrustBundleProjection = Infer<typeof clusterTrustBundleProjection>

export const keyToPath = object(core('KeyToPath'), '', {
  key: required(string()),
  mode: int32(),
  path: required(string()),
})
export type KeyToPath = Infer<typeof keyToPath>

export const configMapProjection = object(core('ConfigMapProjection'), '', {
  items: atomicList(keyToPath),
  name: string(),
  optional: boolean(),
})
export type ConfigMapProjection = Infer<typeof configMapProjection>

export const configMapVolumeSource = object(core('ConfigMapVolumeSource'), '', {
  defaultMode: defaulted(int32(), 420),
  items: atomicList(keyToPath),
  name: string(),
  optional: boolean(),
})
export type ConfigMapVolumeSource = Infer<typeof configMapVolumeSource>

export const downwardAPIVolumeFile = object(core('DownwardAPIVolumeFile'), '', {
  fieldRef: objectFieldSelector,
  mode: int32(),
  path: required(string()),
  resourceFieldRef: resourceFieldSelector,
})
export type DownwardAPIVolumeFile = Infer<typeof downwardAPIVolumeFile>

export const downwardAPIProjection = object(core('DownwardAPIProjection'), '', {
  items: atomicList(downwardAPIVolumeFile),
})
export type DownwardAPIProjection = Infer<typeof downwardAPIProjection>

export const downwardAPIVolumeSource = object(core('DownwardAPIVolumeSource'), '', {
  defaultMode: defaulted(int32(), 420),
  items: atomicList(downwardAPIVolumeFile),
})
export type DownwardAPIVolumeSource = Infer<typeof downwardAPIVolumeSource>

export const emptyDirVolumeSource = object(core('EmptyDirVolumeSource'), '', {
  medium: string(),
  sizeLimit: quantity(),
})
export type EmptyDirVolumeSource = Infer<typeof emptyDirVolumeSource>

export const volumeResourceRequirements = object(core('VolumeResourceRequirements'), '', {
  limits: map(quantity()),
  requests: map(quantity()),
})
export type VolumeResourceRequirements = Infer<typeof volumeResourceRequirements>

export const persistentVolumeClaimSpec = object(core('PersistentVolumeClaimSpec'), '', {
  accessModes: atomicList(string()),
  dataSource: typedLocalObjectReference,
  dataSourceRef: typedObjectReference,
  resources: defaulted(volumeResourceRequirements, {}),
  selector: labelSelector,
  storageClassName: string(),
  volumeAttributesClassName: string(),
  volumeMode: defaulted(string(), 'Filesystem'),
  volumeName: string(),
})
export type PersistentVolumeClaimSpec = Infer<typeof persistentVolumeClaimSpec>

export const persistentVolumeClaimTemplate = object(core('PersistentVolumeClaimTemplate'), '', {
  metadata: objectMeta,
  spec: required(persistentVolumeClaimSpec),
})
export type PersistentVolumeClaimTemplate = Infer<typeof persistentVolumeClaimTemplate>

export const ephemeralVolumeSource = object(core('EphemeralVolumeSource'), '', {
  volumeClaimTemplate: persistentVolumeClaimTemplate,
})
export type EphemeralVolumeSource = Infer<typeof ephemeralVolumeSource>

export const fcVolumeSource = object(core('FCVolumeSource'), '', {
  fsType: string(),
  lun: int32(),
  readOnly: boolean(),
  targetWWNs: atomicList(string()),
  wwids: atomicList(string()),
})
export type FCVolumeSource = Infer<typeof fcVolumeSource>

export const flexVolumeSource = object(core('FlexVolumeSource'), '', {
  driver: required(string()),
  fsType: string(),
  options: map(string()),
  readOnly: boolean(),
  secretRef: localObjectReference,
})
export type FlexVolumeSource = Infer<typeof flexVolumeSource>

export const flockerVolumeSource = object(core('FlockerVolumeSource'), '', {
  datasetName: string(),
  datasetUUID: string(),
})
export type FlockerVolumeSource = Infer<typeof flockerVolumeSource>

export const gcePersistentDiskVolumeSource = object(core('GCEPersistentDiskVolumeSource'), '', {
  fsType: string(),
  partition: int32(),
  pdName: required(string()),
  readOnly: boolean(),
})
export type GCEPersistentDiskVolumeSource = Infer<typeof gcePersistentDiskVolumeSource>

export const gitRepoVolumeSource = object(core('GitRepoVolumeSource'), '', {
  directory: string(),
  repository: required(string()),
  revision: string(),
})
export type GitRepoVolumeSource = Infer<typeof gitRepoVolumeSource>

export const glusterfsVolumeSource = object(core('GlusterfsVolumeSource'), '', {
  endpoints: required(string()),
  path: required(string()),
  readOnly: boolean(),
})
export type GlusterfsVolumeSource = Infer<typeof glusterfsVolumeSource>

export const hostPathVolumeSource = object(core('HostPathVolumeSource'), '', {
  path: required(string()),
  type: defaulted(string(), ''),
})
export type HostPathVolumeSource = Infer<typeof hostPathVolumeSource>

export const iscsiVolumeSource = object(core('ISCSIVolumeSource'), '', {
  chapAuthDiscovery: boolean(),
  chapAuthSession: boolean(),
  fsType: string(),
  initiatorName: string(),
  iqn: required(string()),
  iscsiInterface: defaulted(string(), 'default'),
  lun: required(int32()),
  portals: atomicList(string()),
  readOnly: boolean(),
  secretRef: localObjectReference,
  targetPortal: required(string()),
})
export type ISCSIVolumeSource = Infer<typeof iscsiVolumeSource>

export const imageVolumeSource = object(core('ImageVolumeSource'), '', {
  pullPolicy: string(),
  reference: string(),
})
export type ImageVolumeSource = Infer<typeof imageVolumeSource>

export const nfsVolumeSource = object(core('NFSVolumeSource'), '', {
  path: required(string()),
  readOnly: boolean(),
  server: required(string()),
})
export type NFSVolumeSource = Infer<typeof nfsVolumeSource>

export const persistentVolumeClaimVolumeSource = object(core('PersistentVolumeClaimVolumeSource'), '', {
  claimName: required(string()),
  readOnly: boolean(),
})
export type PersistentVolumeClaimVolumeSource = Infer<typeof persistentVolumeClaimVolumeSource>

export const photonPersistentDiskVolumeSource = object(core('PhotonPersistentDiskVolumeSource'), '', {
  fsType: string(),
  pdID: required(string()),
})
export type PhotonPersistentDiskVolumeSource = Infer<typeof photonPersistentDiskVolumeSource>

export const podCertificateProjection = object(core('PodCertificateProjection'), '', {
  certificateChainPath: string(),
  credentialBundlePath: string(),
  keyPath: string(),
  keyType: required(string()),
  maxExpirationSeconds: int32(),
  signerName: required(string()),
  userAnnotations: map(string()),
})
export type PodCertificateProjection = Infer<typeof podCertificateProjection>

export const portworxVolumeSource = object(core('PortworxVolumeSource'), '', {
  fsType: string(),
  readOnly: boolean(),
  volumeID: required(string()),
})
export type PortworxVolumeSource = Infer<typeof portworxVolumeSource>

export const secretProjection = object(core('SecretProjection'), '', {
  items: atomicList(keyToPath),
  name: string(),
  optional: boolean(),
})
export type SecretProjection = Infer<typeof secretProjection>

export const serviceAccountTokenProjection = object(core('ServiceAccountTokenProjection'), '', {
  audience: string(),
  expirationSeconds: defaulted(int64(), 3600),
  path: required(string()),
})
export type ServiceAccountTokenProjection = Infer<typeof serviceAccountTokenProjection>

export const volumeProjection = object(core('VolumeProjection'), '', {
  clusterTrustBundle: clusterTrustBundleProjection,
  configMap: configMapProjection,
  downwardAPI: downwardAPIProjection,
  podCertificate: podCertificateProjection,
  secret: secretProjection,
  serviceAccountToken: serviceAccountTokenProjection,
})
export type VolumeProjection = Infer<typeof volumeProjection>

export const projectedVolumeSource = object(core('ProjectedVolumeSource'), '', {
  defaultMode: defaulted(int32(), 420),
  sources: atomicList(volumeProjection),
})
export type ProjectedVolumeSource = Infer<typeof projectedVolumeSource>

export const quobyteVolumeSource = object(core('QuobyteVolumeSource'), '', {
  group: string(),
  readOnly: boolean(),
  registry: required(string()),
  tenant: string(),
  user: string(),
  volume: required(string()),
})
export type QuobyteVolumeSource = Infer<typeof quobyteVolumeSource>

export const rbdVolumeSource = object(core('RBDVolumeSource'), '', {
  fsType: string(),
  image: required(string()),
  keyring: defaulted(string(), '/etc/ceph/keyring'),
  monitors: required(atomicList(string())),
  pool: defaulted(string(), 'rbd'),
  readOnly: boolean(),
  secretRef: localObjectReference,
  user: defaulted(string(), 'admin'),
})
export type RBDVolumeSource = Infer<typeof rbdVolumeSource>

export const scaleIOVolumeSource = object(core('ScaleIOVolumeSource'), '', {
  fsType: defaulted(string(), 'xfs'),
  gateway: required(string()),
  protectionDomain: string(),
  readOnly: boolean(),
  secretRef: required(localObjectReference),
  sslEnabled: boolean(),
  storageMode: defaulted(string(), 'ThinProvisioned'),
  storagePool: string(),
  system: required(string()),
  volumeName: string(),
})
export type ScaleIOVolumeSource = Infer<typeof scaleIOVolumeSource>

export const secretVolumeSource = object(core('SecretVolumeSource'), '', {
  defaultMode: defaulted(int32(), 420),
  items: atomicList(keyToPath),
  optional: boolean(),
  secretName: string(),
})
export type SecretVolumeSource = Infer<typeof secretVolumeSource>

export const storageOSVolumeSource = object(core('StorageOSVolumeSource'), '', {
  fsType: string(),
  readOnly: boolean(),
  secretRef: localObjectReference,
  volumeName: string(),
  volumeNamespace: string(),
})
export type StorageOSVolumeSource = Infer<typeof storageOSVolumeSource>

export const vsphereVirtualDiskVolumeSource = object(core('VsphereVirtualDiskVolumeSource'), '', {
  fsType: string(),
  storagePolicyID: string(),
  storagePolicyName: string(),
  volumePath: required(string()),
})
export type VsphereVirtualDiskVolumeSource = Infer<typeof vsphereVirtualDiskVolumeSource>

export const volume = object(core('Volume'), '', {
  awsElasticBlockStore: awsElasticBlockStoreVolumeSource,
  azureDisk: azureDiskVolumeSource,
  azureFile: azureFileVolumeSource,
  cephfs: cephFSVolumeSource,
  cinder: cinderVolumeSource,
  configMap: configMapVolumeSource,
  csi: csiVolumeSource,
  downwardAPI: downwardAPIVolumeSource,
  emptyDir: emptyDirVolumeSource,
  ephemeral: ephemeralVolumeSource,
  fc: fcVolumeSource,
  flexVolume: flexVolumeSource,
  flocker: flockerVolumeSource,
  gcePersistentDisk: gcePersistentDiskVolumeSource,
  gitRepo: gitRepoVolumeSource,
  glusterfs: glusterfsVolumeSource,
  hostPath: hostPathVolumeSource,
  image: imageVolumeSource,
  iscsi: iscsiVolumeSource,
  name: required(string()),
  nfs: nfsVolumeSource,
  persistentVolumeClaim: persistentVolumeClaimVolumeSource,
  photonPersistentDisk: photonPersistentDiskVolumeSource,
  portworxVolume: portworxVolumeSource,
  projected: projectedVolumeSource,
  quobyte: quobyteVolumeSource,
  rbd: rbdVolumeSource,
  scaleIO: scaleIOVolumeSource,
  secret: secretVolumeSource,
  storageos: storageOSVolumeSource,
  vsphereVolume: vsphereVirtualDiskVolumeSource,
})
export type Volume = Infer<typeof volume>
