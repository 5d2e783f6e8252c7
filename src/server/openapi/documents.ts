// The published documents: one for each group version (v3), and one for all (v2). Each is made when it is first asked for and kept as bytes.
import { createHash } from 'node:crypto'
import { TokenRequest } from '../../api/authentication/token-request.ts'
import { Scale } from '../../api/autoscaling/scale.ts'
import { apiVersionOf, type Kind } from '../../api/kind.ts'
import { Eviction } from '../../api/policy/eviction.ts'
import { kubernetesVersion } from '../../base/version.ts'
import { listMeta } from '../../meta/object-meta.ts'
import { deleteOptions, status } from '../../meta/status.ts'
import { definitions, type OpenApiSchema, type OpenApiVersion, reference } from '../../schema/openapi.ts'
import { allResources, type Resource } from '../resource.ts'
import { encodeGnostic } from './gnostic.ts'
import { definitionOf, pathsOf } from './operations.ts'

const info = { title: 'Kubernetes', version: kubernetesVersion }
/** Kinds that only subresources speak, under the group version that lists them. */
const subresourceKinds: readonly Kind[] = [Scale, TokenRequest, Eviction]
const patchDefinition: OpenApiSchema = { description: 'A patch, in the format that the content type names.', type: 'object' }

/** `api/v1`, `apis/apps/v1`, ... to the document's bytes. */
const documents = new Map<string, Buffer>()
let swagger: Buffer | undefined
let gnostic: Buffer | undefined

function documentPath(resource: Resource): string {
  return resource.group === '' ? `api/${resource.kind.version}` : `apis/${apiVersionOf(resource.kind)}`
}

/** The bytes of one group version's document; undefined when there is none at the path. */
export function openApiV3(path: string): Buffer | undefined {
  const known = documents.get(path)
  if (known) return known
  const resources = allResources().filter(r => documentPath(r) === path)
  if (resources.length === 0) return undefined
  const document = Buffer.from(
    JSON.stringify({
      openapi: '3.0.0',
      info,
      paths: mergedPaths(resources, 'v3'),
      components: {
        schemas: schemas(resources, 'v3'),
        securitySchemes: { BearerToken: { type: 'apiKey', in: 'header', name: 'authorization', description: 'Bearer token.' } },
      },
    }),
  )
  documents.set(path, document)
  return document
}

/** The index of documents, each under an address that changes with its content. */
export function openApiV3Index(): object {
  const paths = [...new Set(allResources().map(documentPath))]
  return {
    paths: Object.fromEntries(paths.map(path => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${etag(openApiV3(path))}` }])),
  }
}

export function openApiV2(): Buffer {
  swagger ??= Buffer.from(
    JSON.stringify({
      swagger: '2.0',
      info,
      paths: mergedPaths(allResources(), 'v2'),
      definitions: schemas(allResources(), 'v2'),
      securityDefinitions: { BearerToken: { type: 'apiKey', in: 'header', name: 'authorization', description: 'Bearer token.' } },
      security: [{ BearerToken: [] }],
    }),
  )
  return swagger
}

export function etag(bytes: Buffer | undefined): string {
  return createHash('sha256')
    .update(bytes ?? '')
    .digest('hex')
    .toUpperCase()
}

/** The same document in gnostic's Protocol Buffers. */
export function openApiV2Gnostic(): Buffer {
  gnostic ??= encodeGnostic(JSON.parse(openApiV2().toString()))
  return gnostic
}

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
