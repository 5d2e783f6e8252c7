import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { aggregatedDiscovery, apiGroupList, apiResourceList, servedGroupVersions } from './discovery.ts'
import { OpenApiDocuments } from './openapi/documents.ts'
import { ResourceTable } from './resource.ts'

interface Operation {
  readonly 'x-kubernetes-group-version-kind'?: object
  readonly 'x-kubernetes-action'?: string
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[]
}
type PathItem = Readonly<Record<string, Operation>>
interface Document {
  readonly paths: Readonly<Record<string, PathItem>>
  readonly definitions?: Readonly<Record<string, object>>
  readonly components?: { readonly schemas: Readonly<Record<string, object>> }
}

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options']
const table = new ResourceTable()
const documents = new OpenApiDocuments(table)
const mine: Document = JSON.parse(documents.v2().toString())
const swagger = new URL('../../../shared/specs/openapi-v2/swagger-1.36.json', import.meta.url)
const published: Document | undefined = existsSync(swagger) ? JSON.parse(readFileSync(swagger, 'utf8')) : undefined
const skip = published ? false : 'the published description is not here'

function operations(document: Document): Map<string, Operation> {
  return new Map(
    Object.entries(document.paths).flatMap(([path, item]) =>
      methods.flatMap((method): [string, Operation][] => (item[method] ? [[`${path} ${method}`, item[method]]] : [])),
    ),
  )
}

test('every operation that is described is published upstream, about the same kind', { skip }, () => {
  const theirs = operations(published!)
  const wrong = [...operations(mine)].flatMap(([at, operation]) => {
    // What metrics-server serves upstream is described by it.
    if (at.startsWith('/apis/metrics.k8s.io/')) return []
    const other = theirs.get(at)
    if (!other) return [`${at} is not published`]
    const [a, b] = [operation, other].map(o => JSON.stringify([gvk(o), o['x-kubernetes-action']]))
    return a === b ? [] : [`${at}: ${a}, published ${b}`]
  })
  assert.deepEqual(wrong, [])
})

function gvk(operation: Operation): unknown {
  const value = operation['x-kubernetes-group-version-kind'] as Record<string, string> | undefined
  return value && [value['group'], value['version'], value['kind']]
}

test('of the resources that are served nothing published is missing', { skip }, () => {
  const served = operations(mine)
  const roots = Object.keys(mine.paths).filter(path => /\/[a-z]+$/.test(path))
  const missing = [...operations(published!).keys()].filter(
    at => !served.has(at) && roots.some(root => at.startsWith(`${root} `) || at.startsWith(`${root}/{name}`)),
  )
  assert.deepEqual(missing, [])
})

test('writes take fieldValidation and dryRun, by which kubectl decides', () => {
  for (const [at, operation] of operations(mine)) {
    const action = operation['x-kubernetes-action'] ?? ''
    if (!['post', 'put', 'patch'].includes(action)) continue
    const names = new Set(operation.parameters?.map(p => p.name))
    assert.ok(names.has('dryRun') && names.has('fieldValidation') && names.has('fieldManager'), at)
  }
})

test('references lead somewhere', () => {
  for (const path of Object.keys((documents.v3Index() as { paths: object }).paths)) {
    const text = documents.v3(path)?.toString() ?? ''
    const document: Document = JSON.parse(text)
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
      assert.ok(document.components?.schemas[name ?? ''], `${path}: ${name}`)
  }
  for (const [, name] of documents
    .v2()
    .toString()
    .matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g))
    assert.ok(mine.definitions?.[name ?? ''], name)
})

test('operation ids are unlike each other', () => {
  const ids = [...operations(mine).values()].map(o => (o as { operationId?: string }).operationId)
  assert.deepEqual(
    ids.filter((id, i) => ids.indexOf(id) !== i),
    [],
  )
})

test('discovery: groups, versions, resources', () => {
  const { groups } = apiGroupList(table.all)
  assert.deepEqual(groups.find(g => g.name === 'apps')?.preferredVersion, { groupVersion: 'apps/v1', version: 'v1' })
  assert.equal(apiResourceList(table.all, 'apps', 'v9'), undefined)
  const { resources } = apiResourceList(table.all, '', 'v1') as {
    resources: { name: string; shortNames?: string[]; verbs: string[]; kind: string; group?: string }[]
  }
  const find = (name: string) => resources.find(r => r.name === name)
  assert.deepEqual([find('pods')?.shortNames, find('pods')?.kind], [['po'], 'Pod'])
  assert.deepEqual(
    [find('pods/eviction')?.group, find('pods/eviction')?.kind, find('pods/eviction')?.verbs],
    ['policy', 'Eviction', ['create']],
  )
  assert.ok(!find('namespaces')?.verbs.includes('deletecollection'))
})

test('aggregated discovery says the same', () => {
  interface Aggregated {
    readonly items: {
      metadata: { name?: string }
      versions: { version: string; resources: { resource: string; subresources?: { subresource: string }[] }[] }[]
    }[]
  }
  const flat = [true, false].flatMap(core =>
    (aggregatedDiscovery(table.all, core) as unknown as Aggregated).items.flatMap(({ metadata, versions }) =>
      versions.flatMap(({ version, resources }) =>
        resources.flatMap(r =>
          [r.resource, ...(r.subresources ?? []).map(s => `${r.resource}/${s.subresource}`)].map(
            name => `${metadata.name ?? ''}/${version} ${name}`,
          ),
        ),
      ),
    ),
  )
  const listed = servedGroupVersions(table.all).flatMap(({ group, version }) =>
    (apiResourceList(table.all, group, version) as { resources: { name: string }[] }).resources.map(r => `${group}/${version} ${r.name}`),
  )
  assert.deepEqual(flat.sort(), listed.sort())
})
