import { forbiddenValue, invalidValue, requiredValue, tooLong } from '../../meta/field-error.ts'
import { checkDns1123Subdomain } from '../../meta/names.ts'
import { always, boolean, defaulted, describe, type Infer, int32, map, object, required, string, time } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { persistentVolumeSpec } from '../core/persistent-volume-spec.ts'
import { validateInlineVolume } from '../core/validate-persistent-volume.ts'
import { validateCsiDriverName } from '../core/validate-volume-source.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withMetadataOf } from '../status-metadata.ts'
import { type Errors, immutable, must, shaped, shapedIfSet, together, when } from '../validation.ts'
import { maxParameterBytes, sizeBytes } from './validate-parameters.ts'

const storage = (name: string) => `io.k8s.api.storage.v1.${name}`

export const volumeAttachmentSource = object(storage('VolumeAttachmentSource'), 'The volume that is attached: one of the two.', {
  inlineVolumeSpec: describe('A volume that pods name themselves, as a persistent volume would describe it.', persistentVolumeSpec),
  persistentVolumeName: string('Name of the persistent volume.'),
})
export type VolumeAttachmentSource = Infer<typeof volumeAttachmentSource>

export const volumeAttachmentSpec = object(
  storage('VolumeAttachmentSpec'),
  'Which volume is to be attached to which node; cannot change.',
  {
    attacher: required(string('The driver that does it.')),
    nodeName: required(string('The node.')),
    source: describe('The volume.', always(volumeAttachmentSource, {})),
  },
)
export type VolumeAttachmentSpec = Infer<typeof volumeAttachmentSpec>

export const volumeError = object(storage('VolumeError'), 'What went wrong, and when.', {
  errorCode: int32('Its gRPC code.'),
  message: string('What went wrong.'),
  time: time('When.'),
})
export type VolumeError = Infer<typeof volumeError>

export const volumeAttachmentStatus = object(storage('VolumeAttachmentStatus'), 'How far the attachment is.', {
  attachError: describe('What went wrong when it was last attached.', volumeError),
  attached: always(boolean('Whether it is attached.'), false),
  attachmentMetadata: describe('What the driver said that mounting has to know.', map(string())),
  detachError: describe('What went wrong when it was last detached.', volumeError),
})
export type VolumeAttachmentStatus = Infer<typeof volumeAttachmentStatus>

const fields = {
  spec: describe('Which volume is to be attached to which node.', always(volumeAttachmentSpec, {})),
  status: describe('How far that is.', defaulted(volumeAttachmentStatus, {})),
}
export type VolumeAttachment = ClusterObject<typeof fields>

function validate(next: VolumeAttachment, previous: VolumeAttachment | undefined): Errors {
  return together(
    validateSpec(next.spec),
    when(previous, ({ spec }) => immutable(next.spec, spec, 'spec')),
  )
}

function validateSpec({ attacher, nodeName = '', source }: VolumeAttachmentSpec): Errors {
  return together(
    validateSource(source, 'spec.source'),
    shaped(nodeName, 'spec.nodeName', checkDns1123Subdomain),
    validateCsiDriverName(attacher, 'spec.attacher'),
    shapedIfSet(source.persistentVolumeName, 'spec.source.persistentVolumeName', checkDns1123Subdomain),
  )
}

function validateSource({ inlineVolumeSpec, persistentVolumeName: name }: VolumeAttachmentSource, field: string): Errors {
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (inlineVolumeSpec && name !== undefined) return [forbiddenValue(field, one)]
  if (inlineVolumeSpec) return validateInlineVolume(inlineVolumeSpec, `${field}.inlineVolumeSpec`)
  if (name === undefined) return [requiredValue(field, one)]
  return must(name !== '', () => requiredValue(`${field}.persistentVolumeName`, 'must specify non empty persistentVolumeName'))
}

function validateStatus({ status: { attachmentMetadata = {}, attachError, detachError } }: VolumeAttachment): Errors {
  return together(
    must(sizeBytes(attachmentMetadata) <= maxParameterBytes, () => tooLong('status.attachmentMetadata', maxParameterBytes)),
    when(attachError, error => validateError(error, 'status.attachError')),
    when(detachError, error => validateError(error, 'status.detachError')),
  )
}

const maxMessageBytes = 1024

function validateError({ message = '', errorCode = 0 }: VolumeError, field: string): Errors {
  return together(
    // Upstream tells of another length than the one it asks for.
    must(Buffer.byteLength(message) <= maxMessageBytes, () => tooLong(`${field}.message`, maxParameterBytes)),
    must(errorCode >= 0, () => invalidValue(`${field}.errorCode`, errorCode, 'must be between 0 and 2147483647, inclusive')),
  )
}

const columns: readonly Column<VolumeAttachment>[] = [
  nameColumn,
  { ...text<VolumeAttachment>('Attacher', 'The driver that attaches it.', o => o.spec.attacher), format: 'name' },
  text('PV', 'The persistent volume.', o => o.spec.source.persistentVolumeName ?? ''),
  text('Node', 'The node.', o => o.spec.nodeName),
  { name: 'Attached', type: 'boolean', doc: 'Whether it is attached.', cell: o => o.status.attached },
  ageColumn,
]

export const VolumeAttachment: Kind<VolumeAttachment> = clusterKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  definition: 'io.k8s.api.storage.v1.VolumeAttachment',
  doc: 'That a volume is to be attached to a node, and how far that is.',
  updatesNeedVersion: true,
  hasStatus: true,
  fields,
  validate,
  onStatusUpdate: withMetadataOf,
  validateStatus: next => together(validateSpec(next.spec), validateStatus(next)),
  columns,
})
