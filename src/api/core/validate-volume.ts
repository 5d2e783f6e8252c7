// Volumes: one source each, and what each source needs. Paths that look wrong are upstream's.
import { duplicateValue, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkDns1123Subdomain } from '../../meta/names.ts'
import { parseQuantity } from '../../meta/quantity.ts'
import { type Errors, each, label, must, named, shapedIfSet, supported, together, when } from '../validation.ts'
import { validateDownwardFile, validateKeyToPath, validateMode } from './validate-file.ts'
import { descendingPath } from './validate-path.ts'
import { validateClaimTemplate } from './validate-persistent-volume-claim.ts'
import { validateProjected } from './validate-projected.ts'
import {
  namedSecret,
  validateAwsElasticBlockStore,
  validateAzureDisk,
  validateAzureFile,
  validateCeph,
  validateCinder,
  validateCsiDriverName,
  validateFc,
  validateFlex,
  validateFlocker,
  validateGcePersistentDisk,
  validateGlusterfs,
  validateHostPath,
  validateIscsi,
  validateNfs,
  validateQuobyte,
  validateRbd,
  validateScaleIO,
  validateStorageOS,
} from './validate-volume-source.ts'
import type { Volume } from './volume.ts'

type Volumes = readonly Volume[] | undefined

export function validateVolumes(volumes: Volumes, field: string): Errors {
  const known = new Set<string>()
  return each(volumes, field, (volume, at) => {
    const errors = together(
      validateVolume(volume, at),
      must(!known.has(volume.name), () => duplicateValue(`${at}.name`, volume.name)),
    )
    if (errors.length === 0) known.add(volume.name)
    return errors
  })
}

/** The volumes that can be mounted. For mounts, those in which something is wrong are not there. */
export function soundVolumes(volumes: Volumes): ReadonlyMap<string, Volume> {
  const sound = new Map<string, Volume>()
  for (const volume of volumes ?? []) if (!sound.has(volume.name) && validateVolume(volume, '').length === 0) sound.set(volume.name, volume)
  return sound
}

function validateVolume(volume: Volume, field: string): Errors {
  return together(validateSources(volume, field), volume.name ? label(volume.name, `${field}.name`) : [requiredValue(`${field}.name`)])
}

type Source = Exclude<keyof Volume, 'name'>
type Check<S extends Source> = (source: NonNullable<Volume[S]>, field: string) => Errors

/** In the order in which they are looked for. */
const checks: { readonly [S in Source]: Check<S> } = {
  emptyDir: ({ sizeLimit }, field) =>
    must(!sizeLimit || parseQuantity(sizeLimit).nanos >= 0n, () =>
      forbiddenValue(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'),
    ),
  hostPath: validateHostPath,
  gitRepo: ({ repository, directory = '' }, field) =>
    together(named(repository, `${field}.repository`), descendingPath(directory, `${field}.directory`)),
  gcePersistentDisk: validateGcePersistentDisk,
  awsElasticBlockStore: validateAwsElasticBlockStore,
  secret: ({ secretName, defaultMode, items }, field) =>
    together(
      named(secretName, `${field}.secretName`),
      validateMode(defaultMode, `${field}.defaultMode`),
      each(items, `${field}.items`, validateKeyToPath),
    ),
  nfs: validateNfs,
  iscsi: (source, field) => validateIscsi(source, 'must be valid format starting with iqn, eui, or naa', field),
  glusterfs: validateGlusterfs,
  flocker: validateFlocker,
  persistentVolumeClaim: ({ claimName }, field) => named(claimName, `${field}.claimName`),
  rbd: validateRbd,
  cinder: (source, field) => validateCinder(source, field, namedSecret),
  cephfs: validateCeph,
  quobyte: validateQuobyte,
  downwardAPI: ({ defaultMode, items = [] }, field) =>
    together(
      validateMode(defaultMode, `${field}.defaultMode`),
      items.flatMap(file => validateDownwardFile(file, field)),
    ),
  fc: validateFc,
  flexVolume: validateFlex,
  configMap: ({ name, defaultMode, items }, field) =>
    together(
      named(name, `${field}.name`),
      validateMode(defaultMode, `${field}.defaultMode`),
      each(items, `${field}.items`, validateKeyToPath),
    ),
  azureFile: validateAzureFile,
  vsphereVolume: ({ volumePath }, field) => named(volumePath, `${field}.volumePath`),
  photonPersistentDisk: ({ pdID }, field) => named(pdID, `${field}.pdID`),
  portworxVolume: ({ volumeID }, field) => named(volumeID, `${field}.volumeID`),
  azureDisk: validateAzureDisk,
  storageos: (source, field) => validateStorageOS(source, field, namedSecret),
  projected: validateProjected,
  scaleIO: validateScaleIO,
  csi: ({ driver, nodePublishSecretRef }, field) =>
    together(
      validateCsiDriverName(driver, `${field}.driver`),
      when(nodePublishSecretRef, ({ name }) =>
        together(named(name, `${field}.nodePublishSecretRef.name`), shapedIfSet(name, `${field}.name`, checkDns1123Subdomain)),
      ),
    ),
  ephemeral: ({ volumeClaimTemplate: template }, field) => {
    const at = `${field}.volumeClaimTemplate`
    return template ? validateClaimTemplate(template, at) : [requiredValue(at)]
  },
  image: ({ reference, pullPolicy }, field) =>
    together(named(reference, `${field}.reference`), supported(pullPolicy, `${field}.pullPolicy`, ['Always', 'IfNotPresent', 'Never'])),
}
const sourceNames = Object.keys(checks) as readonly Source[]

/** How a source is called in errors, where it is not by its field: in what is wrong with it, and where it is one too many. */
const namesWithin: Partial<Record<Source, string>> = { gcePersistentDisk: 'persistentDisk' }
const namesOfExcess: Partial<Record<Source, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' }

function validateSources(volume: Volume, field: string): Errors {
  const [first, ...more] = sourceNames.filter(name => volume[name] !== undefined)
  if (first === undefined) return [requiredValue(field, 'must specify a volume type')]
  return together(
    validateSource(first, volume, `${field}.${namesWithin[first] ?? first}`),
    more.map(name => forbiddenValue(`${field}.${namesOfExcess[name] ?? name}`, 'may not specify more than 1 volume type')),
    when(volume.iscsi, ({ initiatorName, targetPortal = '' }) =>
      must(initiatorName === undefined || `${volume.name}:${targetPortal}`.length <= 64, () =>
        invalidValue(
          `${field}.name`,
          volume.name,
          'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.',
        ),
      ),
    ),
  )
}

function validateSource<S extends Source>(name: S, volume: Volume, field: string): Errors {
  const source = volume[name]
  return source === undefined ? [] : checks[name](source as NonNullable<Volume[S]>, field)
}

/** Claims that are made for a pod have the name of pod and volume together, and no other volume of the pod may be one of them. */
export function validateMadeClaims(volumes: Volumes, pod: string, field: string): Errors {
  const made = (volumes ?? []).filter(volume => volume.ephemeral && volume.name)
  if (made.length === 0 || pod === '') return []
  const claims = new Set(made.map(volume => `${pod}-${volume.name}`))
  return each(volumes, field, (volume, at) => {
    const claim = `${pod}-${volume.name}`
    const other = volume.persistentVolumeClaim?.claimName
    return together(
      volume.ephemeral && volume.name
        ? checkDns1123Subdomain(claim).map(reason =>
            invalidValue(`${at}.name`, volume.name, `PVC name ${JSON.stringify(claim)}: ${reason}`),
          )
        : [],
      must(other === undefined || !claims.has(other), () =>
        invalidValue(`${at}.persistentVolumeClaim.claimName`, other, 'must not reference a PVC that gets created for an ephemeral volume'),
      ),
    )
  })
}
