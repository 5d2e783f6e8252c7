// The control plane of one cluster as one process: store, API server, controllers and scheduler, wired together.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlPlaneConfig } from '../cluster/control-plane-config.ts'
import { runControllerManager } from '../controllers/controller-manager.ts'
import { systemClock } from '../platform/clock.ts'
import { fileLogger } from '../platform/log.ts'
import { certificateAuthority } from '../platform/signer.ts'
import { runScheduler } from '../scheduler/scheduler.ts'
import { apiServerUser, authenticated, serviceAccountUser } from '../server/authn/user-info.ts'
import { plainOnly } from '../server/encryption/encryption.ts'
import { inProcessClient } from '../server/in-process-client.ts'
import { servedKinds } from '../server/resource.ts'
import { startApiServer } from '../server/server.ts'
import { openSqliteStore } from '../store/sqlite.ts'
import { apiServerExtras } from './api-server-settings.ts'

/** Runs until the signal aborts; then everything is closed in order and the promise resolves. */
export async function runControlPlane(config: ControlPlaneConfig, workerUrl: URL | undefined, signal: AbortSignal): Promise<void> {
  const pem = (name: string) => readFileSync(join(config.pkiDir, name), 'utf8')
  const log = (component: string) => fileLogger(join(config.logsDir, `${component}.log`), component)
  const loggers = {
    store: log('store'),
    server: log('kube-apiserver'),
    controllers: log('kube-controller-manager'),
    scheduler: log('kube-scheduler'),
  }
  const clock = systemClock
  const random = Math.random

  const extras = await apiServerExtras(config.apiServer ?? {}, { logsDir: config.logsDir, clock, logger: loggers.server })
  const { sealing } = extras
  loggers.store.info('opening', { path: config.storeDir })
  const store = await openSqliteStore({
    path: config.storeDir,
    clock,
    opening: sealing ?? plainOnly,
    onUnreadable: error => loggers.store.error('a stored value cannot be read', { error }),
    ...(workerUrl && { workerUrl }),
    ...(sealing && { sealing }),
  })
  loggers.store.info('open', { revision: store.revision })

  const running = new Set<string>()
  const check = (component: string) => () => (running.has(component) ? undefined : 'it is not running')
  const watched = <T>(component: string, run: Promise<T>): Promise<T> => {
    running.add(component)
    return run.finally(() => running.delete(component))
  }
  const ca = pem('ca.crt')
  const server = await startApiServer({
    store,
    clock,
    random,
    monotonic: () => performance.now(),
    newUid: randomUUID,
    logger: loggers.server,
    addresses: config.addresses,
    tls: { cert: pem('apiserver.crt'), key: pem('apiserver.key'), clientCa: ca },
    kubeletTls: { ca, cert: pem('apiserver-kubelet-client.crt'), key: pem('apiserver-kubelet-client.key') },
    frontProxy: { ca: pem('front-proxy-ca.crt'), cert: pem('front-proxy-client.crt'), key: pem('front-proxy-client.key') },
    serviceAccountKey: pem('sa.key'),
    issuer: config.issuer,
    ranges: { serviceCidr: config.serviceCidr, firstNodePort: 30_000, lastNodePort: 32_767 },
    advertise: config.advertise,
    ...extras.options,
    ...(workerUrl && { yamlWorkerUrl: new URL('./yaml-worker.mjs', workerUrl) }),
    components: { 'controller-manager': check('controller-manager'), scheduler: check('scheduler') },
  })
  loggers.server.info('listening', { addresses: server.bound.map(a => `${a.host}:${a.port}`) })

  const as = (username: string) => inProcessClient(server.context, authenticated({ username, groups: [] }))
  const controllers = watched(
    'controller-manager',
    runControllerManager({
      client: as('system:kube-controller-manager'),
      clientFor: name => inProcessClient(server.context, serviceAccountUser({ namespace: 'kube-system', name })),
      serverClient: inProcessClient(server.context, apiServerUser),
      clock,
      random,
      logger: loggers.controllers,
      options: {
        kinds: servedKinds(server.context.resources),
        rootCertificate: ca,
        certificateAuthority: certificateAuthority({ certificate: ca, key: pem('ca.key') }),
        serviceCidrs: [config.serviceCidr],
      },
      signal,
    }),
  )
  const scheduler = watched(
    'scheduler',
    runScheduler({ client: as('system:kube-scheduler'), clock, random, logger: loggers.scheduler, signal }),
  )

  await new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await Promise.allSettled([controllers, scheduler])
  await server.close()
  await store.close()
  extras.close()
  for (const logger of Object.values(loggers)) logger.close()
}
