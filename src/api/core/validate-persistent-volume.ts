// The rules of persistent volumes. Paths that look wrong are upstream's.
import { posix } from 'node:path'
import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Subdomain } from '../../meta/names.ts'
import { type Errors, immutable, must, named, shaped, together, when } from '../validation.ts'
import { validateAccessModes } from './access-modes.ts'
import type { NodeSelectorTerm } from './affinity.ts'
import type { PersistentVolume } from './persistent-volume.ts'
import { type PersistentVolumeSpec, type VolumeNodeAffinity, volumeSourceNames } from './persistent-volume-spec.ts'
import { validateBasicAmount, validatePositiveAmount } from './resource-amounts.ts'
import { validateNodeSelector } from './validate-affinity.ts'
import {
  validateAwsElasticBlockStore,
  validateAzureDisk,
  validateAzureFile,
  validateCeph,
  validateCinder,
  validateCsi,
  validateFc,
  validateFlex,
  validateFlocker,
  validateGcePersistentDisk,
  validateGlusterfs,
  validateHostPath,
  validateLocal,
  validateNfs,
  validatePersistentIscsi,
  validateQuobyte,
  validateRbd,
  validateScaleIO,
  validateStorageOS,
} from './validate-volume-source.ts'

export function validatePersistentVolume(next: PersistentVolume, previous: PersistentVolume | undefined): Errors {
  return together(
    validateVolume(next.spec, next.metadata.name, 'spec'),
    when(previous, ({ spec }) => validateChange(next.spec, spec)),
  )
}

function validateVolume(spec: PersistentVolumeSpec, name: string, field: string): Errors {
  const { capacity = {}, hostPath, nodeAffinity, storageClassName } = spec
  const isRecycled = spec.persistentVolumeReclaimPolicy === 'Recycle'
  const at = `${field}.capacity`
  return together(
    validateModes(spec, field),
    must(Object.keys(capacity).length > 0, () => requiredValue(at)),
    must('storage' in capacity && Object.keys(capacity).length === 1, () => unsupportedValue(at, capacity, ['storage'])),
    Object.entries(capacity).flatMap(([name, amount]) =>
      together(validateBasicAmount(amount, `${at}[${name}]`), validatePositiveAmount(amount, `${at}[${name}]`)),
    ),
    when(nodeAffinity, affinity => validateNodeAffinity(affinity, `${field}.nodeAffinity`)),
    validateSources(spec, name, field),
    must(!hostPath || !isRecycled || posix.normalize(hostPath.path ?? '') !== '/', () =>
      forbiddenValue(`${field}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'"),
    ),
    storageClassName ? shaped(storageClassName, `${field}.storageClassName`, checkDns1123Subdomain) : [],
    validateAttributesClass(spec, field),
  )
}

/** The volume that a pod names inline, as its attachment describes it: a CSI driver's, and nothing that only stored volumes have. */
export function validateInlineVolume(spec: PersistentVolumeSpec, field: string): Errors {
  const inline = 'in the context of inline volumes'
  const forbidden = (name: keyof PersistentVolumeSpec) => forbiddenValue(`${field}.${name}`, `may not be specified ${inline}`)
  const { persistentVolumeReclaimPolicy: policy, volumeMode = 'Filesystem' } = spec
  return together(
    must(spec.claimRef === undefined, () => forbidden('claimRef')),
    must(Object.keys(spec.capacity ?? {}).length === 0, () => forbidden('capacity')),
    must(spec.csi !== undefined, () => requiredValue(`${field}.csi`, `has to be specified ${inline}`)),
    validateModes(spec, field),
    must(!policy || policy === 'Retain', () => forbiddenValue(`${field}.persistentVolumeReclaimPolicy`, `may only be Retain ${inline}`)),
    must(spec.nodeAffinity === undefined, () => forbidden('nodeAffinity')),
    validateSources(spec, '', field),
    must(!spec.storageClassName, () => forbidden('storageClassName')),
    must(volumeMode === 'Filesystem', () =>
      forbiddenValue(`${field}.volumeMode`, `may not specify volumeMode other than Filesystem ${inline}`),
    ),
    validateAttributesClass(spec, field),
  )
}

function validateModes({ accessModes }: PersistentVolumeSpec, field: string): Errors {
  const at = `${field}.accessModes`
  return together(
    must((accessModes?.length ?? 0) > 0, () => requiredValue(at)),
    validateAccessModes(accessModes, at),
  )
}

function validateNodeAffinity({ required }: VolumeNodeAffinity, field: string): Errors {
  if (required === undefined) return [requiredValue(`${field}.required`, 'must specify required node constraints')]
  return validateNodeSelector(required, `${field}.required`)
}

function validateAttributesClass({ volumeAttributesClassName: name, csi }: PersistentVolumeSpec, field: string): Errors {
  if (name === undefined) return []
  const at = `${field}.volumeAttributesClassName`
  return together(
    name === '' ? [requiredValue(at, 'an empty string is disallowed')] : shaped(name, at, checkDns1123Subdomain),
    must(csi !== undefined, () => requiredValue(`${field}.csi`, 'has to be specified when using volumeAttributesClassName')),
  )
}

type Check = (spec: PersistentVolumeSpec, field: string, name: string) => Errors

/** In the order in which they are looked for. */
const sourceChecks: Readonly<Record<(typeof volumeSourceNames)[number], Check>> = {
  hostPath: ({ hostPath }, field) => when(hostPath, source => validateHostPath(source, `${field}.hostPath`)),
  gcePersistentDisk: (spec, field) => when(spec.gcePersistentDisk, source => validateGcePersistentDisk(source, `${field}.persistentDisk`)),
  awsElasticBlockStore: ({ awsElasticBlockStore }, field) =>
    when(awsElasticBlockStore, source => validateAwsElasticBlockStore(source, `${field}.awsElasticBlockStore`)),
  glusterfs: ({ glusterfs }, field) => when(glusterfs, source => validateGlusterfs(source, `${field}.glusterfs`)),
  flocker: ({ flocker }, field) => when(flocker, source => validateFlocker(source, `${field}.flocker`)),
  nfs: ({ nfs }, field) => when(nfs, source => validateNfs(source, `${field}.nfs`)),
  rbd: ({ rbd }, field) => when(rbd, source => validateRbd(source, `${field}.rbd`)),
  quobyte: ({ quobyte }, field) => when(quobyte, source => validateQuobyte(source, `${field}.quobyte`)),
  cephfs: ({ cephfs }, field) => when(cephfs, source => validateCeph(source, `${field}.cephfs`)),
  iscsi: ({ iscsi }, field, name) => when(iscsi, source => validatePersistentIscsi(source, name, `${field}.iscsi`)),
  cinder: ({ cinder }, field) => when(cinder, source => validateCinder(source, `${field}.cinder`)),
  fc: ({ fc }, field) => when(fc, source => validateFc(source, `${field}.fc`)),
  flexVolume: ({ flexVolume }, field) => when(flexVolume, source => validateFlex(source, `${field}.flexVolume`)),
  azureFile: ({ azureFile }, field) => when(azureFile, source => validateAzureFile(source, `${field}.azureFile`)),
  vsphereVolume: ({ vsphereVolume }, field) => when(vsphereVolume, source => named(source.volumePath, `${field}.vsphereVolume.volumePath`)),
  photonPersistentDisk: ({ photonPersistentDisk: disk }, field) =>
    when(disk, ({ pdID }) => named(pdID, `${field}.photonPersistentDisk.pdID`)),
  portworxVolume: ({ portworxVolume }, field) => when(portworxVolume, source => named(source.volumeID, `${field}.portworxVolume.volumeID`)),
  azureDisk: ({ azureDisk }, field) => when(azureDisk, source => validateAzureDisk(source, `${field}.azureDisk`)),
  scaleIO: ({ scaleIO }, field) => when(scaleIO, source => validateScaleIO(source, `${field}.scaleIO`)),
  local: ({ local, nodeAffinity }, field) =>
    when(local, source =>
      together(
        validateLocal(source, `${field}.local`),
        must(nodeAffinity !== undefined, () => requiredValue(`${field}.nodeAffinity`, 'Local volume requires node affinity')),
      ),
    ),
  storageos: ({ storageos }, field) => when(storageos, source => validateStorageOS(source, `${field}.storageos`)),
  csi: ({ csi }, field) => when(csi, source => validateCsi(source, `${field}.csi`)),
}

function validateSources(spec: PersistentVolumeSpec, name: string, field: string): Errors {
  const given = (Object.keys(sourceChecks) as (keyof typeof sourceChecks)[]).filter(source => spec[source] !== undefined)
  if (given.length === 0) return [requiredValue(field, 'must specify a volume type')]
  return given.flatMap((source, i) =>
    i === 0 || source === 'flexVolume'
      ? sourceChecks[source](spec, field, name)
      : [forbiddenValue(`${field}.${source === 'cephfs' ? 'cephFS' : source}`, 'may not specify more than 1 volume type')],
  )
}

function validateChange(next: PersistentVolumeSpec, previous: PersistentVolumeSpec): Errors {
  const changed = volumeSourceNames.filter(name => !deepEqual(sourceOf(name, next, previous), previous[name]))
  const { volumeAttributesClassName: attributesClass } = previous
  return together(
    must(changed.length === 0, () => forbiddenValue('spec.persistentvolumesource', sourceChange(changed, next, previous))),
    immutable(next.volumeMode, previous.volumeMode, 'volumeMode'),
    when(previous.nodeAffinity, affinity => validateAffinityChange(next.nodeAffinity, affinity)),
    must(attributesClass === undefined || next.volumeAttributesClassName !== undefined, () =>
      forbiddenValue('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'),
    ),
  )
}

/** The secret for expansion may be given later, once. */
function sourceOf(
  name: keyof PersistentVolumeSpec,
  { [name]: source, csi }: PersistentVolumeSpec,
  previous: PersistentVolumeSpec,
): unknown {
  if (name !== 'csi' || !csi || !previous.csi || previous.csi.controllerExpandSecretRef) return source
  return { ...csi, controllerExpandSecretRef: undefined }
}

function sourceChange(names: readonly (keyof PersistentVolumeSpec)[], next: PersistentVolumeSpec, previous: PersistentVolumeSpec): string {
  const lines = names.map(name => `${name}: ${JSON.stringify(previous[name]) ?? 'unset'} -> ${JSON.stringify(next[name]) ?? 'unset'}`)
  return `spec.persistentvolumesource is immutable after creation\n${lines.join('\n')}`
}

const currentLabels: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

/** Only labels that got another name may be replaced by it. */
function validateAffinityChange(next: VolumeNodeAffinity | undefined, previous: VolumeNodeAffinity): Errors {
  const errors: FieldError[] = []
  if (!deepEqual(next, previous) && !deepEqual(renamed(previous, next), next))
    errors.push(invalidValue('nodeAffinity', next, 'field is immutable, except for updating from beta label to GA'))
  return errors
}

/** The affinity with each old label renamed where the other has the new one. */
function renamed(previous: VolumeNodeAffinity, next: VolumeNodeAffinity | undefined): VolumeNodeAffinity {
  const rename = (term: NodeSelectorTerm, i: number): NodeSelectorTerm => ({
    ...term,
    matchExpressions: term.matchExpressions?.map((requirement, j) => {
      const current = currentLabels[requirement.key]
      const there = next?.required?.nodeSelectorTerms?.[i]?.matchExpressions?.[j]?.key
      return current !== undefined && current === there ? { ...requirement, key: current } : requirement
    }),
  })
  return { required: previous.required && { nodeSelectorTerms: previous.required.nodeSelectorTerms.map(rename) } }
}
