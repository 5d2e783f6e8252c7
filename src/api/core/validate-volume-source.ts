// What the sources of volumes need that pods and persistent volumes have in common, and what persistent volumes' own ones need.
// Paths that look wrong are upstream's.
import { type FieldError, invalidValue, requiredValue, tooLong, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkRange } from '../../meta/names.ts'
import { type Errors, must, named, shaped, shapedIfSet, supported, together, when } from '../validation.ts'
import type {
  AzureFilePersistentVolumeSource,
  CinderPersistentVolumeSource,
  CSIPersistentVolumeSource,
  FlexPersistentVolumeSource,
  GlusterfsPersistentVolumeSource,
  ISCSIPersistentVolumeSource,
  LocalVolumeSource,
  ScaleIOPersistentVolumeSource,
  SecretReference,
  StorageOSPersistentVolumeSource,
} from './persistent-volume-source.ts'
import { noBacksteps } from './validate-path.ts'
import type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  HostPathVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
} from './volume.ts'

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket']

export function validateHostPath({ path, type }: HostPathVolumeSource, field: string): Errors {
  if (!path) return [requiredValue(`${field}.path`)]
  return together(noBacksteps(path, `${field}.path`), supported(type, `${field}.type`, hostPathTypes))
}

export function validateLocal({ path }: LocalVolumeSource, field: string): Errors {
  return path ? noBacksteps(path, `${field}.path`) : [requiredValue(`${field}.path`)]
}

export function validateNfs({ server, path = '' }: NFSVolumeSource, field: string): Errors {
  return together(
    named(server, `${field}.server`),
    named(path, `${field}.path`),
    must(path.startsWith('/'), () => invalidValue(`${field}.path`, path, 'must be an absolute path')),
  )
}

export function validateGcePersistentDisk({ pdName, partition }: GCEPersistentDiskVolumeSource, field: string): Errors {
  return together(named(pdName, `${field}.pdName`), validatePartition(partition, `${field}.partition`))
}

export function validateAwsElasticBlockStore({ volumeID, partition }: AWSElasticBlockStoreVolumeSource, field: string): Errors {
  return together(named(volumeID, `${field}.volumeID`), validatePartition(partition, `${field}.partition`))
}

function validatePartition(partition: number | undefined = 0, field: string): Errors {
  return must(partition >= 0 && partition <= 255, () => invalidValue(field, partition, 'must be between 1 and 255, inclusive'))
}

export function validateFc({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, field: string): Errors {
  const at = `${field}.targetWWNs`
  return together(
    must(targetWWNs.length + wwids.length > 0, () => requiredValue(at, 'must specify either targetWWNs or wwids, but not both')),
    must(targetWWNs.length === 0 || wwids.length === 0, () =>
      invalidValue(at, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'),
    ),
    targetWWNs.length === 0
      ? []
      : lun === undefined
        ? [requiredValue(`${field}.lun`, 'lun is required if targetWWNs is specified')]
        : validateUnit(lun, `${field}.lun`),
  )
}

function validateUnit(lun: number, field: string): Errors {
  return checkRange(lun, 0, 255).map(reason => invalidValue(field, lun, reason))
}

export function validateFlocker({ datasetName, datasetUUID }: FlockerVolumeSource, field: string): Errors {
  return together(
    must(Boolean(datasetName || datasetUUID), () => requiredValue(field, 'one of datasetName and datasetUUID is required')),
    must(!datasetName || !datasetUUID, () =>
      invalidValue(field, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'),
    ),
    must(!datasetName?.includes('/'), () => invalidValue(`${field}.datasetName`, datasetName, "must not contain '/'")),
  )
}

export function validateQuobyte({ registry, tenant, volume }: QuobyteVolumeSource, field: string): Errors {
  return together(validateQuobyteRegistry(registry, tenant, field), named(volume, `${field}.volume`))
}

const hostPortPairs = 'must be a host:port pair or multiple pairs separated by commas'

function validateQuobyteRegistry(registry: string | undefined, tenant: string | undefined, field: string): Errors {
  if (!registry) return [requiredValue(`${field}.registry`, hostPortPairs)]
  if ((tenant?.length ?? 0) >= 65) return [requiredValue(`${field}.tenant`, 'must be a UUID and may not exceed a length of 64 characters')]
  const wrong = registry.split(',').filter(pair => !/^(\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(pair))
  return wrong.map(() => invalidValue(`${field}.registry`, registry, hostPortPairs))
}

export function validateAzureDisk({ diskName, diskURI = '', cachingMode, kind }: AzureDiskVolumeSource, field: string): Errors {
  const isManaged = kind === 'Managed'
  const managed = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
  const blob = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'
  return together(
    named(diskName, `${field}.diskName`),
    named(diskURI, `${field}.diskURI`),
    supported(cachingMode, `${field}.cachingMode`, ['None', 'ReadOnly', 'ReadWrite']),
    supported(kind, `${field}.kind`, ['Shared', 'Dedicated', 'Managed']),
    must(diskURI.startsWith(isManaged ? '/subscriptions/' : 'https://'), () =>
      unsupportedValue(`${field}.diskURI`, diskURI, [isManaged ? managed : blob]),
    ),
  )
}

/** `otherwise` is said of names that begin like none. */
export function validateIscsi(source: ISCSIVolumeSource | ISCSIPersistentVolumeSource, otherwise: string, field: string): Errors {
  const { targetPortal, initiatorName, iqn, lun = 0, secretRef } = source
  const usesChap = source.chapAuthDiscovery || source.chapAuthSession
  const checkName = (name: string) => checkIscsiName(name, otherwise)
  return together(
    named(targetPortal, `${field}.targetPortal`),
    named(iqn, `${field}.iqn`, checkName),
    validateUnit(lun, `${field}.lun`),
    must(!usesChap || secretRef !== undefined, () => requiredValue(`${field}.secretRef`)),
    when(initiatorName, name => shaped(name, `${field}.initiatorname`, checkName)),
  )
}

const iscsiNames = [/^iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+$/, /^eui.[A-Za-z0-9]{16}$/, /^naa.[A-Za-z0-9]{32}$/]

function checkIscsiName(name: string, otherwise: string): string[] {
  if (!/^(iqn|eui|naa)/.test(name)) return [otherwise]
  return iscsiNames.some(shape => shape.test(name)) ? [] : ['must be valid format']
}

/** The node's own name is made of the volume's name and the portal, and has a greatest length. */
export function validatePersistentIscsi(source: ISCSIPersistentVolumeSource, volumeName: string, field: string): Errors {
  const { targetPortal = '', initiatorName, secretRef } = source
  const long = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
  return together(
    must(initiatorName === undefined || `${volumeName}:${targetPortal}`.length <= 64, () =>
      invalidValue(`${field}.targetportal`, targetPortal, long),
    ),
    validateIscsi(source, 'must be valid format', field),
    when(secretRef, ref => namedSecret(ref, `${field}.secretRef`)),
  )
}

export function validateCeph({ monitors }: { readonly monitors?: readonly string[] | undefined }, field: string): Errors {
  return must((monitors?.length ?? 0) > 0, () => requiredValue(`${field}.monitors`))
}

export function validateRbd(source: { readonly monitors?: readonly string[]; readonly image?: string }, field: string): Errors {
  return together(validateCeph(source, field), named(source.image, `${field}.image`))
}

export function validateGlusterfs(
  { endpoints, path, endpointsNamespace: namespace }: GlusterfsPersistentVolumeSource,
  field: string,
): Errors {
  const at = `${field}.endpointsNamespace`
  return together(
    named(endpoints, `${field}.endpoints`),
    named(path, `${field}.path`),
    namespace === ''
      ? [invalidValue(at, '', 'if the endpointnamespace is set, it must be a valid namespace name')]
      : shapedIfSet(namespace, at, checkDns1123Label),
  )
}

export function validateCinder({ volumeID, secretRef }: CinderPersistentVolumeSource, field: string, checkSecret = wholeSecret): Errors {
  return together(
    named(volumeID, `${field}.volumeID`),
    when(secretRef, ref => checkSecret(ref, `${field}.secretRef`)),
  )
}

export function validateFlex({ driver, options = {} }: FlexPersistentVolumeSource, field: string): Errors {
  const isReserved = (key: string) => /(^|\.)(kubernetes|k8s)\.io$/.test((key.split('/', 2)[0] ?? '').toLowerCase())
  return together(
    named(driver, `${field}.driver`),
    Object.keys(options)
      .filter(isReserved)
      .map(key => invalidValue(`${field}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')),
  )
}

export function validateAzureFile({ secretName, shareName, secretNamespace }: AzureFilePersistentVolumeSource, field: string): Errors {
  return together(
    named(secretName, `${field}.secretName`),
    named(shareName, `${field}.shareName`),
    must(secretNamespace !== '', () => requiredValue(`${field}.secretNamespace`)),
  )
}

export function validateScaleIO({ gateway, system, volumeName }: ScaleIOPersistentVolumeSource, field: string): Errors {
  return together(named(gateway, `${field}.gateway`), named(system, `${field}.system`), named(volumeName, `${field}.volumeName`))
}

export function validateStorageOS(
  { volumeName, volumeNamespace, secretRef }: StorageOSPersistentVolumeSource,
  field: string,
  checkSecret = wholeSecret,
): Errors {
  return together(
    named(volumeName, `${field}.volumeName`, checkDns1123Label),
    shapedIfSet(volumeNamespace, `${field}.volumeNamespace`, checkDns1123Label),
    when(secretRef, ref => checkSecret(ref, `${field}.secretRef`)),
  )
}

const csiSecrets = ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const

export function validateCsi(source: CSIPersistentVolumeSource, field: string): Errors {
  return together(
    validateCsiDriverName(source.driver, `${field}.driver`),
    named(source.volumeHandle, `${field}.volumeHandle`),
    csiSecrets.flatMap(name => when(source[name], ref => validateSecretReference(ref, `${field}.${name}`))),
  )
}

export function validateCsiDriverName(name = '', field: string): Errors {
  const errors: FieldError[] = []
  if (name === '') errors.push(requiredValue(field))
  if (name.length > 63) errors.push(tooLong(field, 63))
  return [...errors, ...checkDns1123Subdomain(name.toLowerCase()).map(reason => invalidValue(field, name, reason))]
}

function validateSecretReference({ name, namespace }: SecretReference, field: string): Errors {
  return together(
    named(name, `${field}.name`, checkDns1123Subdomain),
    namespace ? shaped(namespace, `${field}.namespace`, checkDns1123Label) : [requiredValue(`${field}.namespace`)],
  )
}

/** A secret of a persistent volume, which has no namespace of its own. */
function wholeSecret(secret: SecretReference, field: string): Errors {
  return together(namedSecret(secret, field), named(secret.namespace, `${field}.namespace`))
}

export function namedSecret({ name }: SecretReference, field: string): Errors {
  return named(name, `${field}.name`)
}
