// Server-side apply: a PATCH whose body is what its sender wants of an object, and no more. An object that is not there is created.
import { apiVersionOf, type Kind } from '../../api/kind.ts'
import { checkTyped } from '../../meta/apply/check.ts'
import { compare } from '../../meta/apply/compare.ts'
import { conflictError, conflictsBeyond } from '../../meta/apply/conflicts.ts'
import type { Entries } from '../../meta/apply/entries.ts'
import { difference, type FieldSet, leaf } from '../../meta/apply/field-set.ts'
import { appliedFields } from '../../meta/apply/fields-of.ts'
import { applyConfiguration, type Configuration } from '../../meta/apply/owners.ts'
import { invalidValue, requiredValue } from '../../meta/field-error.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import type { Entry } from '../../store/store.ts'
import { authorizeRequest } from '../authorize-request.ts'
import { decodeObject, ignored, mediaType } from '../body.ts'
import { type Answer, type Call, flag } from '../call.ts'
import type { Context } from '../context.ts'
import { checkManager, entriesOf, ownedByWriter, versionsOf, withEntries, writableBy, writerOf } from '../managed-fields.ts'
import { fieldValidation } from '../options.ts'
import { parseApplied } from './applied-body.ts'
import { createObject, inNamespace } from './create.ts'
import { changeObject } from './update.ts'

export const applyType = 'application/apply-patch+yaml'

export function isApply(call: Call): boolean {
  return call.body !== undefined && mediaType(call.body.contentType) === applyType
}

type Json = Readonly<Record<string, unknown>>
type Metadata = { readonly [key: string]: unknown; readonly annotations?: Json; readonly uid?: string }

export async function apply(context: Context, call: Call): Promise<Answer> {
  const { resource, info } = call
  const config = readConfiguration(call, resource.kind)
  for (;;) {
    const isThere = context.storage.entry(resource, info.namespace, info.name) !== undefined
    try {
      if (isThere || info.subresource !== '') {
        const change = (current: KubeObject) => applied(context, call, config, current)
        return { type: 'entry', code: 200, resource, entry: await changeObject(context, call, change, { hasOwners: true }) }
      }
      return { type: 'entry', code: 201, resource, entry: await createApplied(context, call, config) }
    } catch (error) {
      // Another made it, or removed it, just now.
      if (!StatusError.is(error, isThere ? 'NotFound' : 'AlreadyExists') || info.subresource !== '') throw error
      if (isThere === (context.storage.entry(resource, info.namespace, info.name) !== undefined)) throw error
    }
  }
}

/** The body of a call, which must be a configuration of the kind. `fieldManager` is given. */
export function readConfiguration(call: Call, kind: Kind): Json {
  const { query, body } = call
  checkManager(call, query.get('fieldManager') ? [] : [requiredValue('fieldManager', 'is required for apply patch')])
  if (!body) throw StatusError.badRequest('a body is required')
  const config = parseApplied(body, fieldValidation(call), call.warnings)
  const [group, version] = splitVersion(config['apiVersion'])
  if (version !== kind.version || group !== kind.group || config['kind'] !== kind.kind)
    throw StatusError.badRequest(`invalid object type: ${group}/${version}, Kind=${String(config['kind'] ?? '')}`)
  const { managedFields } = metadataOf(config)
  if (managedFields !== undefined && managedFields !== null) throw StatusError.badRequest('metadata.managedFields must be nil')
  const problem = checkTyped(kind.schema.node, config)
  if (problem !== undefined) {
    const { namespace, name } = metadataOf(config)
    const subject = `${namespace ?? ''}/${name ?? ''}; ${group}/${version}, Kind=${kind.kind}`
    throw StatusError.badRequest(`failed to create typed patch object (${subject}): ${problem}`)
  }
  return config
}

function splitVersion(apiVersion: unknown): readonly [group: string, version: string] {
  const text = typeof apiVersion === 'string' ? apiVersion : ''
  const slash = text.indexOf('/')
  return slash < 0 ? ['', text] : [text.slice(0, slash), text.slice(slash + 1)]
}

function metadataOf(config: Json): Metadata {
  const { metadata } = config
  return typeof metadata === 'object' && metadata !== null ? (metadata as Metadata) : {}
}

async function createApplied(context: Context, call: Call, config: Json): Promise<Entry> {
  const { resource, info } = call
  const { kind } = resource
  const { uid, resourceVersion, ...metadata } = metadataOf(config)
  if (uid)
    throw StatusError.conflict(
      resource,
      info.name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    )
  if (!metadata['name']) throw StatusError.badRequest('name must be provided')
  if (metadata['name'] !== info.name)
    throw StatusError.badRequest(`the name of the object (${metadata['name']}) does not match the name on the URL (${info.name})`)
  authorizeRequest(context.authorizer, call.user, { ...info, verb: 'create' }, null)
  const outcome = await applyConfiguration(configuration(context, call, kind, config, {}, []))
  if (outcome.type === 'conflict') throw conflictError(outcome.conflicts)
  const object = inNamespace(decodeObject(kind, { ...config, metadata }, ignored()), kind.namespaced, info.namespace)
  return createObject(context, call, object, outcome.owners)
}

function configuration(context: Context, call: Call, kind: Kind, config: Json, live: unknown, owners: Entries): Configuration {
  const { info, resource } = call
  const writer = writerOf(call, 'Apply')
  return {
    live: { node: kind.schema.node, apiVersion: writer.apiVersion, value: live },
    config,
    owners,
    writer,
    force: flag(call.query, 'force'),
    now: formatTime(context.clock.now()),
    versions: versionsOf(context, resource),
    filter: writableBy(kind, info.subresource),
  }
}

/** The current object with the configuration applied, and with its owners. Fails with Conflict. */
export async function applied(context: Context, call: Call, config: Json, current: KubeObject): Promise<KubeObject> {
  const { resource, info } = call
  const { kind } = resource
  const { uid } = metadataOf(config)
  if (uid && uid !== current.metadata.uid)
    throw StatusError.invalid(kind, info.name, [invalidValue('metadata.uid', uid, 'field is immutable')])
  const request = configuration(context, call, kind, config, current, ownersBefore(context, call, current))
  const isKubectl = request.writer.manager === 'kubectl'
  let outcome = await applyConfiguration(request)
  if (outcome.type === 'conflict') {
    const conflicts = isKubectl ? conflictsBeyond(outcome.conflicts, lastAppliedFields(kind, current)) : outcome.conflicts
    if (conflicts.length > 0) throw conflictError(conflicts)
    outcome = await applyConfiguration({ ...request, force: true })
    if (outcome.type === 'conflict') throw conflictError(outcome.conflicts)
  }
  const object = outcome.object === current ? current : decodeObject(kind, outcome.object, ignored())
  // Who asks for nothing, as a namespace's manifest with but a name does, leaves what nobody is known to own as it is.
  const isNobodys = entriesOf(current).length === 0 && !outcome.owners.some(owner => owner.operation === 'Apply')
  return withEntries(isKubectl ? withLastApplied(object, config) : object, isNobodys ? [] : outcome.owners)
}

/** Where nobody is known, all that was there is somebody's from before. */
function ownersBefore(context: Context, call: Call, current: KubeObject): Entries {
  const owners = entriesOf(current)
  if (owners.length > 0) return owners
  const writer = { ...writerOf(call, 'Update'), manager: 'before-first-apply' }
  return ownedByWriter(call.resource.kind, current, owners, writer, context.clock.now())
}

/** Where kubectl keeps what it applied from its own side. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const maxAnnotationBytes = 256 * 1024

/** What kubectl had applied from its side, and is still so but for its form and for defaults, it may go on to apply from ours. */
function lastAppliedFields(kind: Kind, current: KubeObject): FieldSet {
  const text = current.metadata.annotations?.[lastApplied]
  const config = text ? parsedObject(text) : undefined
  const { node } = kind.schema
  if (config?.['apiVersion'] !== apiVersionOf(kind) || checkTyped(node, config) !== undefined) return leaf
  const { changed, removed } = compare(node, asStored(kind, config), current)
  return difference(difference(appliedFields(node, config), changed), removed)
}

function asStored(kind: Kind, config: Json): unknown {
  try {
    return decodeObject(kind, config, ignored())
  } catch (error) {
    if (error instanceof StatusError) return config
    throw error
  }
}

function parsedObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch {
    return undefined // Whoever wrote the annotation did not mean a configuration.
  }
}

/** The annotation is kept up, for those who go back to applying from their side. */
function withLastApplied(object: KubeObject, config: Json): KubeObject {
  const { annotations } = object.metadata
  if (!annotations?.[lastApplied]) return object
  const { [lastApplied]: own, ...others } = metadataOf(config).annotations ?? {}
  const metadata = { ...metadataOf(config), ...(metadataOf(config).annotations && { annotations: others }) }
  const text = `${JSON.stringify(sorted({ ...config, metadata }))}\n`
  const { [lastApplied]: old, ...kept } = annotations
  const bytes = Object.entries(kept).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
  const fits = bytes + lastApplied.length + Buffer.byteLength(text) <= maxAnnotationBytes
  return { ...object, metadata: { ...object.metadata, annotations: fits ? { ...annotations, [lastApplied]: text } : kept } }
}

/** With members in the order in which Go writes maps. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(key => [key, sorted((value as Json)[key])]),
  )
}
