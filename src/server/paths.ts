// Everything that is served besides resources: health, version, discovery, OpenAPI, metrics, and what others need to check our tokens.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { StatusError } from '../meta/status-error.ts'
import type { Aggregation } from './aggregation/aggregation.ts'
import { type Group, mergeDiscovery, mergeGroups } from './aggregation/discovery-merge.ts'
import type { Documents } from './aggregation/openapi-merge.ts'
import { discoveryDocument, discoveryPath, keySet, keySetContentType, keySetPath } from './authn/openid.ts'
import type { SigningKey } from './authn/signing-key.ts'
import type { Answer } from './call.ts'
import { aggregatedDiscovery, apiGroupList, apiResourceList, apiVersions, servedGroupVersions } from './discovery.ts'
import { type HealthChecks, health } from './health.ts'
import type { ListenAddress } from './http/listener.ts'
import type { Metrics } from './metrics.ts'
import { etag } from './openapi/documents.ts'
import { gnosticType, wantsGnostic } from './openapi/gnostic.ts'
import type { RequestInfo } from './request-info.ts'
import type { ResourceTable } from './resource.ts'
import { tagged } from './tagged.ts'
import { versionInfo } from './version.ts'

export interface PathSources {
  readonly resources: ResourceTable
  readonly documents: Documents
  readonly aggregation: Pick<Aggregation, 'priorities' | 'versions'>
  readonly health: HealthChecks
  readonly metrics: Metrics
  readonly key: SigningKey
  readonly issuer: string
  readonly advertise: ListenAddress
}

export type PathAnswer = Exclude<Answer, { type: 'watch' | 'relay' }> & { readonly headers?: OutgoingHttpHeaders }

const jsonType = 'application/json'
const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** Fails with NotFound for what is none of these, and with MethodNotAllowed for writes. */
export async function answerPath(
  sources: PathSources,
  method: string,
  info: RequestInfo,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
): Promise<PathAnswer> {
  const { path } = info
  const healthy = health(sources.health, path.replace(/(.)\/$/, '$1'), query)
  if (healthy?.type === 'text') return healthy
  if (method !== 'GET' && method !== 'HEAD')
    throw new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
  const accept = headers.accept ?? ''
  const { documents } = sources
  const resources = sources.resources.all
  switch (path.replace(/(.)\/$/, '$1')) {
    case '/':
      return object({ paths: rootPaths([...servedGroupVersions(resources), ...sources.aggregation.versions()]) })
    case '/version':
      return object(versionInfo())
    case '/api':
      return wantsAggregated(accept)
        ? aggregated(aggregatedDiscovery(resources, true), headers)
        : object(apiVersions(`${sources.advertise.host}:${sources.advertise.port}`))
    case '/apis':
      return wantsAggregated(accept) ? aggregated(allGroups(sources), headers) : object(groupList(sources))
    case '/metrics':
      return { type: 'text', code: 200, contentType: sources.metrics.registry.contentType, body: await sources.metrics.registry.metrics() }
    case '/openapi/v2':
      return wantsGnostic(accept) ? tagged(documents.v2Gnostic(), headers, gnosticType) : tagged(documents.v2(), headers, jsonType)
    case '/openapi/v3':
      return tagged(Buffer.from(JSON.stringify(documents.v3Index())), headers, jsonType)
    case discoveryPath:
      return object(
        discoveryDocument(sources.issuer, `https://${sources.advertise.host}:${sources.advertise.port}${keySetPath}`, [sources.key]),
      )
    case keySetPath:
      return { ...object(keySet([sources.key])), headers: { 'content-type': keySetContentType } }
  }
  if (path.startsWith('/openapi/v3/')) {
    const of = path.slice('/openapi/v3/'.length).replace(/\/$/, '')
    const found = documents.v3(of)
    if (found) return documentV3(found, of, query.get('hash'), headers)
  }
  const [, root, group = '', version] = path.split('/')
  const found =
    root === 'api'
      ? apiResourceList(resources, '', group)
      : root === 'apis'
        ? version
          ? apiResourceList(resources, group, version)
          : findGroup(sources, group)
        : undefined
  if (found) return object(found)
  throw StatusError.unknownPath()
}

function object(value: object): PathAnswer {
  return { type: 'object', code: 200, object: value }
}

/** With the groups that other servers serve, in the order of the API services. */
function groupList({ resources, aggregation }: PathSources): { readonly groups: readonly Group[] } {
  const own = apiGroupList(resources.all)
  return { ...own, groups: mergeGroups(own.groups, aggregation.versions(), aggregation.priorities()) }
}

function findGroup(sources: PathSources, name: string): object | undefined {
  const found = groupList(sources).groups.find(group => group.name === name)
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...found }
}

function allGroups({ resources, aggregation }: PathSources): object {
  const own = aggregatedDiscovery(resources.all, false)
  return { ...own, items: mergeDiscovery(own.items, aggregation.versions(), aggregation.priorities()) }
}

function wantsAggregated(accept: string): boolean {
  return accept.split(',').some(clause => clause.includes('as=APIGroupDiscoveryList') && /v=v2(;|$)/.test(clause.replaceAll(' ', '')))
}

function aggregated(discovery: object, headers: IncomingHttpHeaders): PathAnswer {
  return tagged(Buffer.from(JSON.stringify(discovery)), headers, aggregatedType, { 'cache-control': 'public' })
}

/** Under an address with its hash a document never changes; who has the address of an older one is sent on. */
function documentV3(bytes: Buffer, of: string, hash: string | null, headers: IncomingHttpHeaders): PathAnswer {
  if (!hash) return tagged(bytes, headers, jsonType)
  if (hash === etag(bytes)) return tagged(bytes, headers, jsonType, { 'cache-control': 'public, immutable, max-age=31536000' })
  return { type: 'text', code: 301, contentType: jsonType, body: '', headers: { location: `/openapi/v3/${of}?hash=${etag(bytes)}` } }
}

function rootPaths(served: readonly { readonly group: string; readonly version: string }[]): readonly string[] {
  const versions = served.map(({ group, version }) => (group === '' ? `/api/${version}` : `/apis/${group}/${version}`))
  const groups = served.flatMap(({ group }) => (group === '' ? [] : [`/apis/${group}`]))
  const fixed = [
    discoveryPath,
    '/api',
    '/apis',
    '/healthz',
    '/livez',
    '/metrics',
    '/openapi/v2',
    '/openapi/v3',
    keySetPath,
    '/readyz',
    '/version',
  ]
  return [...new Set([...fixed, ...versions, ...groups])].sort()
}
