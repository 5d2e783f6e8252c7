// API services at work: which group versions are served by others, how those are reached, and whether. Follows the API services, their
// services and endpoints, asks each server again and again, and keeps the condition `Available`.
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { APIService, type APIServiceCondition, localCondition } from '../../api/apiregistration/api-service.ts'
import { Service } from '../../api/core/service.ts'
import { EndpointSlice } from '../../api/discovery/endpoint-slice.ts'
import type { Kind } from '../../api/kind.ts'
import type { Clock, Random } from '../../base/clock.ts'
import type { Connect } from '../../base/connect.ts'
import type { Logger } from '../../base/logger.ts'
import { proxyUpgrade } from '../../base/upgrade/upgrade-proxy.ts'
import type { Client } from '../../client/client.ts'
import { findCondition, isConditionTrue, setCondition } from '../../meta/conditions.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import type { StoreEvent } from '../../store/store.ts'
import { isIdentityHeader } from '../authn/request-headers.ts'
import type { UserInfo } from '../authn/user-info.ts'
import { servedGroupVersions } from '../discovery.ts'
import { discardBody, type Exchange } from '../http/exchange.ts'
import type { RequestInfo } from '../request-info.ts'
import { type ResourceTable, resourceFor } from '../resource.ts'
import { objectOf, type Storage } from '../storage.ts'
import { type Backend, backendOf, type ServiceReference } from './backend.ts'
import type { ApiResource, ExtensionVersion, Priorities } from './discovery-merge.ts'
import { ExtensionServer, type FrontProxyTls } from './extension-server.ts'
import { identityHeaders } from './identity.ts'
import { reconcileLocalServices } from './local-services.ts'
import type { ExtensionDocument } from './openapi-merge.ts'
import { type Availability, type Description, describeExtension, probe } from './probe.ts'

export interface AggregationOptions {
  readonly storage: Storage
  readonly resources: ResourceTable
  /** By which conditions and local API services are written. */
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly tls: FrontProxyTls
  readonly connect: Connect
  readonly logger: Logger
}

const askEveryMs = 30_000
const firstRetryMs = 5000
const maxWrites = 5

/** One group version that is served by others. */
interface Extension {
  readonly service: APIService & { readonly spec: { readonly service: ServiceReference } }
  readonly server: ExtensionServer
  resources: readonly ApiResource[] | undefined
  description: Description | undefined
  failures: number
  isAsking: boolean
  /** Something changed while it was asked. */
  askAgain: boolean
  cancel: () => void
}

export class Aggregation {
  readonly #options: AggregationOptions
  /** By `group/version`. */
  readonly #extensions = new Map<string, Extension>()
  readonly #stops: (() => void)[] = []
  #documents: readonly ExtensionDocument[] = []
  #isClosed = false

  constructor(options: AggregationOptions) {
    this.#options = options
  }

  /** Resolves when what this server serves itself has its API services. */
  async start(): Promise<void> {
    const { storage, resources } = this.#options
    this.#follow(APIService, event => this.#onApiService(objectOf(event.entry) as APIService, event.type === 'delete'))
    this.#follow(Service, event => {
      if (this.#extensions.size === 0) return
      const { name, namespace } = objectOf(event.entry).metadata
      this.#onBackend(name, namespace)
    })
    this.#follow(EndpointSlice, event => {
      if (this.#extensions.size === 0) return
      const { labels, namespace } = objectOf(event.entry).metadata
      this.#onBackend(labels?.['kubernetes.io/service-name'], namespace)
    })
    for (const service of storage.readable(APIService)) this.#onApiService(service, false)
    await this.#reconcileLocal()
    this.#stops.push(resources.onChange(() => void this.#reconcileLocal()))
  }

  close(): void {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
    for (const extension of this.#extensions.values()) dispose(extension)
    this.#extensions.clear()
  }

  /** The servers that the request is for; undefined for what this server answers itself. */
  find({ group, version }: Pick<RequestInfo, 'group' | 'version'>): Extension | undefined {
    return this.#extensions.size === 0 ? undefined : this.#extensions.get(`${group}/${version}`)
  }

  /** Passes the request on; resolves with the status code once the answer has begun. */
  async relay(extension: Extension, exchange: Exchange, user: UserInfo): Promise<number> {
    const address = isAvailable(extension) ? extension.server.address() : undefined
    if (address) return extension.server.relay(exchange, address, user)
    exchange.respond(503, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }, unavailable)
    discardBody(exchange)
    return 503
  }

  /** Resolves when the connection is closed. Fails with ServiceUnavailable. */
  async relayUpgrade(extension: Extension, client: UpgradingRequest, user: UserInfo): Promise<void> {
    const address = isAvailable(extension) ? extension.server.address() : undefined
    if (!address) throw StatusError.serviceUnavailable('service unavailable')
    const { request } = client
    const headers = Object.entries(identityHeaders(user)).flatMap(([name, values]) => [values].flat().map(value => [name, value] as const))
    await proxyUpgrade(
      client,
      {
        endpoint: extension.server.endpoint(address),
        path: request.url ?? '/',
        headers,
        dropHeaders: Object.keys(request.headers).filter(isIdentityHeader),
      },
      this.#options.connect,
    )
  }

  /** What others serve, for discovery. */
  versions(): readonly ExtensionVersion[] {
    return [...this.#extensions.values()].map(extension => {
      const { group = '', version = '' } = extension.service.spec
      return { group, version, resources: extension.resources, isAvailable: isAvailable(extension) }
    })
  }

  /** What others say of it; the same list as long as that is the same. */
  documents(): readonly ExtensionDocument[] {
    return this.#documents
  }

  priorities(): Priorities {
    const groups = new Map<string, number>()
    const versions = new Map<string, number>()
    for (const { spec } of this.#options.storage.readable(APIService)) {
      const { group = '', version = '', groupPriorityMinimum, versionPriority } = spec
      groups.set(group, Math.max(groups.get(group) ?? 0, groupPriorityMinimum))
      versions.set(`${group}/${version}`, versionPriority)
    }
    return { group: group => groups.get(group) ?? 0, version: (group, version) => versions.get(`${group}/${version}`) ?? 0 }
  }

  #follow(kind: Kind, onEvent: (event: StoreEvent) => void): void {
    this.#stops.push(this.#options.storage.follow(resourceFor(kind as Kind<KubeObject>), events => events.forEach(onEvent)))
  }

  #onApiService(service: APIService, isGone: boolean): void {
    const { group = '', version = '' } = service.spec
    const key = `${group}/${version}`
    const before = this.#extensions.get(key)
    if (isGone || !isRemote(service)) {
      if (before) this.#drop(key, before)
      if (!isGone && !deepEqual(withoutTime(service), localCondition)) this.#settleLocal(service)
      return
    }
    if (before && deepEqual(before.service.spec, service.spec)) {
      this.#extensions.set(key, Object.assign(before, { service }))
      return
    }
    if (before) dispose(before)
    const server = new ExtensionServer(service, this.#options.tls, () => this.#backendOf(service.spec.service), this.#options.random)
    const extension: Extension = {
      service,
      server,
      resources: undefined,
      description: undefined,
      failures: 0,
      isAsking: false,
      askAgain: false,
      cancel: () => {},
    }
    this.#extensions.set(key, extension)
    this.#ask(extension)
  }

  #drop(key: string, extension: Extension): void {
    dispose(extension)
    this.#extensions.delete(key)
    this.#collectDocuments()
  }

  #onBackend(name: string | undefined, namespace: string | undefined): void {
    for (const extension of this.#extensions.values()) {
      const { service } = extension.service.spec
      if (service.name === name && service.namespace === namespace) this.#ask(extension)
    }
  }

  #backendOf(reference: ServiceReference): Backend {
    const { storage } = this.#options
    const { name = '', namespace = '' } = reference
    const slices = storage.all(EndpointSlice, namespace).filter(s => s.metadata.labels?.['kubernetes.io/service-name'] === name)
    return backendOf(reference, storage.find(Service, namespace, name), slices)
  }

  #ask(extension: Extension): void {
    extension.cancel()
    if (extension.isAsking) {
      extension.askAgain = true
      return
    }
    extension.isAsking = true
    extension.askAgain = false
    this.#check(extension)
      .catch((error: unknown) => {
        if (!this.#isClosed)
          this.#options.logger.warn('an API service could not be checked', { name: extension.service.metadata.name, error })
        return true
      })
      .then(isGood => {
        extension.isAsking = false
        if (!this.#isCurrent(extension)) return
        if (extension.askAgain) return this.#ask(extension)
        extension.failures = isGood ? 0 : extension.failures + 1
        const waitMs = isGood ? askEveryMs : Math.min(askEveryMs, firstRetryMs * 2 ** (extension.failures - 1))
        extension.cancel = this.#options.clock.after(waitMs, () => this.#ask(extension))
      })
  }

  #isCurrent(extension: Extension): boolean {
    return !this.#isClosed && [...this.#extensions.values()].includes(extension)
  }

  /** Asks, and writes down what was found. Resolves with whether all is well. */
  async #check(extension: Extension): Promise<boolean> {
    const { spec } = extension.service
    const { found, ...condition } = await probe(extension.server, spec, this.#backendOf(spec.service), this.#options.clock)
    if (!this.#isCurrent(extension)) return true
    if (found) extension.resources = found.resources
    await this.#write(extension.service, { type: 'Available', ...condition })
    if (found) await this.#describe(extension, found)
    return condition.status === 'True'
  }

  async #describe(extension: Extension, { address }: NonNullable<Availability['found']>): Promise<void> {
    const { server, service, description } = extension
    const next = await describeExtension(server, service.spec, address, description, this.#options.clock)
    if (next === description || !this.#isCurrent(extension)) return
    extension.description = next
    this.#collectDocuments()
  }

  #collectDocuments(): void {
    this.#documents = [...this.#extensions.values()].flatMap(({ description }) => description ?? [])
  }

  #settleLocal(service: APIService): void {
    this.#write(service, localCondition).catch((error: unknown) => {
      if (!this.#isClosed) this.#options.logger.warn('a condition could not be written', { name: service.metadata.name, error })
    })
  }

  /** Without effect where the condition is so already. */
  async #write(service: APIService, condition: APIServiceCondition): Promise<void> {
    const { storage, client, clock } = this.#options
    for (let attempt = 1; ; attempt++) {
      const current = storage.find(APIService, undefined, service.metadata.name)
      if (!current || current.metadata.uid !== service.metadata.uid) return
      const conditions = setCondition(current.status.conditions, condition, formatTime(clock.now()))
      if (conditions === current.status.conditions) return
      try {
        await client.update(APIService, { ...current, status: { ...current.status, conditions } }, { subresource: 'status' })
        return
      } catch (error) {
        if (StatusError.is(error, 'NotFound')) return
        if (!StatusError.is(error, 'Conflict') || attempt === maxWrites) throw error
      }
    }
  }

  async #reconcileLocal(): Promise<void> {
    const { storage, resources, client, logger } = this.#options
    const { create, remove } = reconcileLocalServices(servedGroupVersions(resources.all), storage.readable(APIService))
    const writes = [
      ...create.map(service => client.create(APIService, service)),
      ...remove.map(({ metadata }) => client.delete(APIService, { name: metadata.name })),
    ]
    for (const result of await Promise.allSettled(writes)) {
      if (result.status === 'fulfilled' || this.#isClosed) continue
      // Another server over the same store was first.
      if (StatusError.is(result.reason, 'AlreadyExists') || StatusError.is(result.reason, 'NotFound')) continue
      logger.warn('a local API service could not be written', { error: result.reason })
    }
  }
}

const unavailable = Buffer.from('service unavailable\n')

export interface UpgradingRequest {
  readonly request: IncomingMessage
  readonly socket: TLSSocket
  readonly head: Buffer
}

function isRemote(service: APIService): service is Extension['service'] {
  return service.spec.service !== undefined
}

function isAvailable({ service }: Extension): boolean {
  return isConditionTrue(service.status.conditions, 'Available')
}

function withoutTime({ status }: APIService): object | undefined {
  const found = findCondition(status.conditions, 'Available')
  if (!found) return undefined
  const { lastTransitionTime, ...rest } = found
  return rest
}

function dispose({ cancel, server }: Extension): void {
  cancel()
  server.close()
}
