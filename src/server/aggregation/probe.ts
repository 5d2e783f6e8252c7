// Asks the servers behind an API service what they serve, as a check that they do, and for their OpenAPI descriptions.
import type { APIService } from '../../api/apiregistration/api-service.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import type { UserInfo } from '../authn/user-info.ts'
import type { Address, Backend } from './backend.ts'
import { type ApiResource, readResources } from './discovery-merge.ts'
import type { ExtensionServer, Fetched } from './extension-server.ts'
import type { ExtensionDocument, Swagger } from './openapi-merge.ts'

const maxAttempts = 5
const timeoutMs = 5000
/** A member of the masters, so that nothing but the server itself is in the way. */
const aggregator: UserInfo = { username: 'system:kube-aggregator', groups: ['system:masters'] }

export interface Availability {
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
  /** Where the server was reached, what it serves. */
  readonly found?: { readonly address: Address; readonly resources: readonly ApiResource[] | undefined }
}

/** `api/v1` or `apis/GROUP/VERSION`. */
export function pathOf({ group, version }: Pick<APIService['spec'], 'group' | 'version'>): string {
  return group ? `apis/${group}/${version}` : `api/${version}`
}

/** One answer in the 200s is enough, of several servers asked at once. */
export async function probe(server: ExtensionServer, spec: APIService['spec'], backend: Backend, clock: Clock): Promise<Availability> {
  if (!backend.ok) return { status: 'False', reason: backend.reason, message: backend.message }
  const path = `/${pathOf(spec)}`
  const ask = async (address: Address) => {
    const url = `https://${address.host}:${address.port}${path}`
    try {
      const { code, body } = await withTimeout(clock, url, signal => server.fetch(address, path, aggregator, jsonOnly, signal))
      if (code < 200 || code >= 300) throw new Error(`bad status from ${url}: ${code}`)
      return { address, resources: readResources(body) }
    } catch (error) {
      throw new Error(`failing or missing response from ${url}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  try {
    const found = await Promise.any(backend.addresses.slice(0, maxAttempts).map(ask))
    return { status: 'True', reason: 'Passed', message: 'all checks passed', found }
  } catch (error) {
    const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : error
    return { status: 'False', reason: 'FailedDiscoveryCheck', message: last instanceof Error ? last.message : String(last) }
  }
}

const jsonOnly = { accept: 'application/json' }

async function withTimeout<T>(clock: Clock, url: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = new AbortController()
  const timeout = sleep(clock, timeoutMs, stop.signal).then(
    () => controller.abort(new Error(`timed out waiting for ${url}`)),
    () => {},
  )
  try {
    return await work(controller.signal)
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    stop.abort()
    await timeout
  }
}

/** What was fetched before, and under which tags. */
export interface Description extends ExtensionDocument {
  readonly v3Url: string | undefined
  readonly v2Tag: string | undefined
}

/** The same description where nothing has changed. What the server does not publish is not there; rejects when it does not answer. */
export async function describeExtension(
  server: ExtensionServer,
  spec: APIService['spec'],
  address: Address,
  before: Description | undefined,
  clock: Clock,
): Promise<Description> {
  const path = pathOf(spec)
  const get = (from: string, headers = {}) =>
    withTimeout(clock, from, signal => server.fetch(address, from, aggregator, { ...jsonOnly, ...headers }, signal))
  const v3Url = v3UrlOf(await get('/openapi/v3'), path)
  const isSameV3 = v3Url === before?.v3Url
  const v3 = isSameV3 ? before?.v3 : v3Url === undefined ? undefined : bodyOf(await get(v3Url))
  const answer = await get('/openapi/v2', before?.v2Tag ? { 'if-none-match': before.v2Tag } : {})
  if (isSameV3 && before && answer.code === 304) return before
  const v2 = answer.code === 304 ? before?.v2 : swaggerOf(answer)
  const tag = answer.code === 304 ? before?.v2Tag : answer.headers['etag']
  return { path, v3, v3Url, v2, v2Tag: typeof tag === 'string' ? tag : undefined }
}

function bodyOf({ code, body }: Fetched): Buffer | undefined {
  return code === 200 ? body : undefined
}

/** Only a path of the server's own: it must not send us elsewhere. */
function v3UrlOf(answer: Fetched, path: string): string | undefined {
  const index = parse(bodyOf(answer)) as { readonly paths?: Readonly<Record<string, { readonly serverRelativeURL?: unknown }>> } | undefined
  const url = index?.paths?.[path]?.serverRelativeURL
  return typeof url === 'string' && /^\/[^/]/.test(url) ? url : undefined
}

function swaggerOf(answer: Fetched): Swagger | undefined {
  const found = parse(bodyOf(answer))
  return typeof found === 'object' && found !== null && 'paths' in found ? (found as Swagger) : undefined
}

function parse(body: Buffer | undefined): unknown {
  try {
    return body && JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
