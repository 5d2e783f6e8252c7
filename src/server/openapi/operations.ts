// The paths of OpenAPI, made from the resources: what each may be asked, with which parameters. kubectl reads from them whether a write
// takes `fieldValidation` and `dryRun`.

import { apiVersionOf, type Kind } from '../../api/kind.ts'
import type { OpenApiSchema, OpenApiVersion } from '../../schema/openapi.ts'
import { reference } from '../../schema/openapi.ts'
import type { Resource } from '../resource.ts'
import { type Subresource, subresourcesOf } from '../subresources/all.ts'
import { patchTypesOf } from '../verbs/patch.ts'

interface Parameter {
  readonly name: string
  readonly in: 'query' | 'path'
  readonly type: 'string' | 'integer' | 'boolean'
  readonly description: string
}

const query = (name: string, type: Parameter['type'], description: string): Parameter => ({ name, in: 'query', type, description })
const path = (name: string, description: string): Parameter => ({ name, in: 'path', type: 'string', description })

const pretty = query('pretty', 'string', 'Whether the answer is laid out for reading.')
const dryRun = query('dryRun', 'string', 'All: go through everything and store nothing.')
const fieldManager = query('fieldManager', 'string', 'Name of the writer.')
const fieldValidation = query('fieldValidation', 'string', 'Ignore, Warn or Strict: what becomes of unknown and duplicate fields.')
const force = query('force', 'boolean', 'Whether an apply takes over fields of other managers.')
const write = [dryRun, fieldManager, fieldValidation]
const listing = [
  query('allowWatchBookmarks', 'boolean', 'Whether a watch may send bookmarks.'),
  query('continue', 'string', 'Token of the next page.'),
  query('fieldSelector', 'string', 'Which objects, by fields.'),
  query('labelSelector', 'string', 'Which objects, by labels.'),
  query('limit', 'integer', 'The most objects of a page.'),
  query('resourceVersion', 'string', 'Which state is asked for.'),
  query('resourceVersionMatch', 'string', 'How the version is meant: Exact or NotOlderThan.'),
  query('sendInitialEvents', 'boolean', 'Whether a watch begins with the present state.'),
  query('timeoutSeconds', 'integer', 'How long at most.'),
  query('watch', 'boolean', 'Whether changes follow.'),
]
const deletion = [
  dryRun,
  query('gracePeriodSeconds', 'integer', 'Seconds to end gracefully; 0 at once.'),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
  query('propagationPolicy', 'string', 'Background, Foreground or Orphan.'),
]

const media = ['application/json', 'application/yaml']
const statusName = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status'
const deleteOptionsName = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'
const patchName = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch'

interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options'
  /** As upstream's `x-kubernetes-action`. */
  readonly action: string
  readonly parameters: readonly Parameter[]
  readonly body?: string
  readonly answer: string
}

export function definitionOf(kind: Kind): string {
  const { node } = kind.schema
  return node.type === 'object' ? node.name : ''
}

/** Every path of a resource with its operations. */
export function pathsOf(resource: Resource, version: OpenApiVersion): Record<string, OpenApiSchema> {
  const { kind } = resource
  const gvk = { group: kind.group, kind: kind.kind, version: kind.version }
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`
  const base = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.plural}` : `${root}/${kind.plural}`
  const namespace = kind.namespaced ? [path('namespace', 'The namespace.')] : []
  const name = path('name', `Name of the ${kind.kind}.`)
  const definition = definitionOf(kind)
  const can = (verb: string) => (kind.verbs as readonly string[]).includes(verb)
  const found: Record<string, OpenApiSchema> = {}
  const add = (at: string, shared: readonly Parameter[], operations: readonly Operation[], of = gvk, suffix = '') => {
    if (operations.length > 0) found[at] = item(kind, shared, operations, of, version, suffix)
  }

  const list: Operation = { method: 'get', action: 'list', parameters: listing, answer: `${definition}List` }
  add(
    base,
    [...namespace, pretty],
    [
      ...(can('list') ? [list] : []),
      ...(can('create') ? [{ method: 'post', action: 'post', parameters: write, body: definition, answer: definition } as const] : []),
      ...(can('deletecollection')
        ? [
            {
              method: 'delete',
              action: 'deletecollection',
              parameters: [...listing, ...deletion],
              body: deleteOptionsName,
              answer: statusName,
            } as const,
          ]
        : []),
    ],
  )
  if (kind.namespaced && can('list')) add(`${root}/${kind.plural}`, [pretty], [list], gvk, 'ForAllNamespaces')
  add(
    `${base}/{name}`,
    [name, ...namespace, pretty],
    [
      ...(can('get') ? [{ method: 'get', action: 'get', parameters: [], answer: definition } as const] : []),
      ...(can('update') ? [{ method: 'put', action: 'put', parameters: write, body: definition, answer: definition } as const] : []),
      ...(can('patch')
        ? [{ method: 'patch', action: 'patch', parameters: [...write, force], body: patchName, answer: definition } as const]
        : []),
      ...(can('delete')
        ? [{ method: 'delete', action: 'delete', parameters: deletion, body: deleteOptionsName, answer: statusName } as const]
        : []),
    ],
  )
  for (const sub of subresourcesOf(resource))
    add(`${base}/{name}/${sub.name}`, [name, ...namespace, pretty], subOperations(sub, definition), gvkOf(sub), capital(sub.name))
  for (const sub of subresourcesOf(resource).filter(sub => sub.takesAnyMethod)) {
    const parameters = [name, ...namespace, path('path', 'What is asked for there.')]
    add(`${base}/{name}/${sub.name}/{path}`, parameters, subOperations(sub, definition), gvkOf(sub), `${capital(sub.name)}WithPath`)
  }
  return found
}

function gvkOf({ group, kind, version }: Subresource): { group: string; kind: string; version: string } {
  return { group, kind, version }
}

/** Definitions of the kinds that subresources speak; connections speak none. */
const subDefinitions: Readonly<Record<string, string>> = {
  binding: 'io.k8s.api.core.v1.Binding',
  eviction: 'io.k8s.api.policy.v1.Eviction',
  scale: 'io.k8s.api.autoscaling.v1.Scale',
  token: 'io.k8s.api.authentication.v1.TokenRequest',
}
const connections = new Set(['attach', 'exec', 'log', 'portforward', 'proxy'])

const anyMethod = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const

function subOperations(sub: Subresource, parent: string): readonly Operation[] {
  if (connections.has(sub.name)) {
    const action = sub.name === 'log' ? 'get' : 'connect'
    const methods = sub.takesAnyMethod ? anyMethod : sub.verbs.includes('create') ? (['get', 'post'] as const) : (['get'] as const)
    return methods.map(method => ({ method, action, parameters: [], answer: '' }))
  }
  const definition = subDefinitions[sub.name] ?? parent
  return [
    ...(sub.verbs.includes('get') ? [{ method: 'get', action: 'get', parameters: [], answer: definition } as const] : []),
    ...(sub.verbs.includes('create')
      ? [{ method: 'post', action: 'post', parameters: write, body: definition, answer: definition } as const]
      : []),
    ...(sub.verbs.includes('update')
      ? [{ method: 'put', action: 'put', parameters: write, body: definition, answer: definition } as const]
      : []),
    ...(sub.verbs.includes('patch')
      ? [{ method: 'patch', action: 'patch', parameters: [...write, force], body: patchName, answer: definition } as const]
      : []),
  ]
}

const operationVerbs: Readonly<Record<string, string>> = { get: 'read', post: 'create', put: 'replace' }

function item(
  kind: Kind,
  shared: readonly Parameter[],
  operations: readonly Operation[],
  gvk: object,
  version: OpenApiVersion,
  suffix: string,
): OpenApiSchema {
  const scope = kind.namespaced && suffix !== 'ForAllNamespaces' ? 'Namespaced' : ''
  const group = kind.group === '' ? 'Core' : capital(kind.group.split('.')[0] ?? '')
  const id = (action: string, method: string) =>
    `${action === 'connect' ? `connect${capital(method)}` : (operationVerbs[action] ?? action)}${group}${capital(kind.version)}${scope}${kind.kind}${suffix}`
  const tag = `${group.charAt(0).toLowerCase()}${group.slice(1)}_${kind.version}`
  return {
    ...Object.fromEntries(
      operations.map(operation => [
        operation.method,
        {
          operationId: id(operation.action, operation.method),
          tags: [tag],
          ...(version === 'v3' ? operationV3(operation, takes(kind, operation)) : operationV2(operation, takes(kind, operation))),
          'x-kubernetes-action': operation.action,
          'x-kubernetes-group-version-kind': gvk,
        },
      ]),
    ),
    parameters: shared.map(p => parameter(p, version)),
  }
}

function parameter({ name, in: where, type, description }: Parameter, version: OpenApiVersion): OpenApiSchema {
  const common = { name, in: where, description, ...(where === 'path' && { required: true }) }
  return version === 'v3' ? { ...common, schema: { type, uniqueItems: true } } : { ...common, type, uniqueItems: true }
}

/** The media types of the body. kubectl's apply reads from those of a patch whether there is a strategic merge. */
function takes(kind: Kind, { method }: Operation): readonly string[] {
  return method === 'patch' ? patchTypesOf(kind) : ['*/*']
}

function operationV3({ parameters, body, answer }: Operation, taken: readonly string[]): OpenApiSchema {
  const content = (types: readonly string[], name: string) =>
    Object.fromEntries(types.map(type => [type, { schema: reference(name, 'v3') }]))
  return {
    ...(parameters.length > 0 && { parameters: parameters.map(p => parameter(p, 'v3')) }),
    ...(body && {
      requestBody: {
        content: content(taken, body),
        ...(body !== deleteOptionsName && { required: true }),
      },
    }),
    responses: {
      200: { description: 'OK', content: answer ? content(media, answer) : { '*/*': { schema: { type: 'string' } } } },
      401: { description: 'Unauthorized' },
    },
  }
}

function operationV2({ parameters, body, answer }: Operation, taken: readonly string[]): OpenApiSchema {
  return {
    consumes: taken,
    produces: media,
    schemes: ['https'],
    parameters: [
      ...(body ? [{ name: 'body', in: 'body', schema: reference(body, 'v2'), ...(body !== deleteOptionsName && { required: true }) }] : []),
      ...parameters.map(p => parameter(p, 'v2')),
    ],
    responses: {
      200: { description: 'OK', schema: answer ? reference(answer, 'v2') : { type: 'string' } },
      401: { description: 'Unauthorized' },
    },
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
