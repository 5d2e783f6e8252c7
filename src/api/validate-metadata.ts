// The rules of metadata, which hold for every kind.
import { type FieldError, forbiddenValue, invalidValue, requiredValue, tooLong } from '../meta/field-error.ts'
import { checkDns1123Label, checkQualifiedName } from '../meta/names.ts'
import type { ObjectMeta, OwnerReference } from '../meta/object-meta.ts'
import { checkSubdomainName } from './validate-name.ts'
import { type Errors, immutable, labels, must, notNegative, shaped } from './validation.ts'

interface Named {
  readonly namespaced: boolean
  readonly group?: string
  readonly isCustom?: boolean
  checkName?(name: string, prefix: boolean): readonly string[]
}

export const maxAnnotationBytes = 256 * 1024

/** Metadata of a new object, after the server has filled in what it knows. */
export function validateMetadata(kind: Named, metadata: ObjectMeta, field = 'metadata'): Errors {
  return [
    ...validateNames(kind, metadata, field),
    ...notNegative(metadata.generation, `${field}.generation`),
    ...validateFreeParts(metadata, field),
    ...validateFinalizers(metadata.finalizers ?? [], `${field}.finalizers`),
    ...validateDomains(kind, metadata, field),
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
    ...validateFreeParts(next, field),
    ...validateDomains(kind, next, field),
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

function validateFreeParts(metadata: ObjectMeta, field: string): Errors {
  return [
    ...labels(metadata.labels, `${field}.labels`),
    ...validateAnnotations(metadata.annotations, `${field}.annotations`),
    ...validateOwners(metadata.ownerReferences ?? [], `${field}.ownerReferences`),
  ]
}

export function validateAnnotations(annotations: Readonly<Record<string, string>> = {}, field: string): Errors {
  return [
    ...Object.keys(annotations).flatMap(key => checkQualifiedName(key.toLowerCase()).map(reason => invalidValue(field, key, reason))),
    ...must(!isOversized(annotations), () => tooLong(field, maxAnnotationBytes)),
  ]
}

export function isOversized(annotations: Readonly<Record<string, string>>): boolean {
  const bytes = Object.entries(annotations).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
  return bytes > maxAnnotationBytes
}

function validateOwners(owners: readonly OwnerReference[], field: string): Errors {
  const nonEmpty = (value: string | undefined, name: string) =>
    must(Boolean(value), () => invalidValue(`${field}.${name}`, '', 'must not be empty'))
  let controller = ''
  return owners.flatMap(owner => {
    // What is required may still be missing here.
    const { apiVersion = '', kind = '', name = '', uid } = owner
    const first = controller
    if (owner.controller) controller ||= `${kind}/${name}`
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${kind}/${name}`
    return [
      ...must(Boolean(versionOf(apiVersion)), () => invalidValue(`${field}.apiVersion`, apiVersion, 'version must not be empty')),
      ...nonEmpty(kind, 'kind'),
      ...nonEmpty(name, 'name'),
      ...nonEmpty(uid, 'uid'),
      ...must(!isEvent(owner), () => invalidValue(field, owner, `/${apiVersion}, Kind=${kind} is disallowed from being an owner`)),
      ...must(!owner.controller || first === '', () => invalidValue(field, owners, detail)),
    ]
  })
}

/** Without a group, or after it. */
function versionOf(apiVersion: string): string | undefined {
  const parts = apiVersion.split('/')
  return parts.length > 2 ? undefined : parts.at(-1)
}

/** Events come and go too fast to own anything. */
function isEvent({ apiVersion, kind }: OwnerReference): boolean {
  return kind === 'Event' && apiVersion === 'v1'
}

function validateFinalizers(finalizers: readonly string[], field: string): Errors {
  const errors = finalizers.flatMap(finalizer => shaped(finalizer, field, checkQualifiedName))
  if (!finalizers.includes('orphan') || !finalizers.includes('foregroundDeletion')) return errors
  return [...errors, invalidValue(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set')]
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

/** Groups whose kinds are no part of the API proper: their finalizers, like those of custom kinds, may be any names. */
const freeGroups: readonly (string | undefined)[] = ['admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io']

function validateDomains({ isCustom, group }: Named, { finalizers = [] }: ObjectMeta, field: string): Errors {
  if (isCustom || freeGroups.includes(group)) return []
  return finalizers.flatMap((finalizer, i) => validateDomain(finalizer, `${field}.finalizers[${i}]`))
}

function validateDomain(finalizer: string, field: string): Errors {
  return must(finalizer.includes('/') || standardFinalizers.includes(finalizer), () =>
    invalidValue(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'),
  )
}

/** The name of a finalizer that is no part of metadata. */
export function validateFinalizer(finalizer: string, field: string): Errors {
  return [...shaped(finalizer, field, checkQualifiedName), ...validateDomain(finalizer, field)]
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
