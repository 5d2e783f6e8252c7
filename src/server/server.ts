// The API server put together: storage, authentication, authorization, admission and the listener. Everything of the world comes in here.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Clock, Random } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { connect } from '../platform/connect.ts'
import { type Store, StoreClosedError } from '../store/store.ts'
import { Admission } from './admission/admission.ts'
import { admissionPlugins } from './admission/all.ts'
import { admissionPolicies } from './admission/policies/policies.ts'
import { webhookAdmission } from './admission/webhooks/setup.ts'
import { Aggregation } from './aggregation/aggregation.ts'
import type { FrontProxyTls } from './aggregation/extension-server.ts'
import { frontProxyName } from './aggregation/identity.ts'
import { MergedDocuments } from './aggregation/openapi-merge.ts'
import { Audit, type AuditOptions } from './audit/audit.ts'
import { type Authenticate, authentication } from './authn/authenticator.ts'
import { Authorities } from './authn/authorities.ts'
import { bootstrapTokens } from './authn/bootstrap-tokens.ts'
import { clientCertificate } from './authn/client-certificate.ts'
import { requestHeaders } from './authn/request-headers.ts'
import { anyToken, ServiceAccountTokens, tokenUser } from './authn/service-account-tokens.ts'
import { signingKey } from './authn/signing-key.ts'
import { TokenIssuer } from './authn/token-issuer.ts'
import { apiServerUser } from './authn/user-info.ts'
import { createAuthorization } from './authorization.ts'
import { bootstrap } from './bootstrap.ts'
import type { Answer } from './call.ts'
import type { Context } from './context.ts'
import { CustomDefinitions } from './custom/definitions.ts'
import { expireEvents } from './event-expiry.ts'
import type { Gate } from './flowcontrol/gate.ts'
import { type LimitOptions, requestLimits } from './flowcontrol/setup.ts'
import type { HealthCheck } from './health.ts'
import { Deadlines } from './http/deadlines.ts'
import { handle } from './http/handler.ts'
import type { KubeletTls } from './http/kubelet-agent.ts'
import { type ListenAddress, Listener } from './http/listener.ts'
import { handleUpgrade } from './http/upgrade.ts'
import { inProcessClient } from './in-process-client.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { NodeFigures } from './metrics-api/figures.ts'
import { readUsage } from './metrics-api/read-usage.ts'
import { OpenApiDocuments } from './openapi/documents.ts'
import { answerPath } from './paths.ts'
import type { RequestInfo } from './request-info.ts'
import { ResourceTable } from './resource.ts'
import { ServiceAddresses, type ServiceRanges } from './services/service-addresses.ts'
import { Storage } from './storage.ts'
import { YamlReader } from './yaml-reader.ts'

export interface ApiServerOptions {
  readonly store: Store
  readonly clock: Clock
  /** Milliseconds with fractions from any beginning, for durations. */
  readonly monotonic: () => number
  readonly random: Random
  readonly newUid: () => string
  readonly logger: Logger
  readonly addresses: readonly ListenAddress[]
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string }
  readonly kubeletTls: KubeletTls
  /** How this server shows itself to those behind API services, and the authority (PEM) by which they, and this server, know a front proxy. */
  readonly frontProxy: FrontProxyTls & { readonly ca: string }
  /** PEM of the private key that signs service account tokens. */
  readonly serviceAccountKey: string
  readonly issuer: string
  readonly ranges: ServiceRanges
  /** Where pods reach this server: the endpoint of the service `kubernetes`. */
  readonly advertise: ListenAddress
  /** Other components of the control plane whose health this server can tell. */
  readonly components?: Readonly<Record<string, HealthCheck>>
  /** What else must be well for this server to be ready. */
  readonly readyChecks?: Readonly<Record<string, HealthCheck>>
  /** Absent: nothing is recorded. */
  readonly audit?: Pick<AuditOptions, 'policy' | 'write'>
  readonly limits?: LimitOptions
  /** The module of the worker that reads large YAML: where the bundle has it. */
  readonly yamlWorkerUrl?: URL
}

export interface ApiServer {
  readonly monotonic: () => number
  readonly context: Context
  readonly logger: Logger
  readonly metrics: Metrics
  readonly kubeletTls: KubeletTls
  readonly aggregation: Aggregation
  readonly authenticate: Authenticate
  readonly authorities: Authorities
  readonly audit: Audit | undefined
  readonly gate: Gate
  readonly deadlines: Deadlines
  readonly yaml: YamlReader
  answerPath(
    method: string,
    info: RequestInfo,
    query: URLSearchParams,
    headers: IncomingHttpHeaders,
  ): Promise<Exclude<Answer, { type: 'watch' | 'relay' }> & { readonly headers?: OutgoingHttpHeaders }>
  /** Ends every watch that is open, in order. */
  readonly watches: Set<() => void>
  /** What is listened on, once `start` has resolved. */
  readonly bound: readonly ListenAddress[]
  close(): Promise<void>
}

/** Resolves when the server answers. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, clock, random, newUid, logger } = options
  const storeCheck: HealthCheck = () => (isOpen(store) ? undefined : 'the store is closed')
  const storage = new Storage(store)
  const resources = new ResourceTable()
  const audiences = [options.issuer]
  const key = signingKey(options.serviceAccountKey)
  const tokenVerifier = anyToken(
    bootstrapTokens(storage, clock),
    new ServiceAccountTokens({ keys: [key], issuers: [options.issuer], objects: storage, clock }),
  )
  const tokens = new TokenIssuer({ issuer: options.issuer, audiences, key, objects: storage, clock, newUid })
  const authorization = createAuthorization(storage)
  const webhooks = webhookAdmission({ storage, resources, authorizer: authorization.authorizer, newUid })
  const policies = admissionPolicies({ storage, resources, authorizer: authorization.authorizer })
  const addresses = new ServiceAddresses({ storage, nodePorts: options.ranges, random, clock, newUid })
  const audit = options.audit && new Audit({ ...options.audit, clock, newUid })
  const context: Context = {
    ...(audit && { audit }),
    resources,
    storage,
    clock,
    random,
    newUid,
    admission: new Admission(
      admissionPlugins(authorization, [
        policies.expressions,
        policies.mutating,
        webhooks.mutating,
        policies.validating,
        webhooks.validating,
      ]),
      storage,
    ),
    authorizer: authorization.authorizer,
    rbac: authorization.rbac,
    addresses,
    tokens,
    tokenVerifier,
    audiences,
    figures: new NodeFigures(node => readUsage({ storage, clock, kubeletTls: options.kubeletTls }, node), clock),
    components: { ...options.components, 'etcd-0': storeCheck },
  }
  const { cert, key: frontProxyKey } = options.frontProxy
  const aggregation = new Aggregation({
    storage,
    resources,
    client: inProcessClient(context, apiServerUser),
    clock,
    random,
    tls: { cert, key: frontProxyKey },
    connect,
    logger,
  })
  const documents = new MergedDocuments(new OpenApiDocuments(resources), () => aggregation.documents())
  const metrics = createMetrics()
  const warn = (error: unknown) => logger.warn('the status of flow schemas was not written', { error })
  const limits = requestLimits(options.limits ?? {}, context, options.monotonic, metrics.registry, warn)
  const deadlines = new Deadlines(clock, options.monotonic)
  const yaml = new YamlReader(clock, options.yamlWorkerUrl)
  let isReady = false
  let isClosing = false
  const ready: HealthCheck = () => (isReady ? undefined : 'the server is starting')
  const ping: HealthCheck = () => undefined
  const health = {
    livez: { ping },
    readyz: {
      ping,
      store: storeCheck,
      'poststarthook/bootstrap': ready,
      ...options.readyChecks,
      shutdown: () => (isClosing ? 'the server is shutting down' : undefined),
    },
  }
  const watches = new Set<() => void>()
  const server: ApiServer = {
    context,
    audit,
    gate: limits.gate,
    deadlines,
    yaml,
    monotonic: options.monotonic,
    logger,
    metrics,
    kubeletTls: options.kubeletTls,
    aggregation,
    authorities: new Authorities({ client: options.tls.clientCa, frontProxy: options.frontProxy.ca }),
    authenticate: authentication({
      authenticators: [requestHeaders([frontProxyName]), clientCertificate, tokenUser(tokenVerifier, audiences)],
      allowAnonymous: true,
      onRefused: reason => logger.info('a credential was refused', { reason }),
    }),
    answerPath: (method, info, query, headers) =>
      answerPath(
        { resources, documents, aggregation, health, metrics, key, issuer: options.issuer, advertise: options.advertise },
        method,
        info,
        query,
        headers,
      ),
    watches,
    bound: [],
    async close() {
      isClosing = true
      for (const end of watches) end()
      stopExpiry()
      limits.close()
      await listener.close()
      aggregation.close()
      await definitions.close()
      deadlines.close()
      await yaml.close()
      addresses.close()
      webhooks.close()
      policies.close()
      authorization.close()
    },
  }
  const listener = new Listener({
    addresses: options.addresses,
    cert: options.tls.cert,
    key: options.tls.key,
    clientCas: [options.tls.clientCa, options.frontProxy.ca],
    clock,
    onExchange: exchange => void handle(server, exchange),
    onUpgrade: (request, socket, head) => void handleUpgrade(server, request, socket, head),
  })
  const definitions = new CustomDefinitions({ context, logger })
  definitions.start()
  await bootstrap(context, options)
  await aggregation.start()
  limits.follow(inProcessClient(context, apiServerUser))
  isReady = true
  const bound = await listener.listen()
  const stopExpiry = expireEvents({ storage, clock, onError: error => logger.warn('old events not removed', { error }) })
  return Object.assign(server, { bound })
}

function isOpen(store: Store): boolean {
  try {
    store.count('', '')
    return true
  } catch (error) {
    if (error instanceof StoreClosedError) return false
    throw error
  }
}
