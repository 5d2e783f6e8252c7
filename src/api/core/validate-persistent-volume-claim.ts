// The rules of claims, and of the templates of claims. Paths that look wrong are upstream's.
import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../../meta/names.ts'
import { compareQuantity, parseQuantity, quantityOf } from '../../meta/quantity.ts'
import { withFields } from '../sharing.ts'
import { validateAnnotations } from '../validate-metadata.ts'
import {
  type Errors,
  immutable,
  labelSelector,
  labels,
  must,
  named,
  shaped,
  shapedIfSet,
  supported,
  together,
  when,
} from '../validation.ts'
import { validateAccessModes } from './access-modes.ts'
import type { PersistentVolumeClaim } from './persistent-volume-claim.ts'
import type { TypedObjectReference } from './reference.ts'
import { type Amounts, validateBasicAmount, validateNonnegativeAmount, validatePositiveAmount } from './resource-amounts.ts'
import { betaStorageClassAnnotation } from './storage-class-name.ts'
import type { PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate } from './volume.ts'

export function validateClaim(next: PersistentVolumeClaim, previous: PersistentVolumeClaim | undefined): Errors {
  return together(
    validateClaimSpec(next.spec, 'spec', previous?.spec),
    when(previous, previous => validateChange(next, previous)),
  )
}

/** Of the metadata of a claim that is to be made, only labels and annotations may be said. */
export function validateClaimTemplate({ metadata = {}, spec }: PersistentVolumeClaimTemplate, field: string): Errors {
  const { annotations, labels: given, ...others } = metadata
  const at = `${field}.metadata`
  return together(
    validateAnnotations(annotations, `${at}.annotations`),
    labels(given, `${at}.labels`),
    Object.entries(others)
      .filter(([, value]) => value !== undefined)
      .map(([name]) => forbiddenValue(`${at}.${name}`, 'cannot be set')),
    validateClaimSpec(spec ?? {}, `${field}.spec`),
  )
}

/** `previous` is the spec that is being changed. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, field: string, previous?: PersistentVolumeClaimSpec): Errors {
  const { accessModes, dataSource, dataSourceRef, resources, storageClassName } = spec
  const storage = resources?.requests?.['storage']
  const at = `${field}.resources[storage]`
  const hasGroup = previous?.dataSource?.apiGroup !== undefined || previous?.dataSourceRef?.apiGroup !== undefined
  return together(
    must((accessModes?.length ?? 0) > 0, () => requiredValue(`${field}.accessModes`, 'at least 1 access mode is required')),
    labelSelector(spec.selector, `${field}.selector`),
    validateAccessModes(accessModes, `${field}.accessModes`),
    storage === undefined ? [requiredValue(at)] : validatePositiveAmount(storage, at),
    shapedIfSet(storageClassName, `${field}.storageClassName`, checkDns1123Subdomain),
    supported(spec.volumeMode, `${field}.volumeMode`, ['Block', 'Filesystem']),
    when(dataSource, source => validateDataSource(source, hasGroup, `${field}.dataSource`)),
    when(dataSourceRef, source => validateDataSource(source, hasGroup, `${field}.dataSourceRef`)),
    validateBothSources(spec, field),
    shapedIfSet(spec.volumeAttributesClassName, `${field}.volumeAttributesClassName`, checkDns1123Subdomain),
  )
}

function validateDataSource({ apiGroup = '', kind, name, namespace }: TypedObjectReference, hadGroup: boolean, field: string): Errors {
  return together(
    named(name, `${field}.name`),
    named(kind, `${field}.kind`),
    must(apiGroup !== '' || kind === 'PersistentVolumeClaim', () =>
      invalidValue(field, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
    ),
    hadGroup ? [] : shapedIfSet(apiGroup, `${field}.apiGroup`, checkDns1123Subdomain),
    shapedIfSet(namespace, `${field}.namespace`, checkDns1123Label),
  )
}

function validateBothSources({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, field: string): Errors {
  if (!dataSource || !dataSourceRef) return []
  const { namespace, ...local } = dataSourceRef
  const at = `${field}.dataSource`
  if (namespace) return [invalidValue(field, at, 'may not be specified when dataSourceRef.namespace is specified')]
  return must(deepEqual(dataSource, local), () => invalidValue(field, at, 'must match dataSourceRef'))
}

/** What may still change of a claim: its volume and its class, once; its size, when it is bound; its class of attributes. */
function validateChange(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): Errors {
  const requests = 'spec.resources.requests.storage'
  const zero = quantityOf(0)
  const amount = (amounts: Amounts | undefined) => (amounts?.['storage'] ? parseQuantity(amounts['storage']) : zero)
  const size = amount(next.spec.resources?.requests)
  const isSmaller = compareQuantity(size, amount(previous.spec.resources?.requests)) < 0
  const upgradesAnnotation = isClassOfAnnotation(next, previous)
  return together(
    upgradesAnnotation
      ? []
      : immutable(annotatedClass(next) ?? '', annotatedClass(previous) ?? '', `metadata.annotations.${betaStorageClassAnnotation}`),
    must(isAllowedSpec(next, previous), () => forbiddenValue('spec', specChange(next, previous))),
    must(!isSmaller || compareQuantity(size, amount(previous.status.capacity)) > 0, () =>
      forbiddenValue(requests, 'field can not be less than status.capacity'),
    ),
    immutable(next.spec.volumeMode, previous.spec.volumeMode, 'volumeMode'),
    validateAttributesChange(next, previous),
  )
}

function annotatedClass({ metadata }: PersistentVolumeClaim): string | undefined {
  return metadata.annotations?.[betaStorageClassAnnotation]
}

/** Whether a class that stood in the annotation alone moves into its field. */
function isClassOfAnnotation(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): boolean {
  const before = annotatedClass(previous)
  const after = annotatedClass(next)
  return (
    before !== undefined &&
    previous.spec.storageClassName === undefined &&
    next.spec.storageClassName === before &&
    (after === undefined || after === before)
  )
}

function isAllowedSpec(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): boolean {
  const before = previous.spec
  const annotated = annotatedClass(previous)
  const givesClass =
    before.storageClassName === undefined &&
    next.spec.storageClassName !== undefined &&
    (annotated === undefined || annotated === next.spec.storageClassName)
  const same = withFields(next.spec, {
    ...(!before.volumeName && { volumeName: before.volumeName }),
    ...(givesClass && { storageClassName: undefined }),
    ...(next.status.phase === 'Bound' && { resources: withStorage(next.spec.resources, before.resources?.requests?.['storage']) }),
    volumeAttributesClassName: before.volumeAttributesClassName,
  })
  return deepEqual(same, before)
}

function withStorage(
  resources: PersistentVolumeClaimSpec['resources'],
  storage: string | undefined,
): PersistentVolumeClaimSpec['resources'] {
  if (!resources?.requests || storage === undefined) return resources
  return { ...resources, requests: { ...resources.requests, storage } }
}

function specChange(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): string {
  const names = Object.keys({ ...previous.spec, ...next.spec }) as (keyof PersistentVolumeClaimSpec)[]
  const lines = names
    .filter(name => !deepEqual(next.spec[name], previous.spec[name]))
    .map(name => `${name}: ${JSON.stringify(previous.spec[name]) ?? 'unset'} -> ${JSON.stringify(next.spec[name]) ?? 'unset'}`)
  return `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${lines.join('\n')}`
}

/** A class of attributes that was never reached may be taken back; one that the volume has may only be changed. */
function validateAttributesChange(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): Errors {
  const field = 'spec.volumeAttributesClassName'
  const name = next.spec.volumeAttributesClassName
  const hasClass = previous.status.currentVolumeAttributesClassName !== undefined
  if (name || name === previous.spec.volumeAttributesClassName || !hasClass) return []
  const what = name === undefined ? 'nil' : 'empty string'
  return [forbiddenValue(field, `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`)]
}

const resizeStatuses = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
].sort()

export function validateClaimStatus({ spec, status }: PersistentVolumeClaim): Errors {
  return together(
    must((spec.accessModes?.length ?? 0) > 0, () => requiredValue('Spec.accessModes')),
    Object.entries(status.capacity ?? {}).flatMap(([name, amount]) => validateBasicAmount(amount, `status.capacity[${name}]`)),
    Object.entries(status.allocatedResourceStatuses ?? {}).flatMap(([name, state]) => {
      const field = 'status.allocatedResourceStatus'
      return together(
        validateResourceKey(name, field),
        must(resizeStatuses.includes(state), () => unsupportedValue(field, name, resizeStatuses)),
      )
    }),
    Object.entries(status.allocatedResources ?? {}).flatMap(([name, amount]) => {
      const field = 'status.allocatedResources'
      const wrong = [...validateResourceKey(name, field)]
      return wrong.length > 0 ? wrong : validateAllocated(amount, `${field}[${name}]`)
    }),
  )
}

function validateAllocated(amount: string, field: string): readonly FieldError[] {
  const basic = validateBasicAmount(amount, field)
  return basic.length > 0 ? basic : validateNonnegativeAmount(amount, field)
}

/** Of Kubernetes' own resources, claims have `storage` alone. */
function validateResourceKey(name: string, field: string): Errors {
  const wrong = shaped(name, field, checkQualifiedName)
  if (wrong.length > 0) return wrong
  const isNative = !name.includes('/') || name.includes('kubernetes.io/')
  return must(!isNative || name === 'storage', () => unsupportedValue(field, name, ['storage']))
}
