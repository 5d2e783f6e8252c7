// Volumes: one source each, and what each source needs.
import { type FieldError, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkConfigKey } from '../../meta/names.ts'
import { parseQuantity } from '../../meta/quantity.ts'
import { requiredErrors } from '../../meta/schema-errors.ts'
import { type Errors, each, label, must, named, supported, together, uniqueNames, when } from '../validation.ts'
import { validateFieldRef, validateResourceFieldRef } from './validate-env.ts'
import { validateClaimSpec } from './validate-persistent-volume-claim.ts'
import {
  noBacksteps,
  validateAwsElasticBlockStore,
  validateAzureDisk,
  validateCsiDriverName,
  validateFc,
  validateFlocker,
  validateGcePersistentDisk,
  validateHostPath,
  validateIscsi,
  validateNfs,
  validateQuobyte,
} from './validate-volume-source.ts'
import {
  type DownwardAPIVolumeFile,
  type KeyToPath,
  type ProjectedVolumeSource,
  type Volume,
  type VolumeProjection,
  volume as volumeSchema,
} from './volume.ts'

export function validateVolumes(volumes: readonly Volume[] | undefined, field: string): Errors {
  return together(
    each(volumes, field, (volume, at) =>
      together(validateSources(volume, at), volume.name ? label(volume.name, `${at}.name`) : [requiredValue(`${at}.name`)]),
    ),
    uniqueNames(volumes, field),
  )
}

function validateSources(volume: Volume, field: string): Errors {
  const sources = Object.keys(volume).filter(name => name !== 'name' && volume[name as keyof Volume] !== undefined)
  const [first, ...more] = sources
  if (first === undefined) return [requiredValue(field, 'must specify a volume type')]
  return together(
    validateSource(volume, first, `${field}.${first}`),
    more.map(name => forbiddenValue(`${field}.${name}`, 'may not specify more than 1 volume type')),
  )
}

/** Sources whose only rule is which fields they need are checked by their schema. */
function validateSource(volume: Volume, source: string, field: string): Errors {
  const check = sourceChecks[source]
  if (check) return check(volume, field)
  const node = volumeSchema.node.type === 'object' ? volumeSchema.node.fields[source]?.node : undefined
  return node ? requiredErrors(node, volume[source as keyof Volume], field) : []
}

const sourceChecks: Readonly<Record<string, (volume: Volume, field: string) => Errors>> = {
  emptyDir: ({ emptyDir }, field) =>
    must(!emptyDir?.sizeLimit || parseQuantity(emptyDir.sizeLimit).nanos >= 0n, () =>
      forbiddenValue(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'),
    ),
  hostPath: ({ hostPath }, field) => when(hostPath, source => validateHostPath(source, field)),
  secret: ({ secret }, field) =>
    together(
      named(secret?.secretName, `${field}.secretName`),
      validateMode(secret?.defaultMode, `${field}.defaultMode`),
      each(secret?.items, `${field}.items`, validateKeyToPath),
    ),
  configMap: ({ configMap }, field) =>
    together(
      named(configMap?.name, `${field}.name`),
      validateMode(configMap?.defaultMode, `${field}.defaultMode`),
      each(configMap?.items, `${field}.items`, validateKeyToPath),
    ),
  downwardAPI: ({ downwardAPI }, field) =>
    together(
      validateMode(downwardAPI?.defaultMode, `${field}.defaultMode`),
      each(downwardAPI?.items, `${field}.items`, validateDownwardFile),
    ),
  projected: ({ projected }, field) => when(projected, source => validateProjected(source, field)),
  nfs: ({ nfs }, field) => when(nfs, source => validateNfs(source, field)),
  gcePersistentDisk: ({ gcePersistentDisk }, field) => when(gcePersistentDisk, source => validateGcePersistentDisk(source, field)),
  awsElasticBlockStore: ({ awsElasticBlockStore }, field) =>
    when(awsElasticBlockStore, source => validateAwsElasticBlockStore(source, field)),
  azureDisk: ({ azureDisk }, field) => when(azureDisk, source => validateAzureDisk(source, field)),
  fc: ({ fc }, field) => when(fc, source => validateFc(source, field)),
  flocker: ({ flocker }, field) => when(flocker, source => validateFlocker(source, field)),
  iscsi: ({ iscsi, name }, field) => when(iscsi, source => validateIscsi(source, name, field)),
  quobyte: ({ quobyte }, field) => when(quobyte, source => validateQuobyte(source, field)),
  persistentVolumeClaim: ({ persistentVolumeClaim }, field) => named(persistentVolumeClaim?.claimName, `${field}.claimName`),
  gitRepo: ({ gitRepo }, field) =>
    together(named(gitRepo?.repository, `${field}.repository`), descendingPath(gitRepo?.directory ?? '', `${field}.directory`)),
  image: ({ image }, field) =>
    together(
      named(image?.reference, `${field}.reference`),
      supported(image?.pullPolicy, `${field}.pullPolicy`, ['Always', 'IfNotPresent', 'Never']),
    ),
  csi: ({ csi }, field) =>
    together(
      validateCsiDriverName(csi?.driver, `${field}.driver`),
      when(csi?.nodePublishSecretRef, ref => named(ref.name, `${field}.nodePublishSecretRef.name`)),
    ),
  ephemeral: ({ ephemeral }, field) => {
    const template = ephemeral?.volumeClaimTemplate
    if (!template) return [requiredValue(`${field}.volumeClaimTemplate`)]
    return validateClaimSpec(template.spec ?? {}, `${field}.volumeClaimTemplate.spec`)
  },
}

function validateMode(mode: number | undefined, field: string): Errors {
  return must(mode === undefined || (mode >= 0 && mode <= 0o777), () =>
    invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive'),
  )
}

function validateKeyToPath({ key, path, mode }: KeyToPath, field: string): Errors {
  return together(
    named(key, `${field}.key`, checkConfigKey),
    path ? unreservedPath(path, `${field}.path`) : [requiredValue(`${field}.path`)],
    validateMode(mode, `${field}.mode`),
  )
}

const volumeFieldPaths = ['metadata.name', 'metadata.namespace', 'metadata.labels', 'metadata.annotations', 'metadata.uid']

function validateDownwardFile({ path, fieldRef, resourceFieldRef, mode }: DownwardAPIVolumeFile, field: string): Errors {
  const errors: FieldError[] = path ? [...unreservedPath(path, `${field}.path`)] : [requiredValue(`${field}.path`)]
  if (fieldRef) {
    errors.push(...validateFieldRef(fieldRef, volumeFieldPaths, `${field}.fieldRef`))
    if (resourceFieldRef) errors.push(invalidValue(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
  } else if (resourceFieldRef) errors.push(...validateResourceFieldRef(resourceFieldRef, true, `${field}.resourceFieldRef`))
  else errors.push(requiredValue(field, 'one of fieldRef and resourceFieldRef is required'))
  return [...errors, ...validateMode(mode, `${field}.mode`)]
}

function validateProjected({ defaultMode, sources }: ProjectedVolumeSource, field: string): Errors {
  const errors: FieldError[] = [...validateMode(defaultMode, `${field}.defaultMode`)]
  const paths = new Set<string>()
  for (const [i, source] of (sources ?? []).entries()) {
    const at = `${field}.sources[${i}]`
    errors.push(...validateProjection(source, at))
    for (const { path, isListed } of pathsOf(source)) {
      if (paths.has(path))
        errors.push(
          isListed ? invalidValue(field, path, 'conflicting duplicate paths') : invalidValue(at, path, 'conflicting duplicate paths'),
        )
      paths.add(path)
    }
  }
  return errors
}

function pathsOf(source: VolumeProjection): { readonly path: string; readonly isListed: boolean }[] {
  const listed = [source.secret, source.configMap, source.downwardAPI].flatMap(part => (part?.items ?? []).map(item => item.path))
  const single = [source.serviceAccountToken?.path, source.clusterTrustBundle?.path]
  return [...listed.map(path => ({ path, isListed: true })), ...single.map(path => ({ path: path ?? '', isListed: false }))].filter(
    p => p.path,
  )
}

const minTokenSeconds = 600
const maxTokenSeconds = 2 ** 32

function validateProjection(source: VolumeProjection, field: string): Errors {
  const { secret, configMap, downwardAPI, serviceAccountToken: token, clusterTrustBundle: bundle, podCertificate: certificate } = source
  const [first, ...more] = Object.keys(source).filter(name => source[name as keyof VolumeProjection] !== undefined)
  if (first === undefined)
    return [
      requiredValue(field, 'must specify one of clusterTrustBundle, configMap, downwardAPI, podCertificate, secret or serviceAccountToken'),
    ]
  const errors: FieldError[] = more.map(name => forbiddenValue(`${field}.${name}`, 'may not specify more than 1 volume type per source'))
  if (secret) errors.push(...named(secret.name, `${field}.secret.name`), ...each(secret.items, `${field}.secret.items`, validateKeyToPath))
  if (configMap) {
    errors.push(
      ...named(configMap.name, `${field}.configMap.name`),
      ...each(configMap.items, `${field}.configMap.items`, validateKeyToPath),
    )
  }
  if (downwardAPI) errors.push(...each(downwardAPI.items, `${field}.downwardAPI.items`, validateDownwardFile))
  if (token) {
    const seconds = token.expirationSeconds
    const at = `${field}.serviceAccountToken`
    errors.push(
      ...must(seconds >= minTokenSeconds, () =>
        invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'),
      ),
      ...must(seconds <= maxTokenSeconds, () =>
        invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'),
      ),
      ...(token.path ? unreservedPath(token.path, `${at}.path`) : [requiredValue(`${at}.path`)]),
    )
  }
  if (bundle) {
    const at = `${field}.clusterTrustBundle`
    errors.push(...(bundle.path ? unreservedPath(bundle.path, `${at}.path`) : [requiredValue(`${at}.path`)]))
    if (Boolean(bundle.name) === Boolean(bundle.signerName)) {
      const both = 'only one of name and signerName may be used'
      errors.push(bundle.name ? invalidValue(at, bundle, both) : requiredValue(at, 'either name or signerName must be specified'))
    }
  }
  if (certificate) {
    errors.push(
      ...named(certificate.signerName, `${field}.podCertificate.signerName`),
      ...named(certificate.keyType, `${field}.podCertificate.keyType`),
    )
  }
  return errors
}

/** A path that cannot lead out of the place it starts from. */
export function descendingPath(path: string, field: string): Errors {
  return [...must(!path.startsWith('/'), () => invalidValue(field, path, 'must be a relative path')), ...noBacksteps(path, field)]
}

/** Names that begin with two dots are those of the volume's own bookkeeping. */
function unreservedPath(path: string, field: string): Errors {
  return together(
    descendingPath(path, field),
    must(!path.startsWith('..') || path.startsWith('../'), () => invalidValue(field, path, "must not start with '..'")),
  )
}
