// Everything that is served besides resources: health, version, discovery, OpenAPI, metrics, and what others need to check our tokens.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { StatusError } from '../meta/status-error.ts'
import { discoveryDocument, discoveryPath, keySet, keySetContentType, keySetPath } from './authn/openid.ts'
import type { SigningKey } from './authn/signing-key.ts'
import type { Answer } from './call.ts'
import { aggregatedDiscovery, apiGroupList, apiResourceList, apiVersions, findApiGroup, servedGroupVersions } from './discovery.ts'
import { type HealthChecks, health } from './health.ts'
import type { ListenAddress } from './http/listener.ts'
import type { Metrics } from './metrics.ts'
import { etag, type OpenApiDocuments } from './openapi/documents.ts'
import { gnosticType, wantsGnostic } from './openapi/gnostic.ts'
import type { RequestInfo } from './request-info.ts'
import type { Resource, ResourceTable } from './resource.ts'
import { versionInfo } from './version.ts'

export interface PathSources {
  readonly resources: ResourceTable
  readonly documents: OpenApiDocuments
  readonly health: HealthChecks
  readonly metrics: Metrics
  readonly key: SigningKey
  readonly issuer: string
  readonly advertise: ListenAddress
}

export type PathAnswer = Exclude<Answer, { type: 'watch' | 'relay' }> & { readonly headers?: OutgoingHttpHeaders }

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
      return object({ paths: rootPaths(resources) })
    case '/version':
      return object(versionInfo())
    case '/api':
      return wantsAggregated(accept)
        ? aggregated(resources, true)
        : object(apiVersions(`${sources.advertise.host}:${sources.advertise.port}`))
    case '/apis':
      return wantsAggregated(accept) ? aggregated(resources, false) : object(apiGroupList(resources))
    case '/metrics':
      return { type: 'text', code: 200, contentType: sources.metrics.registry.contentType, body: await sources.metrics.registry.metrics() }
    case '/openapi/v2':
      return wantsGnostic(accept) ? document(documents.v2Gnostic(), headers, gnosticType) : document(documents.v2(), headers)
    case '/openapi/v3':
      return object(documents.v3Index())
    case discoveryPath:
      return object(
        discoveryDocument(sources.issuer, `https://${sources.advertise.host}:${sources.advertise.port}${keySetPath}`, [sources.key]),
      )
    case keySetPath:
      return { ...object(keySet([sources.key])), headers: { 'content-type': keySetContentType } }
  }
  if (path.startsWith('/openapi/v3/')) {
    const found = documents.v3(path.slice('/openapi/v3/'.length).replace(/\/$/, ''))
    if (found) return document(found, headers)
  }
  const [, root, group = '', version] = path.split('/')
  const found =
    root === 'api'
      ? apiResourceList(resources, '', group)
      : root === 'apis'
        ? version
          ? apiResourceList(resources, group, version)
          : findApiGroup(resources, group)
        : undefined
  if (found) return object(found)
  throw StatusError.unknownPath()
}

function object(value: object): PathAnswer {
  return { type: 'object', code: 200, object: value }
}

function wantsAggregated(accept: string): boolean {
  return accept.split(',').some(clause => clause.includes('as=APIGroupDiscoveryList') && /v=v2(;|$)/.test(clause.replaceAll(' ', '')))
}

function aggregated(resources: readonly Resource[], core: boolean): PathAnswer {
  return { ...object(aggregatedDiscovery(resources, core)), headers: { 'content-type': aggregatedType, vary: 'Accept' } }
}

/** A large document with its tag, so that clients that have it already are told so. */
function document(bytes: Buffer, headers: IncomingHttpHeaders, contentType = 'application/json'): PathAnswer {
  const tag = `"${etag(bytes)}"`
  const known = headers['if-none-match'] === tag
  return {
    type: 'text',
    code: known ? 304 : 200,
    contentType,
    body: known ? '' : bytes,
    headers: { etag: tag, vary: 'Accept' },
  }
}

function rootPaths(resources: readonly Resource[]): readonly string[] {
  const versions = servedGroupVersions(resources).map(({ group, version }) =>
    group === '' ? `/api/${version}` : `/apis/${group}/${version}`,
  )
  const groups = servedGroupVersions(resources).flatMap(({ group }) => (group === '' ? [] : [`/apis/${group}`]))
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
