// The rules of metadata, which hold for every kind.
import { type FieldError, forbiddenValue, invalidValue, requiredValue, tooLong } from '../meta/field-error.ts'
import { checkDns1123Label, checkQualifiedName } from '../meta/names.ts'
import type { ObjectMeta, OwnerReference } from '../meta/object-meta.ts'
import { checkSubdomainName } from './validate-name.ts'
import { type Errors, immutable, labels, must, notNegative, shaped } from './validation.ts'

interface Named {
  readonly group: string
  readonly namespaced: boolean
  readonly isCustom?: boolean
  checkName?(name: string, prefix: boolean): readonly string[]
}

const maxAnnotationBytes = 256 * 1024

/** Metadata of a new object, after the server has filled in what it knows. */
export function validateMetadata(kind: Named, metadata: ObjectMeta, field = 'metadata'): Errors {
  return [
    ...validateNames(kind, metadata, field),
    ...notNegative(metadata.generation, `${field}.generation`),
    ...validateFreeParts(kind, metadata, field),
  ]
}

/** Metadata of a change. What only the server writes may not differ. */
export function validateMetadataUpdate(kind: Named, next: ObjectMeta, previous: ObjectMeta, field = 'metadata'): Errors {
  return [
    ...(previous.deletionTimestamp ? validateNoNewFinalizers(next, previous, field) : []),
    ...must(Boolean(next.resourceVersion), () => invalidValue(`${field}.resourceVersion`, '', 'must be specified for an update')),
    ...must((next.generation ?? 0) >= (previous.generation ?? 0), () =>
      invalidValue(`${field}.generation`, next.generation ?? 0, 'must not be decremented'),
    ),
    ...fixed.flatMap(name => immutable(next[name], previous[name], `${field}.${name}`)),
    ...validateFreeParts(kind, next, field),
  ]
}

const fixed = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const

function validateNames(kind: Named, { name, generateName, namespace }: ObjectMeta, field: string): Errors {
  const check = (text: string, prefix: boolean) => (kind.checkName ?? checkSubdomainName)(text, prefix)
  const errors: FieldError[] = []
  if (generateName) errors.push(...check(generateName, true).map(reason => invalidValue(`${field}.generateName`, generateName, reason)))
  if (!name) errors.push(requiredValue(`${field}.name`, 'name or generateName is required'))
  else errors.push(...check(name, false).map(reason => invalidValue(`${field}.name`, name, reason)))
  if (!kind.namespaced) return namespace ? [...errors, forbiddenValue(`${field}.namespace`, 'not allowed on this type')] : errors
  if (!namespace) errors.push(requiredValue(`${field}.namespace`))
  else errors.push(...shaped(namespace, `${field}.namespace`, checkDns1123Label))
  return errors
}

function validateFreeParts(kind: Named, metadata: ObjectMeta, field: string): Errors {
  const { finalizers = [] } = metadata
  return [
    ...labels(metadata.labels, `${field}.labels`),
    ...validateAnnotations(metadata.annotations, `${field}.annotations`),
    ...validateOwners(metadata.ownerReferences ?? [], `${field}.ownerReferences`),
    ...checkFinalizers(finalizers, `${field}.finalizers`),
    ...(takesAnyFinalizer(kind) ? [] : checkStandardFinalizers(finalizers, `${field}.finalizers`)),
  ]
}

export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, field: string): Errors {
  const entries = Object.entries(annotations ?? {})
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
  return [
    ...entries.flatMap(([key]) => checkQualifiedName(key.toLowerCase()).map(reason => invalidValue(field, key, reason))),
    ...must(bytes <= maxAnnotationBytes, () => tooLong(field, maxAnnotationBytes)),
  ]
}

function validateOwners(owners: readonly OwnerReference[], field: string): Errors {
  const nonEmpty = (value: string | undefined, name: string, detail = 'must not be empty') =>
    must(Boolean(value), () => invalidValue(`${field}.${name}`, '', detail))
  const errors = owners.flatMap(owner => [
    ...nonEmpty(owner.apiVersion, 'apiVersion', 'version must not be empty'),
    ...nonEmpty(owner.kind, 'kind'),
    ...nonEmpty(owner.name, 'name'),
    ...nonEmpty(owner.uid, 'uid'),
    ...must(!isEvent(owner), () => invalidValue(field, owner, `${owner.apiVersion}, Kind=${owner.kind} is disallowed from being an owner`)),
  ])
  const [first, second] = owners.filter(owner => owner.controller)
  if (!first || !second) return errors
  const detail = `Only one reference can have Controller set to true. Found "true" in references for ${first.name} and ${second.name}`
  return [...errors, invalidValue(field, owners, detail)]
}

/** Events come and go too fast to own anything. */
function isEvent({ apiVersion, kind }: OwnerReference): boolean {
  return kind === 'Event' && apiVersion === 'v1'
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

/** What extends the API, and what it is extended by, have finalizers of all ages, many of them without a path. */
function takesAnyFinalizer({ group, isCustom }: Named): boolean {
  return isCustom || anyFinalizerGroups.has(group)
}
const anyFinalizerGroups = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io', 'admissionregistration.k8s.io'])

export function validateFinalizers(finalizers: readonly string[], field: string): Errors {
  return [...checkFinalizers(finalizers, field), ...checkStandardFinalizers(finalizers, field)]
}

function checkFinalizers(finalizers: readonly string[], field: string): Errors {
  return [
    ...finalizers.flatMap(finalizer => shaped(finalizer, field, checkQualifiedName)),
    ...must(!finalizers.includes('orphan') || !finalizers.includes('foregroundDeletion'), () =>
      invalidValue(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'),
    ),
  ]
}

function checkStandardFinalizers(finalizers: readonly string[], field: string): Errors {
  return finalizers.flatMap((finalizer, i) =>
    must(finalizer.includes('/') || standardFinalizers.includes(finalizer), () =>
      invalidValue(`${field}[${i}]`, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'),
    ),
  )
}

function validateNoNewFinalizers(next: ObjectMeta, previous: ObjectMeta, field: string): Errors {
  const known = new Set(previous.finalizers)
  const added = (next.finalizers ?? []).filter(finalizer => !known.has(finalizer)).sort()
  if (added.length === 0) return []
  const list = `[]string{${added.map(finalizer => JSON.stringify(finalizer)).join(', ')}}`
  return [
    forbiddenValue(`${field}.finalizers`, `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`),
  ]
}
