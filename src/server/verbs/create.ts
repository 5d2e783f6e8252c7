// POST to a collection: decode, default, admit, validate, store.
import type { Kind } from '../../api/kind.ts'
import { validateObject } from '../../api/validate.ts'
import type { Entries } from '../../meta/apply/entries.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import type { Entry } from '../../store/store.ts'
import { complete, findingsOf, readObject } from '../body.ts'
import type { Answer, Call } from '../call.ts'
import type { Context } from '../context.ts'
import { entriesOfNew, withEntries, withSoundEntries } from '../managed-fields.ts'
import { isDryRun } from '../options.ts'
import { withSharedSpec } from '../shared-specs.ts'

const nameAttempts = 8
const maxGeneratedPrefix = 58

export async function create(context: Context, call: Call): Promise<Answer> {
  const { resource, info } = call
  if (!call.body) throw StatusError.badRequest('a body is required')
  const findings = findingsOf(call)
  const decoded = readObject(resource.kind, call.body, findings)
  return {
    type: 'entry',
    code: 201,
    resource,
    entry: await createObject(context, call, inNamespace(decoded, resource.kind.namespaced, info.namespace)),
  }
}

export function inNamespace(object: KubeObject, namespaced: boolean, namespace: string): KubeObject {
  const given = object.metadata.namespace
  if (!namespaced) {
    if (given) throw StatusError.badRequest('the namespace of the provided object does not match the namespace sent on the request')
    return object
  }
  if (given && given !== namespace)
    throw StatusError.badRequest('the namespace of the provided object does not match the namespace sent on the request')
  return given ? object : { ...object, metadata: { ...object.metadata, namespace } }
}

/** Stores a decoded object, under a name made up for it where it has only a prefix. Who owns its fields is worked out where it is not given. */
export async function createObject(
  context: Context,
  call: Call,
  decoded: KubeObject,
  owners = entriesOfNew(context, call, decoded),
): Promise<Entry> {
  const { resource } = call
  const { name, generateName } = decoded.metadata
  const isGenerated = !name && generateName
  for (let attempt = 1; ; attempt++) {
    const object = await prepare(context, call, decoded, owners)
    try {
      if (isDryRun(call)) return dryRunEntry(context, call, object)
      const entry = await context.storage.create(resource, object, context.addresses.along(object, undefined))
      if (entry) return entry
      // An address that it was to have was taken meanwhile: it gets another one, or is told.
      await context.admission.undo(object)
    } catch (error) {
      await context.admission.undo(object)
      if (!isGenerated || !StatusError.is(error, 'AlreadyExists')) throw error
      if (attempt >= nameAttempts) throw StatusError.generateNameConflict(resource, object.metadata.name)
    } finally {
      context.addresses.settle(object)
    }
  }
}

async function prepare(context: Context, call: Call, decoded: KubeObject, owners: Entries): Promise<KubeObject> {
  const { resource } = call
  const { kind } = resource
  if (decoded.metadata.resourceVersion) throw StatusError.badRequest('resourceVersion should not be set on objects to be created')
  const metadata = newMetadata(context, call, decoded)
  const sent = withEntries({ ...decoded, metadata }, owners)
  const request = { operation: 'CREATE' as const, call, subresource: '', kind, previous: undefined }
  const admitting = context.admission.mutate({ ...request, object: sent })
  const admitted = withSoundEntries(call, sent, admitting instanceof Promise ? await admitting : admitting)
  let object = withIdentity(admitted, metadata)
  if (kind.hasStatus && !kind.keepsStatusOnCreate) object = withEmptyStatus(kind, object)
  object = kind.onCreate?.(object, call.user) ?? object
  object = context.addresses.assign(withSharedSpec(kind, object), undefined)
  try {
    const errors = validateObject(kind, object, undefined)
    if (errors.length > 0) throw StatusError.invalid(kind, object.metadata.name ?? '', errors)
    if (kind.warnings) call.warnings.push(...kind.warnings(object, undefined))
    const verdict = context.admission.validate({ ...request, object })
    if (verdict) await verdict
  } catch (error) {
    context.addresses.settle(object)
    throw error
  }
  return object
}

function newMetadata(context: Context, call: Call, decoded: KubeObject): KubeObject['metadata'] {
  const { selfLink, managedFields, deletionTimestamp, deletionGracePeriodSeconds, generation, ...metadata } = decoded.metadata
  const prefix = metadata.name ? undefined : metadata.generateName
  return {
    ...metadata,
    // Without any it is empty, which validation refuses.
    name: prefix ? prefix.slice(0, maxGeneratedPrefix) + suffix(context) : (metadata.name ?? ''),
    uid: context.newUid(),
    creationTimestamp: formatTime(context.clock.now()),
    ...(call.resource.kind.hasGeneration && { generation: 1 }),
  }
}

/** Nobody else says which object it is. */
function withIdentity(object: KubeObject, { uid, creationTimestamp }: KubeObject['metadata']): KubeObject {
  const { metadata } = object
  if (metadata.uid === uid && metadata.creationTimestamp === creationTimestamp) return object
  return { ...object, metadata: { ...metadata, uid, creationTimestamp } }
}

function withEmptyStatus(kind: Kind, object: KubeObject): KubeObject {
  const status = emptyStatus(kind)
  if (status !== undefined) return { ...object, status } as KubeObject
  const { status: _, ...rest } = object as KubeObject & { status?: unknown }
  return rest
}

/** Status is written by its subresource alone, so a new object starts with its defaults; they are made once a kind. */
const emptyStatuses = new WeakMap<Kind, unknown>()

function emptyStatus(kind: Kind): unknown {
  if (!emptyStatuses.has(kind)) {
    const fresh = complete(kind, { apiVersion: '', kind: '', metadata: {} } as KubeObject)
    emptyStatuses.set(kind, (fresh as KubeObject & { status?: unknown }).status)
  }
  return emptyStatuses.get(kind)
}

/** Letters that make no words, as upstream's generated names use. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

function suffix(context: Context): string {
  let text = ''
  for (let i = 0; i < 5; i++) text += alphabet[Math.floor(context.random() * alphabet.length)]
  return text
}

/** What would have been stored, with a version that is never used. */
function dryRunEntry(context: Context, call: Call, object: KubeObject): Entry {
  if (context.storage.entry(call.resource, object.metadata.namespace, object.metadata.name))
    throw StatusError.alreadyExists(call.resource, object.metadata.name)
  return previewEntry(object)
}

/** An entry that was not stored, for the answer to a dry run. */
export function previewEntry(object: KubeObject): Entry {
  const { kind, apiVersion, metadata, ...rest } = object
  const shown = { kind, apiVersion, metadata, ...rest }
  return { key: '', value: Buffer.from(JSON.stringify(shown)), createRevision: 0, modRevision: 0, memo: shown }
}
