// The published documents: one for each group version (v3), and one for all (v2). Each is made when it is first asked for, and kept as bytes
// until what it describes changes.
import { createHash } from 'node:crypto'
import { TokenRequest } from '../../api/authentication/token-request.ts'
import { Scale } from '../../api/autoscaling/scale.ts'
import { apiVersionOf, type Kind } from '../../api/kind.ts'
import { Eviction } from '../../api/policy/eviction.ts'
import { kubernetesVersion } from '../../base/version.ts'
import { listMeta } from '../../meta/object-meta.ts'
import { deleteOptions, status } from '../../meta/status.ts'
import { definitions, type OpenApiSchema, type OpenApiVersion, reference } from '../../schema/openapi.ts'
import type { Resource, ResourceTable } from '../resource.ts'
import { encodeGnostic } from './gnostic.ts'
import { definitionOf, pathsOf } from './operations.ts'

const info = { title: 'Kubernetes', version: kubernetesVersion }
/** Kinds that only subresources speak, under the group version that lists them. */
const subresourceKinds: readonly Kind[] = [Scale, TokenRequest, Eviction]
const patchDefinition: OpenApiSchema = { description: 'A patch, in the format that the content type names.', type: 'object' }

function documentPath(resource: Resource): string {
  return resource.group === '' ? `api/${resource.kind.version}` : `apis/${apiVersionOf(resource.kind)}`
}

/** A document with the resources that it was made of. */
interface Made {
  readonly of: readonly Resource[]
  readonly bytes: Buffer
}

export class OpenApiDocuments {
  readonly #resources: Pick<ResourceTable, 'all'>
  /** `api/v1`, `apis/apps/v1`, ... */
  readonly #v3 = new Map<string, Made>()
  #v2: Made | undefined
  #gnostic: Made | undefined

  constructor(resources: Pick<ResourceTable, 'all'>) {
    this.#resources = resources
  }

  /** The bytes of one group version's document; undefined when there is none at the path. */
  v3(path: string): Buffer | undefined {
    const of = this.#resources.all.filter(r => documentPath(r) === path)
    const known = this.#v3.get(path)
    if (known && known.of.length === of.length && known.of.every((r, i) => r === of[i])) return known.bytes
    this.#v3.delete(path)
    if (of.length === 0) return undefined
    const bytes = documentV3(of)
    this.#v3.set(path, { of, bytes })
    return bytes
  }

  /** The index of documents, each under an address that changes with its content. */
  v3Index(): object {
    const paths = [...new Set(this.#resources.all.map(documentPath))]
    return {
      paths: Object.fromEntries(paths.map(path => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${etag(this.v3(path))}` }])),
    }
  }

  v2(): Buffer {
    const of = this.#resources.all
    if (this.#v2?.of !== of) this.#v2 = { of, bytes: documentV2(of) }
    return this.#v2.bytes
  }

  /** The same document in gnostic's Protocol Buffers. */
  v2Gnostic(): Buffer {
    const of = this.#resources.all
    if (this.#gnostic?.of !== of) this.#gnostic = { of, bytes: encodeGnostic(JSON.parse(this.v2().toString())) }
    return this.#gnostic.bytes
  }
}

const securitySchemes = { BearerToken: { type: 'apiKey', in: 'header', name: 'authorization', description: 'Bearer token.' } }

function documentV3(resources: readonly Resource[]): Buffer {
  const components = { schemas: schemas(resources, 'v3'), securitySchemes }
  return Buffer.from(JSON.stringify({ openapi: '3.0.0', info, paths: mergedPaths(resources, 'v3'), components }))
}

function documentV2(resources: readonly Resource[]): Buffer {
  return Buffer.from(
    JSON.stringify({
      swagger: '2.0',
      info,
      paths: mergedPaths(resources, 'v2'),
      definitions: schemas(resources, 'v2'),
      securityDefinitions: securitySchemes,
      security: [{ BearerToken: [] }],
    }),
  )
}

const tags = new WeakMap<Buffer, string>()

/** A hash of the content, worked out once. */
export function etag(bytes: Buffer = nothing): string {
  let tag = tags.get(bytes)
  if (tag === undefined) {
    tag = createHash('sha256').update(bytes).digest('hex').toUpperCase()
    tags.set(bytes, tag)
  }
  return tag
}
const nothing = Buffer.alloc(0)

function mergedPaths(resources: readonly Resource[], version: OpenApiVersion): OpenApiSchema {
  return Object.assign({}, ...resources.map(r => pathsOf(r, version)))
}

function schemas(resources: readonly Resource[], version: OpenApiVersion): OpenApiSchema {
  const kinds = [...resources.map(r => r.kind), ...subresourceKinds]
  const found: Record<string, OpenApiSchema> = definitions(
    [...kinds.map(k => k.schema.node), listMeta.node, status.node, deleteOptions.node],
    version,
  )
  for (const kind of kinds) {
    const name = definitionOf(kind)
    const gvk = { group: kind.group, kind: kind.kind, version: kind.version }
    found[name] = { ...found[name], 'x-kubernetes-group-version-kind': [gvk] }
    if (kind.verbs.includes('list')) found[`${name}List`] = listDefinition(kind, name, version)
  }
  found['io.k8s.apimachinery.pkg.apis.meta.v1.Patch'] = patchDefinition
  return found
}

function listDefinition(kind: Kind, name: string, version: OpenApiVersion): OpenApiSchema {
  return {
    description: `A list of ${kind.kind} objects.`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string', description: 'Version of the schema of this object.' },
      items: { type: 'array', items: reference(name, version), description: 'The objects.' },
      kind: { type: 'string', description: 'Kind of this object.' },
      metadata: reference('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta', version),
    },
    'x-kubernetes-group-version-kind': [{ group: kind.group, kind: `${kind.kind}List`, version: kind.version }],
  }
}
